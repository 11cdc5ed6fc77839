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
  { name = "p95(latency)", unit = "duration", better = "lower", read = function(l) return l.latency_s.p95 end },
}

--- At most this share of the runs in which nothing has changed fails by any of the metrics: half of it, for a regression has one side.
local FALSE_DISCOVERIES = 0.02

local SIGN = { pass = "✓", fail = "✗", inconclusive = "~" }
local UNKNOWN_SIGN = { pass = "·", inconclusive = "?" } -- without noise nothing is proved: an effect, or one beyond the limit

--- A comparison in a line: its sign is that of the verdict.
---@param c table comparison
---@return string
function M.line(c)
  local unit, f = c.unit, units.format
  local sign = c.noise_known and SIGN[c.verdict] or UNKNOWN_SIGN[c.verdict]
  local text = ("%s %-16s %s, was %s: %+.1f %%"):format(sign, c.metric, f(unit, c.candidate), f(unit, c.baseline), c.effect * 100)
  if c.ci then text = text .. (" (interval %+.1f to %+.1f %%, p = %.2g)"):format(c.ci[1] * 100, c.ci[2] * 100, c.p) end
  if not c.noise_known then text = text .. "; run-to-run noise unknown" end
  if c.why then text = text .. "; " .. c.why end
  if c.verdict == "inconclusive" and c.more then text = text .. ("; about %d more run%s a side would decide it"):format(c.more, c.more == 1 and "" or "s") end
  return text
end

--- Compares values of runs: baseline ones against candidates.
---@param metric table row of METRICS
---@param base number[]
---@param candidate number[]
---@param limit number
---@param noise number[]|nil values of earlier comparable runs in their order: how far runs lie apart though nothing has changed
---@return table comparison
function M.values(metric, base, candidate, limit, noise)
  local r = stats.compare(base, candidate, { limit = limit, better = metric.better, noise = noise })
  local verdict = "pass"
  if not r.noise_known then
    local worse = metric.better == "lower" and r.effect or -r.effect
    verdict = worse > limit and "inconclusive" or "pass"
  elseif r.verdict == "regressed" then verdict = "fail"
  elseif r.verdict == "inconclusive" then verdict = "inconclusive"
  end
  local c = { metric = metric.name, unit = metric.unit, better = metric.better, baseline = r.baseline, candidate = r.candidate,
    effect = r.effect, ci = r.lo and { r.lo, r.hi } or nil, p = r.p, noise_known = r.noise_known, n = { #base, #candidate },
    limit = limit, verdict = verdict, more = r.more and math.tointeger(r.more) }
  c.line = M.line(c)
  return c
end

--- Holds many comparisons to one level: a regression that is to be expected once among so many metrics, though nothing has changed, is
--- none yet (Benjamini and Hochberg 1995). Sets `q` of those whose noise is known.
---@param list table[] comparisons of one run
---@return table[] list
function M.gate(list)
  local known, p = {}, {}
  for _, c in ipairs(list) do
    if c.noise_known then known[#known + 1], p[#p + 1] = c, c.p end
  end
  local q = #p > 0 and stats.false_discoveries(p) or {}
  for i, c in ipairs(known) do
    c.q = q[i]
    if c.verdict == "fail" and c.q > FALSE_DISCOVERIES then
      c.verdict, c.more = "inconclusive", c.more or 1
      c.why = ("among %d figures one such change comes by chance too easily (q = %.2g)"):format(#p, c.q)
      c.line = M.line(c)
    end
  end
  return list
end

return M
