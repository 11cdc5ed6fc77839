--- user:batch against the shop and nginx.
local json = require "perilune.core.json"
local support = require "integration.support"

--- Runs a playbook whose users do `body` once; gives its only load and what was shown.
local function load_of(url, body, scenario, start)
  local folder = support.folder()
  local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "p", errors = "ignore",
  scenarios = function() return { s = { %s, base = "%s",
    start = function(user) %s end,
    user = function(user)
      local ok, why = pcall(function() %s end)
      if not ok then print("FAILED " .. tostring(why)) end
    end } } end,
  run = function(run) run:load "s" end }]]):format(scenario or "users = 1, iterations = 1", url, start or "", body))
  local code, out, err = support.run(("run %s --db %s/p.db --json %s/out.json"):format(path, folder, folder))
  assert(code == 0 or code == 6, ("exit %s: %s%s"):format(code, out, err))
  assert.is_nil((out .. err):match("FAILED [^\n]*"))
  return json.decode(support.read(folder .. "/out.json")).loads[1], out .. err
end

describe("batch", function()
  after_each(support.clean)

  local ECHO = [[ default_type text/plain;
    location = /echo { return 200 "$request_method $request_uri $http_x_kind $content_type $content_length"; } ]]

  it("gives answers by the keys of the requests, and records each", function()
    local nginx = support.nginx(ECHO)
    local l, shown = load_of(nginx.url, [[
      local r = user:batch { "/echo?1", { "/echo", method = "POST", json = { a = 1 }, name = "post" }, last = "/echo?last", first = { "/echo", headers = { ["x-kind"] = "own" } } }
      assert(r[1].status == 200 and r[2].status == 200 and r.last.status == 200 and r.first.status == 200)
      assert(r[1].text == "GET /echo?1   ", r[1].text)
      assert(r[2].text == "POST /echo  application/json 7", r[2].text)
      assert(r.last.text == "GET /echo?last   " and r.first.text == "GET /echo own  ", r.first.text)
      assert(user:check(r[2], { status = 200, { "is a post", function(a) return a.text:find("POST") ~= nil end } }))
      assert(not user:check(r.last, { status = 201 }))
      assert(next(user:batch {}) == nil)
    ]])
    assert.equal(4, l.requests.total)
    assert.equal(3, l.requests.ok)
    assert.equal(1, l.errors.check)
    assert.is_truthy(shown:find("\n  post +1 "), shown)
  end)

  it("gives each request a trace of its own", function()
    local nginx = support.nginx [[ default_type text/plain; location = /trace { return 200 "$http_traceparent"; } ]]
    load_of(nginx.url, [[
      local seen = {}
      for i, r in ipairs(user:batch { "/trace", "/trace", "/trace" }) do
        assert(r.text:find "^00%-%x+%-%x+%-01$" and #r.text == 55, r.text)
        assert(not seen[r.text], "twice")
        seen[r.text] = true
      end
      assert(user:batch({ { "/trace", headers = { traceparent = "mine" } } })[1].text == "mine")
    ]], "users = 1, iterations = 1, defaults = { trace = true }")
  end)

  it("sends at the same time, at most as many as it may", function()
    local shop = support.shop "--delay constant:100ms"
    load_of(shop.url, [[
      local list = {}
      for i = 1, 12 do list[i] = "/" end
      local r = user:batch(list, { parallel = 4 })
      for i = 1, 12 do assert(r[i].ok, r[i].why) end
    ]])
    local events = {}
    for _, entry in ipairs(support.flushed_journal(shop)) do
      if entry.path == "/" then
        table.insert(events, { entry.arrival, 1 })
        table.insert(events, { entry.completion, -1 })
      end
    end
    table.sort(events, function(a, b) return a[1] < b[1] end)
    local now, most = 0, 0
    for _, event in ipairs(events) do
      now = now + event[2]
      most = math.max(most, now)
    end
    assert.equal(24, #events)
    assert.equal(4, most)
  end)

  it("gives failures as values, beside what is good", function()
    local shop = support.shop "--delay constant:30ms"
    local l = load_of(shop.url, [[
      local r = user:batch { good = "/", refused = "http://127.0.0.1:1/", missing = "/nosuch", late = { "/", timeout = "1ms" } }
      assert(r.good.ok and r.refused.error == "connect" and r.missing.status == 404 and not r.missing.ok and r.late.error == "timeout")
      assert(user:get("/").ok)
    ]])
    assert.equal(5, l.requests.total)
    assert.equal(2, l.requests.ok)
    assert.equal(1, l.errors.connect)
    assert.equal(1, l.errors.timeout)
    assert.equal(1, l.errors.status)
  end)

  it("refuses what is no batch, and the user goes on", function()
    local shop = support.shop()
    local l = load_of(shop.url, [[
      local function refused(why, ...)
        local ok, text = pcall(user.batch, user, ...)
        assert(not ok and tostring(text):find(why), tostring(text))
      end
      refused("table expected", 5)
      refused("parallel", { "/echo" }, { parallel = 0 })
      refused("parallel", { "/echo" }, { at_once = 2 })
      refused("nosuch", { "/echo", { "/echo", nosuch = true } })
      refused("string expected", { { method = "GET" } })
      refused("is no URL", { "http://a b/" })
      local many = {}
      for i = 1, 1001 do many[i] = "/echo" end
      refused("1000", many)
      local named = {}
      for i = 1, 500000 do named["cart" .. i] = "/echo" end
      refused("1000", named)
      assert(user:get("/").ok)
      assert(user:batch({ "/" })[1].ok)
    ]])
    assert.equal(2, l.requests.total)
    assert.equal(2, l.requests.ok)
  end)

  it("shares the user's cookies", function()
    local nginx = support.nginx [[
      location = /set { add_header Set-Cookie "a=1; Path=/"; return 200; }
      location = /show { add_header Content-Type text/plain; return 200 "$cookie_a"; } ]]
    load_of(nginx.url, [[
      assert(user:get("/set").ok)
      local r = user:batch { "/show", "/show" }
      assert(r[1].text == "1" and r[2].text == "1", r[1].text)
    ]])
  end)

  it("ends with the load", function()
    local shop = support.shop "--delay constant:300ms"
    local l = load_of(shop.url, [[
      local list = {}
      for i = 1, 100 do list[i] = "/" end
      user:batch(list, { parallel = 5 })
    ]], 'users = 3, duration = "1s", grace = "100ms"')
    assert.is_true(l.requests.total > 0 and l.requests.total <= 45)
    assert.equal(0, l.requests.failed)
    assert.equal(15, l.requests.aborted)
  end)

  it("counts the schedule lag once, and latency from the batch's begin", function()
    local shop = support.shop "--delay constant:40ms"
    local l = load_of(shop.url, [[ user:batch({ "/", "/", "/" }, { parallel = 1 }) ]],
      'arrivals = pl.even "20/s", duration = "2s"')
    assert.equal(40, l.starts.started)
    assert.equal(120, l.requests.ok)
    assert.equal(40, l.schedule_lag_s.count)
    assert.is_true(l.latency_s.max >= 0.12 and l.latency_s.min >= 0.04, json.encode(l.latency_s))
    assert.is_true(l.service_s.min < 0.08)
  end)
end)
