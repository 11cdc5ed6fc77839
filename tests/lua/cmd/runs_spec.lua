local runs = require "perilune.cmd.runs"
local support = require "lua.support"
local timeline = require "perilune.core.timeline"

describe("perilune runs", function()
  local db
  setup(function()
    db = support.timeline { { ulid = "01AAAAAAAAAAA1", loads = { support.load_figures(200, 0.5) } }, { ulid = "01AAAAAAAAAAA2", name = "cart", state = "failed", exit_code = 3 } }
  end)
  teardown(support.clean)

  it("lists the newest first, with the figures of its load", function()
    local text = support.output(runs.main, { db = db })
    local cart, shop = text:find("cart", 1, true), text:find("shop", 1, true)
    assert.is_true(cart < shop)
    assert.matches("01AAAAAAAAAAA1 +shop +h:8080 +200/s +500 ms +pass", text)
    assert.matches("cart +%- +%- +%- +fail", text)
  end)
  it("has room on a terminal, whatever the target", function()
    local far = support.load_figures(200, 0.5)
    far.url = "http://" .. ("shop."):rep(20) .. "example:8080/"
    local wide = support.timeline { { ulid = "01A", loads = { far } } }
    local text = support.shown(runs.main, { db = wide })
    for line in text:gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 80, line) end
    assert.matches("shop%.[^\n]*…[^\n]*example:8080", text)
    assert.matches(("shop."):rep(20), (support.output(runs.main, { db = wide })), 1, true)
  end)
  it("says how many artifacts they keep, where any does", function()
    assert.is_nil((support.output(runs.main, { db = db })):find("artifacts", 1, true))
    local kept, rows = support.timeline { { ulid = "01A" }, { ulid = "01B" } }
    for _ = 1, 2 do assert(timeline.put(kept, "artifact_put", { run = rows[1], name = "a", type = "text/plain", ts_ns = 1, bytes = 1, sha256 = "x", data = "a" })) end
    assert.matches("age +artifacts\n.* %- *\n.* 2\n", (support.output(runs.main, { db = kept })))
    assert.equal(2, support.json_of(runs.main, { db = kept }).runs[2].artifacts)
  end)
  it("lists those of a name, and at most so many", function()
    assert.equal(1, #support.json_of(runs.main, { db = db, "shop" }).runs)
    assert.equal("cart", support.json_of(runs.main, { db = db, limit = 1 }).runs[1].name)
  end)
  it("says which names there are", function()
    local message, code = support.message(runs.main, { db = db, "shpo" })
    assert.matches('there is no run named "shpo"', message, 1, true)
    assert.matches('did you mean "shop"?', message, 1, true)
    assert.matches("names: cart, shop", message, 1, true)
    assert.equal("not_found", code)
  end)
  it("says where there is none yet", function()
    local empty = support.folder() .. "/none.db"
    assert.matches("there is no database " .. empty, (support.message(runs.main, { db = empty })), 1, true)
  end)
end)
