local verdict = require "perilune.verdict"

--- Figures of a scenario: what is not given is 0.
local function stats(t)
  local errors = setmetatable(t.errors or {}, { __index = function() return 0 end })
  t.errors = errors
  return setmetatable(t, { __index = function() return 0 end })
end
local function scenario(t, model) return { name = "a", plan = { model = model or "open" }, stats = stats(t) } end

describe("what held a load back", function()
  it("is the script when iterations die in it", function()
    assert.is_true(verdict.script_broke(stats { iterations = 100, iterations_broken = 100 }))
    assert.is_true(verdict.script_broke(stats { iterations = 100, iterations_broken = 2 }))
  end)
  it("is not the script when it says fail, or dies of a failed answer", function()
    assert.is_false(verdict.script_broke(stats { iterations = 100, requests = 100, errors = { script = 100 } }))
    assert.is_false(verdict.script_broke(stats { iterations = 100, iterations_broken = 1 }))
  end)
  it("is not the script where nobody answered, and `start` had asked", function()
    local unserved = stats { iterations = 100, iterations_broken = 98, iterations_unserved = 98 }
    assert.same({ false, true }, { verdict.script_broke(unserved, true), verdict.script_broke(unserved) })
    assert.is_true(verdict.script_broke(stats { iterations = 100, iterations_broken = 98, iterations_unserved = 90 }, true))
  end)
  it("is a target that answers less than was planned", function()
    local s = scenario { planned = 100, rate_planned = 50, rate_achieved = 24, kept_up = 0.5, requests = 50, iterations = 50, ok = 50 }
    local word, reasons = verdict.target(s.stats, { s }, false, 0)
    assert.equal("saturated", word)
    assert.matches("planned 50/s, answered 24/s", reasons[1], 1, true)
    s.stats.requests, s.stats.rate_achieved = 150, 72 -- three in each
    assert.equal(24, verdict.rate_answered(s.stats))
  end)
  it("is a target that fails where its failures are what is missing", function()
    for _, class in ipairs { "truncated", "reset", "connect" } do
      local s = scenario { planned = 400, rate_planned = 200, kept_up = 0.78, requests = 400, iterations = 400, ok = 310, failed = 90, errors = { [class] = 90 } }
      assert.is_false(verdict.is_short(s))
      assert.same({ "failing", { "90 of 400 requests failed" } }, { verdict.target(s.stats, { s }, false, 0) }, class)
    end
    local s = scenario { planned = 400, kept_up = 1, requests = 400, iterations = 400, ok = 310, failed = 90, errors = { status = 90 } }
    assert.equal("failing", (verdict.target(s.stats, { s }, false, 0)))
  end)
  it("is a saturated target where more is missing than failed, or what failed was late", function()
    local s = scenario { planned = 400, rate_planned = 200, kept_up = 0.5, requests = 300, iterations = 300, ok = 210, failed = 90, errors = { reset = 90 } }
    assert.is_true(verdict.is_short(s))
    assert.equal("saturated", (verdict.target(s.stats, { s }, false, 0)))
    s = scenario { planned = 400, rate_planned = 200, kept_up = 0.78, requests = 400, iterations = 400, ok = 310, failed = 90, errors = { timeout = 90 } }
    assert.equal("saturated", (verdict.target(s.stats, { s }, false, 0)))
  end)
  it("blames no target for a broken script", function()
    local s = scenario { planned = 100, rate_planned = 50, iterations = 100, requests = 100, failed = 100, errors = { script = 100 } }
    s.script_broke = true
    assert.same({ "ok", {} }, { verdict.target(s.stats, { s }, false, 0) })
    s.stats.errors = setmetatable({ check = 100 }, getmetatable(s.stats.errors))
    assert.same({ "ok", {} }, { verdict.target(s.stats, { s }, false, 0) })
  end)
  it("is a silent target where no answer came, but for requests that were not allowed", function()
    local s = scenario { planned = 100, rate_planned = 50, requests = 100, iterations = 100, failed = 100, errors = { connect = 100 } }
    assert.same({ "silent", { "not one answer came" } }, { verdict.target(s.stats, { s }, false, 0) })
    assert.equal("failing", (verdict.target(s.stats, { s }, false, 50)))
    assert.equal("ok", (verdict.target(s.stats, { s }, false, 100)))
  end)
  it("blames no target for connections that this machine could not open", function()
    local s = scenario { planned = 100, rate_planned = 50, requests = 100, iterations = 100, failed = 100, errors = { connect = 100 }, never_left = 99 }
    assert.equal("ok", (verdict.target(s.stats, { s }, true, 0)))
    s.stats.never_left = 50
    assert.equal("failing", (verdict.target(s.stats, { s }, true, 0)))
    assert.equal("ok", (verdict.target(s.stats, { s }, true, 50)))
  end)
  it("blames no target for what may not be sent to it", function()
    local s = scenario { planned = 200, rate_planned = 100, kept_up = 0.5, requests = 200, iterations = 200, ok = 200 }
    s.plan.stages, s.plan.duration = { { 2, 100, true } }, 2
    assert.is_true(verdict.capped(50, { s }))
    assert.is_false(verdict.capped(100, { s }))
    assert.is_false(verdict.capped(nil, { s }))
    s.stats.requests = 600 -- three a start
    assert.is_true(verdict.capped(250, { s }))
    assert.equal("saturated", (verdict.target(s.stats, { s }, false, 0)))
    assert.same({ "ok", {} }, { verdict.target(s.stats, { s }, true, 0) })
    assert.equal("the 50/s that the load is held to was the limit", (verdict.sentence({}, { short = true, cap = 50 })))
    assert.is_nil((verdict.sentence({}, { short = false, cap = 50 })))
  end)
  it("tells answers that were none from no answers", function()
    for _, class in ipairs { "protocol", "truncated" } do
      local s = scenario { planned = 100, rate_planned = 50, requests = 100, iterations = 100, failed = 100, errors = { [class] = 100 } }
      assert.same({ "silent", { "not one valid answer came" } }, { verdict.target(s.stats, { s }, false, 0) }, class)
    end
  end)
  it("is nobody where the schedule was kept", function()
    local s = scenario { planned = 100, rate_planned = 50, kept_up = 0.995, requests = 100, iterations = 100, ok = 100 }
    assert.is_false(verdict.is_short(s))
    assert.same({ "ok", {} }, { verdict.target(s.stats, { s }, false, 0) })
  end)
  it("names who had the CPUs when starts were late", function()
    assert.matches("something else (1.5 of 2 cores)", verdict.why_late({ cpus = 2, busy = 2 }, 0.2, 0.3), 1, true)
    assert.matches("the target shares", verdict.why_late({ cpus = 2, busy = 2 }, 0.5, 1.4), 1, true)
    assert.matches("gave the workers a CPU late", verdict.why_late(nil, 0.5, 0), 1, true)
    assert.equal("the system gave the workers a CPU late, though 1.6 of 2 cores were idle: perhaps they were stopped", verdict.why_late({ cpus = 2, busy = 0.4 }, 0.1, 0))
    assert.equal("1.6 of 2 cores were idle: the script computed for long, or the workers were stopped", verdict.why_late({ cpus = 2, busy = 0.4 }, 0.1, 0, nil, true))
    local reasons, late = verdict.generator({ reasons = { "busy", "starts came late: p99 of the lag 2 ms is more than 1 ms" }, started_late = { seconds = 0.002, share = 1 - 0.99, reason = 2 } }, function() return "why" end)
    assert.same({ "busy", "starts came late: p99 of the lag 2 ms is more than 1 ms; why" }, reasons)
    assert.same({ sentence = "1 % of the starts were 2 ms late or later: why", reason = 2, without_cause = "starts came late: p99 of the lag 2 ms is more than 1 ms" }, late)
  end)
end)

describe("work of the workers' own", function()
  local function worker(busy_over, waited_s) return { busy_over = busy_over, waited_s = waited_s } end
  it("is why starts were late, whoever else used CPUs", function()
    local work = verdict.own_work({ worker(0.9, 0.1) }, 10, true)
    assert.equal("the script's own work kept worker 0 busy", work)
    assert.equal(work, verdict.why_late({ cpus = 2, busy = 1.0 }, 1, 0, work, true))
    assert.equal(work, verdict.why_late({ cpus = 2, busy = 2.0 }, 1, 0.9, work, true))
    assert.equal("the requests themselves kept worker 1 busy", verdict.own_work({ worker(0, 0), worker(0.3, 2.9) }, 10, false))
    assert.equal("the script's own work kept 2 of 3 workers busy", verdict.own_work({ worker(0.9, 0), worker(0, 0), worker(0.9, 0) }, 10, true))
  end)
  it("is none of workers that waited for a CPU longer than they were busy, or were seldom busy", function()
    assert.is_nil(verdict.own_work({ worker(0.3, 3.1) }, 10, true))
    assert.is_nil(verdict.own_work({ worker(0.05, 0) }, 10, true))
  end)
end)

describe("a generator's delays", function()
  local function delays(started, read)
    return { reasons = { "late", read and "read late" }, started_late = { seconds = started, reason = 1 }, read_late = read and { seconds = read, reason = 2 } }
  end
  it("are brief where they cost less than a hundredth of the answers", function()
    assert.is_true(verdict.is_brief(delays(0.00215, 0.019), 2))
    assert.is_false(verdict.is_brief(delays(0.00215, 0.021), 2))
    assert.is_false(verdict.is_brief(delays(1.2), 2))
    assert.is_true(verdict.is_brief({ reasons = { "read late" }, read_late = { seconds = 0.019, reason = 1 } }, 2))
  end)
  it("are not all that limits it where its workers were busy", function()
    local busy = delays(0.00215)
    busy.reasons[2] = "worker 0 was busy for 97 % or more in 40 % of the seconds"
    assert.is_false(verdict.is_brief(busy, 2))
  end)
end)

describe("who was the limit", function()
  local function found(cores) return { process = { name = "nginx", pid = 7, cpu_cores = cores } } end

  it("is the process with a full core", function()
    assert.equal("nginx (pid 7) used 98 % of one core; it is the limit", verdict.sentence(found(0.98), {}))
    assert.equal("nginx (pid 7) used 20 % of one core", verdict.sentence(found(0.2), {}))
    assert.equal("nginx (pid 7) used 20 % of one core; something it waits for is the limit", verdict.sentence(found(0.2), { saturated = true }))
  end)
  it("may be the connections that the load was given", function()
    local held = verdict.held({ { max_connections = 4 }, { max_connections = 2 } }, { connections_max = 6, late = 596 })
    assert.equal("the 6 connections that the load may have (596 starts waited)", held)
    assert.equal("nginx (pid 7) used 20 % of one core; something it waits for, or " .. held .. ", is the limit", verdict.sentence(found(0.2), { saturated = true, held = held }))
    assert.equal("nginx (pid 7) used 98 % of one core; it is the limit", verdict.sentence(found(0.98), { saturated = true, held = held }))
    assert.equal("the 1 connection that the load may have (1,200 starts waited)", verdict.held({ { max_connections = 1 } }, { connections_max = 1, late = 1200 }))
    assert.is_nil(verdict.held({ { max_connections = 4 } }, { connections_max = 3, late = 5 }))
    assert.is_nil(verdict.held({ { max_connections = 4 } }, { connections_max = 4, late = 0 }))
    assert.is_nil(verdict.held({ { max_connections = 4 }, {} }, { connections_max = 4, late = 5 }))
  end)
  it("were fewer connections than were asked for", function()
    local function told(users, more) return verdict.too_few_connections({ { max_connections = 4 }, { max_connections = 2 } }, users, stats { connections_max = 6, planned = 5960, late = 640, no_user = more or 40 }) end
    assert.equal("connections: 600 of 5,960 starts asked for one more than the 6 that may be made (see --connections)", told(0))
    assert.is_nil(told(6, 44)) -- a tenth and no more
    assert.equal("connections: 7 users asked for one each, and 6 may be made (see --connections)", told(7, 640))
    assert.is_nil(verdict.too_few_connections({ { max_connections = 4, streams = 8 } }, 32, stats { connections_max = 4 }))
    assert.is_nil(verdict.too_few_connections({ { max_connections = 4 } }, 32, stats { connections_max = 3 }))
    assert.is_nil(verdict.too_few_connections({ { max_connections = 4 }, {} }, 32, stats { connections_max = 4 }))
  end)
  it("is the generator only where less than planned was answered", function()
    local late = { sentence = "late" }
    assert.same({ "nginx (pid 7) used 20 % of one core; the generator was the limit" }, { verdict.sentence(found(0.2), { limited = true, short = true, late = late }) })
    assert.same({ "nginx (pid 7) used 20 % of one core; late", true }, { verdict.sentence(found(0.2), { limited = true, late = late }) })
    assert.same({ "late", true }, { verdict.sentence({}, { limited = true, late = late }) })
    assert.equal("nginx (pid 7) used 98 % of one core", verdict.sentence(found(0.98), { limited = true }))
    assert.equal("nginx (pid 7) used 20 % of one core; something it waits for is the limit", verdict.sentence(found(0.2), { short = true, saturated = true, late = late }))
    assert.is_nil(verdict.sentence({}, { limited = true }))
  end)
end)
