local support = require "lua.support"
local written = {}
support.without_run { writer = { record = function(name, row, durable) written[#written + 1] = { name, row, durable } return 1 end } }
local baseline = require "perilune.baseline"

describe("baselines", function()
  local function run(verdict, limited)
    local r = { name = "shop", row = 7, started_ns = 5, verdict = verdict, exit = { code = verdict == "pass" and 0 or 3 }, notes = {} }
    function r.limited() return limited or false end
    function r:note(text) self.notes[#self.notes + 1] = text end
    return r
  end
  before_each(function() written = {} end)

  it("become runs that passed, durably", function()
    local r = run "pass"
    baseline.pin(r)
    baseline.pin(r, "gold")
    assert.same({}, written)
    baseline.settle(r)
    assert.same({ { "baseline_pin", { name = "default", playbook = "shop", run = 7, ts_ns = 5 }, true },
      { "baseline_pin", { name = "gold", playbook = "shop", run = 7, ts_ns = 5 }, true } }, written)
    assert.same({ 'pinned as the baseline "default"', 'pinned as the baseline "gold"' }, r.notes)
  end)
  it("do not become others, and that is said", function()
    for _, r in ipairs { run "fail", run("pass", true) } do
      baseline.pin(r)
      baseline.settle(r)
      assert.same({}, written)
      assert.matches("was not pinned", r.notes[1], 1, true)
    end
  end)
  it("have names", function()
    for _, name in ipairs { "", "a b", "../x", 5 } do
      assert.matches("is no name", (support.message(baseline.pin, run "pass", name)), 1, true)
    end
  end)
  it("are read for this playbook", function()
    local asked
    local r = run "pass"
    function r.reader() return { record = function(_, name, row) asked = { name, row } return { { ulid = "A" }, { ulid = "B" } } end } end
    assert.equal("A", baseline.get(r).ulid)
    assert.same({ "baseline_get", { name = "default", playbook = "shop" } }, asked)
    assert.equal(2, #baseline.comparable(r, 10))
    assert.same({ "runs_comparable", { run = 7, limit = 10 } }, asked)
  end)
end)
