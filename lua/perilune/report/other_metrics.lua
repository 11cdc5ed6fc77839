--- Metrics of a run that are neither its load's nor those of machines: what was scraped, received or recorded by the playbook. Those that
--- moved most come first: a series counts by how much of its height it changed, more when the next value is foretold by the last one (noise
--- is not), and more when it went with the load.
local machine = require "perilune.report.machine"

local M = {}

--- Charts, their lines, and series that are read, of a name and in all.
M.MOST, M.LINES = 24, 4
local EACH, ALL = 60, 6000

-- What samples itself into sections of its own.
local OWN = { load = true, host = true, process = true, self = true }

-- Labels that say where a series is from; they are told only when they tell series of one name apart.
local PLACE = { source = true, role = true, origin = true }

local DRAWN = {}
for _, name in ipairs(machine.METRICS) do DRAWN[name] = true end

-- What control groups have charts of their own for (machine_charts.lua).
local GROUPS = { cgroup = true, containers = true, units = true }
local OF_GROUPS = { container_cpu_usage_seconds_total = true, container_memory_usage_bytes = true, container_cpu_cfs_throttled_seconds_total = true }

--- Whether a series is one of those meant here; the buckets of a histogram are many and say little each.
local function is_other(s)
  return not OWN[s.labels.source] and not DRAWN[s.name] and not (GROUPS[s.labels.source] and OF_GROUPS[s.name]) and not s.name:find "^scrape_" and not (s.labels.le and s.name:find "_bucket$")
end

--- Series by name, and the names in order.
local function by_name(timeline)
  local groups, names = {}, {}
  for _, s in ipairs(timeline:series "") do
    if is_other(s) then
      if not groups[s.name] then groups[s.name], names[#names + 1] = {}, s.name end
      table.insert(groups[s.name], s)
    end
  end
  table.sort(names)
  return groups, names
end

-- ---- Values ---------------------------------------------------------------------------------------------------

--- The values that can be drawn.
local function finite(values)
  for c, v in pairs(values) do
    if v ~= v or math.abs(v) == math.huge then values[c] = nil end
  end
  return values
end

--- What to draw of the series of a name: its values, unit, a note, and whether the playbook recorded it.
local function kind_of(name, s, groups)
  local base = name:match "^(.*)_sum$"
  if base and groups[base .. "_count"] then return "mean", base end
  if s.kind == "distribution" then return "distribution", name end
  if s.kind == "counter" or name:find "_total$" or (name:find "_count$" and groups[name:gsub("_count$", "_sum")]) then return "counter", name end
  return "gauge", name
end

local UNITS = { seconds = "duration", s = "duration", bytes = "size", By = "size", ratio = "ratio", ["1"] = "number" }

local function unit_of(kind, base, unit)
  local found = UNITS[unit] or UNITS[base:gsub("_total$", ""):match "_(%l+)$"] or "number"
  if kind ~= "counter" then return found, kind == "mean" and "mean" or kind == "distribution" and "p99" or nil end
  if found == "size" then return "size", "bytes per second" end
  return found == "number" and "rate" or "number", found == "duration" and "seconds per second" or "per second"
end

--- The growth of what was summed up by the growth of the count, where it grew.
local function mean_of(timeline, s, counts)
  for _, count in ipairs(counts) do
    local same = true
    for k, v in pairs(s.labels) do same = same and count.labels[k] == v end
    if same then
      local sum, n, out = timeline:rate_of(s), timeline:rate_of(count), {}
      for c, v in pairs(sum) do
        if (n[c] or 0) > 0 then out[c] = v / n[c] end
      end
      return out
    end
  end
  return {}
end

local function values_of(timeline, s, kind, groups, base)
  if kind == "counter" then return timeline:rate_of(s) end
  if kind == "mean" then return mean_of(timeline, s, groups[base .. "_count"]) end
  if kind == "gauge" then return timeline:gauge_of(s) end
  local out = {}
  for c, h in pairs(timeline:columns_of(s)) do out[c] = h:count() > 0 and h:quantile(0.99) or nil end
  return out
end

-- ---- How telling it is ----------------------------------------------------------------------------------------

--- Pearson's correlation of pairs; 0 where one of both never changes.
local function correlation(a, b)
  local n, sa, sb, saa, sbb, sab = #a, 0, 0, 0, 0, 0
  for i = 1, n do sa, sb, saa, sbb, sab = sa + a[i], sb + b[i], saa + a[i] * a[i], sbb + b[i] * b[i], sab + a[i] * b[i] end
  local va, vb = saa - sa * sa / n, sbb - sb * sb / n
  return n > 2 and va > 1e-12 * saa and vb > 1e-12 * sbb and (sab - sa * sb / n) / math.sqrt(va * vb) or 0
end

--- 0 for what never changes; up to about 2.
---@param values table<integer, number> by column
---@param load table<integer, number> requests answered, by column
---@param columns integer
---@return number
function M.telling(values, load, columns)
  local list, loads, least, most = {}, {}, math.huge, -math.huge
  for c = 1, columns do
    local v = values[c]
    if v then list[#list + 1], loads[#loads + 1], least, most = v, load[c] or 0, math.min(least, v), math.max(most, v) end
  end
  if #list < 2 or least == most then return 0 end
  local before = table.move(list, 1, #list - 1, 1, {})
  local after = table.move(list, 2, #list, 1, {})
  return math.min(1, (most - least) / math.max(math.abs(most), math.abs(least))) * (0.25 + math.max(0, correlation(before, after)) + math.abs(correlation(list, loads)))
end

-- ---- Names of lines -------------------------------------------------------------------------------------------

--- Labels that differ among the series.
local function differing(list)
  local first, out = list[1].labels, {}
  for _, s in ipairs(list) do
    for k, v in pairs(s.labels) do out[k] = out[k] or first[k] ~= v end
    for k in pairs(first) do out[k] = out[k] or s.labels[k] == nil end
  end
  return out
end

--- "code=2xx, page=cart, db-1:9100 (shop)"; of the only series of its name whatever says what it is of.
local function line_name(s, differs, alone)
  local parts = {}
  for k, v in pairs(s.labels) do
    if k ~= "instance" and k ~= "job" and (differs[k] or alone and not PLACE[k]) then parts[#parts + 1] = ("%s=%s"):format(k, v) end
  end
  table.sort(parts)
  local instance, job = s.labels.instance or "value", s.labels.job
  if differs.instance or differs.job or #parts == 0 then parts[#parts + 1] = job and ("%s (%s)"):format(instance, job) or instance end
  return table.concat(parts, ", ")
end

-- ---- The list --------------------------------------------------------------------------------------------------

local function by_score(a, b)
  if a.score ~= b.score then return a.score > b.score end
  return a.name < b.name
end

--- One metric with the lines that are most telling.
local function metric_of(timeline, name, groups, load, most)
  local list, series = groups[name], {}
  local kind, base = kind_of(name, list[1], groups)
  local differs = differing(list)
  for i = 1, math.min(#list, most) do
    local s = list[i]
    local values = finite(values_of(timeline, s, kind, groups, base))
    local recorded = s.labels.source == "script" and next(values) and 10 or 0
    series[i] = { name = line_name(s, differs, #list == 1), values = values, score = recorded + M.telling(values, load, timeline.grid.columns) }
  end
  table.sort(series, by_score)
  local unit, note = unit_of(kind, base, list[1].unit)
  local m = { name = base, unit = unit, note = note, of = #list, score = series[1].score, series = {} }
  for i = 1, math.min(M.LINES, #series) do
    if series[i].score > 0 then m.series[i] = series[i] end
  end
  return m
end

--- The metrics, those that moved most first; what never changed is in none, unless the playbook recorded it.
---@param timeline table report/timeline.lua
---@param load table<integer, number> requests answered, by column
---@return table list of { name, unit, note, of = series there are, series = { { name, values } } }, and names = how many there are, moved = of them changed
function M.read(timeline, load)
  local groups, names = by_name(timeline)
  local found, left = {}, ALL
  for _, name in ipairs(names) do
    if left > 0 then
      local m = metric_of(timeline, name, groups, load, math.min(EACH, left))
      left = left - math.min(EACH, #groups[name])
      if m.score > 0 then found[#found + 1] = m end
    end
  end
  table.sort(found, by_score)
  local out = { names = #names, moved = #found }
  table.move(found, 1, math.min(M.MOST, #found), 1, out)
  return out
end

return M
