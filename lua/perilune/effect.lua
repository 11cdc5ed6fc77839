--- The effect of a change on one metric: from values of runs to an interval, a verdict and a line.
local stats = require "perilune.core.stats"
local units = require "perilune.core.units"

local M = {}

--- What is compared unless `metrics` says otherwise: name, how to read it from a perilune.load/1 object, what is better.
M.METRICS = {
  { name = "p50(latency)", unit = "duration", better = "lower", read = function(l) return l.latency_s.p50 end },
  { name = "p99(latency)", unit = "duration", better = "lower", read = function(l) return l.latency_s.p99 end },
  { name = "rate(requests)", unit = "rate", better = "higher", read = function(l) return l.rate_per_s.achieved end },
  { name = "error_ratio", unit = "ratio", better = "lower", read = function(l) return l.requests.total > 0 and l.requests.failed / l.requests.total or nil end },
}

local SIGN = { pass = "✓", fail = "✗", inconclusive = "~" }
local UNKNOWN_SIGN = { pass = "·", inconclusive = "?" } -- without noise nothing is proved: an effect, or one beyond the limit

--- A comparison in a line: its sign is that of the verdict.
---@param c table comparison
---@return string
function M.line(c)
  local unit, f = c.unit, units.format
  local sign = c.noise_known and SIGN[c.verdict] or UNKNOWN_SIGN[c.verdict]
  local text = ("%s %-16s %s, was %s: %+.1f %%"):format(sign, c.metric, f(unit, c.candidate), f(unit, c.baseline), c.effect * 100)
  if c.ci then text = text .. (" (interval %+.1f to %+.1f %%)"):format(c.ci[1] * 100, c.ci[2] * 100) end
  if not c.noise_known then text = text .. "; run-to-run noise unknown" end
  return text
end

--- Compares values of runs: baseline ones against candidates.
---@param metric table row of METRICS
---@param base number[]
---@param candidate number[]
---@param limit number
---@return table comparison
function M.values(metric, base, candidate, limit)
  local r = stats.compare(base, candidate, { limit = limit, better = metric.better })
  local verdict = "pass"
  if not r.noise_known then
    local worse = metric.better == "lower" and r.effect or -r.effect
    verdict = worse > limit and "inconclusive" or "pass"
  elseif r.verdict == "regressed" then verdict = "fail"
  elseif r.verdict == "inconclusive" then verdict = "inconclusive"
  end
  local c = { metric = metric.name, unit = metric.unit, better = metric.better, baseline = r.baseline, candidate = r.candidate,
    effect = r.effect, ci = r.lo and { r.lo, r.hi } or nil, p = r.p, noise_known = r.noise_known, n = { #base, #candidate },
    limit = limit, verdict = verdict }
  c.line = M.line(c)
  return c
end

return M
