local support = require "lua.support"
support.without_run()
local forecast = require "perilune.forecast"

local DAY = 86400
local EVENTS = { [10] = "1970-01-11", [37] = "1970-02-07", [71] = "1970-03-13", [98] = "1970-04-09", [130] = "1970-05-11" }

describe("run:forecast", function()
  teardown(support.clean)

  --- 120 days of growth by 1 a day with a week's form, and four events of +50.
  local function points(fields)
    local list = {}
    for i = 1, 120 do list[i] = { time = i * DAY, value = 100 + i + ({ 8, 4, 0, 0, 2, -6, -8 })[i % 7 + 1] + (EVENTS[i] and 50 or 0) + (i * 7919 % 13 - 6) / 10, labels = fields } end
    return list
  end
  local function run_of() return support.run() end

  it("gives what comes, with intervals, and goes on as the series went", function()
    local r = forecast.run(run_of(), points(), { horizon = "14d", levels = { 0.5, "95%" } })
    assert.same({ 14, 14, 14, DAY }, { #r.time, #r.mean, #r.lo, r.time[2] - r.time[1] })
    assert.equal(121 * DAY, r.time[1])
    assert.is_true(math.abs(r.mean[7] - (100 + 127 + ({ 8, 4, 0, 0, 2, -6, -8 })[127 % 7 + 1])) < 4, r.mean[7])
    assert.same({ 7 * DAY }, r.seasons)
    assert.is_true(r.mase < r.back_test.naive_mase)
    for i = 1, 14 do assert.is_true(r.lo[i] <= r.intervals[1].lo[i] and r.intervals[1].lo[i] <= r.mean[i] and r.mean[i] <= r.hi[i]) end
    assert.is_true(r.known)
    assert.matches("120 values, one each 24 h", r:explain(), 1, true)
    assert.matches("Seasons: 7 d", r:explain(), 1, true)
  end)
  it("tells of steps that are a share of the level, and of none", function()
    local level, list, state = 100, {}, 1
    for i = 1, 200 do
      state = state * 48271 % 2147483647
      level = level * math.exp(0.008 + 0.05 * (state / 2147483647 - 0.5))
      list[i] = { time = i * DAY, value = level }
    end
    local r = forecast.run(run_of(), list, { horizon = "30d" })
    assert.matches("a share of its level: the models see its logarithm.", r:explain(), 1, true)
    assert.is_nil(forecast.run(run_of(), points(), { horizon = "30d" }):explain():find("share of its level", 1, true))
  end)
  it("says when a limit is passed, or that it is not", function()
    local r = forecast.run(run_of(), points(), { horizon = "90d" })
    local c = r:crosses(260)
    assert.is_true(c.known and c.p10 <= c.p50 and c.p50 <= c.p90)
    assert.is_true(c.p50 > 150 * DAY and c.p50 < 165 * DAY, tostring(c.p50 / DAY))
    assert.same({ 0, 1 }, { c:chance_within "1d", c:chance_within "90d" })
    local wide = r:crosses { lo = 240, hi = 280 }
    assert.is_true(wide.p90 - wide.p10 > c.p90 - c.p10)
    local never = r:crosses "10k"
    assert.is_nil(never.p50)
    assert.matches("It does not reach 10000 within the horizon of 90 d", never.text, 1, true)
    assert.is_nil(r:crosses(0, { floor = true }).p10)
    assert.matches("crosses takes a number", (support.message(r.crosses, r, "many")), 1, true)
  end)
  it("tells of points that are no numbers", function()
    local list = points()
    list[3].value, list[5].value = 0 / 0, math.huge
    local run = run_of()
    local r = forecast.run(run, list, { horizon = "7d" })
    assert.matches(("2 of %d points are NaN or infinite, and were left out."):format(#list), r:explain(), 1, true)
  end)
  it("notes an old history, a horizon below a step and seasons that it cannot use", function()
    local run = run_of()
    local r = forecast.run(run, points(), { horizon = "1h", season = { "2h", "7d", "90d" } })
    assert.same({ 1, 4, 120, true }, { #r.mean, #run.notes, r.n, r.stale })
    assert.matches("A season of 2 h is left out: a step is 24 h.", run.notes[1], 1, true)
    assert.matches("A season of 90 d is left out: two of them are needed, and the series covers 120 d.", run.notes[2], 1, true)
    assert.matches("The last value is of 1970-05-01T00:00:00Z, ", run.notes[3], 1, true)
    assert.matches("The horizon of 60 min is shorter than a step: one step of 24 h is forecast.", run.notes[4], 1, true)
    assert.matches("counted from there", r:explain(), 1, true)
    assert.same({ 7 * DAY }, r.seasons)
  end)
  it("tells a fresh history by the clock it is given", function()
    local times, values = {}, {}
    for i = 1, 40 do times[i], values[i] = i * DAY, i end
    assert.is_false(forecast.ahead(times, values, { horizon = 5 * DAY, now = 41.5 * DAY }).stale)
    assert.is_true(forecast.ahead(times, values, { horizon = 5 * DAY, now = 43 * DAY }).stale)
  end)
  it("never passes a ceiling, which the series has not passed either", function()
    local list = {}
    for i = 1, 60 do list[i] = { i * DAY, 100 / (1 + math.exp(-(i - 40) / 8)) + i % 3 / 10 } end
    local r = forecast.run(run_of(), list, { horizon = "60d", ceiling = 100 })
    for i = 1, 60 do assert.is_true(r.hi[i] <= 100 and r.mean[i] <= 100) end
    assert.is_true(r.mean[60] > 90)
    assert.matches("the ceiling 50 is below 92", (support.message(forecast.run, run_of(), list, { horizon = "60d", ceiling = 50 })), 1, true)
  end)
  it("learns events, and tells of those that never were", function()
    local run, events = run_of(), { { name = "move", from = "1970-05-12" } }
    for _, day in pairs(EVENTS) do events[#events + 1] = { name = "sale", from = day } end
    local r = forecast.run(run, points(), { horizon = "21d", events = events })
    assert.same({ { "sale" }, { "move" } }, { r.events, r.unknown })
    assert.is_true(r.mean[10] - r.mean[3] > 40, r.mean[10] .. " after " .. r.mean[3])
    assert.matches("move was never before", run.notes[1], 1, true)
  end)
  it("takes an event of many days for no step in the level, but what stays for one", function()
    local events, list = { { name = "sale", from = "1970-02-20", to = "1970-03-11" }, { name = "sale", from = "1970-07-20", to = "1970-08-08" } }, {}
    for i = 1, 200 do
      local sale, moved = i >= 50 and i < 70, i >= 130
      list[i] = { i * DAY, 300 + (sale and 200 or 0) + (moved and 100 or 0) + i * 7919 % 13 }
    end
    local r = forecast.run(run_of(), list, { horizon = "30d", events = events })
    assert.equal(1, #r.steps)
    assert.is_true(math.abs(r.steps[1].time - 130 * DAY) <= DAY and math.abs(r.steps[1].size - 100) < 10)
    assert.is_true(math.abs(r.mean[1] - 606) < 20 and math.abs(r.mean[29] - 406) < 20, r.mean[1] .. ", " .. r.mean[29])
    assert.is_true(r.hi[29] - r.lo[29] < 100, r.hi[29] - r.lo[29])
  end)
  it("takes events that lie evenly for no season", function()
    local events, list, begin, state = {}, {}, 1700006400, 7
    for i = 1, 200 do
      local sale = i % 35 == 17
      if sale then events[#events + 1] = { name = "sale", from = begin + i * DAY, to = begin + (i + 1) * DAY } end
      state = (state * 1103515245 + 12345) % 2147483648
      list[i] = { begin + i * DAY, 100 + (sale and 60 or 0) + state / 2147483648 * 3 }
    end
    events[#events + 1] = { name = "sale", from = begin + 210 * DAY, to = begin + 211 * DAY }
    local r = forecast.run(run_of(), list, { horizon = "20d", events = events })
    assert.same({}, r.seasons)
    assert.is_true(math.abs(r.mean[10] - 160) < 8 and math.abs(r.mean[9] - 100) < 8, r.mean[10])
  end)
  it("refuses synthetic demand unless told", function()
    local message, code = support.message(forecast.run, run_of(), points { origin = "synthetic" }, { horizon = "3d" })
    assert.equal("invalid", code)
    assert.matches("the series is synthetic", message, 1, true)
    assert.equal(3, #forecast.run(run_of(), points { origin = "synthetic" }, { horizon = "3d", synthetic = true }).mean)
    assert.matches("synthetic", (support.message(forecast.run, run_of(), { origin = "synthetic", { 1, 2 } }, { horizon = "3d" })), 1, true)
  end)
  it("looks at days", function()
    local list = {}
    for i = 0, 24 * 40 - 1 do list[i + 1] = { i * 3600, i % 24 + i / 24 } end
    local r = forecast.run(run_of(), list, { horizon = "5d", of = "daily_max" })
    assert.same({ 5, DAY }, { #r.mean, r.step })
    assert.is_true(math.abs(r.mean[1] - (23 + 40 + 23 / 24)) < 0.5, r.mean[1])
  end)
  it("takes one value a day for the day's, and says so", function()
    local run = run_of()
    local plain, daily = forecast.run(run_of(), points(), { horizon = "14d" }), forecast.run(run, points(), { horizon = "14d", of = "daily_max" })
    assert.same(plain.mean, daily.mean)
    assert.matches("It has one value a day, which counts as the day's maximum.", run.notes[1], 1, true)
    assert.matches("counts as the day's maximum", daily:explain(), 1, true)
  end)
  it("does not know what comes where the data do not tell", function()
    local function week(i) return { i * 7 * DAY, i } end
    for why, case in pairs { ["the series is empty"] = { {}, {} }, ["of = daily_max: its values are more than a day apart"] = { { week(1), week(2), week(3) }, { of = "daily_max" } },
      ["of = daily_mean: no day has values for half of it"] = { { { 0, 1 }, { 3600, 2 } }, { of = "daily_mean" } }, ["two values at different times are needed"] = { { { 1, 2 }, { 1, 3 } }, {} } } do
      local run = run_of()
      case[2].horizon = "3d"
      local r = forecast.run(run, case[1], case[2])
      assert.same({ false, why, 0, 0 }, { r.known, r.why, #r.mean, #r.time })
      assert.matches("What comes is not known: " .. why, r:explain(), 1, true)
      assert.matches("not known: " .. why, run.notes[1], 1, true)
      local c = r:crosses("64GiB", { floor = true })
      assert.same({ false, false }, { c.known, c.already })
      assert.is_nil(c.p50 or c.chance or c:chance_within "3d")
      assert.matches("When it falls to", c.text, 1, true)
      assert.matches("crosses takes a number", (support.message(r.crosses, r, "many")), 1, true)
    end
  end)
  it("says what it cannot take", function()
    local function refused(series, o) return (support.message(forecast.run, run_of(), series, o)) end
    assert.matches("horizon", refused(points(), {}), 1, true)
    assert.matches("point 1 is no", refused({ { 1 } }, { horizon = "1d" }), 1, true)
    assert.matches("a series is what run:fetch or run:query gave", refused(5, { horizon = "1d" }), 1, true)
    assert.matches("the table has no points", refused({ format = "k6", requests = 5 }, { horizon = "1d" }), 1, true)
    assert.matches("point 1 is no", refused({ 5 }, { horizon = "1d" }), 1, true)
    assert.matches("of several series", refused({ { time = 1, value = 1, labels = { a = "1" } }, { time = 2, value = 1, labels = { a = "2" } } }, { horizon = "1d" }), 1, true)
    assert.matches("levels are between", refused(points(), { horizon = "1d", levels = { 1 } }), 1, true)
    assert.matches("more than", refused(points(), { horizon = 1e14 }), 1, true)
  end)
  it("becomes JSON", function()
    local r = forecast.run(run_of(), points(), { horizon = "30d" })
    local facts = forecast.json(r, r:crosses(1e9))
    assert.same({ "perilune.forecast/1", 30, "capacity", false }, { facts.schema, #facts.mean, facts.crossing.kind, facts.crossing.within_horizon })
    assert.equal(require("perilune.core.json").null, facts.crossing.p50)
    assert.equal("1970-05-02T00:00:00Z", facts.time[1])
  end)
end)
