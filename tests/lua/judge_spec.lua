local support = require "lua.support"
local stored = {}
support.without_run { writer = { record = function(name, row) stored[#stored + 1] = { name, row } return 1 end, sync = function() return true end }, watch = { add = function() return 1 end } }
local judge = require "perilune.judge"
local query = require "perilune.core.query"
local sla = require "perilune.sla"
local spread = require "perilune.spread"

describe("the final judgement", function()
  before_each(function() stored = {} end)

  --- Judges these rows; each expression has this outcome.
  local function judged(rows, outcomes, fields)
    local run = support.run(fields)
    run.objectives, run.watches = sla.read(rows, "ignore"), {}
    function run.reader() return {} end
    local function watch(expr)
      local outcome = outcomes[expr] or { verdict = "pass", value = 1, unit = "number" }
      return { replay = function() return true end, result = function() local r = {} for k, v in pairs(outcome) do r[k] = v end return r end }
    end
    support.with(query, { watch = watch }, support.with, spread, { add = function() end }, judge.all, run)
    return run
  end

  it("is a row for each objective, stored with all that was found", function()
    local run = judged({ { "max(users) < 5", severity = "warn", why = "licence", owner = "ada" } }, { ["max(users) < 5"] = { verdict = "fail", value = 7, unit = "number", limit = 5 } })
    local r = run.verdicts[1]
    assert.same({ "fail", "warn", "licence", "ada", 7 }, { r.verdict, r.severity, r.why, r.owner, r.value })
    assert.matches("^✗ max%(users%) < 5 +7", r.line)
    assert.same({ "objective_put", 1, "fail" }, { stored[1][1], stored[1][2].idx, stored[1][2].verdict })
  end)
  it("is fail for an objective that stopped a load, whatever came after", function()
    local run = judged({ { "error_ratio < 5%", stop = true } }, {}, { loads = { { stopped = { objective = "error_ratio < 5%" }, scenarios = {}, names = {} } } })
    assert.same({ "fail", true }, { run.verdicts[1].verdict, run.verdicts[1].stopped })
  end)
  it("has a row for a rule of the script that stopped a load", function()
    local run = judged({}, {}, { loads = { { names = {}, stopped = { rule = {}, why = "too hot", value = 90, unit = "number" } } } })
    assert.same({ "stop_when", "fail", "too hot" }, { run.verdicts[1].expr, run.verdicts[1].verdict, run.verdicts[1].reason })
  end)
  it("names what there is where a label asks for what there is not", function()
    local function series() return { { labels = { name = "GET /" } }, { labels = { name = "home" } } } end
    local nothing = { verdict = "inconclusive", reason = "no data" }
    local run = judged({ "p99(latency{name='hom'}) < 1s", "p99(latency{name='home'}) < 1s" }, { ["p99(latency{name='hom'}) < 1s"] = nothing, ["p99(latency{name='home'}) < 1s"] = nothing }, { series = series })
    assert.equal('no data: no name is "hom"; did you mean "home"? (there are "GET /", "home")', run.verdicts[1].reason)
    assert.equal("no data", run.verdicts[2].reason)
  end)
  it("leaves out the default where there was no load", function()
    local run = support.run { objectives = sla.read({}, nil) }
    judge.all(run)
    assert.same({}, run.verdicts)
  end)
  it("knows which objectives look at the load", function()
    local function depends(rows, errors) return judge.depends_on_load { objectives = sla.read(rows, errors) } end
    assert.is_true(depends({ "p99(latency) < 1s" }, "ignore"))
    assert.is_false(depends({ "max(load1) < 8" }, "ignore"))
    assert.is_false(depends({}, nil), "the default is nobody's wish")
  end)
  it("knows where a limited generator did not keep the rate of a scenario", function()
    local function misses(verdict, model, kept_up)
      return judge.misses_rate { loads = { { generator = { verdict = verdict }, scenarios = { { plan = { model = model }, stats = { kept_up = kept_up } } } } } }
    end
    assert.is_true(misses("limited", "open", 0.98))
    assert.is_false(misses("limited", "open", 0.995), "it was late, but kept the rate")
    assert.is_false(misses("valid", "open", 0.3), "the target's doing")
    assert.is_false(misses("limited", "closed", 1))
    assert.is_false(judge.misses_rate { loads = {} })
  end)
  it("takes late objectives, which are watched from then on", function()
    local run = support.run { watches = {} }
    judge.add(run, { "max(users) < 5" })
    assert.same({ "max(users) < 5", 1 }, { run.objectives[1].expr, run.watches[1].number })
    assert.matches("objective 1", (support.message(judge.add, run, { "max(users <" })), 1, true)
  end)
  it("reads expressions before it asks the timeline", function()
    local run = support.run()
    assert.matches("column", (support.message(judge.check, run, "max(load1)")), 1, true)
    assert.matches("column", (support.message(judge.check_stored, run, "max(")), 1, true)
  end)
end)
