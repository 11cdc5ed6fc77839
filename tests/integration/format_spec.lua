local json = require "perilune.core.json"
local support = require "integration.support"

-- The layout of stored samples and histograms is documented well enough for a program that has only read about it.
describe("the format of timelines", function()
  local DAY, FROM, ROWS = 86400, 1794000000, 2000
  local folder, db
  setup(function() folder = support.folder() db = folder .. "/t.db" end)
  teardown(support.clean)

  local function perilune(words)
    local code, out, err = support.run(words .. " --db " .. db)
    assert.equal(0, code, out .. (err or ""))
    return out
  end

  local function rows(sql) return json.decode(perilune(("sql %s --json -"):format(support.quote(sql)))).rows end

  local function number(sql) return rows("SELECT " .. sql .. " AS n")[1].n end

  local function bits(value) return ("%016x"):format((string.unpack("<i8", string.pack("<d", value)))) end

  --- Series that become decimals, decimals with other values among them, bits, dictionaries, counters; and one of few samples.
  local function import()
    local lines, odd = { "timestamp,metric,value" }, { "1e300", "-1e-300", "5e-324", "-7.25" }
    local function add(i, metric, value) lines[#lines + 1] = ("%d,%s,%s"):format(FROM + 10 * i, metric, value) end
    math.randomseed(7)
    for i = 0, ROWS - 1 do
      add(i, "heat", ("%.1f"):format(20 + math.random(0, 99) / 10))
      add(i, "rarely", i % 100 == 7 and odd[math.random(#odd)] or math.random(1000) / 8)
      add(i, "noise", ("%.17g"):format(math.random()))
      add(i, "state", odd[math.random(#odd)])
      add(i, "done_total", i * i * 3)
      if i < 100 then add(i, "few", ("%.17g"):format(0.1 * i)) end
    end
    perilune("import csv " .. support.write(folder .. "/a.csv", table.concat(lines, "\n") .. "\n"))
    perilune "import hdr tests/c/format/hdr_log/v2.hlog"
  end

  local function expected()
    local out = {}
    for _, r in ipairs(rows "SELECT series_id, run_id, ts_ns, value FROM points ORDER BY 1, 2, 3") do
      out[#out + 1] = ("sample %d %d %d %s"):format(r.series_id, r.run_id, r.ts_ns, bits(r.value))
    end
    local packed = "SELECT series_id, run_id, resolution_s, ts_ms, count, min, max, sum, lower(hex(hist)) AS hist FROM histograms h WHERE EXISTS (SELECT 1 FROM histogram_chunks c"
      .. " WHERE (c.series_id, c.run_id, c.resolution_s) = (h.series_id, h.run_id, h.resolution_s) AND h.ts_ms BETWEEN c.from_ms AND c.to_ms) ORDER BY 1, 2, 3, 4"
    for _, r in ipairs(rows(packed)) do
      out[#out + 1] = ("histogram %d %d %d %d %d %d %d %s %s"):format(r.series_id, r.run_id, r.resolution_s, r.ts_ms, r.count, r.min, r.max, bits(r.sum), r.hist)
    end
    return out
  end

  local function compare()
    local code, out = support.shell(("/usr/bin/python3 tests/tools/timeline.py %s"):format(db))
    assert.equal(0, code, out)
    local wanted, i = expected(), 0
    for line in out:gmatch "[^\n]+" do
      i = i + 1
      assert.equal(wanted[i], line)
    end
    assert.equal(#wanted, i)
  end

  it("is what its documentation says: batches, chunks of histograms", function()
    import()
    assert.is_true(number "(SELECT total(n) FROM batches)" == 5 * ROWS + 100 and number "(SELECT total(n) FROM histogram_chunks)" > 50)
    compare()
  end)

  it("is what its documentation says: packed and sealed chunks", function()
    perilune(("db gc --now %d --json -"):format(FROM + 30 * DAY))
    assert.is_true(number "(SELECT count(*) FROM batches)" == 0 and number "(SELECT count(*) FROM chunks)" > 5)
    compare()
  end)
end)
