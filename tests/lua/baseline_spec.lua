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
  it("say what people did to their loads", function()
    local r = run "pass"
    r.loads = { { changed_by_hand = { { at_s = 2, change = "300/s" } } } }
    baseline.pin(r)
    baseline.settle(r)
    assert.same({ 'pinned as the baseline "default", though it was changed by hand: 300/s at 2 s' }, r.notes)
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
  it("without a name are the default, or the only one of this playbook", function()
    local pins = { { name = "gold", playbook = "shop", ulid = "G" }, { name = "new", playbook = "cart", ulid = "N" } }
    local r = run "pass"
    function r.reader()
      return { record = function(_, operation, asked)
        if operation == "baselines_all" then return pins end
        for _, b in ipairs(pins) do
          if b.name == asked.name and b.playbook == asked.playbook then return { b } end
        end
        return {}
      end }
    end
    local row, name = baseline.get(r)
    assert.same({ "G", "gold" }, { row.ulid, name })
    assert.is_nil(baseline.get(r, "new"))
    pins[3] = { name = "old", playbook = "shop", ulid = "O" }
    assert.is_nil(baseline.get(r))
    assert.same({ "gold", "old" }, baseline.names(r))
    pins[3].name = "default"
    assert.same({ "O", "default" }, { baseline.get(r).ulid, select(2, baseline.get(r)) })
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
