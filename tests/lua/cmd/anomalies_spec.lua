local anomalies = require "perilune.cmd.anomalies"
local json = require "perilune.core.json"
local nab = require "lua.nab"
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

  it("gives each row its score, in the rows' order", function()
    local rows = {}
    for line in told({ csv() }):gmatch "[^\n]+" do rows[#rows + 1] = line end
    assert.equal("timestamp,value,anomaly_score,alert", rows[1])
    assert.equal(301, #rows)
    assert.equal("1700000060,41,0.000000,0", rows[2])
    assert.matches("^1700015000,1000,[01]%.%d+,1$", rows[251])
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

    it("scores at least as a floor below what was measured (72.9, 67.7, 76.6)", function()
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
      assert.is_true(nab.score(files, nab.PROFILES.standard, 0.5) > 70)
      assert.is_true(nab.score(files, nab.PROFILES.low_fp, 0.5) > 63)
      assert.is_true(nab.score(files, nab.PROFILES.low_fn, 0.5) > 74)
    end)
  end)
end)
