--- How often the gate over all figures of a run is wrong, over runs drawn here: how many of a hundred in which nothing has changed fail by any
--- figure, and how many that are 5 % slower do. A run has five figures of all its requests and p50, p95, p99 of each name. compare.sh runs it;
--- GATE_PAIRS (400 of each kind, some minutes; 50: half a minute) and GATE_SEED (1) from the environment.
local effect = require "perilune.effect"

local PAIRS, SEED = tonumber(os.getenv "GATE_PAIRS") or 400, tonumber(os.getenv "GATE_SEED") or 1
local LIMIT = 0.05
local REQUESTS, FAILURES = 20000, 0.002
local HISTORY = 40 -- passed runs that noise is learnt from

local function normal() return math.sqrt(-2 * math.log(1 - math.random())) * math.cos(2 * math.pi * math.random()) end

--- Student's t with 4 degrees of freedom, of variance 1: runs of which some few lie far off.
local function heavy()
  local squares = 0
  for _ = 1, 4 do squares = squares + normal() ^ 2 end
  return normal() / math.sqrt(squares / 4) / math.sqrt(2)
end

local function poisson(mean)
  local n, p, limit = 0, math.random(), math.exp(-mean)
  while p > limit do n, p = n + 1, p * math.random() end
  return n
end

--- A third of the noise is the run's, a third the name's, a third the figure's own; p95 and p99 vary more than p50.
local SPREAD = { p50 = 1, p95 = 1.5, p99 = 2 }

local function quantiles(draw, noise, of_run, level, base)
  local of_name, out = draw(), {}
  for q, spread in pairs(SPREAD) do
    out[q] = base * spread * level * math.exp(noise * spread * (of_run + of_name + draw()) / math.sqrt(3))
  end
  return out
end

--- A load as comparisons read it. level: how much slower than nothing changed.
local function load_of(o, level)
  local of_run, l = o.draw(), { names = {} }
  l.latency_s = quantiles(o.draw, o.noise, of_run, level, 0.01)
  l.rate_per_s = { achieved = 100 * math.exp(-0.1 * o.noise * (of_run + o.draw())) / level }
  l.requests = { total = REQUESTS, failed = poisson(REQUESTS * FAILURES * math.exp(0.5 * of_run)) }
  for i = 1, o.names > 1 and o.names or 0 do
    l.names[i] = quantiles(o.draw, o.noise, of_run, level, 0.001 * i)
    l.names[i].name = "name" .. i
  end
  return l
end

local function loads_of(o, n, level)
  local list = {}
  for i = 1, n do list[i] = load_of(o, level) end
  return list
end

--- The verdicts of one gate: everything compared with each group, judged together. Whether anything fails, and whether p50(latency) does.
local function gate(groups, candidate, history)
  local found = {}
  for _, base in ipairs(groups) do
    for _, metric in ipairs(effect.metrics_of(candidate[1])) do found[#found + 1] = effect.loads(metric, base, candidate, LIMIT, history) end
  end
  local any, p50 = false, false
  for _, c in ipairs(effect.gate(found)) do
    any = any or c.verdict == "fail"
    p50 = p50 or (c.metric == "p50(latency)" and c.verdict == "fail")
  end
  return any, p50
end

--- Who is compared: groups of baselines, candidates, history.
local SHAPES = {
  { "the last 10 and a pinned run", function(o, level)
    local history = loads_of(o, HISTORY, 1)
    return { { table.unpack(history, HISTORY - 9) }, { history[1] } }, loads_of(o, 1, level), history
  end },
  { "the last 10, no more known", function(o, level)
    local history = loads_of(o, 10, 1)
    return { history }, loads_of(o, 1, level), history
  end },
  { "a pinned run, 8 passed", function(o, level)
    local history = loads_of(o, 8, 1)
    return { { history[1] } }, loads_of(o, 1, level), history
  end },
  { "3 a side", function(o, level) return { loads_of(o, 3, 1) }, loads_of(o, 3, level) end },
  { "5 a side", function(o, level) return { loads_of(o, 5, 1) }, loads_of(o, 5, level) end },
  { "5 a side, 40 passed", function(o, level) return { loads_of(o, 5, 1) }, loads_of(o, 5, level), loads_of(o, HISTORY, 1) end },
  { "20 a side", function(o, level) return { loads_of(o, 20, 1) }, loads_of(o, 20, level) end },
}

--- The shares of gates that fail, by any figure and by p50(latency).
local function shares(shape, o, level, pairs_)
  local any, p50 = 0, 0
  for _ = 1, pairs_ do
    local a, b = gate(shape[2](o, level))
    any, p50 = any + (a and 1 or 0), p50 + (b and 1 or 0)
  end
  return any / pairs_, p50 / pairs_
end

--- What a share of so many may be seen as: three standard errors above it and two more, for few are no normal distribution.
local function at_most(share, of) return share + 3 * math.sqrt(share * (1 - share) / of) + 2 / of end

describe("the gate over all figures of a run", function()
  it("is wrong of nothing changed, and right of 5 % slower, so often", function()
    math.randomseed(SEED)
    print(("%d pairs each; noise of p50, p95 and p99 once, 1.5 times and twice that\n"):format(PAIRS))
    print(("%-30s %5s %6s %-7s %16s"):format("compared", "names", "noise", "law", "nothing changed"))
    local by_shape, by_law = {}, {}
    for _, shape in ipairs(SHAPES) do
      for _, law in ipairs { { "normal", normal }, { "t of 4", heavy } } do
        for _, names in ipairs { 1, 3, 20 } do
          local o = { names = names, noise = 0.1, draw = law[2] }
          local share = shares(shape, o, 1, PAIRS)
          if law[1] == "normal" then by_shape[shape[1]] = (by_shape[shape[1]] or 0) + share / 3 end
          by_law[law[1]] = (by_law[law[1]] or 0) + share / (3 * #SHAPES)
          print(("%-30s %5d %5.0f%% %-7s %15.2f%%"):format(shape[1], names, o.noise * 100, law[1], share * 100))
        end
      end
    end
    print(("\nof all: %.2f%% where noise is normal, %.2f%% where it is t of 4"):format(by_law.normal * 100, by_law["t of 4"] * 100))
    print(("\n%-30s %5s %6s %-7s %16s %16s"):format("20 a side", "names", "noise", "law", "5 % slower", "by p50(latency)"))
    local power = 1
    for _, names in ipairs { 1, 3, 20 } do
      local any, p50 = shares(SHAPES[#SHAPES], { names = names, noise = 0.03, draw = normal }, 1.05 * 1.005, PAIRS)
      power = math.min(power, any)
      print(("%-30s %5d %5.0f%% %-7s %15.2f%% %15.2f%%"):format("", names, 3, "normal", any * 100, p50 * 100))
    end
    for name, share in pairs(by_shape) do
      assert.is_true(share <= at_most(0.01, 3 * PAIRS), name .. ": more than one of a hundred in which nothing has changed fail")
    end
    assert.is_true(by_law.normal <= at_most(0.01, 3 * #SHAPES * PAIRS), "more than one of a hundred in which nothing has changed fail")
    assert.is_true(power >= 0.9 - 3 * math.sqrt(0.9 * 0.1 / PAIRS), "5 % slower with 20 a side is seldom found")
  end)
end)
