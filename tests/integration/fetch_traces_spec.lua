--- run:fetch against the real Jaeger: its traces are stored once, and joined to the slow requests of a load.
local json = require "perilune.core.json"
local support = require "integration.support"

describe("run:fetch of Jaeger", function()
  local folder, url, otlp, zipkin, why
  setup(function()
    local jaeger
    jaeger, why = support.component "jaeger-all-in-one"
    if not jaeger then return end
    folder = support.folder()
    local port, flags = {}, {}
    for i, flag in ipairs { "query.http-server", "collector.otlp.http", "query.grpc-server", "admin.http", "collector.otlp.grpc", "collector.http-server", "collector.grpc-server", "collector.zipkin" } do
      port[i] = support.free_port()
      flags[i] = ("--%s.host-port=127.0.0.1:%d"):format(flag, port[i])
    end
    support.start(("%s --collector.otlp.enabled=true %s"):format(jaeger, table.concat(flags, " ")))
    url, otlp, zipkin = "http://127.0.0.1:" .. port[1], "http://127.0.0.1:" .. port[2], "http://127.0.0.1:" .. port[8]
    support.wait_for(function() return support.listens(port[1]) and support.listens(port[2]) and support.listens(port[8]) end, 60, "Jaeger")
  end)
  teardown(support.clean)

  --- Sends traces of two spans, that begin at these seconds since 1970, and waits until Jaeger has them.
  local function send(seconds)
    local spans = {}
    for i, at in ipairs(seconds) do
      local trace, ns = ("%032x"):format(at * 1000 + i), ("%d"):format(at * 1000000000 + 1000 * i)
      spans[#spans + 1] = { traceId = trace, spanId = ("ee"):rep(8), name = "GET /", kind = 2, startTimeUnixNano = ns, endTimeUnixNano = ("%d"):format(tonumber(ns) + 3000000),
        attributes = { { key = "n", value = { intValue = tostring(i) } } }, status = { code = i == 1 and 2 or 0, message = i == 1 and "no money" or nil } }
      spans[#spans + 1] = { traceId = trace, spanId = ("ef"):rep(8), parentSpanId = ("ee"):rep(8), name = "SELECT", kind = 3, startTimeUnixNano = ns, endTimeUnixNano = ("%d"):format(tonumber(ns) + 2000000) }
    end
    support.write(folder .. "/s.json", json.encode { resourceSpans = { { resource = { attributes = { { key = "service.name", value = { stringValue = "shop" } } } }, scopeSpans = { { spans = spans } } } } })
    local _, out = support.shell(("curl -s -w '%%{http_code}' -H 'Content-Type: application/json' --data-binary @%s/s.json %s/v1/traces"):format(folder, otlp))
    assert.matches("200$", out)
    support.wait_for(function()
      local _, found = support.shell(("curl -s '%s/api/traces/%032x'"):format(url, seconds[#seconds] * 1000 + #seconds))
      return found:find("SELECT", 1, true)
    end, 20, "the trace")
  end
  local function run(lines)
    local path = support.write(folder .. "/f.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "f", args = { url = pl.arg.url {} }, run = function(run)
  local function fetch(o) o.url, o.service = run.args.url, o.service or "shop" return run:fetch("jaeger", o) end
  local function show(got) print("got", got.requests, got.traces, got.spans) for _, e in ipairs(got.operations) do print("op", e.service, e.operation, e.kind, e.count, e.errors) end end
%s end }]]):format(lines))
    local code, out, err = support.run(("run %s --url %s --db %s/f.db"):format(path, url, folder))
    return code, out .. err
  end

  it("stores its traces, each once, and asks for what is missing alone", function()
    if not url then return pending(why) end
    local now = os.time()
    local seconds = {}
    for i = 1, 7 do seconds[i] = now - 600 + i end
    send(seconds)
    local lines = ("show(fetch { from = %d, to = %d, limit = 3 }) show { requests = 0, traces = 0, spans = 0, operations = run:traces { source = 'jaeger', from = %d } }"):format(now - 700, now - 300, now - 700)
    local code, text = run(lines)
    assert.equal(0, code, text)
    assert.is_true(tonumber(text:match "got\t(%d+)") > 3, text)
    local _, times = text:gsub("op\tshop\tGET /\tserver\t7\t1\n", "")
    assert.equal(2, times, text)
    assert.matches("op\tshop\tSELECT\tclient\t7\t0", text, 1, true)
    code, text = run(lines)
    assert.equal(0, code, text)
    assert.matches("got\t0\t0\t0", text, 1, true)
    assert.matches("op\tshop\tGET /\tserver\t7\t1", text, 1, true)
    local done, rows, err = support.run(("sql %s --db %s/f.db --json -"):format(support.quote [[SELECT count(*) AS n, count(DISTINCT e.data ->> 'trace_id') AS traces, s.kind, s.role, s.origin,
      sum(e.data ->> '$.attributes.n') AS numbers, sum(e.data ->> 'message' = 'no money') AS messages, sum(e.run_id IS NULL) AS ambient FROM events e JOIN sources s ON s.id = e.source_id WHERE e.kind = 'span']], folder))
    assert.equal(0, done, err)
    assert.same({ n = 14, traces = 7, kind = "jaeger", role = "target", origin = "production", numbers = 28, messages = 1, ambient = 14 }, json.decode(rows).rows[1])
  end)
  it("joins them to the slow requests of a load", function()
    if not url then return pending(why) end
    local port = support.free_port()
    local server = support.start(("/usr/bin/python3 tests/integration/servers/traced.py %d %s"):format(port, zipkin))
    support.wait_for(function() return support.listens(port) end, 20, "the server")
    local path = support.write(folder .. "/t.lua", ([[
      local pl = require "perilune"
      return pl.playbook { name = "t", errors = "ignore",
        scenarios = { ask = { users = 1, iterations = 5, request = { url = "http://127.0.0.1:%d/" }, defaults = { trace = true } } },
        run = function(run)
          run:load "ask"
          for _ = 1, 100 do
            local answers = run:fetch("jaeger", { url = %q, service = "traced", from = "-1m" }).operations[1]
            if answers and answers.count == 5 then return end
            run:sleep "200ms"
          end
        end }]]):format(port, url))
    local code, out, err = support.run(("run %s --db %s/t.db --json -"):format(path, folder))
    server:stop()
    assert.equal(0, code, err)
    local list = json.decode(out:match '"slow":(%b[])')
    assert.equal(5, #list)
    for _, e in ipairs(list) do assert.same({ { service = "traced", operation = "answer", kind = "server", seconds = 0.001 } }, e.critical_path) end
  end)
  it("says what it thinks of a question", function()
    if not url then return pending(why) end
    local code, text = run [[fetch { service = "", from = "-1m" }]]
    assert.equal(5, code)
    assert.matches("400 Bad Request: parameter 'service' is required", text, 1, true)
  end)
end)
