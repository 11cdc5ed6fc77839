local anomalies = require "perilune.cmd.anomalies"
local json = require "perilune.core.json"
local nab = require "lua.nab"
local options = require "perilune.options"
local support = require "lua.support"

describe("perilune anomalies", function()
  teardown(support.clean)

  --- A CSV of 300 rows with one that is odd.
  local function csv()
    local lines = { "timestamp,value" }
    for i = 1, 300 do lines[#lines + 1] = ("%d,%g"):format(1700000000 + 60 * i, i == 250 and 1000 or (i * 7919) % 101) end
    return support.file("f.csv", table.concat(lines, "\n") .. "\n")
  end
  local function told(o) return support.output(anomalies.main, o) end

  it("leaves bad rows out where that is typed", function()
    local F = support.file("bad.csv", "timestamp,value\n1700000000,1\n1700000060,x\n1700000120,2\n")
    assert.matches("leave bad ones out with --skip-bad", (support.message(anomalies.main, options.parse(anomalies, { F }, 1))), 1, true)
    local text, _, progress = told(options.parse(anomalies, { F, "--skip-bad" }, 1))
    assert.equal(3, select(2, text:gsub("\n", "")))
    assert.matches('line 3: "x" is no number', progress, 1, true)
  end)

  it("gives each row its score, in the rows' order", function()
    local rows = {}
    for line in told({ csv() }):gmatch "[^\n]+" do rows[#rows + 1] = line end
    assert.equal("timestamp,value,anomaly_score,alert", rows[1])
    assert.equal(301, #rows)
    assert.equal("1700000060,41,0.000000,0", rows[2])
    assert.matches("^1700015000,1000,[01]%.%d+,1$", rows[251])
  end)
  it("says where no row could be judged", function()
    for _, rows in ipairs { { 1, true }, { 24, true }, { 25, false } } do
      local n, few = rows[1], rows[2]
      local lines = { "timestamp,value" }
      for i = 1, n do lines[#lines + 1] = ("%d,%g"):format(1700000000 + 60 * i, i == n and 1000 or 1 + i * 7 % 10 / 100) end
      local text, code, progress = told { support.file("few.csv", table.concat(lines, "\n") .. "\n") }
      assert.equal(0, code)
      assert.equal(few, progress:find("too few values for a score", 1, true) ~= nil)
      assert.equal(not few, text:find(",1000,1.000000,1", 1, true) ~= nil)
      assert.equal(n + 1, select(2, text:gsub("\n", "")))
    end
  end)
  it("tells alerts in words", function()
    local text = told { csv(), alerts = true }
    assert.matches("row 250  spike", text, 1, true)
    assert.matches("of 300 rows begin an alert", text, 1, true)
  end)
  it("gives JSON", function()
    local value = json.decode(told { csv(), json = "-" })
    assert.equal("perilune.anomalies/1", value.schema)
    assert.equal(300, #value.scores)
    assert.equal(300, value.rows)
  end)
  describe("of several columns", function()
    --- A CSV of three columns, of which b has a spike and c one value is missing.
    local function host()
      local lines = { "time,a,b,c" }
      for i = 1, 400 do
        lines[#lines + 1] = ("%d,%g,%g,%s"):format(1700000000 + 60 * i, (i * 7919) % 101, i == 350 and 5000 or (i * 104729) % 97, i == 20 and "" or tostring((i * 1299709) % 89))
      end
      return support.file("host.csv", table.concat(lines, "\n") .. "\n")
    end

    it("gives one score for all, with the column that contributed most", function()
      local text = told { host() }
      assert.matches("^timestamp,a,b,c,anomaly_score,alert,series\n", text)
      assert.matches("\n1700001200,%d+,%d+,,0%.0+,0,\n", text)
      assert.matches("\n1700021000,%d+,5000,%d+,[01]%.%d+,1,b\n", text)
      assert.matches("row 350  spike         b 5000, score", told { host(), alerts = true }, 1, true)
      local value = json.decode(told { host(), columns = "b,c", json = "-" })
      assert.same({ "b", "c" }, value.series)
      assert.equal(400, #value.scores)
      local mine
      for _, a in ipairs(value.alerts) do mine = a.row == 350 and a or mine end
      assert.equal("b", mine.series)
    end)
    it("says what it cannot take", function()
      assert.matches("no column is named d", (support.message(told, { host(), columns = "a,d" })), 1, true)
      assert.matches("--columns is of a CSV", (support.message(told, { "run:last/x", columns = "a,d" })), 1, true)
    end)
  end)
  it("keeps rows of missing values, and says which line is bad", function()
    assert.matches("\n2,,0%.000000,0\n", told { support.file("g.csv", "timestamp,value\n1,5\n2,\n3,5\n") })
    assert.matches("line 3", (support.message(told, { support.file("h.csv", "timestamp,value\n1,5\n2,x\n") })), 1, true)
  end)

  describe("on reference data", function()
    local folder = os.getenv "PERILUNE_REFERENCE"

    --- A file of the benchmark: its stamps, windows, and the scores that the command gives.
    local function scored(path, windows)
      local file = { stamps = {}, windows = windows, scores = {} }
      for line in support.read(path):gmatch "[^\n]+" do
        local stamp = line:match "^(%d[^,]*),"
        if stamp then file.stamps[#file.stamps + 1] = stamp .. (stamp:find(".", 1, true) and "" or ".000000") end
      end
      for score in told({ path }):gmatch ",([%d.]+),[01]\n" do file.scores[#file.scores + 1] = tonumber(score) end
      assert.equal(#file.stamps, #file.scores)
      return file
    end

    it("scores at least as a floor below what was measured (73.3, 68.4, 76.8)", function()
      if not folder then return pending "skipped: no reference data" end
      local unpacked, files = support.folder(), {}
      assert(os.execute(("tar xzf '%s/data/nab/nab-data-dev.tar.gz' -C '%s'"):format(folder, unpacked)))
      for name, windows in pairs(json.decode(support.read(folder .. "/data/nab/labels/combined_windows.json"))) do
        local path = unpacked .. "/data/" .. name
        local there = io.open(path)
        if there then
          there:close()
          files[#files + 1] = scored(path, windows)
        end
      end
      assert.equal(34, #files)
      assert.is_true(nab.score(files, nab.PROFILES.standard, 0.5) > 70.5)
      assert.is_true(nab.score(files, nab.PROFILES.low_fp, 0.5) > 62.6)
      assert.is_true(nab.score(files, nab.PROFILES.low_fn, 0.5) > 75.2)
    end)
  end)
  it("refuses rows of several series", function() support.refuses_several_series(anomalies.main) end)
end)
