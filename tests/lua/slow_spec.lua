local json = require "perilune.core.json"
local phase_bar = require "perilune.report.chart.phase_bar"
local slow = require "perilune.slow"

describe("slow requests", function()
  local function request(key, latency, more)
    local e = { key = key, at_ns = 1000000000, latency = latency, service = latency, phases = { wait = latency }, status = 200 }
    for k, v in pairs(more or {}) do e[k] = v end
    return e
  end
  local lists = { { request("GET /", 0.1), request("cart\x1fkind=big\x1fvip=yes", 0.3, { trace_id = "ab", lag = 0.1 }) }, { request("pay", 30, { status = 0, error = "timeout", phases = {} }) } }
  local load = { names = { "browse", "shop" }, handle = { slow = function(_, i) return lists[i] end } }

  it("are those of all scenarios, slowest first", function()
    local list = slow.of(load)
    assert.same({ 30, 0.3, 0.1 }, { list[1].latency, list[2].latency, list[3].latency })
    assert.same({ "shop", "browse", "browse" }, { list[1].scenario, list[2].scenario, list[3].scenario })
  end)
  it("have every field in JSON", function()
    local out = json.decode(json.encode(slow.json(slow.of(load), function(ns) return tostring(ns) end)))
    assert.same({ scenario = "shop", name = "pay", intended_at = "1000000000", latency_s = 30, service_s = 30, lag_s = json.null, phases_s = {}, status = 0, error = "timeout",
      trace_id = json.null }, out[1])
    assert.same({ "cart {kind=big, vip=yes}", "ab", 0.1 }, { out[2].name, out[2].trace_id, out[2].lag_s })
  end)
  it("have what their traces were made of, where that is known", function()
    local e = request("pay", 30)
    e.path = { { service = "db", operation = "read", kind = "client", critical = 2 } }
    assert.same({ { service = "db", operation = "read", kind = "client", seconds = 2 } }, slow.json({ e }, tostring)[1].critical_path)
    assert.is_nil(slow.json({ request("pay", 30) }, tostring)[1].critical_path)
  end)
  it("are bars as long as they took, the queue without what opened the connection", function()
    local bar = phase_bar.draw({ lag_s = 0.5, phases_s = { dns = 0.1, connect = 0.2, wait = 0.5 } }, 1)
    assert.matches('class="c6"[^>]*x="0" y="0" width="48"', bar) -- (0.5 - 0.3) s of 240 units
    assert.matches('class="c2"[^>]*x="72" y="0" width="48"', bar)
    assert.matches('class="c1"[^>]*x="120" y="0" width="120"', bar)
    assert.is_nil(bar:find("receive", 1, true))
  end)
end)
