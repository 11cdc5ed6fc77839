local facts = require "perilune.report.facts"
local fixture = require "lua.report.fixture"

describe("a text that others wrote", function()
  it("is cut at the begin of a character", function()
    assert.equal("short", facts.cut "short")
    assert.equal(("x"):rep(199) .. "…", facts.cut(("x"):rep(199) .. "äöü"))
  end)
end)

describe("words for figures", function()
  it("give no sign to a change of nothing", function()
    assert.same({ "0.0 %", "-1.2 %", "+100.0 %" }, { facts.change(-0.0001), facts.change(-0.012), facts.change(1) })
  end)
  it("are a dash where there is no figure", function()
    assert.same({ "-", "-", "2 s", "5" }, { facts.seconds(nil), facts.number("x"), facts.seconds(2), facts.number(5) })
  end)
  it("show no percentile of too few values", function()
    local h = fixture.hist(100)
    assert.is_truthy(facts.quantile(h, 0.9))
    assert.is_nil(facts.quantile(h, 0.99))
  end)
  it("name a load by its scenarios, and by its place where there are several", function()
    local l = { scenarios = { { name = "browse" }, { name = "buy" } } }
    assert.same({ "browse + buy", "browse + buy (load 2)", "Load 3" }, { facts.load_name(l, 1, 1), facts.load_name(l, 2, 2), facts.load_name({}, 3, 3) })
  end)
  it("tell of warm-up and of a trend", function()
    local l = { requests = {}, latency_s = {}, service_s = {}, steadiness = { seconds = 60, begins_apart_s = 8, unsettled = false, trend = { change = 0.2, p = 1e-5 } } }
    local text = table.concat(facts.load(l), "\n")
    assert.matches("The load begins with what looks like warm-up", text, 1, true)
    assert.matches("The load has a trend", text, 1, true)
    l.steadiness = nil
    assert.is_nil(table.concat(facts.load(l), "\n"):find("The load ", 1, true))
  end)
  it("say what was offered", function()
    assert.equal("Poisson arrivals, 200/s", facts.offered { model = "open", arrivals = "poisson", rate_per_s = 200, stages = 1 })
    assert.equal("even arrivals, at most 200/s", facts.offered { model = "open", arrivals = "even", rate_per_s = 200, stages = 3 })
    assert.equal("closed loop, 5 users", facts.offered { model = "closed", users = 5 })
    assert.equal("20 iterations each, 5 users", facts.offered { model = "iterations_each", iterations = 20, users = 5 })
  end)
  it("have a margin that is above 0 on the side that holds", function()
    assert.equal("+80 %", facts.margin { expr = "p99(latency) < 250ms", value = 0.05, limit = 0.25 })
    assert.equal("-100 %", facts.margin { expr = "p99(latency) <= 250ms", value = 0.5, limit = 0.25 })
    assert.equal("+10 %", facts.margin { expr = "rate(requests) > 100/s", value = 110, limit = 100 })
    assert.equal("-50 %", facts.margin { expr = "rate(requests{name='a<b'}) >= 100/s", value = 50, limit = 100 })
    assert.equal("-", facts.margin { expr = "error_ratio < 0", value = 0, limit = 0 })
  end)
  it("tell a lower bound, an interval, a limit", function()
    local o = { expr = "p99(latency{name='a<b'}) <= 1s", unit = "duration", value = 2, beyond = true, ci = { 1.5, 2.5 }, limit = 1 }
    assert.same({ "> 2 s", "1.5 s to 2.5 s", "<= 1 s" }, { facts.measured(o), facts.interval(o), facts.limit(o) })
    assert.same({ "-", "", "" }, { facts.measured {}, facts.interval {}, facts.interval { ci = { 1, 1 } } })
    assert.equal("1.5 s to 2.5 s (unreliable: too few independent seconds)", facts.interval { ci = { 1.5, 2.5 }, unit = "duration", few_seconds = true })
  end)
  it("give the reason of an objective only where it matters", function()
    for _, verdict in ipairs { "pass", "inconclusive" } do assert.equal("", facts.remark { verdict = verdict, why = "do not hurt it" }) end
    assert.equal("stopped the load; do not hurt it", facts.remark { verdict = "fail", why = "do not hurt it", stopped = true })
    assert.equal("marginal; a warning only; few; owner ada", facts.remark { verdict = "pass", marginal = true, severity = "warn", reason = "few", owner = "ada" })
  end)
  it("tell a load in sentences", function()
    local l = fixture.model().result.loads[1]
    l.errors, l.starts = { tls = 3, reset = 0 }, { started = 9, planned = 10, late = 1, dropped = 0, cancelled = 1 }
    l.failures = { { class = "check", text = "has a token", count = 2, of = 5 }, { class = "connect", text = "Connection refused", count = 1 } }
    l.target = { verdict = "saturated", reasons = { "it queues" }, process = { name = "nginx", pid = 7, cpu_cores = 0.5 } }
    l.changed_by_hand = { { at_s = 2, change = "paused" } }
    assert.same({ "5 requests in 8 s: 5 ok, 0 failed, 0 aborted.", "9 of 10 starts; 1 late, 0 dropped, 1 cancelled.", "Changed by hand: paused at 2 s.", "Service time p50 -, p99 -; latency p50 -, p99 -.", "Errors: tls 3.",
      "Check \u{201C}has a token\u{201D}: 2 of 5 failed.", "connect (1 time): Connection refused.",
      "nginx (pid 7) used 0.50 cores.", "Target saturated: it queues.", "Generator limited: busy." }, facts.load(l))
  end)
end)
