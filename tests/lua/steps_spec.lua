local json = require "perilune.core.json"
local steps = require "perilune.steps"

describe("steps of a search", function()
  it("have a level", function()
    assert.equal("200/s", steps.level { rate = 200 })
    assert.equal("16 users", steps.level { users = 16 })
    assert.equal("1 user", steps.level { users = 1 })
  end)
  it("tell whether they passed, and who was the limit", function()
    assert.matches("^  ✓ 200/s +199/s +p50 10 ms +p99 20 ms", steps.line { rate = 200, achieved = 199, passed = true, p50 = 0.01, p99 = 0.02 })
    assert.matches("^  %? .*p99%(latency%) < 1s: too%s+few samples$", steps.line { rate = 200, achieved = 199, passed = false, unjudged = true, why = "p99(latency) < 1s: too few samples" })
    assert.matches("✗ .*answered 5/s of 10/s$", steps.line { rate = 10, achieved = 5, passed = false, limited_by = "answered 5/s of 10/s" })
    assert.matches("%? .*p99 %- .*the generator was the%s+limit: busy$", steps.line { rate = 200, achieved = 100, passed = false, limited_by = "generator", why = "busy" })
  end)
  it("are told in lines that fit where no terminal folds them", function()
    local line = steps.line { rate = 2000, achieved = 1990, passed = false, p50 = 0.01, p99 = 0.02, limited_by = "generator", why = ("its own threads waited for a processor; "):rep(5) }
    for part in line:gmatch "[^\n]+" do assert.is_true(utf8.len(part) <= 80, part) end
    assert.equal("cannot be told 2,000/s", steps.outcome { rate = 2000, limited_by = "generator" })
    assert.equal("holds 20/s", steps.outcome { rate = 20, passed = true })
    assert.equal("fails 20/s", steps.outcome { rate = 20, limited_by = "x" })
  end)
  it("end with what was found, or that nothing is known", function()
    assert.equal("a: 100/s meet p99 < 1s; 120/s do not", steps.found { name = "a", known = true, rate = 100, hi = 120, objectives = { "p99 < 1s" } })
    assert.equal("a: at least 40/s meet p99 < 1s; 40/s is the highest", steps.found { name = "a", known = true, rate = 40, limited_by = "40/s is the highest", objectives = { "p99 < 1s" } })
    assert.equal("a: 100/s meet p99 < 1s; 120/s do not",
      steps.stored { name = "a", known = true, rate_per_s = 100, lo = 100, hi = 120, users = json.null, why = json.null, objectives = { "p99 < 1s" } })
    assert.equal("a: at most 90/s, with 4 users", steps.stored { name = "a", known = true, rate_per_s = 90, users = 4, lo = json.null, hi = json.null, objectives = {} })
    assert.equal("a: at least 2,560/s; the generator was the limit at 5,120/s", steps.found { name = "a", known = false, lo = 2560, why = "the generator was the limit at 5,120/s" })
    assert.equal("a: no capacity known: no answer", steps.found { name = "a", known = false, why = "no answer" })
  end)
end)
