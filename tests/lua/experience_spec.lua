local support = require "lua.support"
support.without_run { writer = { sync = function() return true end } }
local core = require "perilune.core.experience"
local experience = require "perilune.experience"
local hist = require "perilune.core.hist"
local judge = require "perilune.judge"

local BEGIN = 1700000000 -- seconds since 1970

describe("perilune.core.experience", function()
  it("scores as the specification's example, and marks few samples", function()
    local a = core.apdex_of(60, 30, 10)
    assert.near(0.75, a.score, 1e-12)
    assert.same({ "fair", 100, false }, { a.rating, a.samples, a.few })
    assert.is_true(a.lo < 0.75 and 0.75 < a.hi)
    assert.is_true(core.apdex_of(99, 0, 0).few)
    local of_list = core.apdex({ 0.1, 0.2, 0.3, 2, math.huge }, 0.25)
    assert.near((2 + 0.5) / 5, of_list.score, 1e-12)
    assert.near((2 + 1) / 5, core.apdex({ 0.1, 0.2, 0.3, 2, math.huge }, 0.25, 3).score, 1e-12)
    assert.is_nil(core.apdex_of(0, 0, 0).score)
  end)
  it("refuses what is none", function()
    local _, err = core.apdex({ 1 }, 0)
    assert.is_string(err.message)
    assert.is_nil((core.apdex({ -1 }, 1)))
    assert.is_nil((core.budget({ 1 }, { 2 }, 0.9)))
    assert.is_nil((core.budget({ 1 }, { 0 }, 1)))
    assert.is_nil((core.burn_rates({ 1 }, { 0 }, 0, 0.9)))
    assert.is_nil((core.affected({ 1 }, 0)))
    assert.is_false(pcall(core.apdex_of, -1, 0, 0))
    assert.is_false(pcall(core.budget, { 1, 2 }, { 0 }, 0.9))
    assert.is_false(pcall(core.affected, { "x" }, 1))
  end)
  it("tells the budget, its burn rates and how long it lasts", function()
    local b = core.budget({ 1000, 1000 }, { 0, 4 }, 0.999)
    assert.near(2, b.rate, 1e-9)
    assert.near(-1, b.left, 1e-9)
    assert.is_false(b.met)
    local totals, bads = {}, {}
    for i = 1, 60 do totals[i], bads[i] = 1000, 20 end
    local burn = core.burn_rates(totals, bads, 60, 0.999)
    assert.equal(4, #burn)
    assert.same({ 3600, 300, 14.4, "page", true, true }, { burn[1].long_s, burn[1].short_s, burn[1].limit, burn[1].severity, burn[1].whole, burn[1].firing })
    assert.near(20, burn[1].long_rate, 1e-9)
    assert.is_false(burn[4].whole)
    assert.equal(0, core.lasts(0, 2, 100))
    assert.near(25, core.lasts(0.5, 2, 100), 1e-9)
    assert.equal(math.huge, core.lasts(1, 0, 100))
  end)
  it("counts the users that met trouble", function()
    local a = core.affected({ 0, 1, 5, 0 }, 1)
    assert.same({ 4, 2, 0.5 }, { a.users, a.affected, a.share })
    assert.is_true(a.lo > 0.1 and a.hi < 0.9)
    assert.equal(1, core.affected({ 0, 1, 5, 0 }, 2).affected)
    assert.is_nil(core.affected({}, 1).share)
  end)
end)

describe("run:experience", function()
  --- Whether a run has samples of a series; rows: of several that do.
  local function has(series, row)
    if series.rows then return series.rows[row] end
    return (series.row or 1) == row
  end
  --- A run whose timeline has these series: { name, labels, row or rows, hists = { [second] = { latency, ... } } or samples = { [second] = total } }.
  local function run_with(series, more)
    local reader = support.reader(series)
    function reader.samples(_, id, row)
      local times, values = {}, {}
      for second, v in pairs(has(series[id], row) and series[id].samples or {}) do times[#times + 1], values[second] = second, v end
      table.sort(times)
      for i, second in ipairs(times) do times[i], values[i] = (BEGIN + second) * 1000, series[id].samples[second] end
      return times, values
    end
    function reader.dists(_, id, row, resolution, from, to)
      assert.equal(1, resolution)
      local times, hists = {}, {}
      for second = 0, 3600 do
        local list, ms = has(series[id], row) and (series[id].hists or {})[second], (BEGIN + second) * 1000
        if list and ms >= from and ms < to then
          local h = hist.new()
          for _, v in ipairs(list) do h:record(v) end
          times[#times + 1], hists[#hists + 1] = ms, h
        end
      end
      return times, hists
    end
    function reader.record(_, name) return name == "parts_of" and (more and more.parts or {}) or more and more.rows or {} end
    local run = support.run { started_ns = BEGIN * 1000000000, imports = more and more.imports }
    function run:reader() return reader end
    return run
  end
  local clock = require "perilune.core.clock"
  local query = require "perilune.core.query"
  local function ask(series, o, more)
    local function read(_, expr) return assert(query.expression(expr)) end
    return support.with(clock, { wall = function() return (BEGIN + (more and more.now or 60)) * 1000000000 end }, support.with, judge, { check_stored = read },
      support.with, require "perilune.task", { yield = function() end }, experience.run, run_with(series, more), o)
  end
  local function many(n, value)
    local list = {}
    for i = 1, n do list[i] = value end
    return list
  end
  --- 200 answers, 40 of them tolerable, 4 late; 6 of the answers failed, 2 timed out (they are among the late), 2 were never answered.
  local LOAD = {
    { "load_latency_seconds", { name = "a" }, hists = { [1] = many(100, 0.1), [2] = many(56, 0.1), [3] = many(40, 0.5), [4] = many(4, 3) } },
    { "load_requests_total", { name = "a", outcome = "ok", status = "200" }, samples = { [0] = 0, [4] = 192 } },
    { "load_requests_total", { name = "a", outcome = "status", status = "500" }, samples = { [0] = 0, [4] = 6 } },
    { "load_requests_total", { name = "a", outcome = "timeout", status = "0" }, samples = { [0] = 0, [4] = 2 } },
    { "load_requests_total", { name = "a", outcome = "connect", status = "0" }, samples = { [0] = 0, [4] = 2 } },
    { "load_requests_total", { name = "a", outcome = "aborted", status = "0" }, samples = { [0] = 0, [4] = 50 } },
  }

  it("is Apdex, with failed requests as frustrated ones", function()
    local r = ask(LOAD, { threshold = "250ms" })
    assert.is_true(r.known)
    assert.same({ 150, 40, 12, 202 }, { r.apdex.satisfied, r.apdex.tolerating, r.apdex.frustrated, r.apdex.samples })
    assert.near((150 + 20) / 202, r.apdex.score, 1e-12)
    assert.same({ true, false }, { r.apdex.known, r.apdex.few })
    assert.equal(1, r.tolerating)
    assert.matches("Apdex 0.84 [250 ms], fair: 150 satisfied, 40 tolerating (up to 1 s), 12 frustrated.", r:explain(), 1, true)
    local other = ask({ LOAD[1] }, { threshold = "250ms", tolerating = "5s" }).apdex
    assert.same({ 156, 44, 0 }, { other.satisfied, other.tolerating, other.frustrated })
  end)
  it("leaves out the steps of a search beside loads that were measured", function()
    local function of(scenario, at, bad)
      return { "load_latency_seconds", { scenario = scenario }, hists = { [at] = many(150, bad and 3 or 0.1) } },
        { "load_requests_total", { scenario = scenario, outcome = "ok" }, samples = { [at - 1] = 0, [at] = 150 } }
    end
    local a, b = of("buy", 2)
    local c, d = of("stress", 5, true)
    local all, measured = { a, b, c, d }, { parts = { { text = "buy" } } }
    assert.same({ 300, 150 }, { ask(all, { threshold = "250ms" }).apdex.samples, ask(all, { threshold = "250ms" }, measured).apdex.samples })
    local r = ask(all, { threshold = "250ms", within = "1s", objective = "99%", every = "2s" }, measured)
    assert.same({ 1, true, 150 }, { #r.rows, r.budget.met, r.budget.total })
    assert.equal(300, ask(all, { threshold = "250ms" }, { parts = { { text = "buy" }, { text = "stress" } } }).apdex.samples)
  end)
  it("marks a score of few samples", function()
    local r = ask({ { "load_latency_seconds", {}, hists = { [1] = many(99, 0.1) } } }, { threshold = 0.25 })
    assert.is_true(r.apdex.few)
    assert.matches("[250 ms]*", r:explain(), 1, true)
    assert.matches("Fewer than 100 samples", r:explain(), 1, true)
  end)
  it("is the budget of an objective, its burn rates and how long it lasts", function()
    local r = ask(LOAD, { threshold = "250ms", objective = "99%", period = "1h" })
    assert.near(202, r.budget.total, 1e-6)
    assert.near(10, r.budget.bad, 1e-6)
    assert.is_false(r.budget.met)
    assert.near(10 / 202 / 0.01, r.budget.rate, 1e-6)
    assert.equal(4, r.budget.covered)
    assert.near(1 - r.budget.rate * 4 / 3600, r.budget.period_left, 1e-9)
    assert.near(r.budget.period_left * 3600 / r.budget.rate, r.budget.lasts, 1e-6)
    assert.equal(4, #r.burn)
    assert.is_false(r.burn[1].whole)
    assert.matches("the objective of 99 % was missed", r:explain(), 1, true)
    local fine = ask({ LOAD[1], LOAD[2] }, { threshold = "250ms" })
    assert.is_true(fine.budget.met)
    assert.is_nil(fine.budget.lasts)
  end)
  it("counts slow ones where it is told to, timeouts once", function()
    local r = ask(LOAD, { threshold = "250ms", within = "1s", objective = "90%" })
    assert.near(6 + 2 + 2 + 4 - 2, r.budget.bad, 1e-6)
  end)
  it("is a report of the objective over stretches", function()
    local r = ask(LOAD, { threshold = "250ms", objective = "99%", every = "2s" })
    assert.equal(2, #r.rows, "stretches without requests are left out")
    assert.same({ BEGIN, BEGIN + 2, false }, { r.rows[1].from, r.rows[1].to, r.rows[1].met })
    assert.near(202, r.rows[1].total + r.rows[2].total, 1e-6)
    assert.near(10, r.rows[1].bad + r.rows[2].bad, 1e-6)
    assert.matches("met in 0 of 2 stretches of 2 s", r:explain(), 1, true)
  end)
  it("goes over the runs of the playbook in a period, and what belongs to none", function()
    local series = { LOAD[1], { "load_latency_seconds", { name = "old" }, row = 7, hists = { [1000] = many(50, 0.1) } }, { "load_latency_seconds", {}, row = 0, hists = { [1500] = many(30, 0.1) } },
      { "load_latency_seconds", {}, row = 8, hists = { [100] = many(1000, 9) } } }
    local rows = { { id = 1, started_ns = BEGIN * 1000000000 }, { id = 7, started_ns = (BEGIN + 900) * 1000000000, ended_ns = (BEGIN + 1100) * 1000000000 },
      { id = 8, started_ns = (BEGIN - 900) * 1000000000, ended_ns = (BEGIN - 800) * 1000000000 } }
    local r = ask(series, { threshold = "250ms", from = BEGIN - 10, to = BEGIN + 2000 }, { rows = rows, now = 2000 })
    assert.equal(280, r.apdex.samples)
    assert.equal(50, ask(series, { threshold = "250ms", from = BEGIN + 950, to = BEGIN + 1200 }, { rows = { rows[2] }, now = 2000 }).apdex.samples)
    assert.equal(280, ask(series, { threshold = "250ms", from = "-2010s" }, { rows = rows, now = 2000 }).apdex.samples)
  end)
  it("takes any distribution, with counters of its own or a warning", function()
    local series = { { "rpc_seconds", { job = "shop" }, hists = { [1] = many(100, 0.1) } }, { "rpc_seconds", { job = "other" }, hists = { [1] = many(100, 5) } },
      { "http_total", { code = "200" }, samples = { [0] = 1000, [5] = 1090 } }, { "http_total", { code = "500" }, samples = { [0] = 7, [5] = 17 } } }
    local r = ask(series, { threshold = "250ms", of = "rpc_seconds{job='shop'}" })
    assert.same({ 1, 100 }, { r.apdex.score, r.apdex.samples })
    assert.matches("failed requests are not known", r.warnings[1], 1, true)
    r = ask(series, { threshold = "250ms", of = "rpc_seconds{job='shop'}", requests = "http_total", failed = "http_total{code='500'}", objective = "95%" })
    assert.same({}, r.warnings)
    assert.near(100, r.budget.total, 1e-6)
    assert.near(10, r.budget.bad, 1e-6)
  end)
  describe("of counters without latencies", function()
    local PAST = BEGIN - 100000 -- when what was imported begins
    local HISTORY = { { "http_total", { code = "200" }, samples = { [-100000] = 0, [-99900] = 990 } }, { "http_total", { code = "500" }, samples = { [-100000] = 0, [-99900] = 10 } },
      { "load_latency_seconds", {}, hists = {} } }
    local IMPORTED = { rows = { { id = 1, started_ns = BEGIN * 1000000000 } }, imports = { { taken = 0 }, { from = PAST, to = PAST + 100, taken = 4 } } }
    local function of_counters(more)
      local o = { threshold = "250ms", objective = "99.5%", period = "1h", requests = "http_total", failed = "http_total{code='500'}" }
      for k, v in pairs(more) do o[k] = v end
      return ask(HISTORY, o, IMPORTED)
    end

    it("answers of what this run imported all but Apdex", function()
      local r = of_counters { from = PAST, to = PAST + 200, every = "50s" }
      assert.is_true(r.known)
      assert.near(1000, r.budget.total, 1e-6)
      assert.near(0.99, r.budget.attained, 1e-9)
      assert.near(2, r.budget.rate, 1e-6)
      assert.near(2, r.burn[1].long_rate, 1e-6)
      assert.same({ 2, false, 2 }, { #r.rows, r.rows[1].met, r.runs })
      assert.same({}, r.warnings)
      assert.same({ false, "latency has no values in that time" }, { r.apdex.known, r.apdex.why })
      assert.is_nil(r.apdex.score)
      assert.matches("^Apdex is not known: latency has no values in that time%.\n99 %% of 1000 requests were good", r:explain())
    end)
    it("counts once what several runs imported", function()
      local twice = { { id = 1, started_ns = BEGIN * 1000000000 }, { id = 2, started_ns = (PAST - 10) * 1000000000, ended_ns = (BEGIN + 50) * 1000000000 } }
      local series = { { "http_total", { code = "200", source = "import" }, rows = { true, true }, samples = { [1] = 0, [5] = 990 } },
        { "http_total", { code = "500", source = "import" }, rows = { true, true }, samples = { [1] = 0, [5] = 10 } },
        { "rpc_seconds", { source = "import" }, rows = { true, true }, hists = { [2] = many(100, 0.1), [3] = many(100, 3) } },
        { "load_latency_seconds", { source = "load" }, rows = { true, true }, hists = { [2] = many(60, 0.1) } },
        { "load_requests_total", { source = "load", outcome = "ok" }, rows = { true, true }, samples = { [1] = 0, [4] = 60 } } }
      local counted = ask(series, { threshold = "250ms", of = "rpc_seconds", from = PAST, requests = "http_total", failed = "http_total{code='500'}" }, { rows = twice })
      assert.near(1000, counted.budget.total, 1e-6)
      assert.near(10, counted.budget.bad, 1e-6)
      assert.same({ 100, 200 }, { counted.apdex.satisfied, counted.apdex.samples })
      local own = ask(series, { threshold = "250ms", from = PAST }, { rows = twice })
      assert.near(120, own.budget.total, 1e-6, "loads are each run's own")
      assert.equal(120, own.apdex.samples)
    end)
    it("reaches from the past until now", function()
      for _, range in ipairs { { from = PAST }, { to = BEGIN } } do assert.near(0.99, of_counters(range).budget.attained, 1e-9) end
    end)
    it("warns that what was slow is not known", function()
      assert.matches("what was slow is not known here, only what failed counts: latency has no values", of_counters({ from = PAST, within = "1s" }).warnings[1], 1, true)
    end)
    it("is not known of a time without requests", function()
      local r = of_counters { from = PAST - 500, to = PAST - 300 }
      assert.same({ false, "nothing was stored of latency and http_total in that time" }, { r.known, r.why })
    end)
  end)
  it("tells the share of the users that met trouble", function()
    local series = {}
    for i = 1, 10 do
      series[#series + 1] = { "load_latency_seconds", { customer = "c" .. i }, hists = { [1] = many(20, i == 1 and 2 or 0.1) } }
      series[#series + 1] = { "load_requests_total", { customer = "c" .. i, outcome = "ok" }, samples = { [0] = 0, [2] = 20 } }
      series[#series + 1] = { "load_requests_total", { customer = "c" .. i, outcome = "status" }, samples = { [0] = 0, [2] = i <= 3 and i or 0 } }
    end
    local r = ask(series, { threshold = "250ms", users = "customer" })
    assert.same({ true, 10, 3, 0.3 }, { r.users.known, r.users.users, r.users.affected, r.users.share })
    assert.matches("3 of 10 users (30 %", r:explain(), 1, true)
    assert.equal(2, ask(series, { threshold = "250ms", users = "customer", least = 2 }).users.affected)
    local none = ask(series, { threshold = "250ms", users = "customr" }).users
    assert.is_false(none.known)
    assert.matches('no series has a label "customr"', none.why, 1, true)
    assert.matches("LABEL", ask(series, { threshold = "250ms" }).users.why, 1, true)
  end)
  it("is not known of nothing, and says why", function()
    local r = ask({}, { threshold = "250ms" })
    assert.is_false(r.known)
    assert.matches("nothing was stored of latency", r.why, 1, true)
    assert.matches("not known", r:explain(), 1, true)
    local silent = ask({ LOAD[5] }, { threshold = "250ms" })
    assert.same({ 0, 2, "unacceptable" }, { silent.apdex.score, silent.apdex.frustrated, silent.apdex.rating }, "nobody was answered")
  end)
  it("refuses options that make no sense", function()
    local function refused(o)
      o.threshold = o.threshold or "250ms"
      return (support.message(ask, LOAD, o))
    end
    assert.matches("threshold is missing", (support.message(ask, LOAD, {})), 1, true)
    assert.matches("threshold is more than 0", refused { threshold = 0 }, 1, true)
    assert.matches("tolerating (100 ms) is below threshold (250 ms)", refused { tolerating = "100ms" }, 1, true)
    assert.matches("objective is a share", refused { objective = "100%" }, 1, true)
    assert.matches("period is more than 0", refused { period = 0 }, 1, true)
    assert.matches("least is 1", refused { least = 0 }, 1, true)
    assert.matches("every is a second", refused { every = "10ms" }, 1, true)
    assert.matches("run is one run", refused { run = "last", from = "-1d" }, 1, true)
    assert.matches("requests and failed go together", refused { failed = "x" }, 1, true)
    assert.matches("from: \"soon\" is no moment", refused { from = "soon" }, 1, true)
    assert.matches("from is not before to", refused { from = BEGIN + 10, to = BEGIN + 5 }, 1, true)
    assert.matches("more than 10000 rows", refused { from = 1000, to = BEGIN, every = "1s" }, 1, true)
    assert.matches('did you mean "threshold"', refused { treshold = 1 }, 1, true)
  end)
end)
