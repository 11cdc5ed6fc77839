--- What a report is made of, read from the timeline: the run, its verdicts, and its series on one grid of columns. Every format
--- draws from this table; nothing else reads the timeline.
local artifact_section = require "perilune.report.artifact_section"
local hist = require "perilune.core.hist"
local history = require "perilune.history"
local json = require "perilune.core.json"
local logs = require "perilune.report.logs"
local machines = require "perilune.report.machines"
local other_metrics = require "perilune.report.other_metrics"
local stored = require "perilune.report.stored"
local timelines = require "perilune.report.timeline"
local traces = require "perilune.report.traces"

local M = {}

local SLOW_SHOWN = 20
local checked, decoded = stored.checked, stored.decoded

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
      list[#list + 1] = { name, (tostring(value):gsub("\n", ", ")) }
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
      data.name, data.at, data.at_ns, data.latency_s = e.text, (e.ts_ns / 1e6 - grid.from) / 1000, e.ts_ns, e.duration_ns / 1e9
      list[#list + 1] = data
    end
  end
  return list
end

--- The files that are kept, with their labels, and with their text where they are text.
local function read_artifacts(reader, row)
  local list = checked(reader:record("artifacts_of", { run = row.id }))
  for _, a in ipairs(list) do a.labels = decoded(a.labels) end
  artifact_section.open(list, function(a) return (checked(reader:record("artifact_data", { id = a.id }))[1] or {}).data end)
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
  local timeline = timelines.open(reader, row)
  local grid = timeline.grid
  local requests, latency, service = read_requests(timeline)
  local load = read_load(timeline)
  local slow = read_slow(reader, row, grid)
  local script = options and options.with_script and checked(reader:record("run_script", { run = row.id }))[1] or {}
  return {
    row = row, grid = grid, verdict = history.verdict(row), result = decoded(row.result), arguments = arguments_of(row), host = decoded(row.host), labels = decoded(row.labels),
    objectives = read_objectives(reader, row), findings = checked(reader:record("findings_of", { run = row.id })),
    artifacts = read_artifacts(reader, row), events = read_events(reader, row, grid), slow = slow,
    traces = traces.read(reader, row, slow, grid.seconds),
    requests = requests, failed_rows = read_failed(timeline), latency = latency, service = service, load = load, machines = machines.read(timeline), processes = machines.processes(timeline), groups = machines.groups(timeline),
    metrics = other_metrics.read(timeline, load.answered), logs = logs.read(timeline),
    script = script.script_text,
  }
end

return M
