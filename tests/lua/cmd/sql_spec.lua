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
  it("refuses a run that nothing asks about", function()
    local message, code = support.message(sql.main, { db = db, run = "last", "SELECT 1" })
    assert.matches("--run last says what :run stands for, which the statement does not have", message, 1, true)
    assert.equal("usage", code)
  end)
  it("understands runs of samples() as the command line does", function()
    local text = "SELECT run_id, count(*) AS n FROM samples('node_load1', '%s')"
    assert.equal("not_found", select(2, support.message(sql.main, { db = db, text:format "last~99" })))
    assert.matches('there is no run "nosuch"', (support.message(sql.main, { db = db, text:format "nosuch" })), 1, true)
    for _, word in ipairs { "last", "cart@last", "shop@last~0", "01a" } do
      assert.equal(0, support.json_of(sql.main, { db = db, text:format(word) }).rows[1].n)
    end
  end)
  it("tells of series that there are none of", function()
    local text, _, progress = support.output(sql.main, { db = db, "SELECT ts FROM samples('nosuch')" })
    assert.equal("no rows\n", text)
    assert.matches('no series is named "nosuch"', progress, 1, true)
  end)
  it("shows text of several lines in one", function()
    assert.matches("a\\nb\\tc", (support.output(sql.main, { db = db, "SELECT 'a' || char(10) || 'b' || char(9) || 'c' AS t" })), 1, true)
  end)
  it("cuts cells on a terminal alone, and shows there a row of too many as a line a cell", function()
    local long = "SELECT 1 AS id, printf('%.200c', 'x') AS result"
    local text = support.shown(sql.main, { db = db, long })
    for line in text:gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 80, line) end
    assert.matches("x…x", text, 1, true)
    assert.matches(("x"):rep(200), (support.output(sql.main, { db = db, long })), 1, true)
    text = support.shown(sql.main, { db = db, "SELECT * FROM runs" })
    for line in text:gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 80, line) end
    assert.matches("\n  ulid +01A\n", text)
    assert.matches("\n\n  id ", text, 1, true)
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
