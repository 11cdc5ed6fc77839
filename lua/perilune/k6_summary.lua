--- A run as the summary of k6 (--summary-export): what reads those files reads it, such as the load performance report of GitLab. Times are
--- milliseconds.
local hist = require "perilune.core.hist"
local json = require "perilune.core.json"

local M = {}

--- k6's trends, and which distributions they are.
local TRENDS = {
  { "http_req_duration", "load_service_seconds" }, { "iteration_duration", "load_iteration_seconds" }, { "group_duration", "load_group_seconds" },
  { "http_req_sending", "load_phase_seconds", "send" }, { "http_req_waiting", "load_phase_seconds", "wait" }, { "http_req_receiving", "load_phase_seconds", "receive" },
  { "http_req_connecting", "load_phase_seconds", "connect" }, { "http_req_tls_handshaking", "load_phase_seconds", "tls" },
}

local function checked(value, err)
  if not value then error(err, 0) end
  return value
end

--- All values of a distribution's series together.
local function merged(reader, run, name, phase)
  local all = hist.new()
  for _, series in ipairs(checked(reader:series(name, run, phase and { phase = phase }))) do
    local times, hists = reader:dists(series.id, run, 0)
    checked(times, hists)
    for _, h in ipairs(hists) do all:add(h) end
  end
  return all
end

local function trend(h)
  local function at(p) return h:quantile(p) * 1e3 end
  return { avg = h:mean() * 1e3, min = h:min() * 1e3, med = at(0.5), max = h:max() * 1e3, ["p(90)"] = at(0.9), ["p(95)"] = at(0.95) }
end

--- The last samples of a counter's series by the value of a label, added up.
local function totals(reader, run, name, label)
  local sums = {}
  for _, series in ipairs(checked(reader:series(name, run))) do
    local times, values = reader:samples(series.id, run)
    checked(times, values)
    local key = series.labels[label]
    if key then sums[key] = (sums[key] or 0) + (values[#values] or 0) end
  end
  return sums
end

local function gauge(reader, run, name)
  local last, least, most
  for _, series in ipairs(checked(reader:series(name, run))) do
    local times, values = reader:samples(series.id, run)
    checked(times, values)
    for _, v in ipairs(values) do last, least, most = v, math.min(least or v, v), math.max(most or v, v) end
  end
  return last and { value = last, min = least, max = most }
end

local function share(passes, fails)
  local all = passes + fails
  return { value = all > 0 and passes / all or 0, passes = passes, fails = fails }
end

--- The checks by their names: { name = { passes, fails } }.
local function checks_of(reader, run)
  local out = {}
  for _, series in ipairs(checked(reader:series("load_checks_total", run))) do
    local times, values = reader:samples(series.id, run)
    checked(times, values)
    local name, field = series.labels.check, series.labels.ok == "true" and "passes" or "fails"
    out[name] = out[name] or { name = name, path = "::" .. name, passes = 0, fails = 0 }
    out[name][field] = out[name][field] + math.floor(values[#values] or 0)
  end
  return out
end

--- What the loads of a result say together.
local function sums_of(result)
  local s = { requests = 0, failed = 0, seconds = 0 }
  for _, load in ipairs(result.loads or {}) do
    s.requests, s.failed, s.seconds = s.requests + load.requests.total, s.failed + load.requests.failed, s.seconds + load.duration_s
  end
  return s
end

--- The summary of a run.
---@param reader any
---@param run integer
---@param result table perilune.run/1
---@return string JSON
function M.text(reader, run, result)
  local s, metrics = sums_of(result), {}
  local function counter(n) return { count = n, rate = s.seconds > 0 and n / s.seconds or 0 } end
  for _, t in ipairs(TRENDS) do
    local h = merged(reader, run, t[2], t[3])
    if h:count() > 0 then metrics[t[1]] = trend(h) end
    if t[1] == "iteration_duration" and h:count() > 0 then metrics.iterations = counter(h:count()) end
  end
  local bytes, checks, passes, fails = totals(reader, run, "load_bytes_total", "direction"), checks_of(reader, run), 0, 0
  for _, c in pairs(checks) do passes, fails = passes + c.passes, fails + c.fails end
  metrics.http_reqs, metrics.http_req_failed = counter(s.requests), share(s.failed, s.requests - s.failed)
  metrics.data_sent, metrics.data_received = counter(bytes.sent or 0), counter(bytes.received or 0)
  metrics.vus = gauge(reader, run, "load_users")
  metrics.checks = passes + fails > 0 and share(passes, fails) or nil
  return json.encode { root_group = { name = "", path = "", id = "d41d8cd98f00b204e9800998ecf8427e", groups = json.object {}, checks = json.object(checks) }, metrics = metrics }
end

return M
