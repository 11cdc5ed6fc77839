--- What the real Zipkin keeps of traces is what a run has that takes them from it.
local json = require "perilune.core.json"
local support = require "integration.support"

describe("Zipkin's spans", function()
  after_each(support.clean)

  --- Zipkin in memory: its URL; or nil, and why not.
  local function start()
    local jar = support.build .. "/bin/zipkin-server-exec.jar"
    if not support.exists(jar) then return nil, "no Zipkin in the build's folder bin" end
    local port = support.free_port()
    support.start(("env STORAGE_TYPE=mem java -Xmx256m -XX:TieredStopAtLevel=1 -jar %s '--armeria.ports[0].ip=127.0.0.1' '--armeria.ports[0].port=%d' '--armeria.ports[0].protocols[0]=http'"):format(jar, port))
    local url = "http://127.0.0.1:" .. port
    support.wait_for(function() return support.shell("curl -sf " .. url .. "/health") == 0 end, 300, "Zipkin")
    return url
  end
  --- Sends a file of spans; the status.
  local function post(url, path)
    local _, out = support.shell(("curl -s -o /dev/null -w '%%{http_code}' -H 'Content-Type: application/json' --data-binary @%s %s/api/v2/spans"):format(path, url))
    return out
  end

  it("are the same from Zipkin and from their sender", function()
    local zipkin, why = start()
    if not zipkin then return pending(why) end
    local folder, port, us = support.folder(), support.free_port(), os.time() * 1000000
    local trace = "5af7183fb1d4cf5f5af7183fb1d4cf5f"
    local sent = {
      { traceId = trace, id = "352bff9a74ca9ad2", name = "get /", kind = "SERVER", timestamp = us, duration = 9000, localEndpoint = { serviceName = "shop", ipv4 = "127.0.0.1" }, tags = { ["http.path"] = "/" } },
      { traceId = trace, parentId = "352bff9a74ca9ad2", id = "6b221d5bc9e6496c", name = "pay", kind = "CLIENT", timestamp = us + 1000, duration = 4000, localEndpoint = { serviceName = "shop" },
        remoteEndpoint = { serviceName = "bank", port = 8443 }, annotations = { { timestamp = us + 1500, value = "asked" } }, tags = { error = "no money" } },
      { traceId = trace, parentId = "352bff9a74ca9ad2", id = "6b221d5bc9e6496c", name = "pay", kind = "SERVER", shared = true, timestamp = us + 2000, duration = 2000, localEndpoint = { serviceName = "bank" } },
      { traceId = "7f", id = "7f", name = "short", timestamp = us, duration = 1, localEndpoint = { serviceName = "shop" } } }
    support.write(folder .. "/sent.json", json.encode(sent))
    assert.equal("202", post(zipkin, folder .. "/sent.json"))
    local kept = support.wait_for(function()
      local _, out = support.shell(("curl -s '%s/api/v2/traces?limit=10&lookback=600000'"):format(zipkin))
      local spans = {}
      for _, one in ipairs(json.decode(out)) do table.move(one, 1, #one, #spans + 1, spans) end
      return #spans == #sent and spans
    end, 30, "Zipkin's answer")
    support.write(folder .. "/kept.json", json.encode(kept))
    local function taken(name)
      local server = support.start(("%s serve --listen 127.0.0.1:%d --db %s/%s.db"):format(support.perilune, port, folder, name))
      support.wait_for(function() return support.listens(port) end, 30, "serve")
      assert.equal("202", post("http://127.0.0.1:" .. port, ("%s/%s.json"):format(folder, name)))
      server:stop()
      local code, out, err = support.run(("sql \"SELECT ts_ns, duration_ns, text, data FROM events WHERE kind = 'span' ORDER BY 1, 2\" --db %s/%s.db --json -"):format(folder, name))
      assert.equal(0, code, err)
      local rows = json.decode(out).rows
      for _, row in ipairs(rows) do row.data = json.decode(row.data) end
      return rows
    end
    local want, got = taken "sent", taken "kept"
    assert.equal(4, #want)
    assert.same(want, got)
    assert.equal("no money", got[3].data.message)
    assert.equal("asked", got[3].data.events[1].name)
  end)
end)
