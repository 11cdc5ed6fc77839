--- perilune serve as its users see it: a browser, Prometheus, senders.
local json = require "perilune.core.json"
local support = require "integration.support"

describe("perilune serve", function()
  after_each(support.clean)

  --- Serves a timeline in a folder: { url, db, get(path, accept) -> status, type, body, finish(signal) -> code, progress }.
  local function serving(folder, options)
    local out = folder .. "/serve"
    local process = support.start(("sh -c '%s serve --listen 127.0.0.1:0 --db %s/s.db %s >%s.out 2>%s.err & echo $! >%s.pid; wait $!; echo $? >%s.code'"):format(support.perilune, folder, options or "", out, out, out, out))
    local url = support.wait_for(function() return support.exists(out .. ".err") and support.read(out .. ".err"):match "at (http://127%.0%.0%.1:%d+)/metrics" end, 20, "the listener")
    local pid = tonumber(support.read(out .. ".pid"))
    table.insert(support.started, setmetatable({ pid = pid, began = support.began(pid) }, getmetatable(process))) -- ends with a test that failed
    local self = { url = url, db = folder .. "/s.db" }
    function self.get(path, accept)
      local code, body, err = support.shell(("curl -s -o %s.body -w '%%{http_code} %%{content_type}' -H %s %s%s"):format(out, support.quote("Accept: " .. (accept or "*/*")), url, path))
      assert.equal(0, code, err)
      return tonumber(body:match "^%d+"), body:match "^%d+ (.*)", support.read(out .. ".body")
    end
    function self.finish(signal)
      assert.equal(0, support.shell(("kill -%s %d"):format(signal, pid)))
      support.wait_for(function() return support.exists(out .. ".code") and support.read(out .. ".code"):match "%d" end, 30, "the end")
      process:stop()
      return tonumber(support.read(out .. ".code")), support.read(out .. ".err") .. support.read(out .. ".out")
    end
    return self
  end
  local function load(folder, url, duration)
    local code, out, err = support.run(("load %s --rate 100/s --duration %s --db %s/s.db"):format(url, duration, folder))
    assert.equal(0, code, out .. err)
  end

  it("shows the runs and their reports", function()
    local folder, shop = support.folder(), support.shop()
    load(folder, shop.url, "1s")
    local s = serving(folder)
    local status, kind, body = s.get "/"
    assert.same({ 200, "text/html; charset=utf-8" }, { status, kind })
    local id = body:match '<a href="/runs/(%w+)">load</a>'
    local _, _, report = s.get("/runs/" .. id)
    local _, own = support.run(("report %s --html - --db %s"):format(id, s.db))
    assert.equal(own, report)
    assert.equal(id, json.decode((select(3, s.get("/runs/" .. id .. ".json")))).run_id)
    assert.equal(404, (s.get "/nothing"))
    local code, progress = s.finish "INT"
    assert.equal(130, code, progress)
  end)

  it("is scraped by Prometheus without a complaint", function()
    local prometheus, why = support.component "prometheus"
    if not prometheus then return pending(why) end
    local folder, shop, port = support.folder(), support.shop(), support.free_port()
    load(folder, shop.url, "1s")
    local s = serving(folder)
    support.write(folder .. "/p.yml", ("global: { scrape_interval: 1s }\nscrape_configs: [{ job_name: perilune, honor_labels: true, static_configs: [{ targets: ['%s'] }] }]\n"):format(s.url:match "//(.*)"))
    local server = support.start(("sh -c 'exec %s --config.file=%s/p.yml --storage.tsdb.path=%s/data --web.listen-address=127.0.0.1:%d 2>%s/log'"):format(prometheus, folder, folder, port, folder))
    local function asked(query)
      local _, out = support.shell(("curl -sG http://127.0.0.1:%d/api/v1/query --data-urlencode %s"):format(port, support.quote("query=" .. query)))
      return out:find('"status":"success"', 1, true) and json.decode(out).data.result or {}
    end
    support.wait_for(function() return asked('load_requests_total{outcome="ok"}')[1] end, 40, "the series")
    assert.equal("100", asked('load_requests_total{outcome="ok"}')[1].value[2])
    assert.equal("100", asked("load_latency_seconds_count")[1].value[2])
    local p99 = tonumber(asked("histogram_quantile(0.99, load_latency_seconds_bucket)")[1].value[2])
    assert.is_true(p99 > 0 and p99 < 10)
    assert.same({}, asked "up == 0")
    local _, metadata = support.shell(("curl -s http://127.0.0.1:%d/api/v1/metadata"):format(port))
    local kinds = json.decode(metadata).data
    assert.same({ "histogram", "counter" }, { kinds.load_latency_seconds[1].type, (kinds.load_requests or kinds.load_requests_total)[1].type })
    assert.equal("seconds", kinds.load_latency_seconds[1].unit)
    local log = support.read(folder .. "/log")
    assert.matches("Server is ready", log, 1, true)
    for line in log:gmatch "[^\n]+" do assert.is_nil(line:lower():match "level=warn" or line:lower():match "level=error", line) end
    server:stop()
    s.finish "TERM"
  end)

  it("is what strict readers of both formats take", function()
    local folder, shop = support.folder(), support.shop()
    load(folder, shop.url, "1s")
    local s = serving(folder)
    local status, kind, body = s.get("/metrics", "application/openmetrics-text; version=1.0.0")
    assert.same({ 200, "application/openmetrics-text; version=1.0.0; charset=utf-8" }, { status, kind })
    support.write(folder .. "/page", body)
    local code, out, err = support.shell(("/usr/bin/python3 -c 'import sys; from prometheus_client.openmetrics.parser import text_string_to_metric_families as read; print(sum(1 for f in read(open(sys.argv[1]).read())))' %s/page"):format(folder))
    assert.equal(0, code, err)
    assert.is_true(tonumber(out) > 30, out)
    status, kind, body = s.get "/metrics"
    assert.same({ 200, "text/plain; version=0.0.4; charset=utf-8" }, { status, kind })
    support.write(folder .. "/page", body)
    code, out, err = support.shell(("/usr/bin/python3 -c 'import sys; from prometheus_client.parser import text_string_to_metric_families as read; print(sum(1 for f in read(open(sys.argv[1]).read())))' %s/page"):format(folder))
    assert.equal(0, code, err)
    assert.is_true(tonumber(out) > 30, out)
    s.finish "TERM"
  end)

  it("takes what is sent, into a run of its own, which a signal ends", function()
    local folder = support.folder()
    local s = serving(folder, "--statsd 127.0.0.1:0 --graphite 127.0.0.1:0 --otlp-grpc 127.0.0.1:0")
    local now = ("%d"):format(os.time() * 1000000000)
    assert.equal(0, support.shell(("echo 'pushed{a=\"b\"} 3' | curl -sf --data-binary @- %s/metrics/job/j"):format(s.url)))
    assert.equal(0, support.shell(("curl -sf --data-binary 'lines,a=b value=4 %s' '%s/write?db=d'"):format(now, s.url)))
    assert.equal(0, support.shell(("curl -sf -H 'Content-Type: application/json' -d %s %s/v1/metrics"):format(support.quote(
      ('{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"sent","gauge":{"dataPoints":[{"timeUnixNano":"%s","asDouble":1.5}]}}]}]}]}'):format(now)), s.url)))
    local _, _, body = s.get "/metrics"
    assert.matches('\npushed{a="b",[^\n]*source="push"} 3\n', body)
    assert.matches('\nlines{a="b",[^\n]*source="influx"} 4\n', body)
    assert.matches('\nsent{[^\n]*source="otlp"} 1.5\n', body)
    local code, progress = s.finish "TERM"
    assert.equal(143, code, progress)
    assert.matches("3 samples of 3 series", progress, 1, true)
    local _, runs = support.run(("runs --db %s --json"):format(s.db))
    assert.same({ "serve", "cancelled" }, { json.decode(runs).runs[1].name, json.decode(runs).runs[1].verdict })
  end)

  it("lets a run of its own be scraped while it lasts", function()
    local folder, port = support.folder(), support.free_port()
    local path = support.write(folder .. "/l.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "l", errors = "ignore", run = function(run)
  run:export { to = "listen", url = "http://127.0.0.1:%d" }
  run:record("mine", 4.5)
  run:sleep "30s"
end }]]):format(port))
    local process = support.start(("%s run %s --db %s/l.db >%s/out 2>&1"):format(support.perilune, path, folder, folder))
    local body = support.wait_for(function()
      local _, out = support.shell(("curl -s http://127.0.0.1:%d/metrics"):format(port))
      return out:match '\nmine{[^\n]*} 4.5\n' and out
    end, 20, "the metrics")
    assert.matches('perilune_run_info{name="l",run="%w+",verdict="running"} 1\n', body)
    process:stop()
  end)
end)
