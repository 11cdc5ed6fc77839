--- run:traces: what the spans that a run received say of each operation of each service, and where the time of their traces went.
local clock = require "perilune.core.clock"
local database = require "perilune.database"
local moment = require "perilune.moment"
local schema = require "perilune.schema"
local trace_tree = require "perilune.trace_tree"
local words = require "perilune.words"

local M = {}

local function finish(e, seconds)
  local h = e.durations
  e.durations = nil
  e.rate, e.error_ratio = e.count / seconds, e.errors / e.count
  e.mean, e.p50, e.p90, e.p95, e.p99, e.max = h:mean(), h:quantile(0.5), h:quantile(0.9), h:quantile(0.95), h:quantile(0.99), h:max()
end

--- What spans say of each service, operation and kind.
---@param spans table[]
---@param o table { service, operation }: only of these
---@param seconds number that they are of, for the rate
---@return table[] as run:traces gives it
function M.operations(spans, o, seconds)
  local list = trace_tree.gather(spans, trace_tree.parents(spans), function(s)
    return (not o.service or s.service == o.service) and (not o.operation or s.operation == o.operation)
  end)
  for _, e in ipairs(list) do finish(e, seconds) end
  return list
end

--- run:traces(options): an entry for each service, operation and kind. Self time is what a span lasts while none of its children does, critical
--- the part of it that its trace's length depends on (core/analysis/trace_times.h); a trace is seen as far as its spans came and lie between from
--- and to. The rate is over the run's time until now, or from and to. With source = "jaeger" it is of spans that were fetched from there.
---
---     for _, e in ipairs(run:traces { service = "shop" }) do print(e.operation, e.rate, e.p99, e.critical) end
---@param run perilune.Run
---@param options table|nil { service, operation, from, to, trace, run, source }
---@return table[] { service, operation, kind, count, rate, errors, error_ratio, mean, p50, p90, p95, p99, max, self, critical }, longest on critical paths first
function M.run(run, options)
  local o = schema.check(words.options.traces, options, "traces")
  local reader = run:reader()
  local row = o.run and database.run(reader, o.run, run.row) or { id = run.row, started_ns = run.started_ns, ended_ns = run.ended_ns }
  local from = o.from and moment.in_run(o.from, row.started_ns, "traces: from") or o.source and row.started_ns or 0
  local to = o.to and moment.in_run(o.to, row.started_ns, "traces: to") or math.maxinteger
  if from >= to then error({ code = "invalid", message = "traces: from is not before to" }, 0) end
  local spans = database.records(reader, o.source and "spans_kept" or "spans_of",
    { run = not o.source and row.id or nil, from_ns = from, to_ns = to, trace = o.trace and o.trace:lower(), source = o.source })
  return M.operations(spans, o, ((o.to and to or row.ended_ns or clock.wall()) - (o.from and from or row.started_ns)) / 1e9)
end

--- The spans of each trace that a run received, or else fetched, since it began.
local function traces_of(run)
  local reader, received = run:reader(), {}
  if #run.receivers > 0 then received = trace_tree.by_trace(database.records(reader, "spans_of", { run = run.row, from_ns = 0, to_ns = math.maxinteger })) end
  if not run.fetched_traces then return received end
  local by_trace = trace_tree.by_trace(database.records(reader, "spans_kept", { from_ns = run.started_ns, to_ns = math.maxinteger }))
  for id, spans in pairs(received) do by_trace[id] = spans end
  return by_trace
end

--- Joins the slow requests of a run's loads to the spans that it received or fetched, by trace id: e.path is what the length of its trace was made of,
--- where spans of it came.
---@param run perilune.Run
function M.join(run)
  local wanted_ids = {}
  for _, l in ipairs(run.loads) do
    for _, e in ipairs(l.slow) do
      if e.trace_id then wanted_ids[e.trace_id] = true end
    end
  end
  if not next(wanted_ids) or not (#run.receivers > 0 or run.fetched_traces) then return end
  local by_trace = traces_of(run)
  for _, l in ipairs(run.loads) do
    for _, e in ipairs(l.slow) do e.path = e.trace_id and by_trace[e.trace_id] and trace_tree.path(by_trace[e.trace_id]) end
  end
end

return M
