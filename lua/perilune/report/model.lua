--- What a report is made of, read from the timeline: the run, its verdicts, and its series on one grid of columns. Every format
--- draws from this table; nothing else reads the timeline.
local hist = require "perilune.core.hist"
local history = require "perilune.history"
local json = require "perilune.core.json"
local machine = require "perilune.report.machine"

local M = {}

--- Most columns of a chart: beyond them seconds are put together.
local COLUMNS = 240
local SLOW_SHOWN = 20

local function checked(value, err)
  if value == nil then error(err, 0) end
  return value
end

--- A decoded value in which null is nil.
local function without_null(value)
  if value == json.null then return nil end
  if type(value) ~= "table" then return value end
  for k, v in pairs(value) do value[k] = without_null(v) end
  return value
end

local function decoded(text)
  local ok, value = pcall(json.decode, text or "null")
  return ok and type(value) == "table" and without_null(value) or {}
end

--- The grid: `step` seconds a column from `from` (wall ms).
local function grid_of(row)
  local from = row.started_ns // 1000000
  local to = (row.ended_ns or row.started_ns) // 1000000
  local seconds = math.max(1, (to - from) / 1000)
  local step = 1
  while seconds / step > COLUMNS do step = step * (step == 1 and 2 or step == 2 and 2.5 or 2) end
  step = math.tointeger(step) or math.ceil(step)
  return { from = from, to = to, step = step, columns = math.ceil(seconds / step), seconds = seconds }
end

local function column(grid, ms)
  local c = (ms - grid.from) // (grid.step * 1000) + 1
  return math.tointeger(math.max(1, math.min(grid.columns, c)))
end

--- Adds a counter's growth, per second, to the columns of `into`.
local function add_rate(grid, into, times, values)
  for i = 2, #times do
    local grown, c = values[i] - values[i - 1], column(grid, times[i])
    if grown >= 0 then into[c] = (into[c] or 0) + grown / grid.step end
  end
end

local Timeline = {}
Timeline.__index = Timeline

--- Series of a metric of this run.
---@param name string
---@param labels table|nil
function Timeline:series(name, labels)
  return checked(self.reader:series(name, self.run, labels))
end

--- Rates per second of a counter, summed by `key(labels)`; keys that are nil are left out.
---@param name string
---@param key fun(labels: table): string|nil
---@param labels table|nil
---@return table key -> { [column] = rate }
function Timeline:rates(name, key, labels)
  local out = {}
  for _, s in ipairs(self:series(name, labels)) do
    local k = key(s.labels)
    if k then
      local times, values = self.reader:samples(s.id, self.run)
      checked(times, values)
      out[k] = out[k] or {}
      add_rate(self.grid, out[k], times, values)
    end
  end
  return out
end

--- A gauge, the last value of each column, summed over its series.
---@param name string
---@param labels table|nil
---@return table { [column] = value }
function Timeline:gauge(name, labels)
  local out = {}
  for _, s in ipairs(self:series(name, labels)) do
    local times, values = self.reader:samples(s.id, self.run)
    checked(times, values)
    local last = {}
    for i = 1, #times do last[column(self.grid, times[i])] = values[i] end
    for c, v in pairs(last) do out[c] = (out[c] or 0) + v end
  end
  return out
end

--- Histograms of a metric, merged over its series, one a column.
---@param name string
---@param labels table|nil
---@return table { [column] = hist }
function Timeline:columns(name, labels)
  local out = {}
  for _, s in ipairs(self:series(name, labels)) do
    local times, hists = self.reader:dists(s.id, self.run, 1)
    checked(times, hists)
    for i = 1, #times do
      local c = column(self.grid, times[i])
      out[c] = out[c] or hist.new()
      out[c]:add(hists[i])
    end
  end
  return out
end

--- Whole-load histograms by label set: array of { labels, ts, hist }.
---@param name string
---@return table
function Timeline:whole(name)
  local out = {}
  for _, s in ipairs(self:series(name)) do
    local times, hists = self.reader:dists(s.id, self.run, 0)
    checked(times, hists)
    for i = 1, #times do out[#out + 1] = { labels = s.labels, ts = times[i], hist = hists[i] } end
  end
  return out
end

-- Labels that a row of the request table is not told apart by.
local PLACE = { status = true, outcome = true, scenario = true, name = true, method = true, source = true, instance = true, role = true, origin = true }

--- "checkout {kind=big}": the request name with its tags.
local function shown_name(labels)
  local tags = {}
  for k, v in pairs(labels) do
    if not PLACE[k] then tags[#tags + 1] = k .. "=" .. v end
  end
  table.sort(tags)
  return (labels.name or "") .. (#tags > 0 and (" {%s}"):format(table.concat(tags, ", ")) or "")
end

--- Request rows of all loads, and one histogram of everything, from the whole-load distributions.
local function read_requests(timeline)
  local rows, by_name, latency, service = {}, {}, hist.new(), hist.new()
  for _, d in ipairs(timeline:whole("load_latency_seconds")) do
    local name = d.labels.scenario .. " / " .. shown_name(d.labels)
    local row = by_name[name]
    if not row then
      row = { scenario = d.labels.scenario, name = shown_name(d.labels), latency = hist.new() }
      by_name[name], rows[#rows + 1] = row, row
    end
    row.latency:add(d.hist)
    latency:add(d.hist)
  end
  for _, d in ipairs(timeline:whole("load_service_seconds")) do service:add(d.hist) end
  table.sort(rows, function(a, b) return a.scenario .. a.name < b.scenario .. b.name end)
  return rows, latency, service
end

local function outcome(labels) return labels.outcome end
local function all() return "all" end

local function read_load(timeline)
  local by_outcome = timeline:rates("load_requests_total", outcome)
  local answered = {}
  for _, columns in pairs(by_outcome) do
    for c, v in pairs(columns) do answered[c] = (answered[c] or 0) + v end
  end
  local starts = timeline:rates("load_starts_total", outcome)
  return {
    outcomes = by_outcome, answered = answered, planned = timeline:gauge("load_rate_planned"), users = timeline:gauge("load_users"),
    starts = starts, latency = timeline:columns("load_latency_seconds"),
  }
end

--- Requests that failed, by scenario and name: the last totals of their counters.
local function read_failed(timeline)
  local out = {}
  for _, s in ipairs(timeline:series("load_requests_total")) do
    if s.labels.outcome ~= "ok" then
      local times, values = timeline.reader:samples(s.id, timeline.run)
      checked(times, values)
      local total = 0
      for i = 2, #values do total = total + math.max(0, values[i] - values[i - 1]) end
      out[#out + 1] = { scenario = s.labels.scenario, name = shown_name(s.labels), count = math.floor(total + 0.5) }
    end
  end
  return out
end

--- Shares of the CPU by mode, of all CPUs.
local function read_cpu(timeline)
  local modes = timeline:rates("node_cpu_seconds_total", function(labels) return labels.mode end)
  local total = {}
  for _, columns in pairs(modes) do
    for c, v in pairs(columns) do total[c] = (total[c] or 0) + v end
  end
  for _, columns in pairs(modes) do
    for c, v in pairs(columns) do columns[c] = total[c] > 0 and v / total[c] or 0 end
  end
  return modes
end

local function used_share(all_columns, free)
  local out = {}
  for c, v in pairs(all_columns) do
    if free[c] and v > 0 then out[c] = 1 - free[c] / v end
  end
  return out
end

local function pressure(timeline, what)
  return timeline:rates(("node_pressure_%s_waiting_seconds_total"):format(what), all).all
end

local function of_disk(labels) return machine.is_disk(labels) and "all" or nil end

local function read_host(timeline)
  return {
    cpu = read_cpu(timeline),
    memory = used_share(timeline:gauge("node_memory_MemTotal_bytes"), timeline:gauge("node_memory_MemAvailable_bytes")),
    disk = timeline:rates("node_disk_io_time_seconds_total", function(labels) return machine.is_disk(labels) and labels.device or nil end),
    disk_read = timeline:rates("node_disk_read_bytes_total", of_disk).all,
    disk_written = timeline:rates("node_disk_written_bytes_total", of_disk).all,
    received = timeline:rates("node_network_receive_bytes_total", all).all,
    sent = timeline:rates("node_network_transmit_bytes_total", all).all,
    pressure = { cpu = pressure(timeline, "cpu"), io = pressure(timeline, "io"), memory = pressure(timeline, "memory") },
    process = timeline:rates("process_cpu_seconds_total", function(labels) return labels.process end),
    resident = timeline:gauge("process_resident_memory_bytes", { role = "target" }),
  }
end

--- Objectives with all that was found: the stored detail of each row.
local function read_objectives(reader, row)
  local rows = checked(reader:record("objectives_of", { run = row.id }))
  for i, o in ipairs(rows) do
    local detail = decoded(o.detail)
    for key, value in pairs { expr = o.expr, verdict = o.verdict, value = o.value, limit = o.lim, samples = o.samples } do detail[key] = value end
    rows[i] = detail
  end
  return rows
end

--- The run's arguments as pairs, sorted; an argument that holds an object gives one for each of its fields.
local function arguments_of(row)
  local list = {}
  local function add(name, value)
    local fields = type(value) == "string" and value:match("^{") and decoded(value) or nil
    if fields then
      for k, v in pairs(fields) do add(k, v) end
    elseif value == "" then
      return
    elseif type(value) ~= "table" then
      list[#list + 1] = { name, tostring(value) }
    elseif next(value) ~= nil then
      list[#list + 1] = { name, json.encode(value) }
    end
  end
  for name, value in pairs(decoded(row.args)) do add(name, value) end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  return list
end

local function read_events(reader, row, grid)
  local events = checked(reader:record("events_of", { run = row.id }))
  for _, e in ipairs(events) do
    e.at = (e.ts_ns / 1e6 - grid.from) / 1000
    e.seconds = (e.duration_ns or 0) / 1e9
  end
  return events
end

--- The slowest requests, of measured parts where the run has any: an overload of a search's steps is on purpose.
local function read_slow(reader, row, grid)
  local parts, list = checked(reader:record("parts_of", { run = row.id })), {}
  local function counts(at_ms)
    for _, part in ipairs(parts) do
      if at_ms >= part.from_ms and at_ms <= part.to_ms then return true end
    end
    return #parts == 0
  end
  for _, e in ipairs(checked(reader:record("slow_of", { run = row.id, limit = 1000 }))) do
    if #list < SLOW_SHOWN and counts(e.ts_ns // 1000000) then
      local data = decoded(e.data)
      data.name, data.at, data.latency_s = e.text, (e.ts_ns / 1e6 - grid.from) / 1000, e.duration_ns / 1e9
      list[#list + 1] = data
    end
  end
  return list
end

--- Reads a run.
---@param reader any
---@param ulid string
---@param options table|nil { with_script }
---@return table
function M.read(reader, ulid, options)
  local row = checked(reader:record("run_by_id_prefix", { prefix = ulid }))[1]
  if not row then error({ code = "not_found", message = ("report: there is no run %s"):format(ulid) }, 0) end
  local grid = grid_of(row)
  local timeline = setmetatable({ reader = reader, run = row.id, grid = grid }, Timeline)
  local requests, latency, service = read_requests(timeline)
  local script = options and options.with_script and checked(reader:record("run_script", { run = row.id }))[1] or {}
  return {
    row = row, grid = grid, verdict = history.verdict(row), result = decoded(row.result), arguments = arguments_of(row), host = decoded(row.host), labels = decoded(row.labels),
    objectives = read_objectives(reader, row), findings = checked(reader:record("findings_of", { run = row.id })),
    artifacts = checked(reader:record("artifacts_of", { run = row.id })), events = read_events(reader, row, grid), slow = read_slow(reader, row, grid),
    requests = requests, failed_rows = read_failed(timeline), latency = latency, service = service, load = read_load(timeline), machine = read_host(timeline),
    script = script.script_text, figures = machine.figures(reader, row.id),
  }
end

return M
