--- What a report says of the spans that a run received: its operations, and the traces of its slowest requests, as trees.
local facts = require "perilune.report.facts"
local json = require "perilune.core.json"
local stored = require "perilune.report.stored"
local trace_tree = require "perilune.trace_tree"

local M = {}

-- What is shown at most, so that a page stays a page.
local OPERATIONS, EXAMPLES, ROWS, NOTES, LOGS = 50, 5, 80, 40, 1000

--- The rows of operations, most time on critical paths first.
local function operations_of(spans, seconds)
  local list, total = trace_tree.gather(spans, trace_tree.parents(spans)), 0
  for _, e in ipairs(list) do
    total = total + e.critical
    e.rate, e.p50, e.p95, e.p99, e.max = e.count / seconds, facts.quantile(e.durations, 0.5), facts.quantile(e.durations, 0.95), facts.quantile(e.durations, 0.99), e.durations:max()
    e.durations = nil
  end
  for _, e in ipairs(list) do e.share = total > 0 and e.critical / total or 0 end
  local shown = table.move(list, 1, math.min(#list, OPERATIONS), 1, {})
  return shown, #list - #shown
end

--- "k=v, k=v" of attributes, sorted by name.
local function shown_attributes(attributes)
  local list = {}
  for k, v in pairs(attributes or {}) do list[#list + 1] = ("%s=%s"):format(k, v) end
  table.sort(list)
  return facts.cut(table.concat(list, ", "))
end

--- What stands beside the times of a row's span: message, attributes, events and links.
local function add_details(reader, row)
  local record = stored.checked(reader:record("event_data", { id = row.span.id }))[1]
  local data = stored.decoded(record and record.data)
  row.message, row.attributes = data.message and facts.cut(data.message), shown_attributes(data.attributes)
  row.events, row.links = {}, {}
  for _, e in ipairs(data.events or {}) do row.events[#row.events + 1] = { at_ns = e.ts_ns, name = facts.cut(e.name or ""), attributes = shown_attributes(e.attributes) } end
  for _, l in ipairs(data.links or {}) do row.links[#row.links + 1] = { trace_id = l.trace_id, span_id = l.span_id, attributes = shown_attributes(l.attributes) } end
  row.dropped = (data.dropped_events or 0) + (data.dropped_links or 0)
end

--- Events and links of all rows and the logs of their trace as one list, each with its row's number; more than NOTES are counted alone.
local function notes_of(rows, logs)
  local list, more, by_id = {}, 0, {}
  local function add(note)
    if #list < NOTES then list[#list + 1] = note else more = more + 1 end
  end
  for n, row in ipairs(rows) do
    for _, e in ipairs(row.events) do add { row = n, at_ns = e.at_ns, name = e.name, attributes = e.attributes } end
    for _, l in ipairs(row.links) do add { row = n, link = l, attributes = l.attributes } end
    more = more + row.dropped
    by_id[row.span.span_id] = by_id[row.span.span_id] or n
  end
  for _, l in ipairs(logs) do add { row = by_id[l.span_id], at_ns = l.ts_ns, name = facts.cut(l.text or ""), severity = l.severity or "log", attributes = "" } end
  return list, more
end

--- From the first begin to the last end.
local function extent(spans)
  local from, to = math.maxinteger, math.mininteger
  for _, s in ipairs(spans) do from, to = math.min(from, s.ts_ns), math.max(to, s.ts_ns + s.duration_ns) end
  return from, to
end

--- The request as the load saw it, moved so that the spans lie within it where clocks differ: two hosts have two, and the load's is told by the
--- millisecond.
local function request_of(e, from, to)
  local begin, length = e.at_ns, math.floor(e.latency_s * 1e9)
  local lag = math.floor((e.lag_s or 0) * 1e9)
  local moved = 0
  if begin + lag > from then moved = from - begin - lag elseif begin + length < to then moved = math.min(to - begin - length, from - begin - lag) end
  return { name = e.name, scenario = e.scenario, at = e.at, latency_s = e.latency_s, from_ns = begin + moved, sent_ns = begin + moved + lag, to_ns = begin + moved + length, moved_ns = moved }
end

--- One trace as it is drawn; `e`: the slow request that it is of, if it is of one.
local function example(reader, trace_id, spans, logs, e)
  local rows, missing = trace_tree.rows(spans, ROWS)
  for _, row in ipairs(rows) do add_details(reader, row) end
  local from, to = extent(spans)
  local x = { trace_id = trace_id, rows = rows, hidden = #spans - #rows, missing = #missing, from_ns = from, to_ns = to, path = trace_tree.path(spans) }
  x.notes, x.more_notes = notes_of(rows, logs)
  if e then
    x.request = request_of(e, from, to)
    x.from_ns, x.to_ns = math.min(from, x.request.from_ns), math.max(to, x.request.to_ns)
  end
  return x
end

--- The ids of the traces that are drawn, and the slow request of each: the slowest first; of a run without any the longest that came.
local function chosen(slow, by_trace, ids)
  local list, requests = {}, {}
  for _, e in ipairs(slow) do
    if #list < EXAMPLES and e.trace_id and by_trace[e.trace_id] then list[#list + 1], requests[e.trace_id] = e.trace_id, e end
  end
  if #list > 0 then return list, requests end
  local lengths = {}
  for _, id in ipairs(ids) do
    local from, to = extent(by_trace[id])
    lengths[id] = to - from
  end
  table.sort(ids, function(a, b)
    if lengths[a] ~= lengths[b] then return lengths[a] > lengths[b] end
    return a < b
  end)
  return table.move(ids, 1, math.min(#ids, EXAMPLES), 1, {}), requests
end

--- The traces that are drawn, with their logs.
local function examples_of(reader, row, slow, by_trace, ids)
  local list, requests = chosen(slow, by_trace, ids)
  local logs = trace_tree.by_trace(stored.checked(reader:record("logs_of", { run = row.id, traces = json.encode(json.array(list)), limit = LOGS })))
  local out = {}
  for i, id in ipairs(list) do out[i] = example(reader, id, by_trace[id], logs[id] or {}, requests[id]) end
  return out
end

--- How many of the slow requests carried a trace id, and of how many of those spans came.
local function joined_of(slow, by_trace)
  local traced, joined = 0, 0
  for _, e in ipairs(slow) do
    traced = traced + (e.trace_id and 1 or 0)
    joined = joined + (e.trace_id and by_trace[e.trace_id] and 1 or 0)
  end
  return traced, joined
end

--- How many spans are named as parents and did not come.
local function missing_of(by_trace)
  local n = 0
  for _, list in pairs(by_trace) do n = n + #trace_tree.missing(list, trace_tree.parents(list)) end
  return n
end

--- The spans that a run received; of a run that received none those that were fetched of its time, where slow requests are among them.
local function spans_of(reader, row, slow)
  local spans = stored.checked(reader:record("spans_of", { run = row.id, from_ns = 0, to_ns = math.maxinteger }))
  local traced = {}
  for _, e in ipairs(slow) do
    if e.trace_id then traced[e.trace_id] = true end
  end
  if #spans > 0 or not next(traced) then return spans end
  local kept = stored.checked(reader:record("spans_kept", { from_ns = row.started_ns, to_ns = row.ended_ns or math.maxinteger }))
  for _, s in ipairs(kept) do
    if traced[s.trace_id] then return kept end
  end
  return spans
end

--- Reads what is shown of a run's traces.
---@param reader any
---@param row table of the run
---@param slow table[] the slow requests of the model
---@param seconds number that the run lasted
---@return table { spans, traces, operations, more, traced, joined, missing, examples }
function M.read(reader, row, slow, seconds)
  local spans = spans_of(reader, row, slow)
  local by_trace, ids = trace_tree.by_trace(spans)
  local model = { spans = #spans, traces = #ids }
  model.traced, model.joined = joined_of(slow, by_trace)
  model.missing = missing_of(by_trace)
  model.operations, model.more = operations_of(spans, seconds)
  model.examples = examples_of(reader, row, slow, by_trace, ids)
  return model
end

return M
