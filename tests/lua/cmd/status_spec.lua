local status = require "perilune.cmd.status"
local support = require "lua.support"

describe("perilune status", function()
  local db
  setup(function()
    db = support.timeline { { ulid = "01A" }, { ulid = "01B", state = "failed", exit_code = 3 }, { ulid = "01C", name = "cart", state = "inconclusive", exit_code = 4 },
      { ulid = "01D", name = "dead", state = "running" } }
  end)
  teardown(support.clean)

  it("shows the last run of each playbook, and when one last passed", function()
    local text = support.output(status.main, { db = db })
    assert.matches("shop +fail +3 .* 01B", text)
    assert.matches("cart +inconclusive +4 .* never +01C", text)
  end)
  it("ends with the code of the newest run", function()
    local _, code = support.output(status.main, { db = db, "cart" })
    assert.equal(4, code)
    local facts, failed = support.json_of(status.main, { db = db, "shop" })
    assert.equal(3, failed)
    assert.same({ "fail", 3, "01B" }, { facts.verdict, facts.exit_code, facts.playbooks[1].run_id })
    assert.is_truthy(facts.playbooks[1].last_pass_at:match("^1970%-01%-01T00:01:1"))
  end)
  it("takes a run whose process is gone for an error", function()
    local _, code = support.output(status.main, { db = db })
    assert.equal(1, code)
  end)
  it("leaves out imports and serve, but where they are named", function()
    local import, serve = { ulid = "01B", name = "import", playbook = "/data/import" }, { ulid = "01C", name = "serve", playbook = "serve", state = "cancelled", exit_code = 130 }
    local mixed = support.timeline { { ulid = "01A", state = "failed", exit_code = 3 }, import, serve }
    local facts, code = support.json_of(status.main, { db = mixed })
    assert.same({ 3, 1, "01A" }, { code, #facts.playbooks, facts.playbooks[1].run_id })
    assert.equal("01B", support.json_of(status.main, { db = mixed, "import" }).playbooks[1].run_id)
    local message, none = support.message(status.main, { db = support.timeline { import } })
    assert.matches("there is no run of a playbook or a load in ", message, 1, true)
    assert.equal("not_found", none)
  end)
  it("says where there is none", function()
    assert.matches('there is no run of "other"', (support.message(status.main, { db = db, "other" })), 1, true)
  end)
end)
