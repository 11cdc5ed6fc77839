--- How sure a load's own figures are: intervals of its quantiles by the block bootstrap over its seconds, and whether those are steady.
local hist = require "perilune.core.hist"
local query = require "perilune.core.query"

local M = {}

local NAMES, QUANTILES = { "p50", "p90", "p95", "p99", "p99_9" }, { 0.5, 0.9, 0.95, 0.99, 0.999 }
local METRICS = { latency = "load_latency_seconds", service = "load_service_seconds" }
local KPSS_LIMIT = 0.463 -- of 5 %: analysis/steady.h

--- The load's seconds: its grid, and the part of it that is measured.
local function range_of(load)
  local from, to = math.huge, 0
  for i = 1, #load.names do
    local part = load.handle:part(i)
    from, to = math.min(from, part.from_ms), math.max(to, part.drained_ms)
  end
  return { start_ms = load.start_ms, from_ms = from - 999, to_ms = to }
end

--- Puts intervals into the load's latency and service (`ci`; `few_seconds` lists those that too few independent seconds carry), and `steadiness` beside them,
--- once: whoever asks first, a comparison within the run or the judge at its end.
---@param run perilune.Run
---@param load table a result of figures.lua
function M.add(run, load)
  if load.steadiness then return end
  local range = range_of(load)
  for field, metric in pairs(METRICS) do
    local h = load.handle:hist("", "", field)
    local s, err = query.spread(run:reader(), run.row, metric, load.names, range, h or hist.new(), QUANTILES)
    if not s then error(err, 0) end
    local ci, few = {}, {}
    for i, name in ipairs(NAMES) do
      if s[i] then
        ci[name] = { s[i][1], s[i][2] }
        if s[i].few_seconds then few[#few + 1] = name end
      end
    end
    load[field].ci, load[field].few_seconds = ci, few
    if field == "latency" then
      load.steadiness = { seconds = s.seconds, lag1 = s.lag1, kpss = s.kpss, warmup = s.warmup, unsettled = s.unsettled, change = s.change, change_p = s.change_p }
      if s.kpss then load.steadiness.stationary = s.kpss < KPSS_LIMIT end
    end
  end
end

return M
