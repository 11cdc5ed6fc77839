local json = require "perilune.core.json"
local support = require "integration.support"

local QUERIES = { "01_runs", "02_p99_by_second", "03_p99_by_run", "04_all_loads_together", "05_cpu_by_mode", "06_memory_at_the_worst", "07_load_and_latency",
  "08_objectives", "09_slowest", "10_series" }

describe("the timeline in SQL", function()
  local folder, db, extension, queries = nil, nil, os.getenv "PERILUNE_BUILD" .. "/lib/perilune/perilune_sqlite", "examples/sql/"
  setup(function()
    folder = support.folder()
    db = folder .. "/t.db"
    local shop = support.shop()
    local code, _, err = support.run(("load %s/ --rate 50/s --duration 4s --sla 'p50(latency) < 5s' --db %s --quiet"):format(shop.url, db))
    shop:stop()
    assert.equal(0, code, err)
  end)
  teardown(support.clean)

  --- A program of others with the extension; where that is built with a sanitizer, the program needs its library first.
  local function other(command)
    local _, sanitizer = support.shell(("ldd %s.so | sed -n 's/.* => \\(.*libasan[^ ]*\\).*/\\1/p'"):format(extension))
    return support.shell(("LD_PRELOAD=%s ASAN_OPTIONS=detect_leaks=0 %s"):format(support.quote((sanitizer:gsub("%s+$", ""))), command), 60)
  end

  --- The rows of a query by a program of others, as the text of a JSON array of arrays.
  local function by_python(sql)
    local script = support.write(folder .. "/q.py", [[
import json, sqlite3, sys
db = sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True)
db.enable_load_extension(True)
db.load_extension(sys.argv[2])
print(json.dumps([list(row) for row in db.execute(sys.stdin.read())]))
db.close()
]])
    local code, out, err = other(("/usr/bin/python3 %s %s %s <%s"):format(script, db, extension, support.write(folder .. "/q.sql", sql)))
    assert.equal(0, code, err)
    return json.decode(out)
  end

  local function by_perilune(sql)
    local code, out, err = support.run(("sql --json - --db %s %s"):format(db, support.quote(sql)))
    assert.equal(0, code, err)
    return json.decode(out).rows
  end

  --- What both rows have in the same columns; numbers agree to the last digits that both print.
  local function same(row, by_name, columns)
    for i, column in ipairs(columns) do
      local a, b = row[i], by_name[column]
      if type(a) == "number" then
        assert.is_true(math.abs(a - b) <= 1e-9 * math.max(1, math.abs(a)), ("%s: %s and %s"):format(column, a, b))
      elseif a ~= json.null then
        assert.equal(a, b, column)
      end
    end
  end

  it("answers the ten queries of the examples alike, whoever asks", function()
    for _, name in ipairs(QUERIES) do
      local sql = support.read(queries .. name .. ".sql")
      local ours, pythons = by_perilune(sql), by_python(sql)
      assert.is_true(#ours > 0, name)
      assert.equal(#ours, #pythons, name)
      local code, out, err = support.shell(("%s sql --db %s - <%s%s.sql"):format(support.perilune, db, queries, name))
      assert.equal(0, code, err)
      local columns = {}
      for column in out:match "^[^\n]+":gmatch "%S+" do columns[#columns + 1] = column end
      same(pythons[1], ours[1], columns)
    end
  end)

  it("is read by the shell of SQLite, which can be closed afterwards", function()
    local code, out, err = other(("sqlite3 -bail %s '.load %s' 'SELECT count(*) > 0 FROM points' %s"):format(db, extension,
      support.quote "SELECT count(*) = (SELECT count(*) FROM sample_list) FROM points"))
    assert.equal("1\n1\n", out, err)
    assert.equal(0, code, err)
  end)

  it("refuses a file that is not a timeline as SQLite does", function()
    local code, _, err = other(("sqlite3 -bail %s/other.db '.load %s' %s"):format(folder, extension, support.quote "SELECT * FROM samples('x')"))
    assert.equal(1, code)
    assert.matches("no such table", err, 1, true)
  end)
end)
