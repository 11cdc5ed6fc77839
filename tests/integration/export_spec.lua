--- What a run has goes to other systems, and is asked back of them.
local json = require "perilune.core.json"
local support = require "integration.support"

describe("run:export to Prometheus", function()
  local prometheus, why, folder, port
  setup(function()
    prometheus, why = support.component "prometheus"
    folder, port = support.folder(), support.free_port()
    support.write(folder .. "/p.yml", "global: {}\n")
  end)
  teardown(support.clean)

  local function start()
    local server = support.start(("%s --config.file=%s/p.yml --storage.tsdb.path=%s/data --web.listen-address=127.0.0.1:%d --web.enable-remote-write-receiver"):format(prometheus, folder, folder, port))
    support.wait_for(function() return support.listens(port) end, 30, "Prometheus")
    return server
  end
  local function asked(query)
    local _, out = support.shell(("curl -sG http://127.0.0.1:%d/api/v1/query --data-urlencode %s"):format(port, support.quote("query=" .. query)))
    return json.decode(out).data.result
  end
  local function stored(query)
    local code, out, err = support.run(("sql %s --db %s/e.db --json -"):format(support.quote(query), folder))
    assert.equal(0, code, err)
    return json.decode(out).rows
  end

  local PLAYBOOK = [[
local pl = require "perilune"
return pl.playbook { name = "e", args = { url = pl.arg.url {} }, run = function(run)
  run:export { to = "remote_write", url = run.args.url, every = "200ms", at_end = "%s", labels = { job = "%s" }, backoff_max = "500ms" }
  for i = 1, 8 do
    run:record("mine_total", i * 1.25, { ["a-b"] = "x \"y\"" })
    run:record("other", -i)
    run:sleep "250ms"
  end
end }]]
  local function run_of(at_end, job)
    local path = support.write(folder .. "/e.lua", PLAYBOOK:format(at_end, job))
    local code, out, err = support.run(("run %s --url http://127.0.0.1:%d/api/v1/write --db %s/e.db"):format(path, port, folder))
    assert.equal(0, code, out .. err)
    return out .. err
  end

  it("says what a receiver that is away did not get, which it gets later", function()
    if not prometheus then return pending(why) end
    local text = run_of("3s", "away")
    assert.matches("0 samples delivered; 16 samples not delivered: POST http://127.0.0.1:" .. port .. "/api/v1/write: ", text, 1, true)
    local server = start()
    local code, out, err = support.run(("export remote_write last --to http://127.0.0.1:%d/api/v1/write --label job=later --db %s/e.db"):format(port, folder))
    assert.equal(0, code, out .. err)
    assert.matches("16 samples delivered\n", out .. err, 1, true)
    assert.equal("8", asked('count_over_time(mine_total{job="later"}[1m])')[1].value[2])
    server:stop()
  end)
  it("delivers every sample with its time, labels and value", function()
    if not prometheus then return pending(why) end
    local server = start()
    assert.matches("16 samples delivered\n", run_of("10s", "there"), 1, true)
    local got = asked('mine_total{job="there"}[1m]')
    assert.equal(1, #got)
    assert.same({ "x \"y\"", "script" }, { got[1].metric.a_b, got[1].metric.source })
    local rows = stored "SELECT p.ts_ns / 1000000 AS ms, p.value FROM points p JOIN series s ON s.id = p.series_id WHERE s.name = 'mine_total' AND p.run_id = (SELECT max(id) FROM runs) ORDER BY 1"
    assert.equal(8, #rows)
    for i, row in ipairs(rows) do assert.same({ row.ms, row.value }, { math.floor(got[1].values[i][1] * 1000 + 0.5), tonumber(got[1].values[i][2]) }) end
    assert.equal(1, stored("SELECT count(DISTINCT s.id) AS n FROM points p JOIN series s ON s.id = p.series_id WHERE s.name = 'export_delivered_seconds' AND p.run_id = (SELECT max(id) FROM runs)")[1].n)
    local code, out, err = support.run(("export remote_write last --to http://127.0.0.1:%d/api/v1/write --db %s/e.db"):format(port, folder))
    assert.same({ 0, "" }, { code, out })
    assert.matches(": 0 samples delivered\n", err, 1, true)
    server:stop()
  end)
  it("says what the receiver refuses", function()
    if not prometheus then return pending(why) end
    local server = start()
    local code, out, err = support.run(("export remote_write last --all --to http://127.0.0.1:%d/api/v1/nothing --db %s/e.db"):format(port, folder))
    assert.equal(5, code)
    assert.matches("16 samples refused: POST http://127.0.0.1:" .. port .. "/api/v1/nothing: 404 Not Found", out .. err, 1, true)
    server:stop()
  end)
end)

describe("run:export to others", function()
  after_each(support.clean)

  local PLAYBOOK = [[
local pl = require "perilune"
return pl.playbook { name = "o", args = { url = pl.arg.string {} }, run = function(run)
  run:export { to = "%s", url = run.args.url, every = "200ms", %s }
  for i = 1, 6 do
    run:record("mine", i * 1.25, { q = "a b,c=\"d\"" })
    run:sleep "200ms"
  end
end }]]

  --- Runs what exports; all is to arrive.
  local function export(to, url, options)
    local folder = support.folder()
    local path = support.write(folder .. "/o.lua", PLAYBOOK:format(to, options or ""))
    local code, out, err = support.run(("run %s --url %s --db %s/o.db"):format(path, url, folder))
    assert.equal(0, code, out .. err)
    return out .. err
  end
  --- A server of the reference data with this configuration, %P in it a free port.
  local function start(name, command, config)
    local program, why = support.component(name)
    if not program then return nil, why end
    local folder, port = support.folder(), support.free_port()
    support.write(folder .. "/config", (config:gsub("%%P", port):gsub("%%F", folder)))
    local server = support.start(("%s %s %s/config"):format(program, command, folder))
    support.wait_for(function() return support.listens(port) end, 30, name)
    server.url, server.out = "http://127.0.0.1:" .. port, folder .. "/out"
    return server
  end
  local function arrived(server, pattern, count)
    support.wait_for(function()
      local _, n = (support.exists(server.out) and support.read(server.out) or ""):gsub(pattern, "")
      return n == count
    end, 20, count .. " times " .. pattern)
  end

  it("reaches the OpenTelemetry Collector", function()
    local server, why = start("otelcol", "--config", [[
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:%P" } } } }
exporters: { file: { path: "%F/out" } }
service: { telemetry: { metrics: { level: none } }, pipelines: { metrics: { receivers: [otlp], exporters: [file] } } }
]])
    if not server then return pending(why) end
    assert.matches("(otlp): 6 samples delivered", export("otlp", server.url), 1, true)
    arrived(server, '"asDouble":', 6)
    assert.matches('{"key":"q","value":{"stringValue":"a b,c=\\"d\\""}}', support.read(server.out), 1, true)
    assert.matches('"asDouble":7.5', support.read(server.out), 1, true)
    server:stop()
  end)
  it("reaches Telegraf by InfluxDB's API", function()
    local server, why = start("telegraf", "--config", [=[
[agent]
interval = "1s"
flush_interval = "1s"
omit_hostname = true
[[inputs.influxdb_v2_listener]]
service_address = "127.0.0.1:%P"
token = "t0ken"
[[outputs.file]]
files = ["%F/out"]
]=])
    if not server then return pending(why) end
    assert.matches("6 samples delivered", export("influx", server.url, 'bucket = "b", org = "o", auth = { bearer = "t0ken" }'), 1, true)
    arrived(server, 'mine,instance=[^ ]*,q=a\\ b\\,c\\="d",[^\n]* value=', 6)
    assert.matches("6 samples refused: POST " .. server.url .. "/api/v2/write", export("influx", server.url, 'bucket = "b", org = "o", auth = { bearer = "wrong" }'), 1, true)
    server:stop()
  end)
  it("reaches a Pushgateway", function()
    local program = support.component "prometheus-pushgateway"
    if not program then return pending "there is no prometheus-pushgateway here" end
    local port = support.free_port()
    local server = support.start(("%s --web.listen-address=127.0.0.1:%d"):format(program, port))
    support.wait_for(function() return support.listens(port) end, 30, "the Pushgateway")
    assert.matches("1 sample delivered", export("pushgateway", "http://127.0.0.1:" .. port, 'job = "j"'), 1, true)
    local _, out = support.shell(("curl -s http://127.0.0.1:%d/metrics"):format(port))
    assert.matches('mine{[^\n]*job="j"[^\n]*} 7.5\n', out)
    server:stop()
  end)
  it("pushes what Prometheus' client in Python reads", function()
    local run_folder = support.folder()
    local body = support.write(run_folder .. "/server.py", [[
import http.server, sys
from prometheus_client.parser import text_string_to_metric_families as parse
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        text = self.rfile.read(int(self.headers["content-length"])).decode()
        with open(sys.argv[2], "a") as f:
            for family in parse(text):
                for s in family.samples:
                    f.write(f"{self.path} {family.type} {s.name} {s.labels.get('q')} {s.value} {s.timestamp}\n")
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *a): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), H).serve_forever()
]])
    if support.shell "/usr/bin/python3 -c 'import prometheus_client'" ~= 0 then return pending "there is no prometheus_client for Python" end
    local port = support.free_port()
    local server = support.start(("/usr/bin/python3 %s %d %s/out"):format(body, port, run_folder))
    support.wait_for(function() return support.listens(port) end, 30, "the server")
    export("pushgateway", "http://127.0.0.1:" .. port)
    assert.matches('/metrics/job/perilune gauge mine a b,c="d" 7.5 None\n$', support.read(run_folder .. "/out"))
    server:stop()
  end)
  it("annotates as Grafana's contract says", function()
    local folder, port = support.folder(), support.free_port()
    local program = support.write(folder .. "/server.py", [[
import http.server, json, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        text = self.rfile.read(int(self.headers["content-length"])).decode()
        good = self.path == "/api/annotations" and self.headers["authorization"] == "Bearer t0ken" and self.headers["content-type"] == "application/json"
        with open(sys.argv[2], "a") as f: f.write(text + "\n")
        body = json.dumps({"message": "Annotation added", "id": 1} if good else {"message": "Unauthorized"}).encode()
        self.send_response(200 if good else 401)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), H).serve_forever()
]])
    local server = support.start(("/usr/bin/python3 %s %d %s/out"):format(program, port, folder))
    support.wait_for(function() return support.listens(port) end, 30, "the server")
    local path = support.write(folder .. "/g.lua", [[
local pl = require "perilune"
return pl.playbook { name = "g", args = { url = pl.arg.url {} }, run = function(run)
  run:export { to = "grafana", url = run.args.url, every = "100ms", auth = { bearer = "t0ken" }, dashboard = "d1", labels = { env = "test" } }
  run:phase("warm", function()
    run:event("deploy", "version 7")
    run:sleep "300ms"
  end)
end }]])
    local code, out, err = support.run(("run %s --url http://127.0.0.1:%d --db %s/g.db"):format(path, port, folder))
    assert.equal(0, code, out .. err)
    assert.matches("(grafana): 2 annotations delivered", out .. err, 1, true)
    local got = {}
    for line in io.lines(folder .. "/out") do
      local a = json.decode(line)
      got[a.text] = a
    end
    assert.same({ "perilune", "deploy", "env:test" }, got["version 7"].tags)
    assert.same({ "d1", nil }, { got["version 7"].dashboardUID, got["version 7"].timeEnd })
    assert.is_true(got.warm.timeEnd - got.warm.time >= 300 and got.warm.time <= got["version 7"].time)
    code, out, err = support.run(("export grafana last --all --to http://127.0.0.1:%d --db %s/g.db"):format(port, folder))
    assert.equal(5, code)
    assert.matches("2 annotations refused: POST http://127.0.0.1:" .. port .. "/api/annotations: 401 Unauthorized: Unauthorized", out .. err, 1, true)
    server:stop()
  end)
  it("reaches Telegraf by StatsD", function()
    local program, why = support.component "telegraf"
    if not program then return pending(why) end
    local folder, port = support.folder(), support.free_port()
    support.write(folder .. "/t.conf", ([=[
[agent]
interval = "1s"
flush_interval = "1s"
omit_hostname = true
[[inputs.statsd]]
protocol = "tcp"
service_address = "127.0.0.1:%d"
datadog_extensions = true
[[outputs.file]]
files = ["%s/out"]
]=]):format(port, folder))
    local server = support.start(("%s --config %s/t.conf"):format(program, folder))
    support.wait_for(function() return support.listens(port) end, 30, "Telegraf")
    assert.matches("%(statsd%): %d+ samples? delivered", export("statsd", "tcp://127.0.0.1:" .. port, 'at_end = "5s"'))
    support.wait_for(function() return support.exists(folder .. "/out") and support.read(folder .. "/out"):match 'mine,[^\n]*q=a_b_c\\="d"[^\n]* value=7.5' end, 20, "the gauge")
    server:stop()
  end)
  it("reaches a receiver of Graphite's lines, which are another run's series", function()
    local folder, port = support.folder(), support.free_port()
    local path = support.write(folder .. "/r.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "r", run = function(run)
  local receiver = run:receive { graphite = "127.0.0.1:%d" }
  while receiver:counts().samples < 2 do run:sleep "100ms" end
  run:sleep "2s"
end }]]):format(port))
    local server = support.start(("sh -c '%s run %s --db %s/r.db; echo $? >%s/code'"):format(support.perilune, path, folder, folder))
    support.wait_for(function() return support.listens(port) end, 30, "the receiver")
    assert.matches("%(graphite%): %d samples? delivered", (export("graphite", "tcp://127.0.0.1:" .. port)))
    support.wait_for(function() return support.exists(folder .. "/code") end, 60, "the run's end")
    local _, out = support.run(("sql \"SELECT s.labels FROM series s WHERE s.name = 'mine'\" --db %s/r.db --json -"):format(folder))
    assert.equal('a_b,c="d"', json.decode(json.decode(out).rows[1].labels).q)
    server:stop()
  end)
end)
