--- The effect of a change on one metric: from values of runs to an interval, a verdict and a line.
local lines = require "perilune.lines"
local stats = require "perilune.core.stats"
local units = require "perilune.core.units"

local M = {}

--- A share of failed requests, of which a run has a tally: { failed, total }.
local function tally_of(l)
  local r = l.requests
  return r and (r.total or 0) > 0 and { r.failed, r.total } or nil
end

--- What is compared unless `metrics` says otherwise: name, how to read it from a perilune.load/1 object, what is better.
M.METRICS = {
  { name = "p50(latency)", unit = "duration", better = "lower", read = function(l) return l.latency_s.p50 end },
  { name = "p99(latency)", unit = "duration", better = "lower", read = function(l) return l.latency_s.p99 end },
  { name = "rate(requests)", unit = "rate", better = "higher", read = function(l) return l.rate_per_s.achieved end },
  { name = "error_ratio", unit = "ratio", better = "lower", tally = tally_of, read = function(l) local t = tally_of(l) return t and t[1] / t[2] end },
  { name = "p95(latency)", unit = "duration", better = "lower", read = function(l) return l.latency_s.p95 end },
}

local BY_NAME = { "p50", "p95", "p99" }
local NAMES_MOST = 20 -- request names that are gated, those of most requests

--- A quantile of one request name, read from a load that has it.
local function of_name(quantile, scenario, name)
  local labels = scenario and ("{scenario='%s',name='%s'}"):format(scenario, name) or ("{name='%s'}"):format(name)
  return { name = ("%s(latency%s)"):format(quantile, labels), unit = "duration", better = "lower", by_name = true, read = function(l)
    for _, r in ipairs(l.names or {}) do
      if r.name == name and (not scenario or r.scenario == scenario) then return r[quantile] end
    end
  end }
end

--- The metrics of a load: those of all its requests, and where these have several names the quantiles of each.
---@param l table perilune.load/1
---@param metrics table[]|nil rows of METRICS; all of them
---@return table[] rows like those of METRICS
function M.metrics_of(l, metrics)
  local list, wanted, names = { table.unpack(metrics or M.METRICS) }, {}, l.names or {}
  for _, m in ipairs(list) do wanted[m.name] = true end
  local several = false
  for _, r in ipairs(names) do several = several or r.scenario ~= names[1].scenario end
  for i = 1, math.min(#names, NAMES_MOST) do
    for _, q in ipairs(BY_NAME) do
      if wanted[q .. "(latency)"] then list[#list + 1] = of_name(q, several and names[i].scenario or nil, names[i].name) end
    end
  end
  return list
end

--- At most this share of the runs in which nothing has changed fails by any of the metrics: half of it, for a regression has one side.
local FALSE_DISCOVERIES = 0.02

local SIGN = { pass = "✓", fail = "✗", inconclusive = "~" }
local UNKNOWN_SIGN = { pass = "·", inconclusive = "?" } -- without noise nothing is proved: an effect, or one beyond the limit

local function percent(v) return ("%+.1f %%"):format(v * 100) end

--- How much more or less it is: "+3.1 %"; of what was 0 that it was.
---@param c table comparison
---@return string
function M.change(c)
  if c.baseline == 0 then return c.candidate == 0 and "still 0" or "from 0" end
  return percent(c.effect)
end

--- The interval of the change: "+1.0 to +5.2 %"; of what was 0 in its own unit. Nil without one.
---@param c table comparison
---@return string|nil
function M.interval(c)
  if not c.ci then return nil end
  if c.baseline == 0 then return ("%s to %s"):format(units.format(c.unit, c.ci[1]), units.format(c.unit, c.ci[2])) end
  return ("%+.1f to %s"):format(c.ci[1] * 100, percent(c.ci[2]))
end

--- How sure it is: where no value of a side differs from another there is no p.
local function certainty(c)
  if c.p == 0 and c.ci and c.ci[1] == c.ci[2] then return "values do not vary" end
  return ("p = %.2g"):format(c.p)
end

local NAME_COLUMNS = 60 -- of a metric in a line

--- The metric of a comparison as lines have it: a long request name is without its middle.
---@param c table comparison
---@return string
function M.shown(c)
  local before, name, after = c.metric:match("^(.*name=')(.*)('}%))$")
  if not name then return c.metric end
  return before .. lines.shortened(name, math.max(8, NAME_COLUMNS - (utf8.len(before) or #before) - #after)) .. after
end

--- A comparison in a line: its sign is that of the verdict.
---@param c table comparison
---@return string
function M.line(c)
  local unit, f = c.unit, units.format
  local sign = c.noise_known and SIGN[c.verdict] or UNKNOWN_SIGN[c.verdict]
  local text = ("%s %-16s %s, was %s: %s"):format(sign, M.shown(c), f(unit, c.candidate), f(unit, c.baseline), M.change(c))
  if c.ci then text = text .. (" (interval %s, %s)"):format(M.interval(c), certainty(c)) end
  if not c.noise_known then text = text .. "; run-to-run noise unknown" end
  if c.why then text = text .. "; " .. c.why end
  if c.verdict == "inconclusive" and c.more then text = text .. ("; about %d more run%s a side would decide it"):format(c.more, c.more == 1 and "" or "s") end
  if c.verdict == "inconclusive" and not c.more and c.noise_known and not c.repeated then text = text .. "; not even 1,000 more runs a side would decide it" end
  return text
end

local VERDICT = { regressed = "fail", inconclusive = "inconclusive" }

--- The comparison of a metric from what the numbers say.
local function comparison(metric, r, n_base, n_candidate, limit, worse_if_unknown)
  local verdict = r.noise_known and (VERDICT[r.verdict] or "pass") or (worse_if_unknown and "inconclusive" or "pass")
  local c = { metric = metric.name, unit = metric.unit, better = metric.better, baseline = r.baseline, candidate = r.candidate,
    effect = r.effect, ci = r.lo and { r.lo, r.hi } or nil, p = r.p, noise_known = r.noise_known, n = { n_base, n_candidate },
    limit = limit, verdict = verdict, more = r.more and math.tointeger(r.more), by_name = metric.by_name, difference = r.difference, error = r.error }
  c.line = M.line(c)
  return c
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
  return comparison(metric, r, #base, #candidate, limit, (metric.better == "lower" and r.effect or -r.effect) > limit)
end

local function flat(tallies)
  local out = {}
  for _, t in ipairs(tallies or {}) do out[#out + 1], out[#out + 2] = t[1], t[2] end
  return out
end

--- Compares shares of failed requests: by Fisher's test of all of them, and by how far runs differ anyway.
---@param metric table row of METRICS
---@param base table[] { failed, total } of each run
---@param candidate table[]
---@param limit number
---@param history table[]|nil of earlier comparable runs
---@return table comparison
function M.tallies(metric, base, candidate, limit, history)
  local r = stats.error_ratios(flat(base), flat(candidate), { limit = limit, history = history and flat(history) })
  return comparison(metric, r, #base, #candidate, limit, r.candidate - r.baseline > limit * math.max(r.baseline, 0.01))
end

--- What `read` gives of each load that has it.
local function read_all(loads, read)
  local out = {}
  for _, l in ipairs(loads or {}) do
    local v = read(l)
    if type(v) == "number" or type(v) == "table" then out[#out + 1] = v end
  end
  return out
end

--- Compares a metric of loads (perilune.load/1); nil where a side does not have it.
---@param metric table row of METRICS
---@param base table[]
---@param candidate table[]
---@param limit number
---@param history table[]|nil loads of earlier comparable runs, newest last
---@return table|nil comparison
function M.loads(metric, base, candidate, limit, history)
  local before, now = read_all(base, metric.tally or metric.read), read_all(candidate, metric.tally or metric.read)
  if #before == 0 or #now == 0 then return nil end
  return (metric.tally and M.tallies or M.values)(metric, before, now, limit, history and read_all(history, metric.tally or metric.read))
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
      c.verdict, c.more = "inconclusive", c.difference and stats.runs_needed(c.n[1], c.n[2], c.difference, c.error, FALSE_DISCOVERIES / #p) or nil
      c.why = ("among %d figures one such change comes by chance too easily (q = %.2g)"):format(#p, c.q)
      c.line = M.line(c)
    end
  end
  return list
end

--- The lines of comparisons; figures by name in which nothing is to be seen are one line.
---@param list table[] comparisons
---@param show fun(c: table, line: string)
function M.each_line(list, show)
  local quiet, last = 0, nil
  for _, c in ipairs(list) do
    if c.by_name and c.verdict == "pass" then
      quiet, last = quiet + 1, c
    else
      show(c, c.line)
    end
  end
  if quiet > 0 then
    local sign = last.noise_known and SIGN.pass or UNKNOWN_SIGN.pass
    show(last, ("%s %d figure%s of single request names: no change for the worse that matters%s"):format(sign, quiet, quiet == 1 and "" or "s", last.noise_known and "" or "; run-to-run noise unknown"))
  end
end

return M
