local block = require "perilune.block"
local support = require "lua.support"

describe("a load in the summary", function()
  local NONE = { __index = function() return 0 end }
  local function stats(t)
    t.errors = setmetatable(t.errors or {}, NONE)
    return setmetatable(t, NONE)
  end
  local function scenario(fields)
    local s = { name = "visit", plan = { name = "visit", model = "open", law = "even", stages = { { 10, 300, true } } }, intended = true, latency = { count = 3000, p50 = 0.02, p99 = 0.2 }, service = { count = 3000, p50 = 0.01, p99 = 0.1 },
      stats = stats { requests = 3000, iterations = 3000, rate_planned = 300, rate_achieved = 300, started = 3000, planned = 3000 } }
    for k, v in pairs(fields or {}) do s[k] = v end
    return s
  end
  local function lines(fields, run)
    local s = fields and fields.scenarios or { scenario() }
    local l = { names = {}, scenarios = s, model = "open", rate = 300, duration = 10, stats = s[1].stats, latency = { count = 3000 }, failures = {}, unexpected = {}, checks = {}, script_errors = {}, given_up = {}, refused = {},
      rows = { { scenario = "visit", name = "home", requests = 3000, failed = 2, latency = { count = 500, p50 = 0.02, p95 = 0.1, max = 0.5 } } }, target = { verdict = "ok", reasons = {} },
      generator = { verdict = "valid", reasons = {}, warnings = {}, workers = { { busy = 0.41 }, { busy = 0.2 } } } }
    for i, sc in ipairs(s) do l.names[i] = sc.name end
    for k, v in pairs(fields or {}) do l[k] = v end
    return block.lines(support.run(run or { exit = { reason = "pass" } }), l)
  end
  local function text(...) return table.concat(lines(...), "\n") end

  it("begins with what was sent, of what was planned", function()
    assert.equal("visit: 3,000 requests in 10 s, 300/s of 300/s planned", lines()[1])
    local drawn = scenario()
    drawn.plan.law = "poisson"
    assert.equal("visit: 3,000 requests in 10 s, 300/s (asked 300/s, drew 300/s)", lines({ scenarios = { drawn } })[1])
    local several = scenario { stats = stats { requests = 6000, iterations = 3000, rate_planned = 300 } }
    assert.matches("; 300/s starts planned$", lines({ scenarios = { several } })[1])
    several.plan.law = "poisson"
    assert.matches("^visit: 6,000 requests in 10 s, 300/s; 300/s starts drawn of 300/s asked$", lines({ scenarios = { several } })[1])
  end)
  it("says why the rate is below the planned one though all were started", function()
    local slow = scenario { stats = stats { requests = 500, iterations = 500, rate_planned = 100, rate_achieved = 98.6, duration = 5, ok = 450, errors = { status = 50 } } }
    assert.matches("; 7 answered after the end, which the rate leaves out$", lines({ scenarios = { slow } })[1])
    slow.stats.rate_achieved = 100
    assert.matches("of 100/s planned$", lines({ scenarios = { slow } })[1])
    slow.stats.ok, slow.stats.errors.status, slow.stats.errors.dns, slow.stats.rate_achieved = 0, 0, 500, 0 -- what got no answer was not late
    assert.matches("of 100/s planned$", lines({ scenarios = { slow } })[1])
  end)
  it("has a table by request, and says what a missing quantile needs", function()
    local out = text()
    assert.matches("home +500 +2 +20 ms +100 ms +%- +500 ms", (out:gsub("3,000 +2 ", "500 2 ")))
    assert.matches("-: too few samples (p99 needs 1,000)", out, 1, true)
  end)
  it("tells both latencies, or why there is one", function()
    assert.matches("p50 20 ms +p99 200 ms +from the intended start: what your users waited", text())
    assert.matches("A closed loop has no intended starts", text { scenarios = { scenario { intended = false } } }, 1, true)
  end)
  it("tells the generator's verdict with its busiest worker", function()
    assert.matches("Even arrivals; seed 1; 3,000 of 3,000 started; generator valid (41 % busy).", text(), 1, true)
  end)
  it("tells where the starts went that nobody answered", function()
    local silent = scenario { stats = stats { planned = 200, started = 197, aborted = 197, cancelled = 3, rate_planned = 100 } }
    silent.plan.grace = 0.5
    local unanswered = { scenarios = { silent } }
    assert.matches("  Not answered: 197 aborted at the end (grace 500 ms), 3 cancelled before they were sent.", text(unanswered), 1, true)
    unanswered.stopped = { why = "users suffer", at = 4 }
    assert.matches("  Not answered: 197 aborted at the end, 3", text(unanswered), 1, true)
    assert.is_nil(text():find("Not answered", 1, true))
  end)
  it("leaves the cause of late starts to the facts where they tell it", function()
    local late = { sentence = "1 % of the starts were 2 ms late or later: the target shares the CPUs", reason = 2, without_cause = "late; p99 of the lag 2 ms is more than 1 ms" }
    local reasons = { "worker 0 was busy; always", "late; p99 of the lag 2 ms is more than 1 ms; the target shares the CPUs" }
    local generator = { verdict = "limited", late = late, reasons = reasons, warnings = {}, workers = {} }
    local out = text { generator = generator, limit = "shop used 20 % of one core; " .. late.sentence, limit_tells_late = true }
    assert.matches("limited: worker 0 was busy; always.\n  Generator limited: late; p99 of the lag 2 ms is more than 1 ms.", out, 1, true)
    assert.matches("more than 1 ms; the target shares the CPUs.", text { generator = generator, limit = "something it waits for is the limit" }, 1, true)
  end)
  it("tells several scenarios line by line", function()
    local closed = scenario { name = "buy", intended = false, plan = { name = "buy", model = "closed", stages = { { 10, 5, true } } }, stats = stats { requests = 10, iterations = 10, rate_achieved = 1, users_max = 5 } }
    local out = text { scenarios = { scenario(), closed }, model = "open" }
    assert.matches("visit + buy: 3,000 requests", out, 1, true)
    assert.matches("  buy: 10 requests, 1/s; closed loop, 5 users.", out, 1, true)
    assert.matches("visit: home", out, 1, true)
  end)
  it("tells errors by class with their most frequent reason, and unexpected statuses", function()
    local failing = scenario { stats = stats { requests = 10, iterations = 10, errors = { tls = 3, status = 5, reset = 0 } } }
    local out = text { scenarios = { failing }, unexpected = { ["404"] = 5 }, failures = { { text = "tls: expired", count = 2 }, { text = "tls: self-signed", count = 1 } } }
    assert.matches("  Errors: 3 × tls (2 of them: expired), 5 × 404.", out, 1, true)
    out = text { scenarios = { failing }, unexpected = { ["404"] = 5 }, failures = { { text = "tls: expired", count = 3 } } }
    assert.matches("  Errors: 3 × tls (expired), 5 × 404.", out, 1, true)
  end)
  it("tells of connections that were not made, where no request failed for one", function()
    local function told(fields) return text { scenarios = { scenario { stats = stats(fields) } } } end
    local fields = { requests = 40, iterations = 40, connections_asked = 42, connections_failed = 2 }
    assert.matches("  2 of 42 connections asked for were not made; the requests went by others", told(fields), 1, true)
    fields.errors = { connect = 1 }
    assert.is_nil(told(fields):find("not made", 1, true))
    assert.is_nil(told { requests = 40, iterations = 40, connections_asked = 42, connections_failed = 0 }:find("not made", 1, true))
  end)
  it("tells of requests that were sent again, as their connections were lost", function()
    local function told(n) return text { scenarios = { scenario { stats = stats { requests = 40, iterations = 40, connections_repeated = n } } } } end
    assert.matches("  3 requests were sent again: their connections were lost before their answers began.", told(3), 1, true)
    assert.matches("  1 request was sent again: its connection was lost before its answer began.", told(1), 1, true)
    assert.is_nil(told(0):find("sent again", 1, true))
  end)
  it("tells what to do about a handshake that failed", function()
    local function advice(why, options)
      local failing = scenario { stats = stats { requests = 10, iterations = 10, errors = { tls = 3 } } }
      return text({ scenarios = { failing }, failures = { { text = "tls: " .. why, count = 3 } } }, { exit = { reason = "pass" }, options = options or {} })
    end
    assert.matches("--ca FILE; with --insecure (-k) any certificate is taken.", advice("certificate: self-signed certificate", { from_options = {} }), 1, true)
    assert.matches('defaults = { tls = { ca = "ca.pem" } }', advice "certificate: self-signed certificate", 1, true)
    assert.matches("does not seem to speak TLS", advice "no TLS: wrong version number", 1, true)
    assert.is_nil(advice("TLS: tlsv1 alert protocol version"):find("does not seem to speak TLS", 1, true))
    assert.is_nil(advice("expired"):find("insecure", 1, true))
  end)
  it("tells what to do about a target that speaks something else", function()
    local function advice(of, options)
      local failing = scenario { stats = stats { requests = 10, iterations = 10, errors = { status = 3 }, spoke_tls = of.tls, spoke_http2 = of.http2 } }
      return text({ scenarios = { failing }, unexpected = { ["400"] = 3 } }, { exit = { reason = "pass" }, options = options or {} })
    end
    assert.matches("3 × 400.\n  What listens there speaks TLS: https:// is meant?", advice { tls = 3 }, 1, true)
    assert.matches("http2 = true is meant?", advice { http2 = 3 }, 1, true)
    assert.matches("--http2 is meant?", advice({ http2 = 3 }, { from_options = {} }), 1, true)
    assert.is_nil(advice({}):find("is meant", 1, true))
  end)
  it("tells failed checks, script errors and why a rule stopped", function()
    local out = text { checks = { { label = "has items", failed = 2, passed = 8 }, { label = "ok", failed = 0, passed = 9 } }, script_errors = { { count = 1, text = "p.lua:3: boom\nstack" } },
      stopped = { objective = "error_ratio < 5%", why = "users suffer", at = 4 } }
    assert.matches('check "has items": 2 of 10 failed', out, 1, true)
    assert.is_nil(out:find('check "ok"', 1, true))
    assert.matches("  script error (1 time): p.lua:3: boom\n", out .. "\n", 1, true)
    assert.matches("Stopped after 4 s: error_ratio < 5% (users suffer)", out, 1, true)
  end)
  it("tells what people did to it", function()
    assert.matches("  Changed by hand: 300/s at 2 s, stopped at 4 s of 8 s.", text { changed_by_hand = { { at_s = 2, change = "300/s" }, { at_s = 4, change = "stopped", of_s = 8 } } }, 1, true)
    assert.is_nil(text():find("by hand", 1, true))
  end)
  it("tells TLS, and that nobody verified it", function()
    assert.matches("TLSv1.3, AES; 3 handshakes, 1 resumed; a full one took 4 ms, a resumed one 1 ms on average; the certificate ends 1970-01-02; it was not verified (insecure).",
      text { tls = { version = "TLSv1.3", cipher = "AES", handshakes = 3, resumed = 1, full_mean = 0.004, resumed_mean = 0.001, insecure = true, expires = 86400 } }, 1, true)
  end)
  it("calls a limited generator the limit where nothing else decided", function()
    local limited = { generator = { verdict = "limited", reasons = { "busy" }, warnings = {}, workers = {} }, short = true }
    assert.matches("the generator was the limit: at least 300/s", text(limited), 1, true)
    assert.is_nil(text(limited, { exit = { reason = "objective_failed" } }):find("at least", 1, true))
  end)
  it("is short after a walk", function()
    local out = block.walk { names = { "visit" }, stats = stats { requests = 3, failed = 1 }, failures = {}, unexpected = {}, checks = {}, script_errors = {}, given_up = {}, refused = {} }
    assert.same({ "visit: 3 requests, 1 failed" }, out)
  end)
end)
