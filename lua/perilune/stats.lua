--- pl.stats: tests, intervals and sketches of numbers that a playbook has, in a table each. Samples are arrays of finite numbers in any unit, and
--- figures come in the same; every p is two-sided, every interval of 95 % unless `level` says otherwise. What no answer can be had of (an empty
--- sample, NaN or infinity, too few values) is an error that names the value; what draws at random takes a seed, and the same one gives the
--- same numbers everywhere.
local core = require "perilune.core.samples"
local runs = require "perilune.core.stats"
local schema = require "perilune.schema"
local sketch = require "perilune.core.sketch"

local M = {}

local MOST = 1000000 -- values of a sample
local DRAWN_MOST = 200000000 -- values that one call draws: a few seconds of a core
local PAIRWISE_MOST = 100000 -- values of what compares all pairs

local function invalid(word, text, ...) error({ code = "invalid", message = ("stats.%s: "):format(word) .. text:format(...) }, 0) end

--- A sample that may be handed down.
local function sample(word, what, list, least)
  if type(list) ~= "table" then invalid(word, "%s is %s; it is a list of numbers, { 12.1, 11.8 }", what, schema.show(list)) end
  if #list < least then invalid(word, "%s has %s; at least %d %s needed", what, #list == 1 and "1 value" or #list .. " values", least, least == 1 and "is" or "are") end
  if #list > MOST then invalid(word, "%s has %d values; at most %d can be looked at", what, #list, MOST) end
  for i, v in ipairs(list) do
    if type(v) ~= "number" or v ~= v or math.abs(v) == math.huge then invalid(word, "%s: value %d is %s, no finite number; leave it out", what, i, schema.show(v)) end
  end
  return list
end

local function pair(word, base, candidate, least) return sample(word, "base", base, least), sample(word, "candidate", candidate, least) end

local function share(word, what, v)
  if type(v) ~= "number" or not (v >= 0 and v <= 1) then invalid(word, "%s is %s; it is a number from 0 to 1, such as 0.99", what, schema.show(v)) end
  return v
end

local function level_of(word, o)
  if not (o.level > 0 and o.level < 1) then invalid(word, "level is %g; it lies between 0 and 1, such as 0.95", o.level) end
  return o.level
end

local DRAWS = { level = { "ratio", default = 0.95, help = "of the interval" }, rounds = { "integer", default = 2000, help = "100 to 100,000" }, seed = { "integer", default = 1, help = "the same one, the same numbers" } }

local function with(more)
  for name, rule in pairs(DRAWS) do more[name] = rule end
  return more
end

local OPTIONS = {
  quantile = { level = DRAWS.level },
  permutation = { rounds = DRAWS.rounds, seed = DRAWS.seed },
  bootstrap = with { of = { "any", default = "mean", help = "mean, median, or a quantile such as 0.99" } },
  block_bootstrap = with { of = { "any", default = "mean", help = "mean, median, or a quantile such as 0.99" }, block = { "integer", default = 0, help = "values of a block; 0: found from the autocorrelation" } },
  quantile_ratio = with {},
}

--- Options of a word that draws from n values.
local function drawing(word, options, n)
  local o = schema.check(OPTIONS[word], options, "stats." .. word)
  if o.level then level_of(word, o) end
  if o.rounds < 100 or o.rounds > 100000 then invalid(word, "rounds is %d; it is a number from 100 to 100,000", o.rounds) end
  if o.rounds * n > DRAWN_MOST then invalid(word, "%d rounds of %d values are more than %d draws; ask for fewer rounds, or of fewer values", o.rounds, n, DRAWN_MOST) end
  return o
end

local function figure(word, of)
  if of == "mean" or of == "median" then return of end
  if type(of) ~= "number" then invalid(word, 'of is %s; it is "mean", "median", or a quantile such as 0.99', schema.show(of)) end
  return share(word, "of", of)
end

--- Location, spread and dependence of one sample in its order: moments (Welford 1962), the median, the robust scale Qn (Rousseeuw and Croux 1993; it
--- estimates the standard deviation though half of the values be anything), the autocorrelation at lag 1, and how many independent values it is worth
--- (Geyer 1992). A constant: deviation, qn and lag1 are 0. One value: deviation and qn are 0.
---@param values number[]
---@return { n: integer, mean: number, deviation: number, min: number, max: number, median: number, qn: number, lag1: number, effective: number }
function M.describe(values) return core.describe(sample("describe", "values", values, 1)) end

--- A quantile by nearest rank (of 0.5 the median), with the interval of order statistics, which assumes no law (David and Nagaraja 2003, 7.1).
--- open_below, open_above: so few values bound nothing on that side, and lo or hi is the smallest or largest. A constant gives itself.
---@param values number[]
---@param p number 0 to 1
---@param options? { level: number? }
---@return { value: number, lo: number, hi: number, covered: number, open_below: boolean, open_above: boolean }
function M.quantile(values, p, options)
  local o = schema.check(OPTIONS.quantile, options, "stats.quantile")
  return core.quantile(sample("quantile", "values", values, 1), share("quantile", "p", p), level_of("quantile", o))
end

--- Welch's t-test of two means whose variances may differ (Welch 1947); two values a side at least. Two constants: p is 1 where they are equal, else 0.
---@param base number[]
---@param candidate number[]
---@return { difference: number, t: number, freedom: number, p: number, lo: number, hi: number } difference is candidate minus base
function M.welch(base, candidate) return core.welch(pair("welch", base, candidate, 2)) end

local function ranks(word, base, candidate)
  pair(word, base, candidate, 1)
  if #base + #candidate > PAIRWISE_MOST then invalid(word, "%d values; at most %d can be ranked in pairs", #base + #candidate, PAIRWISE_MOST) end
  return runs.ranks(base, candidate)
end

--- Whether one sample tends to lie above the other (Mann and Whitney 1947): exact up to 50 a side without ties and 25 with them, else the normal
--- approximation with the corrections for ties and continuity. Equal constants: p = 1.
---@param base number[]
---@param candidate number[]
---@return { u: number, p: number, exact: boolean, shift: number, lo: number, hi: number } u counts the pairs in which base is above
function M.mann_whitney(base, candidate) return ranks("mann_whitney", base, candidate) end

--- How far candidate lies above base: the median of all differences (Hodges and Lehmann 1963), with its interval from the distribution of ranks; with
--- fewer than four values a side that of all differences. Equal constants: 0.
---@param base number[]
---@param candidate number[]
---@return { shift: number, lo: number, hi: number }
function M.hodges_lehmann(base, candidate)
  local r = ranks("hodges_lehmann", base, candidate)
  return { shift = r.shift, lo = r.lo, hi = r.hi }
end

--- Whether two samples come from one distribution, by the largest distance of their shares (Smirnov 1939; exact up to a product of sizes of a
--- million). With ties p is too large, never too small. Equal constants: d = 0, p = 1.
---@param base number[]
---@param candidate number[]
---@return { d: number, p: number, exact: boolean }
function M.kolmogorov_smirnov(base, candidate) return core.kolmogorov_smirnov(pair("kolmogorov_smirnov", base, candidate, 1)) end

--- The same with more weight on the tails (Scholz and Stephens 1987, for two samples): p lies between 0.001 (at_most: the true one is lower) and 0.25
--- (at_least: it is higher). Two values a side at least; where all values are equal nothing differs: statistic 0, p 0.25, at_least.
---@param base number[]
---@param candidate number[]
---@return { statistic: number, p: number, at_most: boolean, at_least: boolean }
function M.anderson_darling(base, candidate)
  return core.anderson_darling(pair("anderson_darling", base, candidate, 2)) or { statistic = 0, p = 0.25, at_most = false, at_least = true }
end

--- Whether the means differ by more than dealing all values out at random gives (Phipson and Smyth 2010): p is never below 1 / (rounds + 1).
---@param base number[]
---@param candidate number[]
---@param options? { rounds: integer?, seed: integer? }
---@return number p
function M.permutation(base, candidate, options)
  pair("permutation", base, candidate, 1)
  local o = drawing("permutation", options, #base + #candidate)
  return core.permutation(base, candidate, o.rounds, o.seed)
end

local function count(what, v)
  local n = math.type(v) and math.tointeger(v)
  if not n or n < 0 or n >= 1 << 53 then invalid("proportions", "%s is %s; it is a whole number from 0", what, schema.show(v)) end
  return n
end

--- Whether two shares differ, such as the failed requests of two loads: Fisher's exact test, of many the two-proportion test; the interval is
--- Newcombe's (1998, method 10). No hits at all: p = 1.
---@param hits integer of base
---@param tries integer of base
---@param candidate_hits integer
---@param candidate_tries integer
---@return { difference: number, lo: number, hi: number, p: number, exact: boolean } difference is candidate's share minus base's
function M.proportions(hits, tries, candidate_hits, candidate_tries)
  local v = { count("hits", hits), count("tries", tries), count("candidate_hits", candidate_hits), count("candidate_tries", candidate_tries) }
  for i = 1, 3, 2 do
    if v[i + 1] == 0 then invalid("proportions", "a side has no tries") end
    if v[i] > v[i + 1] then invalid("proportions", "%d hits of %d tries", v[i], v[i + 1]) end
  end
  return core.proportions(table.unpack(v))
end

--- The interval of a figure of independent values: the bias-corrected and accelerated bootstrap, BCa (Efron 1987). A constant, or one value, gives itself.
---@param values number[]
---@param options? { of: "mean"|"median"|number|nil, rounds: integer?, level: number?, seed: integer? }
---@return { value: number, lo: number, hi: number, error: number } error is the standard error
function M.bootstrap(values, options)
  sample("bootstrap", "values", values, 1)
  local o = drawing("bootstrap", options, #values)
  return core.bootstrap(values, figure("bootstrap", o.of), { rounds = o.rounds, level = o.level, seed = o.seed })
end

--- The same of values in their order that depend on those before them, such as the seconds of a load: circular blocks are drawn (Politis and Romano
--- 1992), the interval is of percentiles.
---@param values number[]
---@param options? { of: "mean"|"median"|number|nil, block: integer?, rounds: integer?, level: number?, seed: integer? }
---@return { value: number, lo: number, hi: number, error: number }
function M.block_bootstrap(values, options)
  sample("block_bootstrap", "values", values, 1)
  local o = drawing("block_bootstrap", options, #values)
  if o.block < 0 or o.block > #values then invalid("block_bootstrap", "block is %d; it is a number from 1 to the %d values, or 0: found", o.block, #values) end
  return core.bootstrap(values, figure("block_bootstrap", o.of), { rounds = o.rounds, level = o.level, seed = o.seed, block = o.block })
end

--- The values of runs one after another, how many each has, and how many a round may draw.
local function flat(what, list)
  local values, lengths, longest = {}, {}, 0
  if type(list) ~= "table" or type(list[1]) ~= "table" then invalid("quantile_ratio", "%s is %s; it is a list of runs, each a list of numbers", what, type(list) == "table" and "no list of lists" or schema.show(list)) end
  for i, run in ipairs(list) do
    local name = ("%s: run %d"):format(what, i)
    for k, v in ipairs(sample("quantile_ratio", name, run, 1)) do
      if v < 0 then invalid("quantile_ratio", "%s: value %d is %s; a ratio is of values from 0", name, k, schema.show(v)) end
      values[#values + 1] = v
    end
    lengths[i], longest = #run, math.max(longest, #run)
    if #values > MOST then invalid("quantile_ratio", "%s has more than %d values", what, MOST) end
  end
  return values, lengths, longest * #lengths
end

--- How many times the quantile of the candidate's runs is that of the base's, by the hierarchical bootstrap: runs are drawn, then values in them, so
--- that the interval knows how far runs differ (Kalibera and Jones 2013). One run a side: it is blind to that. A base of 0: 1 where both are, else the
--- largest number.
---@param base number[][] runs
---@param candidate number[][]
---@param p number 0 to 1
---@param options? { rounds: integer?, level: number?, seed: integer? }
---@return { value: number, lo: number, hi: number, error: number }
function M.quantile_ratio(base, candidate, p, options)
  local a, lengths_a, drawn_a = flat("base", base)
  local b, lengths_b, drawn_b = flat("candidate", candidate)
  local o = drawing("quantile_ratio", options, drawn_a + drawn_b)
  return core.quantile_ratio(a, lengths_a, b, lengths_b, share("quantile_ratio", "p", p), { rounds = o.rounds, level = o.level, seed = o.seed })
end

--- The q of each p (Benjamini and Hochberg 1995): those at most 0.05 are discoveries of which one in twenty is to be expected false.
---@param p number[] from 0 to 1; at most 10,000
---@return number[]
function M.false_discoveries(p)
  for i, v in ipairs(sample("false_discoveries", "p", p, 1)) do share("false_discoveries", ("p: value %d"):format(i), v) end
  if #p > 10000 then invalid("false_discoveries", "%d values; at most 10,000 can be looked at", #p) end
  return runs.false_discoveries(p)
end

--- An empty sketch that keeps quantiles of any number of values, of any size and sign, to a relative error (DDSketch: Masson, Rim and Lee 2019):
--- `s:add(12.5)`, `s:add { 1, 2, 3 }`, `s:merge(other)` of the same accuracy (exact), `s:quantile(0.99)` (nil where it is empty), `s:count()`.
---
---     local waits = pl.stats.sketch()
---     waits:add(0.25):add { 0.1, 0.7 }
---@param accuracy? number the relative error, 0.001 to 0.5 (0.01)
---@return perilune.Sketch
function M.sketch(accuracy)
  if accuracy ~= nil and type(accuracy) ~= "number" then invalid("sketch", "the accuracy is %s; it is a share from 0.001 to 0.5", schema.show(accuracy)) end
  return sketch.new(accuracy or 0.01)
end

return M
