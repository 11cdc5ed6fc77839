local json = require "perilune.core.json"
local support = require "integration.support"

-- Files of other tools onto the timeline and out of it again, as a user would.
describe("import and export", function()
  local folder
  setup(function() folder = support.folder() end)
  teardown(support.clean)

  local function run(arguments)
    local code, out, err = support.run(arguments)
    assert.equal(0, code, out .. err)
    return out, err
  end
  local function imported(format, path, db, more) return json.decode((run(("import %s %s --db %s/%s.db --json - --quiet %s"):format(format, path, folder, db, more or "")))) end

  it("keeps good rows and names the bad ones", function()
    local path = support.write(folder .. "/a.csv", "timestamp,metric,value,host\n1700000000,cpu,0.5,a\n1700000010,cpu,x,a\nsoon,cpu,1,a\n1700000020,cpu,0.25,b\n")
    local out = run(("import csv %s --db %s/csv.db"):format(path, folder))
    assert.is_truthy(out:find("imported 2 rows of 2 series from a.csv, 2 refused (timestamp 1, value 1)", 1, true), out)
    assert.is_truthy(out:find("line 3: there is no valid value\nline 4: there is no valid timestamp\n", 1, true), out)
    local rows = json.decode((run(("sql \"SELECT ts, value, labels FROM samples('cpu', :run) ORDER BY ts\" --db %s/csv.db --json -"):format(folder)))).rows
    assert.same({ 1700000000, 0.5, 1700000020, 0.25 }, { rows[1].ts, rows[1].value, rows[2].ts, rows[2].value })
  end)

  it("cannot tell anything by a header alone", function()
    local code, out, err = support.run(("import csv %s --db %s/header.db"):format(support.write(folder .. "/header.csv", "timestamp,value\n"), folder))
    assert.equal(4, code, out .. err)
    assert.is_truthy((out .. err):find("header.csv: nothing to import: the file has no rows", 1, true), out .. err)
  end)

  it("tells a note once where results and progress go to one place", function()
    local path = support.write(folder .. "/n.csv", "timestamp,metric,value\n1700000000,cpu,0.5\n")
    local arguments = ("import csv %s --db %s/n.db"):format(path, folder)
    local function count(text) return select(2, text:gsub("imported 1 rows", "")) end
    local out, err = run(arguments)
    assert.same({ 1, 1 }, { count(out), count(err) })
    assert.equal(1, count((run(arguments .. " 2>&1"))))
    local _, progress = run(arguments .. " --json -")
    assert.equal(1, count(progress))
  end)

  it("takes gzip and standard input like the file itself", function()
    local path = support.write(folder .. "/g.csv", "timestamp,metric,value\n1700000000,cpu,0.5\n1700000010,cpu,x\n")
    assert.equal(0, (support.shell(("gzip -k %s"):format(path))))
    for name, command in pairs {
      gzip = ("%s import csv %s.gz"):format(support.perilune, path), standard = ("%s import csv - <%s"):format(support.perilune, path),
      piped = ("(head -n 2 %s; sleep 0.1; tail -n 1 %s) | %s import csv -"):format(path, path, support.perilune), both = ("cat %s.gz | %s import csv -"):format(path, support.perilune),
    } do
      local code, out, err = support.shell(("%s --db %s/gz-%s.db --json - --quiet"):format(command, folder, name))
      assert.equal(0, code, out .. err)
      local facts = json.decode(out)
      assert.same({ 1, 1, 3 }, { facts.taken, facts.refused, facts.examples[1].line }, name)
    end
    local code, out, err = support.shell(("head -c 40 %s.gz | %s import csv - --db %s/none.db"):format(path, support.perilune, folder))
    assert.equal(8, code)
    assert.is_truthy((out .. err):find("import: standard input: the gzip is cut off", 1, true), out .. err)
  end)

  it("ends with 8 where a file is no such thing", function()
    local path = support.write(folder .. "/b.csv", "a,b\n1,2\n")
    local code, out, err = support.run(("import csv %s --db %s/none.db"):format(path, folder))
    assert.equal(8, code, out .. err)
    assert.is_truthy((out .. err):find("no column is named timestamp", 1, true), out .. err)
    assert.equal(8, (support.run(("import hdr %s --db %s/none.db"):format(path, folder))))
    assert.equal(8, (support.run(("import csv %s/none.csv --db %s/none.db"):format(folder, folder))))
  end)

  it("gives the same file again after a way through another timeline", function()
    local lines = { "timestamp,metric,value,host" }
    for i = 1, 2000 do lines[#lines + 1] = ("%d.%09d,m%d,%.17g,\"h,%d\""):format(1700000000 + i, i * 37 % 1000000000, i % 7, math.sin(i) * 10 ^ (i % 40 - 20), i % 3) end
    local path = support.write(folder .. "/c.csv", table.concat(lines, "\n") .. "\n")
    assert.equal(2000, imported("csv", path, "first").taken)
    for _, format in ipairs { "csv", "ndjson", "openmetrics" } do
      local one, two = ("%s/1.%s"):format(folder, format), ("%s/2.%s"):format(folder, format)
      run(("export %s last --db %s/first.db --output %s"):format(format, folder, one))
      local facts = imported(format, one, "second-" .. format)
      assert.same({ 2000, 0, 21 }, { facts.taken, facts.refused, facts.series })
      run(("export %s last --db %s/second-%s.db --output %s"):format(format, folder, format, two))
      assert.is_true(support.read(one) == support.read(two), format)
    end
  end)

  it("has the time of its rows for its run", function()
    local path = support.write(folder .. "/past.csv", "timestamp,metric,value\n1700000000,orders,1\n1700000060,orders,2\n1700000120.5,orders,3\n")
    imported("csv", path, "past")
    local function queried(more) return json.decode((run(("query orders --run last --json - --db %s/past.db %s"):format(folder, more)))).result[1] end
    assert.equal("3", queried("").value[2])
    assert.same({ { 1700000000, "1" }, { 1700000060, "2" }, { 1700000120, "2" } }, queried("--step 1m").values)
    local receiving = support.start(("sh -c 'exec %s serve --listen 127.0.0.1:0 --db %s/taken.db 2>%s/serve.err'"):format(support.perilune, folder, folder))
    local url = support.wait_for(function() return support.exists(folder .. "/serve.err") and support.read(folder .. "/serve.err"):match "at (http://127%.0%.0%.1:%d+)/metrics" end, 20, "the listener")
    local code, out, err = support.run(("export remote_write last --to %s/api/v1/write --db %s/past.db"):format(url, folder))
    assert.equal(0, code, out .. err)
    assert.matches("3 samples delivered\n", out .. err, 1, true)
    receiving:stop "TERM"
  end)
  it("takes what prometheus_client writes, in both formats", function()
    local code = support.shell("/usr/bin/python3 -c 'import prometheus_client'")
    if code ~= 0 then return pending "python3-prometheus-client is not installed" end
    support.write(folder .. "/expose.py", [[
import sys
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, Summary, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
r = CollectorRegistry()
Counter("orders", "Orders \\ \"taken\"\nso far", ["shop"], registry=r).labels('a"b\\\n').inc(3.5, exemplar={"trace_id": "x"})
Gauge("temperature_celsius", "t", registry=r, unit="celsius").set(-2.25)
Histogram("wait_seconds", "w", registry=r).observe(0.3)
Summary("size_bytes", "s", registry=r).observe(7)
Info("build", "b", registry=r).info({"version": "1"})
sys.stdout.buffer.write(generate_openmetrics(r) if sys.argv[1] == "openmetrics" else generate_latest(r))
]])
    for _, format in ipairs { "openmetrics", "prometheus" } do
      local path = ("%s/exposed.%s"):format(folder, format)
      assert.equal(0, (support.shell(("/usr/bin/python3 %s/expose.py %s >%s"):format(folder, format, path))))
      local expected = 0
      for line in support.read(path):gmatch "[^\n]+" do expected = expected + (line:sub(1, 1) == "#" and 0 or 1) end
      local facts = imported(format, path, format, "--at 1700000000")
      assert.same({ expected, 0 }, { facts.taken, facts.refused })
      local rows = json.decode((run(("sql \"SELECT value, labels FROM samples('orders_total', :run)\" --db %s/%s.db --json -"):format(folder, format)))).rows
      assert.same({ 3.5, 'a"b\\\n' }, { rows[1].value, json.decode(rows[1].labels).shop })
    end
  end)

  it("writes what prometheus_client reads", function()
    if support.shell("/usr/bin/python3 -c 'import prometheus_client'") ~= 0 then return pending "python3-prometheus-client is not installed" end
    local lines = { "timestamp,metric,value,path" }
    for i = 1, 300 do lines[#lines + 1] = ("%d,%s,%.17g,\"a\"\"b\\%d\""):format(1700000000 + i, i % 2 == 0 and "orders_total" or "wait_seconds", i / 7, i % 3) end
    imported("csv", support.write(folder .. "/e.csv", table.concat(lines, "\n") .. "\n"), "exposed")
    run(("export openmetrics last --db %s/exposed.db --output %s/e.txt"):format(folder, folder))
    support.write(folder .. "/read.py", [[
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(open(sys.argv[1]).read()))
samples = [s for f in families for s in f.samples]
print(json.dumps({"types": [f.type for f in families], "n": len(samples), "sum": sum(s.value for s in samples), "paths": sorted({s.labels["path"] for s in samples})}))
]])
    local code, out, err = support.shell(("/usr/bin/python3 %s/read.py %s/e.txt"):format(folder, folder))
    assert.equal(0, code, out .. err)
    local read = json.decode(out)
    assert.same({ { "counter", "gauge" }, 300, { 'a"b\\0', 'a"b\\1', 'a"b\\2' } }, { read.types, read.n, read.paths })
    assert.is_true(math.abs(read.sum - 300 * 301 / 2 / 7) < 1e-9, read.sum)
  end)

  it("takes logs of HdrHistogram, and writes them", function()
    local facts = imported("hdr", "tests/c/format/hdr_log/v2.hlog", "hdr", "--metric pause_seconds")
    assert.equal(62, facts.taken)
    local query = "sql \"SELECT sum(count) AS n, quantile(hist_merge(hist), 0.999) AS p FROM distributions WHERE name = 'pause_seconds'\" --json - --db %s/%s.db"
    local first = json.decode((run(query:format(folder, "hdr")))).rows[1]
    assert.equal(48761, first.n)
    assert.is_true(first.p > 1.72 and first.p <= 1.745879039, first.p) -- two digits: 1 % below what its own reader shows
    run(("export hdr last --db %s/hdr.db --output %s/again.hlog"):format(folder, folder))
    imported("hdr", folder .. "/again.hlog", "again")
    assert.same(first, json.decode((run(query:format(folder, "again")))).rows[1])
  end)

  it("takes what sar, iostat and vmstat printed, with the host's name", function()
    for program, metric in pairs { sar = "sar_percent_usr", iostat = "iostat_cpu_percent_user", vmstat = "vmstat_us" } do
      local facts = imported(program, ("tests/c/format/sysstat/%s.txt"):format(program), program)
      assert.same({ true, 0 }, { facts.taken > 30, facts.refused })
      local rows = json.decode((run(("sql \"SELECT value, instance FROM samples('%s', :run)\" --db %s/%s.db --json -"):format(metric, folder, program)))).rows
      assert.equal(2, #rows)
      assert.equal(program == "vmstat" and "" or "web-1", rows[1].instance)
    end
  end)

  it("takes lines of InfluxDB, its own ones, too", function()
    local path = support.write(folder .. "/lines", "cpu,host=a user=0.5,idle=2i 1700000000000000000\nlog text=\"two\nlines\" 1\nmem value=7 1700000000000000000\nbad\n")
    local facts = imported("influx", path, "influx")
    assert.same({ 3, 1, 5 }, { facts.taken, facts.refused, facts.examples[1].line })
    local out = run(("export influx last --db %s/influx.db"):format(folder))
    imported("influx", support.write(folder .. "/again.lines", out), "influx-again")
    assert.equal(out, (run(("export influx last --db %s/influx-again.db"):format(folder))))
  end)

  it("is a word of playbooks", function()
    support.write(folder .. "/d.csv", "timestamp,value\n1700000000,1\n1700000001,y\n")
    local path = support.write(folder .. "/words.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "words", errors = "ignore", run = function(run)
        local facts = run:import("csv", "d.csv", { metric = "orders_total", instance = "web-1" })
        assert(facts.taken == 1 and facts.refused == 1 and facts.reasons.value == 1 and facts.examples[1].line == 3)
        local none, err = run:import("csv", "../d.csv", { try = true })
        assert(not none and err.code == "refused", err and err.message)
      end }]])
    run(("run %s --db %s/words.db"):format(path, folder))
    local out = run(("export csv last --db %s/words.db"):format(folder))
    assert.equal("timestamp,metric,value,instance,origin,role,source\n1700000000,orders_total,1,web-1,production,other,import\n", out)
  end)
end)
