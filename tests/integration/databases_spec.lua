--- Time series databases as Debian has them: what a run sends them is there, sample by sample, and what they send is taken.
local json = require "perilune.core.json"
local support = require "integration.support"

local PLAYBOOK = [[
local pl = require "perilune"
return pl.playbook { name = "o", args = { url = pl.arg.string {} }, run = function(run)
  run:export { to = "%s", url = run.args.url, every = "200ms", %s }
  for i = 1, 4 do
    run:record("mine", i * 1.25, { q = "a b,c=\"d\"", disk = "C:\\" })
    run:sleep "1s"
  end
end }]]

describe("databases:", function()
  after_each(support.clean)

  --- Runs what exports; all is to arrive.
  local function export(to, url, options)
    local folder = support.folder()
    local path = support.write(folder .. "/o.lua", PLAYBOOK:format(to, options or ""))
    local code, out, err = support.run(("run %s --url %s --db %s/o.db"):format(path, url, folder))
    assert.equal(0, code, out .. err)
    assert.matches("%(" .. to .. "%): %d+ samples delivered\n", out .. err)
    return out .. err
  end
  local function get(url, ...)
    local fields = ""
    for _, field in ipairs { ... } do fields = fields .. " --data-urlencode " .. support.quote(field) end
    local _, out = support.shell(("curl -sG %s%s"):format(support.quote(url), fields))
    return out
  end
  --- A program of Debian's, or nil and why not.
  local function program(name, package)
    local code, path = support.shell("command -v " .. name)
    if code == 0 then return (path:gsub("%s+$", "")) end
    return nil, ("no %s here (apt-get install %s)"):format(name, package)
  end

  describe("InfluxDB 1.6", function()
    local influxd, why = program("influxd", "influxdb")

    local function start()
      local folder, port = support.folder(), support.free_port()
      support.write(folder .. "/c.conf", ([[
reporting-disabled = true
bind-address = "127.0.0.1:%d"
[meta]
dir = "%s/meta"
[data]
dir = "%s/data"
wal-dir = "%s/wal"
[http]
bind-address = "127.0.0.1:%d"
]]):format(support.free_port(), folder, folder, folder, port))
      local server = support.start(("%s run -config %s/c.conf"):format(influxd, folder))
      server.url = "http://127.0.0.1:" .. port
      support.wait_for(function() return support.listens(port) end, 30, "InfluxDB")
      assert.equal(0, support.shell(("curl -sf -XPOST %s/query --data-urlencode 'q=CREATE DATABASE d'"):format(server.url)))
      return server
    end
    --- The rows of a query, by the names of its columns.
    local function rows_of(server, query)
      local series = json.decode(get(server.url .. "/query", "db=d", "epoch=ns", "q=" .. query)).results[1].series
      local rows = {}
      for i, values in ipairs(series and series[1].values or {}) do
        rows[i] = {}
        for c, name in ipairs(series[1].columns) do rows[i][name] = values[c] end
      end
      return rows
    end

    it("has every sample under its tags", function()
      if not influxd then return pending(why) end
      local server = start()
      export("influx", server.url, 'database = "d", labels = { run = "x" }')
      local rows = rows_of(server, "SELECT * FROM mine")
      assert.equal(4, #rows)
      assert.same({ 5, 'a b,c="d"', "C:_", "x", "script" }, { rows[4].value, rows[4].q, rows[4].disk, rows[4].run, rows[4].source })
    end)
    it("hands on what it is sent, by a subscription", function()
      if not influxd then return pending(why) end
      local server, folder = start(), support.folder()
      local port = support.free_port()
      local path = support.write(folder .. "/r.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "r", errors = "ignore", run = function(run)
  local receiver = run:receive { listen = "127.0.0.1:%d", influx = true }
  while receiver:counts().samples < 2 do run:sleep "100ms" end
end }]]):format(port))
      local run = support.start(("sh -c '%s run %s --db %s/r.db; echo $? >%s/code'"):format(support.perilune, path, folder, folder))
      support.wait_for(function() return support.listens(port) end, 20, "the receiver")
      assert.equal(0, support.shell(("curl -sf -XPOST %s/query --data-urlencode %s"):format(server.url, support.quote(("q=CREATE SUBSCRIPTION s ON d.autogen DESTINATIONS ALL 'http://127.0.0.1:%d'"):format(port)))))
      support.wait_for(function()
        support.shell(("curl -sf -XPOST '%s/write?db=d' --data-binary 'cpu,host=a value=2,other=3 1700000000000000000'"):format(server.url))
        return support.exists(folder .. "/code")
      end, 30, "the samples")
      run:stop()
      local _, out = support.run(("sql %s --db %s/r.db --json -"):format(support.quote "SELECT DISTINCT s.name, p.value, p.ts_ns FROM points p JOIN series s ON s.id = p.series_id WHERE s.name LIKE 'cpu%' ORDER BY 1", folder))
      local rows = json.decode(out).rows
      assert.same({ "cpu", 2, 1700000000000000000 }, { rows[1].name, rows[1].value, rows[1].ts_ns })
      assert.same({ "cpu_other", 3 }, { rows[2].name, rows[2].value })
    end)
  end)

  it("Graphite's carbon keeps what it is sent", function()
    local carbon, why = program("carbon-cache", "graphite-carbon")
    if not carbon then return pending(why) end
    local folder, port = support.folder(), support.free_port()
    support.write(folder .. "/carbon.conf", (([[
[cache]
STORAGE_DIR = %F/
CONF_DIR = %F/
LOG_DIR = %F/log/
PID_DIR = %F/
LOCAL_DATA_DIR = %F/data/
USER =
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = %P
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = %A
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = %B
ENABLE_UDP_LISTENER = False
ENABLE_TAGS = False
MAX_CREATES_PER_MINUTE = inf
]]):gsub("%%(%u)", { F = folder, P = port, A = support.free_port(), B = support.free_port() })))
    support.write(folder .. "/storage-schemas.conf", "[all]\npattern = .*\nretentions = 1s:1h\n")
    local server = support.start(("sh -c 'exec %s --config=%s/carbon.conf --nodaemon start >%s/out'"):format(carbon, folder, folder))
    support.wait_for(function() return support.listens(port) end, 30, "carbon")
    export("graphite", "tcp://127.0.0.1:" .. port)
    -- A tagged series has a file by a hash of its name; the log says whose it is.
    support.write(folder .. "/read.py", [[
import os, sys, whisper
for path, _, names in os.walk(sys.argv[1]):
    for name in names:
        print([v for v in whisper.fetch(os.path.join(path, name), 0)[1] if v is not None])
]])
    local values = support.wait_for(function()
      local _, out = support.shell(("/usr/bin/python3 %s/read.py %s/data"):format(folder, folder))
      return out:find("[1.25, 2.5, 3.75, 5.0]", 1, true) and out
    end, 30, "the values")
    assert.is_string(values)
    local _, log = support.shell(("cat %s/out"):format(folder))
    assert.matches('new metric mine;[^ ]*;q=a_b,c="d"', log)
    server:stop()
  end)

  describe("VictoriaMetrics", function()
    local victoria, why = program("victoria-metrics", "victoria-metrics")

    local function start()
      local folder, port, graphite = support.folder(), support.free_port(), support.free_port()
      local server = support.start(("%s -httpListenAddr=127.0.0.1:%d -graphiteListenAddr=127.0.0.1:%d -storageDataPath=%s/v -search.latencyOffset=0s"):format(victoria, port, graphite, folder))
      server.url, server.graphite = "http://127.0.0.1:" .. port, "tcp://127.0.0.1:" .. graphite
      support.wait_for(function() return support.listens(port) and support.listens(graphite) end, 30, "VictoriaMetrics")
      return server
    end
    --- The only series of a name, once it is there.
    local function series_of(server, name)
      local text = support.wait_for(function()
        get(server.url .. "/internal/force_flush")
        local out = get(server.url .. "/api/v1/export", "match[]=" .. name)
        return out:find("{", 1, true) and out
      end, 20, name)
      return json.decode(text:match "^[^\n]+")
    end

    it("takes remote write, InfluxDB's lines and Graphite's", function()
      if not victoria then return pending(why) end
      local server = start()
      export("remote_write", server.url .. "/api/v1/write", 'labels = { by = "remote" }')
      local got = series_of(server, '{__name__="mine",by="remote"}')
      assert.same({ 1.25, 2.5, 3.75, 5 }, got.values)
      assert.same({ 'a b,c="d"', "C:\\" }, { got.metric.q, got.metric.disk })
      export("influx", server.url, 'database = "d", labels = { by = "influx" }')
      got = series_of(server, '{__name__="mine_value",by="influx"}')
      assert.same({ 1.25, 2.5, 3.75, 5 }, got.values)
      assert.equal("C:_", got.metric.disk)
      export("graphite", server.graphite, 'labels = { by = "graphite" }')
      assert.same({ 1.25, 2.5, 3.75, 5 }, series_of(server, '{__name__="mine",by="graphite"}').values)
    end)
    it("is asked for its history", function()
      if not victoria then return pending(why) end
      local server, folder = start(), support.folder()
      export("remote_write", server.url .. "/api/v1/write")
      series_of(server, "mine")
      support.wait_for(function() -- its last points are told a second later
        return get(server.url .. "/api/v1/query_range", "query=max(mine)", ("start=%d"):format(os.time() - 60), "step=1"):find('"5"]', 1, true)
      end, 20, "the last value")
      local path = support.write(folder .. "/f.lua", [[
local pl = require "perilune"
return pl.playbook { name = "f", errors = "ignore", args = { url = pl.arg.url {} }, run = function(run)
  run:fetch("prometheus", { url = run.args.url, query = "max(mine)", as = "theirs", from = "-1m", step = "1s" })
end }]])
      local code, out, err = support.run(("run %s --url %s --db %s/f.db"):format(path, server.url, folder))
      assert.equal(0, code, out .. err)
      local _, text = support.run(("sql %s --db %s/f.db --json -"):format(support.quote "SELECT max(p.value) AS most, count(*) AS n FROM points p JOIN series s ON s.id = p.series_id WHERE s.name = 'theirs'", folder))
      local row = json.decode(text).rows[1]
      assert.equal(5, row.most)
      assert.is_true(row.n >= 3)
    end)
    it("scrapes serve, and writes on, by its agent", function()
      local agent, no_agent = program("vmagent", "victoria-metrics")
      if not agent then return pending(no_agent) end
      local folder, port = support.folder(), support.free_port()
      local serve = support.start(("sh -c 'exec %s serve --listen 127.0.0.1:%d --db %s/s.db >%s/out 2>&1'"):format(support.perilune, port, folder, folder))
      support.wait_for(function() return support.listens(port) end, 20, "serve")
      support.write(folder .. "/p.yml", ("scrape_configs: [{ job_name: perilune, scrape_interval: 1s, static_configs: [{ targets: ['127.0.0.1:%d'] }] }]\n"):format(port))
      local process = support.start(("%s -httpListenAddr=127.0.0.1:%d -promscrape.config=%s/p.yml -remoteWrite.url=http://127.0.0.1:%d/api/v1/write -remoteWrite.tmpDataPath=%s/agent -remoteWrite.flushInterval=200ms"):format(agent, support.free_port(), folder, port, folder))
      support.wait_for(function() return get(("http://127.0.0.1:%d/metrics"):format(port)):match '\nup{[^\n]*job="perilune"[^\n]*source="remote_write"} 1\n' end, 30, "the agent's series")
      process:stop()
      serve:stop()
    end)
  end)
end)
