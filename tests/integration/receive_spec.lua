--- What other systems send to a run, by the systems themselves.
local json = require "perilune.core.json"
local support = require "integration.support"

local PLAYBOOK = [[
local pl = require "perilune"
return pl.playbook { name = "r", errors = "ignore", args = { port = pl.arg.integer { 0 }, samples = pl.arg.integer { 1 } },
  run = function(run)
    local receiver = run:receive { listen = "127.0.0.1:" .. run.args.port, %s }
    local waited = 0
    local function came() local c = receiver:counts() return c.samples + c.spans + c.logs end
    while came() < run.args.samples and waited < 60 do
      run:sleep "100ms"
      waited = waited + 0.1
    end
    %s
  end }]]

describe("run:receive", function()
  after_each(support.clean)

  --- Starts a run that ends once so many samples, spans and logs came: { port, url, db, finish() -> code, result, progress, kill() }.
  local function receiving(samples, options, body)
    local folder, port = support.folder(), support.free_port()
    local path = support.write(folder .. "/r.lua", PLAYBOOK:format(options or "", body or ""))
    local out, err = folder .. "/out", folder .. "/err"
    local process = support.start(("sh -c '%s run %s --port %d --samples %d --db %s/r.db --json - >%s 2>%s & echo $! >%s/pid; wait $!; echo $? >%s/code'"):format(
      support.perilune, path, port, samples, folder, out, err, folder, folder))
    support.wait_for(function() return support.listens(port) end, 20, "the receiver")
    local function finish()
      support.wait_for(function() return support.exists(folder .. "/code") and support.read(folder .. "/code"):match "%d" end, 90, "the run's end")
      process:stop()
      return tonumber(support.read(folder .. "/code")), json.decode(support.read(out)), support.read(err)
    end
    local function kill()
      assert.equal(0, support.shell("kill -KILL " .. support.read(folder .. "/pid")))
      support.wait_for(function() return support.exists(folder .. "/code") end, 10, "the end")
    end
    return { port = port, url = "http://127.0.0.1:" .. port, db = folder .. "/r.db", finish = finish, kill = kill }
  end
  local function sql(run, text)
    local code, out, err = support.run(("sql %s --db %s --json -"):format(support.quote(text), run.db))
    assert.equal(0, code, err)
    return json.decode(out).rows
  end

  --- What Prometheus writes as messages of this name, sample by sample; in the database of the run.
  local function take_prometheus(message)
    local prometheus, why = support.component "prometheus"
    if not prometheus then return pending(why) end
    local run, folder, port = receiving(2000), support.folder(), support.free_port()
    support.write(folder .. "/p.yml", ([[
global: { scrape_interval: 1s }
scrape_configs: [{ job_name: self, static_configs: [{ targets: ["127.0.0.1:%d"], labels: { role: db } }] }]
remote_write: [{ url: "%s/api/v1/write", protobuf_message: %s, queue_config: { batch_send_deadline: 200ms } }]
]]):format(port, run.url, message))
    local server = support.start(("%s --config.file=%s/p.yml --storage.tsdb.path=%s/data --storage.remote.flush-deadline=1s --enable-feature=metadata-wal-records --web.listen-address=127.0.0.1:%d"):format(prometheus, folder, folder, port))
    local code, result, progress = run.finish()
    assert.equal(0, code, progress)
    assert.matches("received at 127.0.0.1:" .. run.port, table.concat(result.notes or {}, "\n") .. progress, 1, true)
    local ups = sql(run, "SELECT s.ts_ns, s.value, x.labels, o.kind, o.instance, o.role FROM points s JOIN series x ON x.id = s.series_id JOIN sources o ON o.id = x.source_id WHERE x.name = 'up' ORDER BY 1")
    assert.equal("127.0.0.1:" .. port, ups[1].instance)
    assert.same({ "remote_write", "target", '{"exported_role":"db","job":"self"}' }, { ups[1].kind, ups[1].role, ups[1].labels })
    -- Prometheus itself says the same of each moment.
    local _, answer = support.shell(("curl -sG http://127.0.0.1:%d/api/v1/query --data-urlencode 'query=up[10m]'"):format(port))
    local theirs = {}
    for _, v in ipairs(json.decode(answer).data.result[1].values) do theirs[math.floor(v[1] * 1000 + 0.5)] = tonumber(v[2]) end
    for _, up in ipairs(ups) do assert.equal(theirs[up.ts_ns // 1000000], up.value) end
    local _, metrics = support.shell(("curl -s http://127.0.0.1:%d/metrics"):format(port))
    server:stop()
    return run, metrics
  end
  it("takes what Prometheus writes, sample by sample", function() take_prometheus "prometheus.WriteRequest" end)
  it("takes remote write 2.0 of Prometheus, which says of each series what it is", function()
    local run, metrics = take_prometheus "io.prometheus.write.v2.Request"
    if not run then return end
    assert.same({ { name = "go_gc_duration_seconds", kind = 0, told = 1 }, { name = "go_gc_duration_seconds_count", kind = 1, told = 1 }, { name = "prometheus_build_info", kind = 0, told = 1 },
      { name = "prometheus_http_requests_total", kind = 1, told = 1 } }, sql(run, "SELECT DISTINCT s.name, s.kind, s.help <> '' AS told FROM series s JOIN sources o ON o.id = s.source_id"
      .. " WHERE o.kind = 'remote_write' AND s.name IN ('go_gc_duration_seconds', 'go_gc_duration_seconds_count', 'prometheus_build_info', 'prometheus_http_requests_total') ORDER BY 1"))
    assert.matches('prometheus_remote_storage_samples_failed_total{[^}]*} 0\n', metrics)
  end)

  --- A message of OTLP with metrics of each kind, under names and units that Prometheus writes differently.
  local function otlp_message(ns)
    local attributes = { { key = "a.b", value = { stringValue = "x" } }, { key = "n", value = { intValue = "7" } }, { key = "9f", value = { doubleValue = 1.5 } },
      { key = "yes", value = { boolValue = true } }, { key = "list", value = { arrayValue = { values = { { intValue = "1" }, { stringValue = "y" } } } } } }
    local function point(fields)
      fields.timeUnixNano, fields.attributes = ns, attributes
      return { fields }
    end
    local metrics = {}
    for _, m in ipairs { { "http.server.duration", "s" }, { "mem.used", "By" }, { "disk", "By/s" }, { "ratio.thing", "1" }, { "latency", "ms" }, { "percent", "%" }, { "temp", "Cel" },
      { "requests", "{request}" }, { "9lives", "" }, { "a..b__c", "1" }, { "x_seconds", "s" }, { "weird unit", "foo/bar" }, { "total.things.total", "1" } } do
      metrics[#metrics + 1] = { name = m[1], unit = m[2], gauge = { dataPoints = point { asDouble = 1.25 } } }
      metrics[#metrics + 1] = { name = m[1] .. ".c", unit = m[2], sum = { isMonotonic = true, aggregationTemporality = 2, dataPoints = point { asInt = "5" } } }
      metrics[#metrics + 1] = { name = m[1] .. ".u", unit = m[2], sum = { aggregationTemporality = 2, dataPoints = point { asInt = "-5" } } }
    end
    metrics[#metrics + 1] = { name = "h", unit = "s", histogram = { aggregationTemporality = 2, dataPoints = point { count = "6", sum = 3.5, bucketCounts = { "1", "2", "3" }, explicitBounds = { 0.5, 1 } } } }
    metrics[#metrics + 1] = { name = "quantiles", unit = "ms", summary = { dataPoints = point { count = "6", sum = 3.5, quantileValues = { { quantile = 0.5, value = 2 } } } } }
    local resource = { attributes = { { key = "service.name", value = { stringValue = "shop" } }, { key = "service.namespace", value = { stringValue = "ns" } },
      { key = "service.instance.id", value = { stringValue = "i1" } }, { key = "host.name", value = { stringValue = "h" } } } }
    return json.encode { resourceMetrics = { { resource = resource, scopeMetrics = { { scope = { name = "s" }, metrics = metrics } } } } }
  end
  --- { name, labels with instance, value } as a text.
  local function series_text(name, labels, value)
    local list = {}
    for k, v in pairs(labels) do
      if k ~= "__name__" then list[#list + 1] = k .. "=" .. v end
    end
    table.sort(list)
    return ("%s{%s} %g"):format(name, table.concat(list, ","), value)
  end

  it("stores OTLP under the names that Prometheus gives it", function()
    local prometheus, why = support.component "prometheus"
    if not prometheus then return pending(why) end
    local run, folder, port = receiving(48), support.folder(), support.free_port()
    local ns = os.time() .. "000000000"
    support.write(folder .. "/m.json", otlp_message(ns))
    support.write(folder .. "/p.yml", "global: {}\n")
    local server = support.start(("%s --config.file=%s/p.yml --storage.tsdb.path=%s/data --web.listen-address=127.0.0.1:%d --web.enable-otlp-receiver"):format(prometheus, folder, folder, port))
    local api = ("http://127.0.0.1:%d/api/v1"):format(port)
    support.wait_for(function() return support.shell(("curl -sf http://127.0.0.1:%d/-/ready"):format(port)) == 0 end, 30, "Prometheus")
    local function post(url, more)
      local _, out = support.shell(("curl -s -w '%%{http_code}' -H 'Content-Type: application/json' %s %s"):format(more, url))
      return out
    end
    assert.equal("200", post(api .. "/otlp/v1/metrics", ("--data-binary @%s/m.json"):format(folder)))
    assert.equal("{}200", post(run.url .. "/v1/metrics", ("--data-binary @%s/m.json"):format(folder)))
    local code, _, progress = run.finish()
    assert.equal(0, code, progress)
    local want, got = {}, {}
    support.wait_for(function()
      local _, answer = support.shell(("curl -sG %s/query --data-urlencode 'query={__name__!=\"\"}'"):format(api))
      want = {}
      for i, s in ipairs(json.decode(answer).data.result) do want[i] = series_text(s.metric.__name__, s.metric, tonumber(s.value[2])) end
      return #want > 0
    end, 20, "Prometheus' answer")
    for i, row in ipairs(sql(run, "SELECT s.name, s.labels, o.instance, p.value, p.ts_ns FROM points p JOIN series s ON s.id = p.series_id JOIN sources o ON o.id = s.source_id WHERE o.kind = 'otlp'")) do
      local labels = json.decode(row.labels)
      labels.instance = row.instance
      got[i] = series_text(row.name, labels, row.value)
      assert.equal(math.tointeger(ns), row.ts_ns)
    end
    table.sort(want)
    table.sort(got)
    assert.same(want, got)
    server:stop()
  end)

  it("takes what an OpenTelemetry Collector exports, compressed", function()
    local collector, why = support.component "otelcol"
    if not collector then return pending(why) end
    local run, folder, port = receiving(48), support.folder(), support.free_port()
    support.write(folder .. "/m.json", otlp_message(os.time() .. "000000000"))
    support.write(folder .. "/c.yml", ([[
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:%d" } } } }
exporters: { otlphttp: { endpoint: "%s", compression: gzip } }
service: { telemetry: { metrics: { level: none } }, pipelines: { metrics: { receivers: [otlp], exporters: [otlphttp] } } }
]]):format(port, run.url))
    local server = support.start(("%s --config %s/c.yml"):format(collector, folder))
    support.wait_for(function() return support.listens(port) end, 30, "the collector")
    local _, out = support.shell(("curl -s -w '%%{http_code}' -H 'Content-Type: application/json' --data-binary @%s/m.json http://127.0.0.1:%d/v1/metrics"):format(folder, port))
    assert.matches("200$", out)
    local code, _, progress = run.finish()
    assert.equal(0, code, progress)
    assert.matches("48 samples of 48 series", progress, 1, true)
    local rows = sql(run, "SELECT p.value FROM points p JOIN series s ON s.id = p.series_id WHERE s.name = 'h_seconds_bucket' ORDER BY 1")
    assert.same({ { value = 1.0 }, { value = 3.0 }, { value = 6.0 } }, rows)
    server:stop()
  end)

  --- A Python that has this module of OpenTelemetry's SDK; or nil, and why not.
  local function sdk(module)
    local python = support.build .. "/python/bin/python3"
    if support.shell(("%s -c 'import %s'"):format(python, module)) == 0 then return python end
    return nil, ("no %s in build/tests/python"):format(module)
  end
  local HTTP, GRPC = "opentelemetry.exporter.otlp.proto.http", "opentelemetry.exporter.otlp.proto.grpc"

  --- A run that receives over HTTP or gRPC, and where it is sent to.
  local function receiving_otlp(module, samples, body)
    if module ~= GRPC then
      local run = receiving(samples, nil, body)
      return run, run.url
    end
    local where = "127.0.0.1:" .. support.free_port()
    return receiving(samples, ("otlp = true, otlp_grpc = %q"):format(where), body), where
  end

  --- What its metrics become, by one of its exporters.
  local function take_sdk_metrics(module)
    local python, why = sdk(module)
    if not python then return pending(why) end
    local run, where = receiving_otlp(module, 17)
    local sent, _, err = support.shell(("%s tests/integration/servers/otlp_sender.py %s"):format(python, where))
    assert.equal(0, sent, err)
    local code, _, progress = run.finish()
    assert.equal(0, code, progress)
    local function values(name, where)
      local list = {}
      for i, row in ipairs(sql(run, ("SELECT p.value, s.labels FROM points p JOIN series s ON s.id = p.series_id WHERE s.name = '%s' %s ORDER BY p.ts_ns, s.labels"):format(name, where or ""))) do
        list[i] = { json.decode(row.labels).le, row.value }
      end
      return list
    end
    assert.same({ { nil, 3.0 }, { nil, 6.0 } }, values "turns_total")
    assert.same({ { nil, 8.0 }, { nil, 16.0 } }, values "exponential_seconds_sum")
    assert.same({ { "+Inf", 2.0 }, { "2", 0.0 }, { "4", 1.0 }, { "8", 2.0 }, { "+Inf", 4.0 }, { "2", 0.0 }, { "4", 2.0 }, { "8", 4.0 } }, values "exponential_seconds_bucket")
  end
  it("takes what an OpenTelemetry SDK exports, deltas and exponential histograms too", function() take_sdk_metrics(HTTP) end)
  it("takes what an OpenTelemetry SDK exports over gRPC", function() take_sdk_metrics(GRPC) end)

  --- Spans of the SDK by one of its exporters.
  local function take_sdk_spans(protocol, module)
    local python, why = sdk(module)
    if not python then return pending(why) end
    local run, where = receiving_otlp(module, 3, [[
      local total, length = 0, 0
      for _, e in ipairs(run:traces { service = "shop" }) do
        run:event("operation", ("%s %s %d %d"):format(e.operation, e.kind, e.count, e.errors))
        total, length = total + e.critical, e.operation == "checkout" and e.mean or length
        assert(e.self >= e.critical and e.p50 <= e.max and e.rate > 0)
      end
      assert(length > 0 and math.abs(total - length) < 1e-3 * length) -- one trace: its path is as long as its root
      assert(#run:traces { trace = ("0"):rep(32) } == 0)]])
    local sent, ids, err = support.shell(("%s tests/integration/servers/span_sender.py %s %s"):format(python, protocol, where))
    assert.equal(0, sent, err)
    local code, _, progress = run.finish()
    assert.equal(0, code, progress)
    assert.matches("0 samples of 0 series, 3 spans", progress, 1, true)
    local trace, root, child = ids:match "(%x+) (%x+) (%x+)"
    local rows = sql(run, "SELECT text, data ->> 'trace_id' AS trace, data ->> 'span_id' AS id, data ->> 'parent_id' AS parent, data ->> 'service' AS service, data ->> 'kind' AS kind,"
      .. " data ->> 'status' AS status, data ->> '$.attributes.n' AS n, duration_ns > 0 AS lasts FROM events WHERE kind = 'span' ORDER BY ts_ns")
    assert.equal(3, #rows)
    local function same(want, got)
      for k, v in pairs(want) do assert.equal(v, got[k], k) end
    end
    same({ text = "checkout", trace = trace, id = root, service = "shop", kind = "server", status = "unset", n = "7", lasts = 1 }, rows[1])
    assert.is_true(rows[1].parent == nil or rows[1].parent == json.null)
    same({ text = "pay", trace = trace, id = child, parent = root, kind = "client", status = "error" }, rows[2])
    same({ text = "ship", trace = trace, parent = root, kind = "internal" }, rows[3])
    local notes = sql(run, "SELECT (SELECT events ->> '$[0].name' || coalesce(events ->> '$[0].attributes.bank', '') FROM span_list WHERE operation = 'pay') AS event,"
      .. " (SELECT (links ->> '$[0].trace_id') || (links ->> '$[0].span_id') || (links ->> '$[0].attributes.why') FROM span_list WHERE operation = 'ship') AS link")[1]
    if protocol == "otlp" then
      assert.same({ event = "askedb1", link = trace .. child .. "paid" }, notes)
    else -- Zipkin's format has no links, and an event is a text
      assert.matches('"asked".*"b1"', notes.event)
    end
    assert.same({ { text = "checkout server 1 0" }, { text = "pay client 1 1" }, { text = "ship internal 1 0" } }, sql(run, "SELECT text FROM events WHERE kind = 'operation' ORDER BY 1"))
  end
  it("takes spans that an OpenTelemetry SDK exports", function() take_sdk_spans("otlp", HTTP) end)
  it("takes spans that an OpenTelemetry SDK exports over gRPC", function() take_sdk_spans("otlp", GRPC) end)
  it("takes spans that are sent to Zipkin", function() take_sdk_spans("zipkin", "opentelemetry.exporter.zipkin.json") end)

  it("takes spans that an OpenTelemetry Collector exports, compressed, in both encodings", function()
    local collector, why = support.component "otelcol"
    if not collector then return pending(why) end
    local run, folder, port = receiving(4), support.folder(), support.free_port()
    local ns = os.time() .. "000000000"
    support.write(folder .. "/s.json", json.encode { resourceSpans = { { resource = { attributes = { { key = "service.name", value = { stringValue = "shop" } } } }, scopeSpans = { { spans = {
      { traceId = ("5b"):rep(16), spanId = ("ee"):rep(8), name = "GET /", kind = 2, startTimeUnixNano = ns, endTimeUnixNano = ns },
      { traceId = ("5b"):rep(16), spanId = ("ef"):rep(8), parentSpanId = ("ee"):rep(8), name = "SELECT", kind = 3, startTimeUnixNano = ns, endTimeUnixNano = ns } } } } } } })
    support.write(folder .. "/c.yml", ([[
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:%d" } } } }
exporters:
  otlphttp/proto: { endpoint: "%s", compression: gzip }
  otlphttp/json: { endpoint: "%s", compression: gzip, encoding: json }
service: { telemetry: { metrics: { level: none } }, pipelines: { traces: { receivers: [otlp], exporters: [otlphttp/proto, otlphttp/json] } } }
]]):format(port, run.url, run.url))
    local server = support.start(("%s --config %s/c.yml"):format(collector, folder))
    support.wait_for(function() return support.listens(port) end, 30, "the collector")
    local _, out = support.shell(("curl -s -w '%%{http_code}' -H 'Content-Type: application/json' --data-binary @%s/s.json http://127.0.0.1:%d/v1/traces"):format(folder, port))
    assert.matches("200$", out)
    local code, _, progress = run.finish()
    assert.equal(0, code, progress)
    assert.matches("4 spans", progress, 1, true)
    assert.same({ { text = "GET /", n = 2 }, { text = "SELECT", n = 2 } },
      sql(run, "SELECT text, count(*) AS n FROM events WHERE kind = 'span' AND data ->> 'trace_id' = '" .. ("5b"):rep(16) .. "' GROUP BY 1 ORDER BY 1"))
    server:stop()
  end)

  --- Logs of the SDK by one of its exporters.
  local function take_sdk_logs(module)
    local python, why = sdk(module)
    if not python then return pending(why) end
    local run, where = receiving_otlp(module, 2)
    local sent, ids, err = support.shell(("%s tests/integration/servers/log_sender.py %s"):format(python, where))
    assert.equal(0, sent, err)
    local code, _, progress = run.finish()
    assert.equal(0, code, progress)
    assert.matches("0 samples of 0 series, 2 logs", progress, 1, true)
    local rows = sql(run, "SELECT text, data ->> 'severity' AS severity, data ->> 'service' AS service, coalesce(data ->> 'trace_id', '') AS trace, data ->> '$.attributes.order' AS n"
      .. " FROM events WHERE kind = 'log' ORDER BY ts_ns")
    assert.same({ text = "no money", severity = "error", service = "shop", trace = ids:match "%x+", n = "7" }, rows[1])
    assert.same({ "bye", "warn", "" }, { rows[2].text, rows[2].severity, rows[2].trace })
  end
  it("takes logs that an OpenTelemetry SDK exports, joined to their traces", function() take_sdk_logs(HTTP) end)
  it("takes logs that an OpenTelemetry SDK exports over gRPC", function() take_sdk_logs(GRPC) end)

  it("says to clients of gRPC what it does not take, and goes on", function()
    local python, why = sdk(GRPC)
    if not python then return pending(why) end
    local where = "127.0.0.1:" .. support.free_port()
    local run = receiving(3, ("otlp_grpc = %q, otlp = true, body = '1MiB', expanded = '4MiB'"):format(where))
    local done, out, err = support.shell(("%s tests/integration/servers/grpc_calls.py %s"):format(python, where))
    assert.equal(0, done, err)
    assert.equal([[
good OK 
some OK rejected_spans: 1 error_message: "no trace id"
empty OK 
malformed INVALID_ARGUMENT the body is malformed
unknown UNIMPLEMENTED nothing is received there
long RESOURCE_EXHAUSTED the message is too long
deflate UNIMPLEMENTED its Content-Type or Content-Encoding is not taken here
bomb RESOURCE_EXHAUSTED the body expands to too much
last OK 
]], out)
    local code, _, progress = run.finish()
    assert.equal(0, code, progress)
    assert.matches(("received at %%S+, %s %%(otlp_grpc%%): 0 samples of 0 series, 3 spans; refused:"):format(where:gsub("%.", "%%.")), progress)
  end)

  it("takes logs that an OpenTelemetry Collector exports, compressed, in both encodings", function()
    local collector, why = support.component "otelcol"
    if not collector then return pending(why) end
    local run, folder, port = receiving(4), support.folder(), support.free_port()
    local ns = os.time() .. "000000000"
    support.write(folder .. "/l.json", json.encode { resourceLogs = { { resource = { attributes = { { key = "service.name", value = { stringValue = "shop" } } } }, scopeLogs = { { logRecords = {
      { timeUnixNano = ns, severityNumber = 17, severityText = "Error", traceId = ("5b"):rep(16), spanId = ("ee"):rep(8), body = { stringValue = "no money" } },
      { observedTimeUnixNano = ns, severityNumber = 5, body = { kvlistValue = { values = { { key = "a", value = { intValue = "7" } } } } } } } } } } } })
    support.write(folder .. "/c.yml", ([[
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:%d" } } } }
exporters:
  otlphttp/proto: { endpoint: "%s", compression: gzip }
  otlphttp/json: { endpoint: "%s", compression: gzip, encoding: json }
service: { telemetry: { metrics: { level: none } }, pipelines: { logs: { receivers: [otlp], exporters: [otlphttp/proto, otlphttp/json] } } }
]]):format(port, run.url, run.url))
    local server = support.start(("%s --config %s/c.yml"):format(collector, folder))
    support.wait_for(function() return support.listens(port) end, 30, "the collector")
    local _, out = support.shell(("curl -s -w '%%{http_code}' -H 'Content-Type: application/json' --data-binary @%s/l.json http://127.0.0.1:%d/v1/logs"):format(folder, port))
    assert.matches("200$", out)
    local code, _, progress = run.finish()
    assert.equal(0, code, progress)
    assert.matches("4 logs", progress, 1, true)
    assert.same({ { text = "no money", n = 2, severity = "error" }, { text = '{"a":7}', n = 2, severity = "debug" } },
      sql(run, "SELECT text, count(*) AS n, data ->> 'severity' AS severity FROM events WHERE kind = 'log' AND ts_ns = " .. ns .. " GROUP BY 1 ORDER BY 1"))
    server:stop()
  end)

  it("takes what Prometheus' Python client pushes", function()
    local run = receiving(6)
    local sent, _, err = support.shell(("/usr/bin/python3 tests/integration/servers/pusher.py 127.0.0.1:%d"):format(run.port))
    assert.equal(0, sent, err)
    local code, _, progress = run.finish()
    assert.equal(0, code, progress)
    local rows = sql(run, "SELECT s.name, s.labels, s.kind, p.value FROM points p JOIN series s ON s.id = p.series_id JOIN sources o ON o.id = s.source_id WHERE o.kind = 'push' AND s.name NOT LIKE '%_created' ORDER BY 1, 2, p.ts_ns")
    local labels = '"job":"backup","path":"/var/lib"}'
    assert.same({ { name = "backup_bytes", labels = "{" .. labels, kind = 0, value = 7.0 }, { name = "backup_bytes", labels = "{" .. labels, kind = 0, value = 9.0 },
      { name = "backup_runs_total", labels = "{" .. labels, kind = 1, value = 1.0 }, { name = "backup_runs_total", labels = "{" .. labels, kind = 1, value = 1.0 } }, rows)
  end)

  it("takes what Telegraf writes to InfluxDB 2", function()
    local telegraf, why = support.component "telegraf"
    if not telegraf then return pending(why) end
    local run, folder = receiving(20), support.folder()
    support.write(folder .. "/t.conf", ([==[
[agent]
  interval = "200ms"
  flush_interval = "200ms"
  hostname = "box"
[[inputs.mem]]
[[outputs.influxdb_v2]]
  urls = ["%s"]
  token = "t"
  organization = "o"
  bucket = "b"
]==]):format(run.url))
    local sender = support.start(("%s --config %s/t.conf"):format(telegraf, folder))
    local code, _, progress = run.finish()
    sender:stop()
    assert.equal(0, code, progress)
    local rows = sql(run, "SELECT s.labels, o.kind, count(*) AS n, min(p.value) > 0 AS good FROM points p JOIN series s ON s.id = p.series_id JOIN sources o ON o.id = s.source_id WHERE s.name = 'mem_total' GROUP BY 1, 2")
    assert.equal('{"host":"box"}', rows[1].labels)
    assert.same({ "influx", 1 }, { rows[1].kind, rows[1].good })
    assert.is_true(rows[1].n >= 1)
  end)

  it("takes StatsD over UDP and TCP, and Graphite's lines", function()
    local folder, statsd, graphite = support.folder(), support.free_port(), support.free_port()
    local path = support.write(folder .. "/r.lua", ([[
      local pl = require "perilune"
      return pl.playbook { name = "r", errors = "ignore", run = function(run)
        local free = run:receive { statsd = true }
        assert(free.url == nil and free.graphite == nil and free.statsd.address == "127.0.0.1:" .. free.statsd.port)
        local receiver = run:receive { statsd = "127.0.0.1:%d", graphite = "127.0.0.1:%d" }
        local waited = 0
        local function all_came(counts) return counts.samples == 13 and counts.refused.line == 2 end
        while not all_came(receiver:counts()) and waited < 60 do
          run:sleep "100ms"
          waited = waited + 0.1
        end
        receiver:stop()
        assert(all_came(receiver:counts()))
      end }]]):format(statsd, graphite))
    local out, err = folder .. "/out", folder .. "/err"
    local process = support.start(("sh -c '%s run %s --db %s/r.db --json - >%s 2>%s; echo $? >%s/code'"):format(support.perilune, path, folder, out, err, folder))
    support.wait_for(function() return support.listens(graphite) end, 20, "the receiver")
    local sent, _, why = support.shell(("/usr/bin/python3 tests/integration/servers/lines_sender.py %s %s"):format(statsd, graphite))
    assert.equal(0, sent, why)
    support.wait_for(function() return support.exists(folder .. "/code") and support.read(folder .. "/code"):match "%d" end, 90, "the run's end")
    process:stop()
    local progress = support.read(err)
    assert.equal("0", support.read(folder .. "/code"):match "%d+", progress)
    assert.matches(("received at 127.0.0.1:%s (statsd), 127.0.0.1:%s (graphite): 13 samples of 6 series; refused: 2 lines (malformed)"):format(statsd, graphite), progress, 1, true)
    local run = { db = folder .. "/r.db" }
    -- What came in two seconds has a sample in each: counters and gauges end with the same value.
    local function last(name)
      local rows = sql(run, ("SELECT p.value, s.kind FROM points p JOIN series s ON s.id = p.series_id WHERE s.name = '%s' ORDER BY p.ts_ns DESC"):format(name))
      return { rows[1].value, rows[1].kind }
    end
    assert.same({ { 11.0, 1 }, { 7.0, 0 }, { 2.0, 0 } }, { last "shop_orders", last "shop_queue", last "shop_users" })
    assert.same({ { labels = '{"route":"cart"}', unit = "seconds", high = 0.75 } },
      sql(run, "SELECT d.labels, s.unit, round(quantile(d.hist, 1.0), 2) AS high FROM distributions d JOIN series s ON s.name = d.name WHERE d.name = 'shop_answer'"))
    assert.same({ { labels = "{}", ts_ns = 1700000000000000000, value = 21.5 }, { labels = '{"row":"b"}', ts_ns = 1700000001000000000, value = 22.0 } },
      sql(run, "SELECT s.labels, p.ts_ns, p.value FROM points p JOIN series s ON s.id = p.series_id WHERE s.name = 'rack_temp' ORDER BY 2"))
  end)

  it("takes DogStatsD's datagrams at a Unix socket, which goes with the run", function()
    local folder = support.folder()
    local path = support.write(folder .. "/u.lua", ([[
      local pl = require "perilune"
      return pl.playbook { name = "u", run = function(run)
        local receiver, waited = run:receive { statsd = "unix:%s/s.sock" }, 0
        while receiver:counts().samples < 2 and waited < 60 do
          run:sleep "100ms"
          waited = waited + 0.1
        end
      end }]]):format(folder))
    local process = support.start(("sh -c '%s run %s --db %s/u.db >%s/out 2>&1; echo $? >%s/code'"):format(support.perilune, path, folder, folder, folder))
    support.wait_for(function() return support.exists(folder .. "/s.sock") or support.shell(("test -S %s/s.sock"):format(folder)) == 0 end, 20, "the socket")
    local sent, _, why = support.shell(([[/usr/bin/python3 -c 'import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect("%s/s.sock")
s.send(b"jobs.done:2|c|#queue:mail\njobs.waiting:5|g")']]):format(folder))
    assert.equal(0, sent, why)
    support.wait_for(function() return support.exists(folder .. "/code") and support.read(folder .. "/code"):match "%d" end, 90, "the run's end")
    process:stop()
    local text = support.read(folder .. "/out")
    assert.equal("0", support.read(folder .. "/code"):match "%d+", text)
    assert.matches(("received at unix:%s/s.sock (statsd): 2 samples of 2 series"):format(folder), text, 1, true)
    assert.equal(1, (support.shell(("test -e %s/s.sock"):format(folder))))
    local rows = sql({ db = folder .. "/u.db" }, "SELECT s.name, s.labels, max(p.value) AS v FROM points p JOIN series s ON s.id = p.series_id WHERE s.name LIKE 'jobs%' GROUP BY 1, 2 ORDER BY 1")
    assert.same({ { name = "jobs_done", labels = '{"queue":"mail"}', v = 2.0 }, { name = "jobs_waiting", labels = "{}", v = 5.0 } }, rows)
  end)

  it("refuses what is no message, and tells how much", function()
    local run = receiving(1, "series = 5", "")
    local function post(path, more)
      local _, out = support.shell(("curl -s -o /dev/null -w '%%{http_code}' %s %s%s"):format(more, run.url, path))
      return out
    end
    local good = "-H 'Content-Type: application/x-protobuf' -H 'Content-Encoding: snappy'"
    assert.equal("404", post("/other", "-d x"))
    assert.equal("405", post("/api/v1/write", ""))
    assert.equal("415", post("/api/v1/write", "-d x"))
    assert.equal("400", post("/api/v1/write", good .. " -d x"))
    -- up{} 1 @ 1 s, as its bytes stand on the wire, in a block of Snappy that is one literal.
    local message = "\n!\n\14\n\8__name__\18\2up\18\12\9\0\0\0\0\0\0\240?\16\232\7"
    message = message:gsub("^\n.", function() return "\n" .. string.char(#message - 2) end)
    support.write(run.db .. ".block", string.char(#message, (#message - 1) << 2) .. message)
    assert.equal("204", post("/api/v1/write", ("%s --data-binary @%s.block"):format(good, run.db)))
    local code, result, progress = run.finish()
    assert.equal(0, code, progress)
    assert.matches("1 sample of 1 series; refused: 1 request (nothing is received there), 1 request (it is sent by another method), ", progress, 1, true)
    local rows = sql(run, "SELECT p.ts_ns, p.value FROM points p JOIN series s ON s.id = p.series_id WHERE s.name = 'up'")
    assert.same({ { ts_ns = 1000000000, value = 1.0 } }, rows)
    assert.is_table(result)
  end)

  it("keeps what it has answered, whenever it is killed", function()
    local run = receiving(1000000)
    for i = 1, 20 do
      local _, out = support.shell(("curl -s -o /dev/null -w '%%{http_code}' --data-binary 'm value=%d %d' %s/write?precision=s"):format(i, 1700000000 + i, run.url))
      assert.equal("204", out)
    end
    run.kill()
    local rows = sql(run, "SELECT p.value FROM points p JOIN series s ON s.id = p.series_id WHERE s.name = 'm' ORDER BY p.ts_ns")
    assert.equal(20, #rows)
    assert.equal(20.0, rows[20].value)
  end)

  it("stays on this machine without a policy", function()
    local folder = support.folder()
    local path = support.write(folder .. "/r.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "r", run = function(run) run:receive { listen = "0.0.0.0:0" } end }]])
    local code, out, err = support.run(("run %s --db %s/r.db"):format(path, folder))
    assert.not_equal(0, code)
    assert.matches("give a policy file with receive", out .. err, 1, true)
  end)
end)
