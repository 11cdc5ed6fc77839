local support = require "lua.support"
support.without_run()
local anomalies = require "perilune.anomalies"
local inquiry = require "perilune.inquiry"

describe("anomalies", function()
  --- Points of two series, of which b has a spike at its 400th second. Cubes, for multiples modulo 101 nearly come again every 32 rows: a season.
  local function points()
    local out = {}
    for i = 1, 500 do
      local odd = (i * i * i * 7919) % 101 / 101
      out[#out + 1] = { labels = { name = "a" }, time = 1700000000 + i, value = odd }
      out[#out + 1] = { labels = { name = "b" }, time = 1700000000 + i, value = i == 400 and 100 or odd }
    end
    return out
  end
  local function ask(options)
    local asked
    local function run(_, expr, o)
      asked = { expr, o }
      return points()
    end
    return support.with(inquiry, { run = run }, anomalies.run, {}, "p99(latency) by (name)", options), asked
  end

  it("are told by series, with their moment and kind", function()
    local list = ask()
    local at
    for _, a in ipairs(list) do
      if a.time == 1700000400 then at = a end
    end
    assert.same({ name = "b" }, at.labels)
    assert.equal("spike", at.kind)
    assert.equal(100, at.value)
    assert.is_true(at.score >= 0.5)
  end)
  it("take the options of run:query, and no other", function()
    local _, asked = ask { step = "10s", from = "1s" }
    assert.same({ "p99(latency) by (name)", { step = 10, from = "1s" } }, asked)
    assert.matches("stepp", (support.message(ask, { stepp = 1 })), 1, true)
  end)
  it("score a prefix as the whole", function()
    local values, part = {}, {}
    for i = 1, 600 do values[i] = math.sin(i * i) + (i > 400 and 5 or 0) end
    for i = 1, 410 do part[i] = values[i] end
    local whole, few = anomalies.scores(nil, values), anomalies.scores(nil, part)
    for i = 1, 410 do assert.equal(whole[i], few[i]) end
  end)
  it("are named by what comes after them", function()
    local values = {}
    for i = 1, 60 do values[i] = (i > 30 and 15 or 10) + i % 3 end
    local _, alerts = anomalies.scores(nil, values)
    assert.same({ "level shift" }, { alerts[next(alerts)] })
    for i = 1, 400 do values[i] = (i * 7919) % 101 / 101 + (i == 300 and 50 or 0) end
    values[350] = 0 / 0
    _, alerts = anomalies.scores(nil, values)
    assert.same({ [300] = "spike" }, alerts)
  end)
  it("are told of series together, with the one that contributed most", function()
    local list, at = ask { together = true }, nil
    for _, a in ipairs(list) do
      if a.time == 1700000400 then at = a end
    end
    assert.same({ name = "b" }, at.labels)
    assert.same({ 2, 100, "spike" }, { at.series, at.value, at.kind })
    assert.is_true(at.share > 0.5 and at.share <= 1)
  end)
  it("are together of a number of series that has an end", function()
    local columns = {}
    for i = 1, 65 do columns[i] = { 1 } end
    assert.matches("65 series; one group has 1 to 64", (support.message(anomalies.group_scores, nil, columns)), 1, true)
    local scores, alerts = anomalies.group_scores(nil, { {}, {} })
    assert.same({ {}, {} }, { scores, alerts })
  end)
  it("refuse stamps that are none", function()
    assert.matches("one for each value", (support.message(anomalies.scores, { 1 }, { 1, 2 })), 1, true)
  end)

  describe("of a window", function()
    --- Series a changes 5 s before the window, b with it, c not at all.
    local function series_of(_, expr)
      local out = {}
      for i = 1, 300 do
        local begins = expr == "a" and 195 or expr == "b" and 200 or 1000
        out[i] = { labels = {}, time = 1700000000 + i, value = (i * 7919) % 101 / 101 + (i >= begins and i < begins + 40 and 5 or 0) }
      end
      return out
    end
    local run = { started_ns = 1700000000000000000 }
    local function correlate(o) return support.with(inquiry, { run = series_of }, anomalies.correlate, run, o) end

    it("are ranked, with their lag", function()
      local list = correlate { bad = { from = "200s", to = "240s" }, among = { "c", "a", "b" }, max_lag = "20s" }
      assert.same({ "b", "a", "c" }, { list[1].expr, list[2].expr, list[3].expr })
      assert.same({ 0, -5 }, { list[1].lag, list[2].lag })
      assert.is_true(list[1].p < 1e-6 and list[3].p > 0.05)
    end)
    it("say what is wrong with the window", function()
      assert.matches("bad is a window", (support.message(correlate, { bad = {}, among = { "a" } })), 1, true)
      assert.matches("bad.from is not before bad.to", (support.message(correlate, { bad = { from = "5s", to = "5s" }, among = { "a" } })), 1, true)
    end)
    it("need expressions to be among", function()
      assert.matches("among is empty", (support.message(correlate, { bad = { from = "200s", to = "240s" }, among = {} })), 1, true)
      assert.matches('among, item 2: an expression such as "load1", not 5', (support.message(correlate, { bad = { from = "200s", to = "240s" }, among = { "a", 5 } })), 1, true)
    end)
    it("look at what was before the run where the window is there, at another run's own time, or where they are told to", function()
      local asked
      local function noted(_, expr, o)
        asked = o
        return series_of(nil, expr)
      end
      local function look(o, began)
        o.among, o.max_lag = { "b" }, "20s"
        return support.with(inquiry, { run = noted, began = function() return 1700000000000000000 end }, anomalies.correlate, { started_ns = began }, o)
      end
      local list = look({ bad = { from = 1700000200, to = 1700000240 } }, 1800000000000000000)
      assert.same({ 0, 1700000200 - 320, 1700000260 }, { list[1].lag, asked.from, asked.to })
      look({ bad = { from = "200s", to = "240s" }, from = "10s", to = "300s" }, 1700000000000000000)
      assert.same({ "10s", "300s" }, { asked.from, asked.to })
      list = look({ bad = { from = "200s", to = "240s" }, run = "last~1" }, 1800000000000000000)
      assert.same({ 0, "last~1" }, { list[1].lag, asked.run })
      assert.is_nil(asked.from)
    end)
    it("say of what has too few values there that it was left out", function()
      local list = correlate { bad = { from = "1000s", to = "1040s" }, among = { "a" } }
      assert.equal(0, #list)
      assert.same({ { expr = "a", labels = {}, why = "there are fewer than 4 values in the window, or before it" } }, list.left_out)
    end)
    it("count their lag in time where steps are missing", function()
      local function gappy(_, expr)
        local out = {}
        for _, p in ipairs(series_of(nil, expr)) do
          if p.time % 7 ~= 0 or p.time > 1700000150 then out[#out + 1] = p end
        end
        for i = #out, 1, -1 do
          if out[i].time > 1700000180 and out[i].time < 1700000190 then table.remove(out, i) end
        end
        return out
      end
      local list = support.with(inquiry, { run = gappy }, anomalies.correlate, run, { bad = { from = "200s", to = "240s" }, among = { "a", "b" }, max_lag = "20s" })
      assert.same({ "b", 0, "a", -5 }, { list[1].expr, list[1].lag, list[2].expr, list[2].lag })
      assert.is_nil(list.left_out)
    end)
  end)
end)
