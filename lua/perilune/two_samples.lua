--- Two files of one number a line, compared: the mean (or p99) of each, how far apart, and a verdict.
local inputs = require "perilune.inputs"
local json = require "perilune.core.json"
local stats = require "perilune.core.stats"

local M = {}

--- The numbers of F (inputs.lua): one a line, or whatever else a series is read from.
---@param F string
---@param o table|nil options of inputs.series
---@return number[]
function M.read(F, o) return inputs.series(F, o).values end

local LARGEST = 0x1.fffffffffffffp+1023

local function bounded(x) return math.max(-LARGEST, math.min(LARGEST, x)) end

--- The measured change decides whether it matters; its interval whether it is more than noise.
local function verdict_of(c, limit, better)
  if not c.noise_known then return "inconclusive" end
  local effect = c.from_zero and c.difference * math.huge or c.effect -- of 0 every change is more than any share
  local worse = better == "lower" and effect or -effect
  if math.abs(effect) <= limit then return "same" end
  if c.lo <= 0 and c.hi >= 0 then return "inconclusive" end
  return worse > 0 and "regression" or "improvement"
end

local SIGN = { same = "✓", improvement = "✓", regression = "✗", inconclusive = "?" }

--- How sure it is: where no value of a side differs from another there is no p.
local function certainty(c)
  if c.difference_ci[2] - c.difference_ci[1] <= 1e-9 * math.abs(c.difference) and c.p < 1e-9 then return "values do not vary" end
  return ("p = %.2g"):format(c.p)
end

local PERCENT_MOST = 1e6 -- of what was nearly 0 a change in percent says nothing

local function line_of(c)
  local absolute = c.from_zero or math.max(math.abs(c.effect), c.ci and math.abs(c.ci[1]) or 0, c.ci and math.abs(c.ci[2]) or 0) * 100 > PERCENT_MOST
  local change = absolute and ("%+.6g"):format(c.difference) or ("%+.2f %%"):format(c.effect * 100)
  local text = ("%s %s: %s %.6g, was %.6g: %s"):format(SIGN[c.verdict], c.verdict, c.stat, c.candidate, c.baseline, change)
  local interval = absolute and c.difference_ci and ("%+.6g to %+.6g"):format(c.difference_ci[1], c.difference_ci[2]) or c.ci and ("%+.2f to %+.2f %%"):format(c.ci[1] * 100, c.ci[2] * 100)
  if interval then text = text .. (" (interval %s), %s"):format(interval, certainty(c)) end
  if c.reason then text = text .. "; " .. c.reason end
  return text
end

--- How many more values a side, if they are as these are, put the change beyond the interval's reach; nil beyond 100,000.
local function more_of(c, r)
  if not r.noise_known then
    local least = c.stat == "p99" and 1000 or 3
    return math.max(least - #c.base, least - #c.candidate_values, 1)
  end
  local reach, apart, n = (r.hi - r.lo) / 2, math.abs(r.difference), math.min(#c.base, #c.candidate_values)
  local more = math.ceil(n * ((reach / apart) ^ 2 - 1))
  return more >= 1 and more <= 100000 and more or nil
end

local NOTICED = 0.001 -- below this p a trend is told

--- What in a file's own course makes its figure doubtful.
local function course_notes(name, values, mean)
  local notes, c = {}, stats.course(values)
  if not c then return notes end
  if c.unsettled then
    notes[#notes + 1] = ("%s does not settle: its level still moves in its second half"):format(name)
  elseif c.warmup > 0 then
    notes[#notes + 1] = ("%s begins with what looks like warm-up: its first %d of %d values lie apart from the rest"):format(name, c.warmup, #values)
  end
  if c.p < NOTICED and mean ~= 0 then
    notes[#notes + 1] = ("%s has a trend: %+.1f %% of its mean from begin to end (p = %.2g)"):format(name, c.change / math.abs(mean) * 100, c.p)
  end
  return notes
end

local RANKS_MAX = 100000

--- The rank test beside the means: it does not mind outliers.
local function ranks_of(base, candidate)
  if #base + #candidate > RANKS_MAX then return nil end
  local r = stats.ranks(base, candidate)
  return { p = r.p, u = r.u, exact = r.exact, shift = r.shift, shift_ci = json.array { r.lo, r.hi } }
end

local function reason_of(c)
  if c.noise_known then
    if c.marginal then return "marginal: the interval reaches beyond the limit" end
    if c.verdict == "inconclusive" then return "the change is beyond the limit, but within the noise: " .. (c.more and ("about %d more values a side would tell"):format(c.more) or "more values would tell") end
    return nil
  end
  if c.stat == "p99" then return ("noise unknown: a p99 needs 1,000 values a side, these are %d and %d"):format(c.n[1], c.n[2]) end
  return ("noise unknown: 3 values a side are needed, or 8 before one; these are %d and %d"):format(c.n[1], c.n[2])
end

--- Compares two lists of numbers.
---@param base number[]
---@param candidate number[]
---@param o table { stat = "mean"|"p99", better = "lower"|"higher", limit = ratio, strict = marginal is inconclusive }
---@return table comparison { stat, baseline, candidate, difference, difference_ci, effect, ci, p, n, better, limit, verdict, more, ranks, notes, line }
function M.compare(base, candidate, o)
  local r = stats.two_samples(base, candidate, o.stat)
  local scale = r.baseline ~= 0 and math.abs(r.baseline) or 1
  local c = { stat = o.stat, better = o.better, limit = o.limit, baseline = r.baseline, candidate = r.candidate, difference = r.difference,
    from_zero = r.baseline == 0 and r.difference ~= 0 or nil, effect = bounded(r.difference / scale), n = json.array { #base, #candidate }, noise_known = r.noise_known, p = r.p }
  if r.noise_known then
    c.difference_ci = json.array { r.lo, r.hi }
    c.lo, c.hi = bounded(r.lo / scale), bounded(r.hi / scale)
    c.ci = json.array { c.lo, c.hi }
  end
  c.verdict = verdict_of(c, o.limit, o.better)
  c.marginal = c.verdict == "same" and not c.from_zero and math.max(math.abs(c.lo), math.abs(c.hi)) > o.limit
  if c.marginal and o.strict then c.verdict = "inconclusive" end
  c.lo, c.hi = nil, nil
  if c.from_zero then c.effect, c.ci = json.null, nil end
  if c.verdict == "inconclusive" then c.more = more_of({ stat = c.stat, base = base, candidate_values = candidate }, r) end
  c.ranks = ranks_of(base, candidate)
  c.notes = json.array(course_notes("A", base, r.baseline))
  for _, text in ipairs(course_notes("B", candidate, r.candidate)) do c.notes[#c.notes + 1] = text end
  c.reason = reason_of(c)
  c.line = line_of(c)
  return c
end

return M
