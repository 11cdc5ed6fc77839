local json = require "perilune.core.json"
local support = require "integration.support"

-- Scripts as wrk's own folder has them, under wrk and under perilune, against the same nginx: what it saw must be the same.
describe("wrk's scripts", function()
  local nginx, folder

  -- Each request is passed on to /seen, with what it was in the URL, so that it stands in the log.
  local SERVER = [[
    keepalive_requests 1000000;
    location / { proxy_pass "http://127.0.0.1:%P/seen?$request_method&$request_uri&$content_type&$content_length&$request_body&$http_x_counter$http_x_token"; }
    location = /seen { add_header X-Token t0ken; return 200 "seen\n"; }
    location = /missing { return 404; }
  ]]

  local SCRIPTS = {
    addr = [[
      local addrs
      function setup(thread)
        if not addrs then
          addrs = wrk.lookup(wrk.host, wrk.port or "http")
          for i = #addrs, 1, -1 do
            if not wrk.connect(addrs[i]) then table.remove(addrs, i) end
          end
        end
        thread.addr = addrs[math.random(#addrs)]
      end
      function init(args) print(("thread addr: %s"):format(wrk.thread.addr)) end]],
    auth = [[
      token, path = nil, "/authenticate"
      request = function() return wrk.format("GET", path) end
      response = function(status, headers, body)
        if not token and status == 200 then
          token = headers["X-Token"]
          path = "/resource"
          wrk.headers["X-Token"] = token
        end
      end]],
    counter = [[
      counter = 0
      request = function()
        local path = "/" .. counter
        wrk.headers["X-Counter"] = counter
        counter = counter + 1
        return wrk.format(nil, path)
      end]],
    delay = [[
      function request() return wrk.format(nil, "/delayed") end
      function delay() return math.random(10, 50) end]],
    pipeline = [[
      init = function(args)
        local r = {}
        for i, path in ipairs { "/?foo", "/?bar", "/?baz" } do r[i] = wrk.format(nil, path) end
        req = table.concat(r)
      end
      request = function() return req end]],
    post = [[
      wrk.method = "POST"
      wrk.body = "foo=bar&baz=quux"
      wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"]],
    report = [[
      done = function(summary, latency, requests)
        io.write("------------------------------\n")
        for _, p in pairs({ 50, 90, 99, 99.999 }) do
          io.write(string.format("%g%%,%d\n", p, latency:percentile(p)))
        end
        io.write(("requests %d errors %d min %d\n"):format(summary.requests, summary.errors.status, math.pow(latency.min, 1)))
      end]],
    setup = [[
      local counter, threads = 1, {}
      function setup(thread)
        thread:set("id", counter)
        table.insert(threads, thread)
        counter = counter + 1
      end
      function init(args)
        requests, responses = 0, 0
        print(("thread %d created with %s"):format(id, args[1]))
      end
      function request() requests = requests + 1 return wrk.request() end
      function response() responses = responses + 1 end
      function done(summary, latency, requests)
        for _, thread in ipairs(threads) do
          print(("thread %d made %d requests and got %d responses"):format(thread:get("id"), thread:get("requests"), thread:get("responses")))
        end
      end]],
    stop = [[
      local counter = 1
      function response()
        if counter == 100 then wrk.thread:stop() end
        counter = counter + 1
      end]],
  }

  setup(function()
    nginx, folder = support.nginx_on_port(SERVER), support.folder()
    for name, text in pairs(SCRIPTS) do support.write(("%s/%s.lua"):format(folder, name), text .. "\n") end
  end)
  teardown(function()
    nginx:stop()
    support.clean()
  end)

  --- What nginx saw since the log was emptied: one text a request, in order.
  local function seen()
    local list = {}
    for line in io.lines(nginx.folder .. "/access.log") do list[#list + 1] = line:match '"%u+ /seen%?(.-) HTTP' end
    return list
  end

  local function forget() support.write(nginx.folder .. "/access.log", "") end

  local function under_wrk(name, options)
    forget()
    local code, out = support.shell(("wrk -t1 -c1 -d1s -s %s/%s.lua %s %s/"):format(folder, name, options or "", nginx.url))
    assert.equal(0, code, out)
    return seen(), out
  end

  local function under_perilune(name, options)
    forget()
    local code, out, err = support.run(("load %s/ --wrk-script %s/%s.lua --db %s/w.db %s"):format(nginx.url, folder, name, folder,
      options or "--users 1 --workers 1 --duration 1s"))
    return seen(), out .. err, code
  end

  --- The first of `list` that is not among the first n of `other`; nginx's processes do not log quite in order.
  local function missing(list, other, n)
    local there = {}
    for i = 1, n do there[other[i]] = true end
    for i = 1, n - 5 do
      if not there[list[i]] then return list[i] end
    end
  end

  for _, name in ipairs { "addr", "auth", "counter", "delay", "pipeline", "post", "report", "setup", "stop" } do
    it("send the same: " .. name, function()
      local theirs, ours, text, code = under_wrk(name), under_perilune(name)
      assert.equal(0, code, text)
      local n = math.min(#theirs, #ours, 99)
      assert.is_true(n >= (name == "delay" and 10 or 99), ("%d and %d requests"):format(#theirs, #ours))
      assert.is_nil(missing(theirs, ours, n))
      assert.is_nil(missing(ours, theirs, n))
    end)
  end

  it("count each answer of a pipeline, and a latency for each batch", function()
    forget()
    local code, out, err = support.run(("load %s/ --wrk-script %s/pipeline.lua --db %s/w.db --users 2 --workers 1 --requests 200 --json -"):format(nginx.url, folder, folder))
    assert.equal(0, code, err)
    local r = json.decode(out)
    assert.equal(600, r.requests.ok)
    assert.equal(200, r.latency_s.count)
    assert.equal(600, #seen())
  end)

  it("set threads up, and tell done of them", function()
    local _, text = under_perilune("setup", "--users 2 --workers 2 --duration 1s -- hello")
    assert.matches("thread 1 created with hello", text, 1, true)
    assert.matches("thread 2 created with hello", text, 1, true)
    local requests, responses = text:match "thread 1 made (%d+) requests and got (%d+) responses"
    assert.is_true(tonumber(responses) > 0 and tonumber(requests) >= tonumber(responses), text)
    local _, addr = under_perilune "addr"
    assert.matches("thread addr: 127.0.0.1:" .. nginx.url:match "%d+$", addr, 1, true)
  end)

  it("report what was measured", function()
    local _, text = under_perilune "report"
    local p50, p99 = text:match "\n50%%,(%d+)\n.*\n99%%,(%d+)\n"
    assert.is_true(tonumber(p50) > 0 and tonumber(p50) <= tonumber(p99), text)
    local list = seen()
    assert.matches(("requests %d errors 0 min "):format(#list), text, 1, true)
  end)

  it("stop their thread, and with the last one the load", function()
    local began = os.time()
    local list = under_perilune("stop", "--users 1 --workers 1 --duration 30s")
    assert.equal(100, #list)
    assert.is_true(os.time() - began < 20)
  end)

  it("end as any load does when nobody answers", function()
    local code, out, err = support.run(("load http://127.0.0.1:1/ --wrk-script %s/setup.lua --users 1 --requests 2 --db %s/w.db"):format(folder, folder))
    assert.equal(6, code, out .. err)
  end)

  --- Runs a script of its own text; gives code and texts.
  local function script(text, options)
    support.write(folder .. "/own.lua", text)
    local list, out, code = under_perilune("own", options)
    return code, out, list
  end

  it("find the names of Lua 5.1 and the files of their folder", function()
    support.write(folder .. "/paths.txt", "/one\n/two\n")
    support.write(folder .. "/helper.lua", "return { suffix = '?x' }")
    local code, text, list = script([[
      local helper, paths = require "helper", {}
      for line in io.lines("paths.txt") do paths[#paths + 1] = line end
      assert(table.getn(paths) == 2 and #paths == 2 and unpack({ 7 }) == 7 and loadstring("return 3")() == 3)
      assert(math.pow(2, 3) == 8 and getfenv() == _G and math.mod(7, 4) == 3)
      assert(tostring(10 / 2) == "5" and string.format("%d", 5.7) == "5" and ("a,b"):gsub(",", "") == "ab")
      for word in string.gfind("a b", "%a") do last_word = word end
      assert(last_word == "b" and require("bit").bxor(5, 1) == 4 and not undefined_global)
      local n = 0
      request = function()
        n = n + 1
        return wrk.format(nil, paths[n % 2 + 1] .. helper.suffix .. n)
      end]], "--users 1 --workers 1 --requests 3")
    assert.equal(0, code, text)
    assert.matches("^GET&/one%?x2&", list[1])
    assert.matches("^GET&/two%?x3&", list[2])
  end)

  it("say what is wrong, and where", function()
    for text, message in pairs {
      ['require "ffi"'] = "ffi is LuaJIT's", ["local v = jit.version"] = "jit is LuaJIT's", ["x = = 1"] = "own.lua:1:",
      ["request = function() return nothing.path end"] = "own.lua:1: attempt to index a nil value",
      ['request = function() return "GET / HTTP/1.0" end'] = "own.lua:1: request 1 is no whole HTTP/1.1 request",
      ["\nrequest = function() end"] = "own.lua:2: request() gives nil; a request's text is what wrk.format() makes",
      ['request = function() return "" end'] = "own.lua:1: request() gives an empty text",
      ["request = function() return {} end"] = "own.lua:1: request() gives table",
      ["local n = 0 request = function() n = n + 1 if n < 3 then return wrk.format() end end"] = "own.lua:1: request() gives nil",
      ['require "socket"'] = 'require "socket"', ['io.open("../../etc/passwd"):read()'] = "own.lua:1:",
      ['wrk.lookup("perilune.example", "80")'] = "is not the host of the URL",
    } do
      local code, out = script(text)
      assert.equal(5, code, text .. "\n" .. out)
      assert.matches(message, out, 1, true)
    end
  end)
end)
