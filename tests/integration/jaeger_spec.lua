--- The requests of a load in Jaeger, with the spans of their target below them.
local json = require "perilune.core.json"
local support = require "integration.support"

describe("run:export to Jaeger", function()
  after_each(support.clean)

  --- Jaeger, whose ports are all of loopback: { otlp, query }.
  local function start(program)
    local ports, flags = {}, {}
    for i, name in ipairs { "query.http-server", "collector.otlp.http", "query.grpc-server", "admin.http", "collector.otlp.grpc", "collector.http-server", "collector.grpc-server" } do
      ports[i] = support.free_port()
      flags[i] = ("--%s.host-port=127.0.0.1:%d"):format(name, ports[i])
    end
    local server = support.start(("%s --collector.otlp.enabled=true %s"):format(program, table.concat(flags, " ")))
    support.wait_for(function() return support.listens(ports[1]) and support.listens(ports[2]) end, 30, "Jaeger")
    return { query = "http://127.0.0.1:" .. ports[1], otlp = "http://127.0.0.1:" .. ports[2], stop = function() server:stop "KILL" end }
  end

  --- A load of 20 requests with these defaults, whose target tells Jaeger, too; gives Jaeger and what the run printed.
  local function loaded(program, defaults)
    local jaeger, folder, port = start(program), support.folder(), support.free_port()
    local server = support.start(("/usr/bin/python3 tests/integration/servers/traced_otlp.py %d %s"):format(port, jaeger.otlp))
    support.wait_for(function() return support.listens(port) end, 20, "the server")
    local path = support.write(folder .. "/t.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "t", errors = "ignore",
  scenarios = { ask = { users = 1, iterations = 20, request = { url = "http://127.0.0.1:%d/" }, defaults = { %s } } },
  run = function(run)
    run:export { to = "otlp_traces", url = "%s", labels = { env = "test" } }
    run:load "ask"
  end }]]):format(port, defaults, jaeger.otlp))
    local code, out, err = support.run(("run %s --db %s/t.db --json -"):format(path, folder))
    server:stop()
    assert.equal(0, code, err)
    return jaeger, out, err
  end

  it("shows the slow ones above what their target did", function()
    local program, why = support.component "jaeger-all-in-one"
    if not program then return pending(why) end
    local jaeger, out, err = loaded(program, "trace = true")
    assert.matches("(otlp_traces): 5 spans delivered", out .. err, 1, true)
    local slow = json.decode(out).loads[1].slow
    assert.equal(5, #slow)
    for _, e in ipairs(slow) do
      local trace = support.wait_for(function()
        local _, text = support.shell(("curl -s %s/api/traces/%s"):format(jaeger.query, e.trace_id))
        local data = json.decode(text).data
        return data and data[1] and #data[1].spans == 2 and data[1]
      end, 20, "the trace")
      local by_service = {}
      for _, s in ipairs(trace.spans) do by_service[trace.processes[s.processID].serviceName] = s end
      local own, theirs = by_service.perilune, by_service.traced
      assert.equal("GET /", own.operationName)
      assert.equal(own.spanID, theirs.references[1].spanID)
      assert.near(e.latency_s * 1e6, own.duration, 2)
      local tags = {}
      for _, t in ipairs(own.tags) do tags[t.key] = t.value end
      assert.same({ "client", "ask", 200 }, { tags["span.kind"], tags["perilune.scenario"], tags["http.response.status_code"] })
    end
    jaeger.stop()
  end)
  it("shows as many of all as were asked for", function()
    local program, why = support.component "jaeger-all-in-one"
    if not program then return pending(why) end
    local jaeger, out, err = loaded(program, 'trace_ratio = "100%"')
    assert.matches("(otlp_traces): 20 spans delivered", out .. err, 1, true)
    support.wait_for(function()
      local _, text = support.shell(("curl -s '%s/api/traces?service=perilune&limit=100'"):format(jaeger.query))
      local traces, whole = json.decode(text).data or {}, 0
      for _, t in ipairs(traces) do whole = whole + (#t.spans == 2 and 1 or 0) end
      return whole == 20
    end, 20, "twenty traces")
    jaeger.stop()
  end)
  it("shows what perilune load kept", function()
    local program, why = support.component "jaeger-all-in-one"
    if not program then return pending(why) end
    local jaeger, folder, shop = start(program), support.folder(), support.shop()
    local code, out, err = support.run(("load %s --rate 50/s --duration 1s --trace-ratio 100%% --db %s/l.db"):format(shop.url, folder))
    assert.equal(0, code, out .. err)
    code, out, err = support.run(("export otlp_traces last --to %s --db %s/l.db"):format(jaeger.otlp, folder))
    assert.equal(0, code, out .. err)
    assert.matches("(otlp_traces): 50 spans delivered", err, 1, true)
    jaeger.stop()
  end)
end)
