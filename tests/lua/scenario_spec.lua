local arrivals = require "perilune.arrivals"
local scenario = require "perilune.scenario"
local support = require "lua.support"

describe("scenarios", function()
  local function plan(s, overrides) return scenario.plan("visit", s, overrides) end

  it("open, with a static request", function()
    local p = plan { arrivals = arrivals.even "10/s", duration = "2s", base = "http://h:81/", request = { url = "a", method = "post", expect = "2xx,404" }, tags = { team = "x" } }
    assert.equal("open", p.model)
    assert.equal("http://h:81/a", p.url)
    assert.equal("POST", p.method)
    assert.same({ { 200, 299 }, { 404, 404 } }, p.expected)
    assert.equal("POST /a\x1fteam=x", p.request_name)
    assert.is_true(p.fresh_state)
    assert.same({ 10, 20 }, { scenario.volume(p) })
  end)
  it("closed, with stages", function()
    local p = plan { users = arrivals.stages { { "1s", to = 10 }, { "2s", at = 5 } }, user = function() end, stop = function() end }
    assert.equal("closed", p.model)
    assert.equal(3, p.duration)
    assert.is_true(p.scripted and p.has_stop)
    assert.is_false(p.fresh_state)
    assert.equal(10, (scenario.volume(p)))
  end)
  it("has no users without an iteration", function()
    for users, planned in pairs { [3] = 3, [100] = 5 } do
      local p = plan { iterations = 5, users = users, user = print }
      assert.same({ planned, 5 }, { p.users, p.iterations })
      assert.equal(users, plan({ iterations_each = 5, users = users, user = print }).users)
    end
  end)
  it("says how a level becomes arrivals", function()
    for kind, level in pairs { stages = arrivals.stages { { "2s", to = "9/s" } }, curve = arrivals.curve(function() return 9 end) } do
      assert.matches(("wrap it: pl.even(pl.%s(…))"):format(kind), (support.message(plan, { arrivals = level, duration = 1, user = print })), 1, true)
    end
    assert.matches('use pl.even "100/s"', (support.message(plan, { arrivals = "9/s", duration = 1, user = print })), 1, true)
  end)
  it("limits of requests", function()
    local limits = { timeout = "5s", connect_timeout = "250ms", first_byte_timeout = "1s" }
    local p = plan { users = 1, duration = 1, user = print, defaults = limits }
    assert.same({ 5, 0.25, 1 }, { p.timeout, p.connect_timeout, p.first_byte_timeout })
    assert.is_nil(plan({ users = 1, duration = 1, user = print }).connect_timeout)
  end)
  it("traces", function()
    assert.is_true(plan({ users = 1, duration = 1, user = print, defaults = { trace = true } }).traced)
    local chosen = plan { users = 1, duration = 1, user = print, defaults = { trace_ratio = "1%" } }
    assert.same({ true, 0.01 }, { chosen.traced, chosen.kept })
  end)
  it("other places and local addresses", function()
    local function with(keys)
      keys.users, keys.duration, keys.user = 1, 1, print
      return plan(keys)
    end
    local p = with { connect_to = "a:1:b:2, c::d:", local_ips = { "127.0.0.2", "127.0.0.5-127.0.0.9" } }
    assert.same({ "a:1:b:2", "c::d:" }, p.connect_to)
    assert.same({ "127.0.0.2", "127.0.0.5-127.0.0.9" }, p.local_ips)
    assert.is_nil(with({}).connect_to)
    assert.matches('scenario visit: connect_to: "a:1:b": write HOST:PORT', support.message(with, { connect_to = "a:1:b" }), 1, true)
    assert.matches('scenario visit: local_ips: "127.0.0.5-x": write an address', support.message(with, { local_ips = "127.0.0.5-x" }), 1, true)
  end)
  it("requests on a connection", function()
    local function with(n) return plan { users = 1, duration = 1, user = print, requests_per_connection = n } end
    assert.equal(1, with(1).requests_per_connection)
    assert.matches("requests_per_connection", support.message(with, 0), 1, true)
  end)
  it("HTTP/2, with so many streams", function()
    local function with(keys)
      keys.users, keys.duration, keys.user = 1, 1, print
      return plan(keys)
    end
    assert.equal(100, with { http2 = true }.streams)
    assert.equal(8, with({ http2 = true, streams = 8 }).streams)
    assert.is_nil(with({ http2 = false }).streams)
    assert.matches("add http2 = true", support.message(with, { streams = 8 }), 1, true)
    assert.matches("at least 1", support.message(with, { http2 = true, streams = 0 }), 1, true)
  end)
  it("pipelines", function()
    local function with(n, more)
      local s = { users = 1, duration = 1, base = "http://h/", request = { url = "a", pipeline = n } }
      for key, value in pairs(more or {}) do s[key] = value end
      return plan(s).pipeline
    end
    assert.equal(8, with(8))
    assert.matches("pipeline is a number", support.message(with, 0), 1, true)
    assert.matches("pipeline is a number of HTTP/1.1 requests", support.message(with, 8, { http2 = true }), 1, true)
    assert.equal(8, with(8, { requests_per_connection = 16 }))
    assert.matches("requests_per_connection = 10 is no multiple", support.message(with, 8, { requests_per_connection = 10 }), 1, true)
    assert.matches("does not go with defaults.trace", support.message(with, 8, { defaults = { trace = true } }), 1, true)
  end)
  it("proxies", function()
    local function with(proxy) return plan({ users = 1, duration = 1, user = print, proxy = proxy }).proxy end
    assert.same({ url = "http://p:3128" }, with "http://p:3128")
    assert.same({ url = "http://me:pw@p:3128/" }, with { url = "http://me:pw@p:3128/" })
    assert.equal("a:b", with({ url = "http://p:3128", user = "a:b" }).user)
    for _, bad in ipairs { "p:3128", "http://p" } do
      assert.matches("write http://HOST:PORT", support.message(with, bad), 1, true)
    end
    assert.matches("SOCKS is not spoken", support.message(with, "socks5://p:1080"), 1, true)
  end)
  it("names to addresses", function()
    local function with(dns) return plan({ users = 1, duration = 1, user = print, dns = dns }).dns end
    assert.is_nil(with(nil))
    assert.same({ keep = "pinned", in_turn = true }, with { select = "roundRobin" })
    assert.same({ keep = "ttl", in_turn = false, servers = "10.0.0.1,[::1]:53" }, with { ttl = "auto", servers = { "10.0.0.1", "[::1]:53" } })
    assert.same({ keep = "for", keep_for = 300, in_turn = true }, with "ttl=5m,select=roundRobin")
    assert.same({ keep = "for", keep_for = 0, in_turn = false }, with "ttl=0")
    assert.matches('scenario visit: dns: select', support.message(with, "select=random"), 1, true)
    assert.matches("scenario visit: dns: ttl", support.message(with, { ttl = "soon" }), 1, true)
    assert.matches('scenario visit: dns: "5m": write ttl=5m', support.message(with, "5m"), 1, true)
  end)
  it("how many redirects are followed", function()
    local function with(n) return plan { users = 1, duration = 1, user = print, defaults = { follow = n } } end
    assert.same({ 0, 50, 10 }, { with(0).follow, with(50).follow, with(nil).follow })
    for _, n in ipairs { -1, 51, 300 } do assert.matches("follow = " .. n .. ": redirects that are followed, from 0 to 50", support.message(with, n), 1, true) end
  end)
  it("TLS", function()
    local function with(tls) return plan { users = 1, duration = 1, user = print, defaults = { tls = tls } } end
    local pem = "-----BEGIN CERTIFICATE-----\n"
    local p = with { ca = pem, cert = pem, key = pem, alpn = { "h2", "http/1.1" }, min = "1.2", resume = true }
    assert.same({ pem, pem, "h2,http/1.1", "1.2", true, false }, { p.tls.ca, p.tls.cert, p.tls.alpn, p.tls.min, p.tls.resume, p.tls.insecure })
    assert.equal("***", tostring(p.tls.key))
    assert.is_nil(plan({ users = 1, duration = 1, user = print }).tls)
    assert.matches("key without cert", support.message(with, { key = pem }), 1, true)
    assert.matches('did you mean "insecure"', support.message(with, { insecur = true }), 1, true)
    assert.matches("min", support.message(with, { min = "1.9" }), 1, true)
    assert.matches("no%-such%.pem", support.message(with, { ca = "no-such.pem" }))
  end)
  it("a pace, of users only", function()
    assert.matches("pace is of users that begin again", (support.message(plan, { arrivals = arrivals.even "9/s", duration = 1, pace = "1s", user = print })), 1, true)
    assert.equal(1, scenario.plan("visit", { users = 2, duration = 1, pace = "1s", user = print }).pace)
    assert.equal("open", scenario.plan("visit", { users = 2, duration = 1, pace = "1s", user = print }, { arrivals = arrivals.even "9/s" }).model) -- as a search does
  end)
  it("iterations", function()
    assert.equal("iterations", plan({ iterations = 5, users = 2, user = print }).model)
    assert.equal(40, select(2, scenario.volume(plan { iterations_each = 20, users = 2, user = print })))
    local cut = { model = "open", stages = { { 0, 20, true }, { 2, 60, false }, { 2, 20, false } }, duration = 1 }
    assert.same({ 40, 30 }, { scenario.volume(cut) }) -- of the stages only what lies within the duration
  end)
  it("are overridden", function()
    local p = plan({ arrivals = arrivals.even "10/s", duration = "2s", user = print }, { users = 3, duration = 4 })
    assert.equal("closed", p.model)
    assert.equal(4, p.duration)
  end)
  it("are refused", function()
    assert.matches("either user", support.message(plan, { users = 1, duration = "1s" }), 1, true)
    assert.matches("say how users come", support.message(plan, { user = print }), 1, true)
    assert.matches("exclude each other", support.message(plan, { users = 1, arrivals = arrivals.even "1/s", duration = 1, user = print }), 1, true)
    assert.matches("duration is missing", support.message(plan, { users = 1, user = print }), 1, true)
    assert.matches("there is no base", support.message(plan, { users = 1, duration = 1, request = { url = "/x" } }), 1, true)
    assert.matches("nothing would be measured", support.message(plan, { users = 1, duration = "2s", warmup = "2s", user = print }), 1, true)
    assert.matches('did you mean "duration"', support.message(plan, { users = 1, durations = "2s", user = print }), 1, true)
  end)
  it("name hosts", function()
    assert.equal("h", scenario.host "http://user:pw@h:80/x")
    assert.equal("::1", scenario.host "http://[::1]:80/")
    assert.is_nil(scenario.host(nil))
  end)

  it("plan a rate at each moment", function()
    local plan = { stages = { { 10, 100, false }, { 10, 50, true } } }
    assert.same({ 0, 50, 50, 0 }, { scenario.rate_at(plan, 0), scenario.rate_at(plan, 5), scenario.rate_at(plan, 15), scenario.rate_at(plan, 20) })
  end)
end)

describe("a number of starts", function()
  local arrivals = require "perilune.arrivals"
  local scenario = require "perilune.scenario"
  local function plan(fields, overrides)
    local s = { request = { url = "http://h/" } }
    for k, v in pairs(fields) do s[k] = v end
    return scenario.plan("s", s, overrides)
  end

  it("gives an open loop its duration", function()
    local p = plan { arrivals = arrivals.even "10/s", iterations = 50 }
    assert.same({ "open", 50, 5 }, { p.model, p.iterations, p.duration })
    local _, starts = scenario.volume(p)
    assert.equal(50, starts)
    p = plan { arrivals = arrivals.even "10/s", iterations = 50, duration = "60s" }
    assert.equal(60, p.duration)
    assert.is_true(plan { arrivals = arrivals.poisson "10/s", iterations = 50 }.duration > 10)
  end)

  it("is what the override says", function()
    local p = plan({ users = 3, iterations = 7 }, { arrivals = arrivals.even "10/s", duration = "2s" })
    assert.is_nil(p.iterations)
  end)
end)

describe("pl.headers", function()
  local scenario = require "perilune.scenario"
  it("keeps both values of a name", function()
    local plan = scenario.headers(scenario.header_lines "A: 1\nB: x:y\na: 2")
    assert.same({ { "A", "1" }, { "A", "2" }, { "B", "x:y" } }, plan)
  end)
  it("refuses what is no header", function()
    assert.has_error(function() scenario.header_lines "nonsense" end)
    local text, code = support.message(scenario.headers, {}, { "authorization: Bearer x" })
    assert.equal('headers are { accept = "text/html" }; entry 1 has no name; pl.headers reads lines of text', text)
    assert.equal("invalid", code)
  end)
end)
