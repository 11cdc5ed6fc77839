local changes = require "perilune.cmd.changes"
local json = require "perilune.core.json"
local options = require "perilune.options"
local support = require "lua.support"

describe("perilune changes", function()
  teardown(support.clean)

  local function history(with_times)
    local rows = with_times and { "timestamp,value" } or {}
    local state = 7
    for i = 1, 80 do
      state = (state * 1103515245 + 12345) % 2147483648
      rows[#rows + 1] = (with_times and (1700000000 + 60 * i) .. "," or "") .. (i <= 40 and 100 or 130) + state % 5
    end
    return support.file("h.csv", table.concat(rows, "\n") .. "\n")
  end

  it("shows a table of changes, with their times where there are some", function()
    local text, code = support.shown(changes.main, { history() })
    assert.equal(0, code)
    assert.matches("\n  40 +level +10[12]%.%d+ +13[12]%.%d+ ", text)
    assert.is_nil(text:find("time", 1, true))
    text = support.shown(changes.main, { history(true) })
    assert.matches("2023-11-14 22:54", text, 1, true)
    for line in text:gmatch "[^\n]+" do assert.is_true(#line <= 80) end
  end)
  it("writes them as an array of JSON, also an empty one", function()
    assert.equal(support.output(changes.main, { history(), json = "-" }), (support.output(changes.main, { history() })))
    local list = json.decode((support.output(changes.main, { history(), json = "-" })))
    assert.equal(40, list[1].index)
    for _, key in ipairs { "before", "after", "change", "p" } do assert.equal("number", math.type(list[1][key]) and "number") end
    assert.is_true(list[1].ci[1] < 30 and list[1].ci[2] > 30)
    assert.equal("[]\n", (support.output(changes.main, { support.file("n.txt", "1\n1\n"), json = "-" })))
    assert.equal("no change in 2 values (fewer than 10 have none)\n", (support.shown(changes.main, { support.file("n.txt", "1\n1\n") })))
  end)
  it("finds changes as values come", function()
    local list = json.decode((support.output(changes.main, { history(), json = "-", online = true })))
    local last = list[#list]
    assert.is_true(last.index == 40 and last.found >= 44 and last.found < 50)
    assert.matches("40 by value 4%d\n", (support.shown(changes.main, { history(), online = true })))
    assert.equal("usage", select(2, support.message(changes.main, { history(), online = true, method = "otava" })))
  end)
  it("finds what Otava finds", function()
    local list = json.decode((support.output(changes.main, { history(), json = "-", method = "otava", window = 30, max_pvalue = "0.001", min_magnitude = "0.1" })))
    assert.equal(40, list[1].index)
    assert.equal(1, #list)
  end)
  it("has its options from the command line", function()
    local function typed(...) return changes.main(options.parse(changes, { history(), "--json", "-", "--method", "otava", ... }, 1)) end
    local function found(...) return #json.decode((support.output(typed, ...))) end
    assert.same({ 1, 0, 0 }, { found "--window=30", found("--window=30", "--max-pvalue=1e-300"), found("--window=30", "--min-magnitude=1000") })
    assert.equal("usage", select(2, support.message(typed, "--max-pvalue=2")))
    local values = options.parse(changes, { "f", "--skip-bad" }, 1)
    assert.equal("[]\n", (support.output(changes.main, { support.file("t.txt", "1\nx\n2\n"), json = "-", skip_bad = values.skip_bad })))
  end)
  it("finds what Otava finds in its own series, told as one types it", function()
    local folder = os.getenv "PERILUNE_REFERENCE"
    if not folder then return pending "skipped: no reference data" end
    local at = folder .. "/data/changepoint/otava/"
    local cases, checked = json.decode(support.read(at .. "cases.json")), 0
    for _, case in ipairs(cases) do
      local F = case.series and at .. case.series or support.file("o.json", json.encode(case.values))
      local text = support.output(function()
        return changes.main(options.parse(changes, { F, "--json", "-", "--method", "otava", "--window", tostring(case.window_len), "--max-pvalue", tostring(case.max_pvalue), "--min-magnitude", tostring(case.min_magnitude) }, 1))
      end)
      local indexes = {}
      for i, c in ipairs(json.decode(text)) do indexes[i] = c.index end
      assert.same(case.indexes, indexes)
      checked = checked + 1
    end
    assert.equal(13, checked)
  end)
  it("leaves bad rows out where that is asked, and says which", function()
    local values, code, progress = support.output(changes.main, { support.file("b.txt", "1\nx\n2\n"), json = "-", skip_bad = true })
    assert.same({ "[]\n", 0 }, { values, code })
    assert.matches("line 2: \"x\" is no number; left out", progress, 1, true)
  end)
  it("says where there are too few values for a change", function()
    local function of(n, o)
      o = o or {}
      o[1] = support.file("n.txt", ("1\n"):rep(n))
      o.json = "-"
      local list, code, progress = support.output(changes.main, o)
      assert.same({ "[]\n", 0 }, { list, code })
      return progress:match "too few values for a change: .*10"
    end
    assert.same({ "too few values for a change: 1, of 10", "too few values for a change: 9, of 10" }, { of(1), of(9) })
    assert.is_nil(of(10))
    assert.is_nil(of(9, { method = "otava" }))
  end)
  it("says what is wrong", function()
    assert.equal("usage", select(2, support.message(changes.main, { history(), window = 30 })))
    assert.equal("usage", select(2, support.message(changes.main, { history(), method = "otava", max_pvalue = "2" })))
    assert.equal("usage", select(2, support.message(changes.main, { history(), method = "otava", min_magnitude = "x" })))
    assert.matches("line 2: \"x\" is no number; mend the row, or leave bad ones out with --skip-bad", (support.message(changes.main, { support.file("b.txt", "1\nx\n") })), 1, true)
    assert.matches("several columns (a,b) and none is named value; choose one with --column NAME", (support.message(changes.main, { support.file("ab.csv", "a,b\n1,2\n") })), 1, true)
    local _, _, progress = support.output(changes.main, { support.file("m.txt", "1\nNA\n2\n") })
    assert.matches("1 value missing", progress, 1, true)
  end)
  it("refuses rows of several series", function() support.refuses_several_series(changes.main) end)
end)
