local core = require "perilune.core.wrk"
local hist = require "perilune.core.hist"
local wrk = require "perilune.wrk"

describe("wrk's scripts on the control side", function()
  local before = {}
  setup(function()
    for name, fn in pairs { sandbox = function() return _G end, lookup = function() return { "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80" } end,
      connect = function(addr) return addr ~= "10.0.0.1:80" end } do
      before[name] = core[name]
      core[name] = fn
    end
  end)
  teardown(function() for name, fn in pairs(before) do core[name] = fn end end)

  local function begin(text, plan)
    plan = plan or { url = "http://user@shop.example:8080/list?page=2", headers = { { "X-A", "1" } }, method = "GET" }
    return wrk.begin({ name = "own.lua", text = text, folder = ".", args = { "one" } }, plan, 2, print), plan
  end

  it("find the request in the table wrk", function()
    local script, plan = begin "x = { wrk.scheme, wrk.host, wrk.port, wrk.path, wrk.method, wrk.headers['X-A'] }"
    assert.same({ "http", "shop.example", "8080", "/list?page=2", "GET", "1" }, script.env.x)
    assert.is_true(plan.scripted)
    assert.equal("GET /list", plan.request_name)
    local _, dynamic = begin "function request() end"
    assert.equal("own.lua", dynamic.request_name)
    local six = begin("", { url = "https://[::1]", headers = {} })
    assert.same({ "::1", "/", "https" }, { six.source.host, six.source.path, six.source.scheme })
  end)

  it("set up threads, at addresses that take connections", function()
    local script = begin [[
      local n = 0
      function setup(thread)
        n = n + 1
        thread:set("id", n)
        first = thread.addr
        if n == 2 then thread.addr = wrk.lookup("shop.example", 8080)[3] end
      end]]
    assert.equal("10.0.0.2:80", script.env.first)
    assert.same({ { values = { id = 1 }, addr = "10.0.0.2:80", elsewhere = false }, { values = { id = 2 }, addr = "10.0.0.3:80", elsewhere = true } }, script.source.threads)
    assert.same({ { host = "10.0.0.3", port = 80, suffix = false } }, script.hosts)
  end)

  it("are told of the load when it is done", function()
    local script = begin [[
      threads = {}
      function setup(thread) threads[#threads + 1] = thread end
      function done(summary, latency, requests) told = { summary, latency, requests, threads[2]:get("made") } end]]
    local latency, rates = hist.new(), hist.new()
    latency:record(0.001, 2)
    latency:record(0.002, 1)
    rates:record(500 / 1e9)
    script:done {
      wrk_globals = function(_, i) return { made = i * 10 } end, wrk_rates = function() return rates end, hist = function() return latency end,
      stats = function() return { duration = 2, requests = 9, bytes_received = 77, errors = { dns = 0, connect = 1, tls = 0, timeout = 2, reset = 1, protocol = 0, truncated = 1, status = 3 } } end,
    }
    local summary, told, requests, made = table.unpack(script.env.told)
    assert.same({ duration = 2000000, requests = 4, bytes = 77, errors = { connect = 1, read = 2, write = 0, status = 3, timeout = 2 } }, summary)
    assert.same({ 1000, 2000, 20 }, { told.min, told.max, made })
    assert.equal(2, #told)
    assert.same({ 1000, 2 }, { told(1) })
    assert.is_true(told:percentile(100) == 2000 and told:percentile(50) <= 1001)
    assert.equal(500, requests.max)
  end)
end)
