--- What is given for several scenarios at once, divided among them by their weights: rates as they are, users and iterations in whole
--- numbers that add up, the starts of a trace one by one.
local M = {}

--- Whole parts of n by weights: the largest fractions are rounded up.
---@param n integer
---@param weights number[]
---@return integer[] parts whose sum is n
function M.whole(n, weights)
  local sum, parts, order, left = 0, {}, {}, n
  for _, weight in ipairs(weights) do sum = sum + weight end
  for i, weight in ipairs(weights) do
    parts[i] = math.floor(n * weight / sum)
    left, order[i] = left - parts[i], i
  end
  local fractions = {}
  for i, weight in ipairs(weights) do fractions[i] = n * weight / sum - parts[i] end
  table.sort(order, function(a, b)
    if fractions[a] ~= fractions[b] then return fractions[a] > fractions[b] end
    return a < b
  end)
  for k = 1, left do parts[order[k]] = parts[order[k]] + 1 end
  return parts
end

--- Deals the starts of a trace out: each goes to the scenario that is furthest behind its share.
---@param times string of uint64_t
---@param weights number[]
---@return string[]
function M.dealt(times, weights)
  local sum, given, lists = 0, {}, {}
  for i, weight in ipairs(weights) do sum, given[i], lists[i] = sum + weight, 0, {} end
  for n = 1, #times // 8 do
    local best, most = 1, -math.huge
    for i, weight in ipairs(weights) do
      local behind = weight / sum * n - given[i]
      if behind > most + 1e-9 then best, most = i, behind end
    end
    given[best] = given[best] + 1
    lists[best][given[best]] = times:sub(8 * n - 7, 8 * n)
  end
  for i in ipairs(weights) do lists[i] = table.concat(lists[i]) end
  return lists
end

local function nothing_left(plan, weight, what)
  error({ code = "invalid", message = ("load: %s leave none for scenario %s with weight %g"):format(what, plan.name, weight) }, 0)
end

local function divide_levels(plan, i, weights, sum)
  for _, stage in ipairs(plan.stages) do
    stage[2] = plan.model == "closed" and M.whole(stage[2], weights)[i] or stage[2] * weights[i] / sum
  end
end

--- So many iterations in all, and by so many users.
local function divide_counts(plan, i, weights, given)
  if given.iterations and plan.iterations then
    plan.iterations = M.whole(plan.iterations, weights)[i]
    if plan.iterations == 0 then nothing_left(plan, weights[i], ("%d iterations"):format(given.iterations)) end
  end
  if given.users and plan.users then plan.users = math.max(1, M.whole(plan.users, weights)[i]) end
end

local function sum_of(weights)
  local sum = 0
  for _, weight in ipairs(weights) do
    if not (weight >= 0) then error({ code = "invalid", message = "load: a scenario's weight is a number from 0" }, 0) end
    sum = sum + weight
  end
  if not (sum > 0) then error({ code = "invalid", message = "load: the scenarios' weights add up to nothing" }, 0) end
  return sum
end

--- Divides what plans were given together.
---@param plans table[] scenario plans, each made as if all of it were its own
---@param weights number[] of each
---@param given table which of arrivals, users, iterations were
function M.divide(plans, weights, given)
  local sum = sum_of(weights)
  local dealt = plans[1].trace and M.dealt(plans[1].trace, weights)
  for i, plan in ipairs(plans) do
    divide_levels(plan, i, weights, sum)
    divide_counts(plan, i, weights, given)
    if dealt then plan.trace = #dealt[i] > 0 and dealt[i] or nothing_left(plan, weights[i], "the trace's starts") end
  end
end

return M
