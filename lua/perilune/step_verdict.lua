--- What objectives say of one step of a search: each holds, is broken, or cannot be told. A value of too few samples is never taken for one that
--- holds; that it is broken is told where its order-statistic interval lies wholly beyond the limit (David & Nagaraja, Order Statistics, 7.1).
local query = require "perilune.core.query"
local sla = require "perilune.sla"

local M = {}

local ERROR = 0.025 -- one-sided: of an interval of 95 %
local SIGMAS = 3 -- of the number of arrivals, so that a step is not short of samples by chance

--- Rows of objectives of a search: { expr, options, needed, window, quantile }; needed is how many samples each takes.
---@param list table[] texts, or rows of sla.read
---@return table[]
function M.rows(list)
  local rows = {}
  for i, row in ipairs(list) do
    local text = type(row) == "table" and (row.expr or row[1]) or row
    local options, facts = sla.options(type(row) == "table" and row or {}), assert(query.parse(text))
    local p = tonumber(text:match "^%s*p([%d.]+)%s*%(")
    local above = facts.compare and facts.compare:sub(1, 1) == "<" and p and p > 0 and p < 100
    rows[i] = { expr = text, options = options, window = facts.window, needed = assert(query.watch(text, options)):result().needed or 1, quantile = above and p / 100 or nil,
      grouped = #facts.uses[1].by > 0, yield = 1 }
  end
  return rows
end

--- How long Poisson arrivals of this rate take to give every row its samples, seconds; row.yield is samples a start, 1 until it is seen.
---@param rows table[]
---@param rate number per second
---@return number
function M.seconds(rows, rate)
  local most = 0
  for _, row in ipairs(rows) do
    local root = (SIGMAS + math.sqrt(SIGMAS ^ 2 + 4 * row.needed / row.yield)) / 2
    most = math.max(most, row.needed > 1 and root ^ 2 / rate or 0, row.window and row.window + 1 or 0)
  end
  return math.ceil(most)
end

--- The lower end of the interval of a quantile: the highest rank whose value lies above the true quantile with a probability of at most 2.5 %.
---@param n integer samples
---@param p number above 0 and below 1
---@return integer rank from 1 on; 0 where the samples say nothing
function M.lowest_rank(n, p)
  local term, sum = n * math.log(1 - p), 0
  for k = 0, n do
    sum = sum + math.exp(term)
    if sum > ERROR then return k end
    term = term + math.log(n - k) - math.log(k + 1) + math.log(p) - math.log(1 - p)
  end
  return n
end

local function judged(expr, options, replay)
  local watch = assert(query.watch(expr, options))
  replay(watch)
  return watch:result()
end

--- Whether so few samples show all the same that a quantile is beyond its limit. Of groups, which have samples of their own, only a judged median does.
local function surely_broken(row, r, replay)
  if not row.quantile or row.window or (r.samples or 0) == 0 then return false end
  if row.grouped or r.scope then return row.quantile >= 0.9 and judged(row.expr:gsub("p[%d.]+", "p50", 1), {}, replay).verdict == "fail" end
  local rank = M.lowest_rank(r.samples, row.quantile)
  if rank == 0 then return false end
  local lower = row.expr:gsub("p[%d.]+", ("p%.6f"):format(100 * (rank - 0.5) / r.samples), 1)
  return judged(lower, { min_samples = 1 }, replay).verdict == "fail"
end

--- Judges a step: the first objective that is broken, else the first that cannot be told for want of samples.
---@param rows table[] of M.rows
---@param replay fun(watch: any) feeds a watch with what the step measured
---@return table { value of the first, expr = the one that decides, verdict = "pass"|"fail"|"few", reason, samples, row }
function M.judge(rows, replay)
  local first, few = nil, nil
  for i, row in ipairs(rows) do
    local r = judged(row.expr, row.options, replay)
    if i == 1 then first = r.value end
    local short = r.verdict == "inconclusive" and ((r.samples or 0) < row.needed or not r.value)
    if r.verdict == "fail" or short and surely_broken(row, r, replay) then return { verdict = "fail", expr = row.expr, value = r.value } end
    if r.verdict == "inconclusive" and not short then return { verdict = "fail", expr = row.expr, value = r.value, reason = r.reason } end
    few = few or short and { verdict = "few", expr = row.expr, reason = r.reason or "no data", samples = r.samples or 0, row = row } or nil
  end
  few = few or { verdict = "pass" }
  few.value = first
  return few
end

return M
