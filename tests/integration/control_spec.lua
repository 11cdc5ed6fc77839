--- perilune control: the load of a run on its way.
local json = require "perilune.core.json"
local support = require "integration.support"

describe("control", function()
  local shop
  setup(function() shop = support.shop() end)
  teardown(function() shop:stop() end)

  it("changes, pauses, resumes and stops, each an event", function()
    local folder = support.folder()
    local db, out = folder .. "/c.db", folder .. "/out.json"
    local run = support.start(("%s load %s --rate 100/s --duration 60s --db %s --json %s --quiet"):format(support.perilune, shop.url, db, out))
    local function control(word) return support.run(("control last %s --db %s"):format(word, db)) end
    support.wait_for(function() return (control "rate=200/s") == 0 end, 20, "the load")
    local code, text = control "rate=+50%"
    assert.equal(0, code)
    assert.equal("load: 300/s\n", text)
    assert.equal(0, (control "pause"))
    assert.equal(0, (control "resume"))
    code, _, text = control "users=5"
    assert.equal(2, code)
    assert.matches("no scenario on its way has such a level; there are load:rate", text, 1, true)
    assert.equal(2, (control "faster"))
    assert.equal(0, (control "stop"))
    support.wait_for(function() return support.exists(out) and #support.read(out) > 0 end, 20, "the end")
    run:stop()
    local l = json.decode(support.read(out))
    assert.is_true(l.duration_s < 30)
    local changes = {}
    for i, c in ipairs(l.changed_by_hand) do
      changes[i] = c.change
      assert.is_true(c.at_s > 0 and c.at_s < 30)
    end
    assert.same({ "200/s", "300/s", "paused", "resumed", "stopped" }, changes)
    assert.equal(60, l.changed_by_hand[5].of_s)
    local _, events = support.run(("sql \"SELECT text FROM events WHERE kind = 'control' ORDER BY id\" --db %s --json -"):format(db))
    for _, word in ipairs { "200/s", "300/s", "pause", "resume", "refused", "stop" } do assert.matches(word, events, 1, true) end
    code = control "stop"
    assert.equal(2, code)
    support.clean()
  end)
end)
