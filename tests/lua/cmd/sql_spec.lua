local sql = require "perilune.cmd.sql"
local support = require "lua.support"

describe("perilune sql", function()
  local db
  setup(function() db = support.timeline { { ulid = "01A" }, { ulid = "01B", name = "cart" } } end)
  teardown(support.clean)

  it("shows rows with text to the left and numbers to the right", function()
    local text = support.output(sql.main, { db = db, "SELECT name, exit_code FROM run_list ORDER BY name" })
    assert.equal("  name  exit_code\n  cart          0\n  shop          0\n", text)
  end)
  it("gives no rows, too", function()
    assert.equal("no rows\n", (support.output(sql.main, { db = db, "SELECT name FROM run_list WHERE 0" })))
    assert.same({}, support.json_of(sql.main, { db = db, "SELECT name FROM run_list WHERE 0" }).rows)
  end)
  it("stands for a run as :run", function()
    local function name_of(o) return support.json_of(sql.main, o).rows[1].name end
    assert.equal("cart", name_of { db = db, "SELECT name FROM run_list WHERE run = :run" })
    assert.equal("shop", name_of { db = db, run = "last~1", "SELECT name FROM run_list WHERE run = :run" })
  end)
  it("shows blobs by their size", function()
    assert.matches("3 bytes", (support.output(sql.main, { db = db, "SELECT x'000102' AS b" })), 1, true)
  end)
  it("says that there are too many rows", function()
    local endless = "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"
    assert.equal("more than 1000000 rows; ask for fewer by WHERE, or by LIMIT", (support.message(sql.main, { db = db, endless })))
  end)
  it("changes nothing, and takes one statement", function()
    for statement, why in pairs { ["DELETE FROM runs"] = "only SELECT", ["SELECT 1; SELECT 2"] = "one SELECT is expected", ["SELEKT 1"] = "syntax error", ["SELECT json('x')"] = "malformed JSON" } do
      local message, code = support.message(sql.main, { db = db, statement })
      assert.matches(why, message, 1, true)
      assert.equal("usage", code)
    end
  end)
end)
