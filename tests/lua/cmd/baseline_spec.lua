local baseline = require "perilune.cmd.baseline"
local support = require "lua.support"
local timeline = require "perilune.core.timeline"

describe("perilune baseline", function()
  teardown(support.clean)

  it("lists what is pinned", function()
    local db, rows = support.timeline { { ulid = "01A" } }
    assert(timeline.put(db, "baseline_pin", { name = "gold", playbook = "shop", run = rows[1], ts_ns = 5 }))
    assert.matches("playbook +name +run\n +shop +gold +01A\n$", (support.output(baseline.main, { db = db })))
    assert.same({ name = "gold", playbook = "shop", run_id = "01A" }, support.json_of(baseline.main, { db = db }).baselines[1])
  end)
  it("says how one is pinned where there is none", function()
    local db = support.timeline { { ulid = "01A" } }
    assert.matches("run:pin_baseline()", (support.output(baseline.main, { db = db })), 1, true)
    assert.same({}, support.json_of(baseline.main, { db = db }).baselines)
  end)
end)
