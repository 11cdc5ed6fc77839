--- Think times, pace and weights, as a load has them.
local json = require "perilune.core.json"
local support = require "integration.support"

local function load_of(scenarios, run, url, trace)
  local folder = support.folder()
  if trace then support.write(folder .. "/t.csv", trace) end
  local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "m", errors = "ignore",
  scenarios = function() return { %s } end,
  run = function(run) %s end }]]):format(scenarios:gsub("URL", url), run))
  local _, out, err = support.run(("run %s --db %s/p.db --json - --quiet"):format(path, folder))
  local ok, result = pcall(json.decode, out)
  assert(ok and result and result.loads and result.loads[1], err)
  return result.loads[1]
end

describe("load models", function()
  local shop
  before_each(function() shop = support.shop() end)
  after_each(support.clean)

  it("think by a law, each draw the user's", function()
    local l = load_of([[s = { iterations = 40, users = 4, base = "URL", user = function(user)
      user:think(pl.uniform("1ms", "2ms"))
      user:think(pl.exponential("1ms"))
      user:think(pl.lognormal { median = "1ms", sigma = 0.5 })
      user:think(pl.empirical { "1ms", "2ms" })
      user:get "/"
    end }]], 'run:load "s"', shop.url)
    assert.equal(40, l.requests.ok)
    assert.equal(0, l.errors.script)
    assert.is_true(l.duration_s > 10 * 0.003)
  end)

  it("pace within an iteration", function()
    local l = load_of([[s = { iterations = 4, users = 4, base = "URL", user = function(user)
      for _ = 1, 5 do user:get "/" user:pace "50ms" end
    end }]], 'run:load "s"', shop.url)
    assert.equal(20, l.requests.ok)
    assert.is_true(l.duration_s >= 0.25 and l.duration_s < 2, l.duration_s)
  end)

  it("weights divide what is given for several scenarios", function()
    local l = load_of([[
      a = { weight = 3, duration = "1s", base = "URL", arrivals = pl.even "1/s", request = { url = "/", name = "a" } },
      b = { weight = 1, duration = "1s", base = "URL", arrivals = pl.even "1/s", request = { url = "/", name = "b" } }]],
      'run:load({ "a", "b" }, { arrivals = pl.even "80/s" })', shop.url)
    assert.equal(80, l.requests.total)
    local counts = {}
    for _, row in ipairs(l.rows or {}) do counts[row.name] = row.requests end
    if l.rows then assert.same({ a = 60, b = 20 }, counts) end
  end)

  -- What the shop was asked for, by path.
  local function asked(scenarios, run, trace)
    local l = load_of(scenarios, run, shop.url, trace)
    local counts = {}
    for _, entry in ipairs(support.flushed_journal(shop)) do counts[entry.path] = (counts[entry.path] or 0) + 1 end
    counts["/flush"] = nil
    return counts, l
  end
  local BOTH = [[
      a = { weight = 3, base = "URL", iterations = 1, request = { url = "/" } },
      b = { weight = 1, base = "URL", iterations = 1, request = { url = "/cart" } }]]

  it("deal a trace out to the scenarios that share it", function()
    local times = { "timestamp" }
    for i = 0, 39 do times[#times + 1] = ("%.3f"):format(1700000000 + i * 0.01) end
    local counts = asked(BOTH, 'run:load({ "a", "b" }, { arrivals = pl.trace "t.csv" })', table.concat(times, "\n") .. "\n")
    assert.same({ ["/"] = 30, ["/cart"] = 10 }, counts)
  end)

  it("are what a forecast predicts, as the days of a fortnight in two seconds", function()
    local days = {}
    for i = 0, 59 do days[#days + 1] = ("{ time = %d, value = %d }"):format(1700000000 + i * 86400, 100 + i % 2) end
    local counts = asked('a = { arrivals = pl.even "1/s", duration = "2s", base = "URL", request = { url = "/" } }',
      ('local ahead = run:forecast({ %s }, { horizon = "14d" }) run:load("a", { arrivals = pl.predicted(ahead, { within = "2s" }) })'):format(table.concat(days, ", ")))
    assert.is_true(math.abs(counts["/"] - 200) < 5 * math.sqrt(200), tostring(counts["/"]))
  end)

  it("share iterations", function()
    local counts = asked(BOTH, 'run:load({ "a", "b" }, { iterations = 40, users = 4 })')
    assert.same({ ["/"] = 30, ["/cart"] = 10 }, counts)
  end)

  it("take fractions of starts, offsets, and several at the same time", function()
    local counts, l = asked([[
      slow = { arrivals = pl.even "2.5/s", duration = "2s", base = "URL", request = { url = "/" } },
      late = { arrivals = pl.even(pl.stages { { "1s", at = "90/min" } }), offset = "1s", base = "URL", request = { url = "/cart" } }]],
      'run:load { "slow", "late" }')
    assert.same({ ["/"] = 5, ["/cart"] = 2 }, counts)
    assert.equal(7, l.starts.started)
  end)

  it("let a user of a closed loop draw the same with any number of workers", function()
    local function drawn(options)
      local folder, draws = support.folder(), {}
      local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "m", scenarios = function() return { s = { users = 3, duration = "10s", base = "%s", user = function(user)
  local n = (user.vars.n or 0) + 1
  user.vars.n = n
  print(("draw %%d.%%d %%d"):format(user.id, n, user:random(1000000)))
  user:get "/"
  if n == 4 then user:stop() end
end } } end, run = function(run) run:load "s" end }]]):format(shop.url))
      local code, out, err = support.run(("run %s --db %s/p.db %s"):format(path, folder, options))
      assert.equal(0, code, out .. err)
      for who, value in err:gmatch "draw (%S+) (%d+)" do draws[who] = value end
      return draws
    end
    local one = drawn "--workers 1"
    assert.is_truthy(one["0.1"] and one["2.4"])
    assert.is_not.equal(one["0.1"], one["0.2"])
    assert.same(one, drawn "--workers 2")
    assert.same(one, drawn "--workers 3")
    assert.is_not.same(one, drawn "--workers 1 --seed 2")
  end)

  it("let a start of an open loop draw the same with any number of workers", function()
    local function drawn(options)
      local folder, draws, n = support.folder(), {}, 0
      local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "m", feeders = { starts = pl.generated(function(i) return { i = i } end) }, scenarios = function() return {
  s = { arrivals = pl.poisson "100/s", duration = "1s", base = "%s", start = function(user) user.vars.own = user:random(9) end, user = function(user)
    print(("draw %%d %%d %%d"):format(user:feed("starts").i, user:random(1000000), math.random(1000000)))
    user:think(pl.exponential "20ms")
    user:get "/"
  end } } end, run = function(run) run:load "s" end }]]):format(shop.url))
      local code, out, err = support.run(("run %s --db %s/p.db %s"):format(path, folder, options))
      assert.equal(0, code, out .. err)
      for start, values in err:gmatch "draw (%d+) (%d+ %d+)" do draws[start], n = values, n + 1 end
      assert.is_true(n > 50, err)
      return draws
    end
    local one = drawn "--workers 1"
    assert.same(one, drawn "--workers 1")
    assert.same(one, drawn "--workers 2")
    assert.same(one, drawn "--workers 3")
    assert.is_not.same(one, drawn "--workers 1 --seed 2")
  end)
end)
