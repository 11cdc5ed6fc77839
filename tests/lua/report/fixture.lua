--- A run as reports see it: one load of 100 requests that failed its objective.
local hist = require "perilune.core.hist"

local M = {}

--- Ten columns of a second.
M.grid = { from = 0, to = 10000, step = 1, columns = 10, seconds = 10 }

--- Values of 1 ms, 2 ms ... n ms.
function M.hist(n)
  local h = hist.new()
  for i = 1, n do h:record(i / 1000) end
  return h
end

--- A machine with these figures and no series.
function M.machine(name, figures)
  return { name = name, share = 0, figures = figures or {}, cpu = {}, disk = {}, memory = {}, pressure = {} }
end

--- A new model (report/model.lua).
function M.model()
  local h = M.hist(100)
  return {
    row = { name = "shop", ulid = "01ABC", started_ns = 0 }, verdict = "fail", grid = M.grid, requests = { { name = "home", scenario = "visit", latency = h } }, labels = {}, host = {}, artifacts = {}, failed_rows = {},
    arguments = { { "peak", "200/s" } }, latency = h, service = h, events = { { kind = "deploy", text = "v2", at = 3, seconds = 0 } },
    slow = {}, traces = { spans = 0, traces = 0, traced = 0, joined = 0, missing = 0, more = 0, operations = {}, examples = {} }, findings = { { kind = "comparison", text = "p50 was twice as high" }, { kind = "advice", text = "look at the disk" } },
    load = { outcomes = {}, answered = {}, planned = {}, users = {}, starts = {}, latency = {} },
    machines = { M.machine("vm", { { name = "disk read", unit = "bytes/s", min = 0, mean = 1024, max = 2048 } }), more = 0 }, processes = { cpu = {}, resident = {}, figures = {} }, groups = { cpu = {}, memory = {}, throttled = {} }, metrics = { names = 0, moved = 0 }, logs = { total = 0 },
    objectives = { { expr = "p99(latency) < 1s", verdict = "fail", unit = "duration", value = 2, limit = 1, samples = 5, line = "✗ p99(latency) < 1s   2 s" },
      { expr = "error_ratio < 1%", verdict = "pass", unit = "ratio", value = 0, limit = 0.01, ci = { 0, 0 }, scope = "scenario=visit", line = "✓ error_ratio < 1%  0 %" } },
    result = { verdict = "fail", comparisons = { { metric = "p50(latency)", unit = "duration", baseline = 1, candidate = 2, effect = 1, verdict = "fail", noise_known = true, against = "the last run", n = { 3, 1 } } },
      loads = { { url = "http://shop:8080", model = "open", duration_s = 8, generator = { verdict = "limited", reasons = { "busy" } }, requests = { total = 5, ok = 5, failed = 0, aborted = 0 },
        rate_per_s = { achieved = 1 }, latency_s = {}, service_s = {}, scenarios = { { name = "visit", model = "open", arrivals = "poisson", rate_per_s = 200, stages = 1, duration_s = 10, warmup_s = 2 } } } } },
  }
end

--- A trace of four spans, whose third names a parent that did not come, as rows of spans_of.
function M.spans()
  local function span(id, parent, service, operation, kind, from_ms, ms, status)
    return { id = tonumber(id), trace_id = "t1", span_id = id, parent_id = parent, service = service, operation = operation, kind = kind, status = status or "unset", ts_ns = from_ms * 1000000, duration_ns = ms * 1000000 }
  end
  return { span("1", "9", "front", "GET /", "server", 100, 100), span("2", "1", "front", "load", "client", 110, 60), span("4", "8", "db", "read", "client", 120, 40, "error"),
    span("3", "1", "front", "<price>", "internal", 120, 5) }
end

return M
