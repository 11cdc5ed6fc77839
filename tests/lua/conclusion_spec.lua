local conclusion = require "perilune.conclusion"

-- A run that has ended: what of it decides.
local function ended(fields)
  local run = { loads = {}, verdicts = {}, comparisons = {}, searches = {}, scrapes = {}, options = {}, prepared = { spec = {} } }
  for k, v in pairs(fields) do run[k] = v end
  function run.limited() return fields.is_limited or false end
  function run.judged_by_load() return fields.rests_on_load or false end
  conclusion.draw(run, fields.raised)
  return run
end

local function load(target, more)
  local l = { target = { verdict = target, reasons = target == "silent" and { "not one valid answer came" } or {} }, stats = { failed = 0 } }
  for k, v in pairs(more or {}) do l[k] = v end
  return l
end

describe("the end of a run", function()
  local FAILED, UNKNOWN = { expr = "p99(latency) < 1s", verdict = "fail", severity = "fail" }, { expr = "a < 1", verdict = "inconclusive", severity = "fail" }

  local function ends(what, code, verdict, fields)
    it(("is %d, %s, %s"):format(code, verdict, what), function()
      local run = ended(fields)
      assert.equal(code, run.exit.code)
      assert.equal(verdict, run.verdict)
    end)
  end
  ends("when nothing speaks against it", 0, "pass", { verdicts = { { expr = "a", verdict = "pass" } } })
  ends("when an objective failed", 3, "fail", { verdicts = { FAILED } })
  ends("when one that only warns failed", 0, "pass", { verdicts = { { expr = "a", verdict = "fail", severity = "warn" } } })
  ends("when one cannot be told", 4, "inconclusive", { verdicts = { UNKNOWN } })
  ends("when one failed in a limited run", 4, "inconclusive", { verdicts = { FAILED }, is_limited = true })
  ends("when nothing failed in a limited run that no load judges", 0, "pass", { is_limited = true })
  ends("when a rate was asked of a limited generator", 4, "inconclusive", { is_limited = true, rests_on_load = true })
  ends("when a comparison failed", 3, "fail", { comparisons = { { metric = "p50(latency)", verdict = "fail", against = "the last run" } } })
  ends("when a comparison cannot be told and that is allowed", 0, "pass", { comparisons = { { verdict = "inconclusive" } } })
  ends("when it cannot be told and strict was asked for", 4, "inconclusive", { comparisons = { { verdict = "inconclusive" } }, prepared = { spec = { strict = true } } })
  ends("when no answer came", 6, "fail", { loads = { load "silent" }, verdicts = { FAILED } })
  ends("when a failed objective rests on scrapes that nobody answered", 6, "fail", { verdicts = { FAILED }, scrapes = { { answered = false } } })
  ends("when one scrape was answered", 3, "fail", { verdicts = { FAILED }, scrapes = { { answered = false }, { answered = true } } })
  ends("when nothing is asked of scrapes", 0, "pass", { scrapes = { { answered = false } } })
  ends("when a load was answered and a scrape was not", 3, "fail", { verdicts = { FAILED }, loads = { load "ok" }, scrapes = { { answered = false } } })
  ends("when the script broke", 5, "error", { raised = { code = "script", message = "x" }, verdicts = { FAILED } })
  ends("when its deadline passed, whatever else is so", 124, "error", { deadline_passed = true, raised = { code = "script", message = "x" } })
  ends("when a signal ended it, whatever else is so", 130, "cancelled", { cancelled = { signal = 2 }, deadline_passed = true })
  ends("when an objective stopped it before the others could be told", 3, "fail",
    { verdicts = { { expr = "a", verdict = "fail", severity = "fail", stopped = true }, UNKNOWN } })

  it("says what it rests on", function()
    assert.equal("failed: p99(latency) < 1s", ended({ verdicts = { FAILED } }).because)
    assert.equal("the generator was limited; cannot tell a < 1; failed: p99(latency) < 1s", ended({ verdicts = { FAILED, UNKNOWN }, is_limited = true }).because)
    assert.equal("failed: p50(latency) against the last run", ended({ comparisons = { { metric = "p50(latency)", verdict = "fail", against = "the last run" } } }).because)
    assert.equal("not one valid answer came", ended({ loads = { load "silent" }, verdicts = { FAILED } }).because)
    assert.equal("not one answer came", ended({ searches = { { known = false, silent = true } } }).because)
    assert.equal("the deadline passed", ended({ deadline_passed = true, verdicts = { FAILED } }).because)
    assert.equal("ended by signal 15", ended({ cancelled = { signal = 15 } }).because)
    assert.equal("ended by its host", ended({ cancelled = {} }).because)
    assert.is_nil(ended({}).because)
  end)

  it("tells who waits for it what it was, where it is an error", function()
    local raised = { code = "script", message = "x" }
    local function told(fields, err)
      local run = ended(fields)
      run.error = err
      return conclusion.error(run)
    end
    assert.is_nil(told {})
    assert.is_nil(told { verdicts = { FAILED } })
    assert.equal(raised, told({ raised = raised }, raised))
    assert.same({ code = "timeout", message = "the deadline passed" }, told({ raised = raised, deadline_passed = true }, raised))
    assert.same({ code = "refused", message = "no grant, or approval is missing" }, told { loads = { load("ok", { all_refused = true }) } })
    assert.same({ code = "script", message = "iterations fail in the script" }, told { loads = { load("ok", { script_broke = true }) } })
  end)
end)
