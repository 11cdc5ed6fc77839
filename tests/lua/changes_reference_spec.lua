--- The published cases of Apache Otava, to the index.
local changes = require "perilune.changes"
local inputs = require "perilune.inputs"

local folder = os and os.getenv and os.getenv "PERILUNE_REFERENCE"
local there = folder and io.open(folder .. "/data/changepoint/otava/cases.json")

describe("changes of published histories", function()
  if not there then
    print "skipped: no reference data"
    return
  end
  there:close()
  it("are those of Otava in all its cases", function()
    local place = folder .. "/data/changepoint/otava/"
    local cases = inputs.json(place .. "cases.json")
    assert.is_true(#cases >= 13)
    for _, case in ipairs(cases) do
      local values = case.values or inputs.series(place .. case.series).values
      local found = {}
      for i, c in ipairs(changes.find(values, { method = "otava", window = case.window_len, max_pvalue = case.max_pvalue, min_magnitude = case.min_magnitude })) do found[i] = c.index end
      assert.same(case.indexes, found)
    end
  end)
end)

--- The score of the Turing change point data set (van den Burg, Williams 2020): precision against what any annotator marks, the mean of their recalls;
--- and how well segments cover one another. 0 is a change of each.
local function hits(truth, found, margin)
  local left, n = { table.unpack(found) }, 0
  table.sort(truth)
  for _, t in ipairs(truth) do
    local best
    for i, x in ipairs(left) do
      if math.abs(t - x) <= margin and (not best or math.abs(t - x) < math.abs(t - left[best])) then best = i end
    end
    if best then
      table.remove(left, best)
      n = n + 1
    end
  end
  return n
end

local function segments(cuts, n)
  local at, out = { 0 }, {}
  for _, c in ipairs(cuts) do at[#at + 1] = c > 0 and c < n and c or nil end
  table.sort(at)
  for i, from in ipairs(at) do out[i] = { from, at[i + 1] or n } end
  return out
end

local function cover(truth, found, n)
  local sum, mine = 0, segments(found, n)
  for _, s in ipairs(segments(truth, n)) do
    local best = 0
    for _, m in ipairs(mine) do
      local both = math.min(s[2], m[2]) - math.max(s[1], m[1])
      if both > 0 then best = math.max(best, both / (s[2] - s[1] + m[2] - m[1] - both)) end
    end
    sum = sum + (s[2] - s[1]) * best
  end
  return sum / n
end

local function score(annotators, found, n)
  local union, known, recall, covered, count = {}, {}, 0, 0, 0
  local all = { 0, table.unpack(found) }
  for _, marks in pairs(annotators) do
    local truth = { 0, table.unpack(marks) }
    for _, t in ipairs(truth) do
      if not known[t] then known[t], union[#union + 1] = true, t end
    end
    recall, covered, count = recall + hits(truth, all, 5) / #truth, covered + cover(marks, found, n), count + 1
  end
  local p, r = hits(union, all, 5) / #all, recall / count
  return 2 * p * r / (p + r), covered / count
end

local function indexes(values)
  local out = {}
  for i, c in ipairs(changes.find(values)) do out[i] = c.index end
  return out
end

describe("changes of the Turing change point data set", function()
  local path = folder and folder .. "/data/changepoint/tcpd/"
  local marks = path and io.open(path .. "annotations.json")
  if not marks then
    print "skipped: no reference data"
    return
  end
  marks:close()
  it("agree with people: F1 0.75 and cover 0.71 or more", function()
    local json = require "perilune.core.json"
    local f, c, n = 0, 0, 0
    for name, annotators in pairs(inputs.json(path .. "annotations.json")) do
      local file = io.open(path .. name .. ".json")
      if file then
        file:close()
        local values = {}
        for i, v in ipairs(inputs.json(path .. name .. ".json").series[1].raw) do values[i] = v == json.null and 0 / 0 or v + 0.0 end
        local one, covered = score(annotators, indexes(values), #values)
        f, c, n = f + one, c + covered, n + 1
      end
    end
    print(("%d series: F1 %.3f, cover %.3f"):format(n, f / n, c / n))
    assert.is_true(n >= 20 and f / n >= 0.75 and c / n >= 0.71)
  end)
end)

--- Histories as performance tests have them: levels that step by 2 to 8 deviations, six kinds of noise, one outlier in 100 values.
describe("changes of synthetic histories", function()
  local random = math.random
  local function normal() return math.sqrt(-2 * math.log(1 - random())) * math.cos(2 * math.pi * random()) end
  local function chosen(list) return list[random(#list)] end
  local NOISE = {
    normal = function() return normal() end,
    lognormal = function(_, cv) return (math.exp(1.5 * cv * math.max(normal(), -0.5)) - 1) / cv end,
    t3 = function() return 0.6 * normal() / math.sqrt((normal() ^ 2 + normal() ^ 2 + normal() ^ 2) / 3) end,
    bimodal = function(state)
      if random() < 0.1 then state.b = 1 - (state.b or 0) end
      return 0.6 * normal() + 1.2 * (state.b or 0)
    end,
    ar1 = function(state)
      state.e = 0.5 * (state.e or 0) + normal() * math.sqrt(0.75)
      return state.e
    end,
    quantised = function() return math.floor(normal() * 2 + 0.5) / 2 end,
  }
  local KINDS = { "normal", "lognormal", "t3", "bimodal", "ar1", "quantised" }

  local function places(n)
    local cuts, want = {}, chosen { 0, 0, 1, 1, 2, 3, 4 }
    for _ = 1, 200 do
      local c, near = random(15, n - 15), #cuts >= want
      for _, other in ipairs(cuts) do near = near or math.abs(other - c) < 15 end
      if not near then cuts[#cuts + 1] = c end
    end
    table.sort(cuts)
    return cuts
  end

  local function history(kind)
    local n, cv, level, state, values = chosen { 60, 90, 120, 200, 300, 400 }, chosen { 0.005, 0.01, 0.02, 0.04 }, math.exp(random() * 13.8), {}, {}
    local cuts = places(n)
    local at = {}
    for _, c in ipairs(cuts) do at[c] = true end
    for i = 0, n - 1 do
      if at[i] then level = level * (1 + cv * chosen { 2, 3, 5, 8 }) ^ chosen { 1, -1 } end
      local v = level * (1 + cv * NOISE[kind](state, cv))
      if random() < 0.01 then v = v * (1 + chosen { 1, -1 } * cv * (5 + 10 * random())) end
      values[i + 1] = v
    end
    return values, cuts
  end

  it("are found: F1 0.95 or more, at most 0.45 false ones in 1,000 stable values", function()
    math.randomseed(20261128)
    local hit, found, truth, false_ones, stable = 0, 0, 0, 0, 0
    for i = 1, 300 do
      local values, cuts = history(KINDS[i % 6 + 1])
      local list = indexes(values)
      hit, found, truth = hit + hits(cuts, list, 3), found + #list, truth + #cuts
      if #cuts == 0 then false_ones, stable = false_ones + #list, stable + #values end
    end
    local f = 2 * hit / (found + truth)
    print(("F1 %.3f, %.2f false in 1,000 stable values"):format(f, 1000 * false_ones / stable))
    assert.is_true(f >= 0.95 and 1000 * false_ones / stable <= 0.45)
  end)
end)
