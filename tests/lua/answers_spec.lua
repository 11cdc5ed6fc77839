local support = require "lua.support"
support.without_run { writer = {} }
local answers = require "perilune.answers"
local result = require "perilune.result"

describe("answers of words of analysis", function()
  local stored, store = {}, result.store_finding
  local run
  before_each(function()
    stored = {}
    result.store_finding = function(_, kind, _, text, data) stored[#stored + 1] = { kind = kind, text = text, data = data } end
    run = { row = 1, findings = {}, notes = 0, note = function(self) self.notes = self.notes + 1 end }
  end)
  after_each(function() result.store_finding = store end)
  teardown(support.clean)

  it("are findings of the run, and at most so many", function()
    for _ = 1, answers.MOST + 3 do answers.words(run, "replicas", { explain = function() return "5" end }) end
    assert.equal(answers.MOST, #stored)
    assert.equal(answers.MOST, #run.findings)
    assert.equal(1, run.notes)
  end)
  it("keep of a long history the least and the greatest of each stretch", function()
    local times, values = {}, {}
    for i = 1, 10000 do times[i], values[i] = i, i == 5000 and 99 or i == 7000 and 0 / 0 or 1 end
    local at, kept = answers.thinned(times, values)
    assert.is_true(#at <= answers.POINTS + 2 and #at == #kept)
    assert.equal(99, math.max(table.unpack(kept)))
  end)
  it("keep a forecast, and the limits it is asked for later", function()
    local r = { known = true, from = 0, step = 1, level = 0.9, mean = { 3 }, lo = { 2 }, hi = { 4 }, time = { 3 }, intervals = { { level = 0.9, lo = { 2 }, hi = { 4 } } },
      history = function() return { 1, 2, 3 } end, explain = function() return "why" end, crosses = function(_, limit) return { text = "passes", lo = limit, hi = limit, p50 = 3 } end }
    answers.forecast(run, "disk", r)
    assert.equal(5, r:crosses(5).hi)
    assert.same({ "forecast", "crossing" }, { stored[1].kind, stored[2].kind })
    assert.equal(1, stored[2].data.forecast)
    assert.equal(3, #stored[1].data.values)
  end)
  it("keep a forecast that is not known, with why", function()
    local r = { known = false, explain = function() return "What comes is not known: no value." end, crosses = function() return { text = "not known", lo = 1, hi = 1 } end }
    answers.forecast(run, "disk", r):crosses(1)
    assert.same({ "forecast", "crossing" }, { stored[1].kind, stored[2].kind })
    assert.equal("disk: What comes is not known: no value.", stored[1].text)
    assert.is_false(stored[1].data.known)
  end)
  it("keep changes by series, without what is no number", function()
    local labels = {}
    answers.changes(run, "q", { { labels = labels, index = 1, time = 2, before = 0, after = 1, effect = 1, relative = 1 / 0 } }, { { labels = labels, times = { 1, 2 }, values = { 0, 1 } }, { labels = {}, times = { 1 }, values = { 1 } } })
    assert.equal(1, #stored[1].data.changes)
    assert.is_nil(stored[1].data.changes[1].relative)
    assert.matches("did not change", stored[2].text)
  end)
  it("keep what users met, the worst stretches first", function()
    local rows = {}
    for i = 1, 1000 do rows[i] = { from = i, to = i + 1, total = 10, bad = i == 500 and 9 or i % 10 == 0 and 1 or 0, attained = i == 500 and 0.1 or i % 10 == 0 and 0.9 or 1, met = i % 10 ~= 0, used = 1 / 0 } end
    answers.experience(run, { known = true, rows = rows, budget = { objective = 0.95 }, every = 1, explain = function() return "x" end })
    local data = stored[1].data
    assert.is_true(#data.times <= 400 and #data.times == #data.attained)
    assert.same({ answers.ROWS, 500 }, { #data.missed, data.missed[1].from })
    assert.equal(0.1, math.min(table.unpack(data.attained)))
    answers.experience(run, { known = false, explain = function() return "none" end })
    assert.same({ explained = true }, stored[2].data)
  end)
  it("keep what is odd by its score, and causes by their rank", function()
    answers.anomalies(run, "q", { { labels = {}, time = 1, value = 1, score = 0.5, kind = "spike" }, { labels = {}, time = 2, value = 2, score = 0.9, kind = "spike" } })
    answers.correlate(run, { { expr = "cpu", labels = {}, p = 0.1, before = 0 / 0 } })
    assert.equal(0.9, stored[1].data.rows[1].score)
    assert.equal("No series surely changed with the bad window; the nearest is cpu (p = 0.1).", stored[2].text)
    assert.is_nil(stored[2].data.rows[1].before)
    answers.correlate(run, { { expr = "disk", labels = {}, p = 1e-6 }, { expr = "cpu", labels = {}, p = 1 } })
    assert.equal("What changed most surely with the bad window: disk.", stored[3].text)
    answers.correlate(run, {})
    assert.equal("No series changed with the bad window.", stored[4].text)
  end)
end)
