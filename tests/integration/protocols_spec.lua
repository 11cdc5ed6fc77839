--- Protocols other than HTTP against their real servers.
local json = require "perilune.core.json"
local support = require "integration.support"

local function playbook(target, body, start)
  return ([[
local pl = require "perilune"
return pl.playbook { name = "p", errors = "ignore",
  scenarios = function() return { s = { users = 2, iterations_each = 5, base = "%s",
    start = function(user) %s end,
    user = function(user) %s end } } end,
  run = function(run) run:load "s" end }]]):format(target, start or "", body)
end

--- Runs a playbook; gives its only load.
local function load_of(text)
  local folder = support.folder()
  local path = support.write(folder .. "/p.lua", text)
  local code, out, err = support.run(("run %s --db %s/p.db --json - --quiet"):format(path, folder))
  local ok, result = pcall(json.decode, out)
  assert(ok and result and result.loads and result.loads[1], ("exit %s: %s"):format(code, err))
  return result.loads[1]
end

--- A server that sends each datagram back, once it listens.
local function udp_echo(port)
  local server = support.start(("/usr/bin/python3 tests/integration/servers/echo_udp.py %d"):format(port))
  support.wait_for(function() return support.read("/proc/net/udp"):find((" 0100007F:%04X "):format(port), 1, true) end, 30, "echo_udp.py")
  return server
end

describe("protocols", function()
  after_each(support.clean)

  describe("redis", function()
    local port
    before_each(function()
      port = support.free_port()
      support.start(("redis-server --port %d --save '' --bind 127.0.0.1"):format(port))
      support.wait_for(function() return support.shell(("redis-cli -p %d ping"):format(port)) == 0 end, 10, "redis")
    end)

    it("calls, pipelines, error replies", function()
      local l = load_of(playbook("http://127.0.0.1:" .. port, [[
        local r = user.vars.r
        assert(r:call("SET", "k" .. user.id, 5) == "OK")
        assert(r:call { "INCR", "k" .. user.id, name = "increment", timeout = "2s" } == 6)
        assert(#r:pipeline { { "SET", "a", 1.5 }, { "GET", "a" } } == 2)
        local list, why, class = r:pipeline { { "GET", "a" }, { "LPUSH", "a", 1 }, { "GET", "a" } }
        assert(list[1] == "1.5" and list[2].error:match("WRONGTYPE") and list[3] == "1.5")
        assert(why == list[2].error and class == "status")
        assert(r:call("MULTI") == "OK" and r:call("LPUSH", "a", 1) == "QUEUED" and r:call("GET", "a") == "QUEUED")
        list, why, class = r:call("EXEC")
        assert(list[1].error == why and list[2] == "1.5" and class == "status")
        local value
        value, why, class = r:call("LPUSH", "a", 1)
        assert(value == nil and why:match("WRONGTYPE") and class == "status")
      ]], ("user.vars.r = user:redis('redis://127.0.0.1:%d/1', { resp = 3 })"):format(port)))
      assert.equal(90, l.requests.total)
      assert.equal(60, l.requests.ok)
      assert.equal(30, l.errors.status) -- the pipeline, the transaction and the call
      assert.equal(0, l.errors.script)
      assert.same({ 2, 88 }, { l.connections.opened, l.connections.reused })
    end)

    it("checks what operations give", function()
      local start = ("user.vars.r = user:redis('redis://127.0.0.1:%d/1')"):format(port)
      local l = load_of(playbook("http://127.0.0.1:" .. port, [[
        local r, seen = user.vars.r, 0
        local ok, why = pcall(user.check, user, "x", { { "is x", function() return true end } })
        assert(not ok and why:find("asked for nothing yet", 1, true))
        local function one(value) seen = seen + 1 return value == "1" end
        assert(r:call("SET", "one", 1) == "OK")
        assert(user:check(r:call("GET", "one"), { { "is one", one } }) == true)
        assert(user:check(r:call("GET", "none"), { { "is nil", function(value) return value == nil end } }) == true)
        assert(user:check(r:call("GET", "one"), { { "is two", function(value) return value == "2" end } }) == false)
        assert(user:check(r:call("LPUSH", "one", 1), { { "is one", one } }) == false and seen == 1) -- failed: there is nothing to look at
        ok, why = pcall(user.check, user, "x", { status = 200 })
        assert(not ok and why:find("status is of an HTTP answer", 1, true))
      ]], start))
      assert.equal(50, l.requests.total)
      assert.equal(30, l.requests.ok)
      assert.equal(10, l.errors.check)
      assert.equal(10, l.errors.status)
      assert.equal(0, l.errors.script)
    end)

    it("sends secrets in clear, and shows none", function()
      local folder = support.folder()
      local path = support.write(folder .. "/p.lua", ([[
        local pl = require "perilune"
        return pl.playbook { name = "p", errors = "ignore", args = { key = pl.arg.secret {} },
          scenarios = function(args) return { s = { users = 1, iterations = 1, base = "http://127.0.0.1:%d", user = function(user)
            local r = user:redis("redis://127.0.0.1:%d")
            assert(r:call("SET", "key", "is " .. args.key) == "OK")
            local value = r:call("GET", "key")
            assert(#value == 9 and value:sub(4, 6) == "ses")
          end } } end,
          run = function(run) run:load "s" end }]]):format(port, port))
      local code, out, err = support.run(("run %s --db %s/p.db --key sesame"):format(path, folder))
      assert.equal(0, code, out .. err)
      assert.is_nil((out .. err):find("sesame", 1, true), out .. err)
      assert.equal(1, (support.shell(("cat %s/p.db* | grep -q sesame"):format(folder))))
      code, out, err = support.run(("run %s --db %s/o.db --key sesame --once s"):format(path, folder))
      assert.equal(0, code, out .. err)
      assert.matches('> redis call("SET", "key", ***)', out .. err, 1, true)
      assert.matches('< "OK"', out .. err, 1, true)
      assert.is_nil((out .. err):find("sesame", 1, true), out .. err)
    end)

    it("connects again when the server has closed", function()
      local l = load_of(playbook("http://127.0.0.1:" .. port, [[
        local r = user.vars.r
        assert(r:call("PING") == "PONG")
        assert(r:call("QUIT") == "OK")
        user:think "50ms" -- the close is seen meanwhile
        assert(r:call("PING") == "PONG")
      ]], ("user.vars.r = user:redis('redis://127.0.0.1:%d')"):format(port)))
      assert.equal(30, l.requests.ok)
      assert.equal(12, l.connections.opened)
    end)

    it("names options and words that it does not know", function()
      for body, why in pairs {
        ['user:redis("redis://127.0.0.1:%d", { resq = 3 })'] = 'redis: unknown option "resq"; did you mean "resp"?',
        ['user:redis("redis://127.0.0.1:%d"):call { "PING", timout = "1s" }'] = 'redis: unknown option "timout"; did you mean "timeout"?',
        ['user:redis("redis://127.0.0.1:%d"):get("key")'] = 'user:redis has no "get"; known: call, pipeline, close, is_open',
      } do
        local folder = support.folder()
        local path = support.write(folder .. "/p.lua", playbook("http://127.0.0.1:" .. port, body:format(port)))
        local code, out, err = support.run(("run %s --db %s/p.db"):format(path, folder))
        assert.equal(5, code)
        assert.matches(why, out .. err, 1, true)
      end
    end)

    it("closes connections that nobody holds any more", function()
      local l = load_of((playbook("http://127.0.0.1:" .. port, ([[
        assert(user:redis("redis://127.0.0.1:%d"):call("PING") == "PONG")
      ]]):format(port)):gsub("iterations_each = 5", "iterations_each = 1000")))
      assert.equal(2000, l.connections.opened)
      assert.is_true(l.connections.max_open < 500, l.connections.max_open)
    end)

    it("classes a server that is not there", function()
      local l = load_of(playbook("http://127.0.0.1:1", [[user:redis("redis://127.0.0.1:1"):call("PING")]]))
      assert.equal(10, l.errors.connect)
    end)
  end)

  it("memcached: stores, reads, counts", function()
    local port = support.free_port()
    local server = support.start(("memcached -u nobody -l 127.0.0.1 -p %d"):format(port))
    support.wait_for(function() return support.shell(("echo version | socat - TCP:127.0.0.1:%d"):format(port)) == 0 end, 10, "memcached")
    local l = load_of(playbook("http://127.0.0.1:" .. port, [[
      local m, key = user.vars.m, "k" .. user.id
      assert(m:set { key, "some\r\nbytes", ttl = 60 } == true)
      assert(m:get(key) == "some\r\nbytes")
      assert(m:set(key, 5) and m:incr(key, 2) == 7)
      local map = m:get(key, "nosuch")
      assert(map[key] == "7" and map.nosuch == nil)
      assert(m:delete(key) == true and m:get(key) == nil)
      local value, why, class = m:incr(key, 1)
      assert(value == nil)
    ]], ("user.vars.m = user:memcached('memcached://127.0.0.1:%d')"):format(port)))
    server:stop()
    assert.equal(80, l.requests.total)
    assert.equal(80, l.requests.ok)
  end)

  it("tcp: what the server sent before it closed, then the end, then a new connection", function()
    local port = support.free_port()
    local server = support.start(("socat TCP-LISTEN:%d,fork,reuseaddr,bind=127.0.0.1 SYSTEM:'read l; printf one\\\\ntwo'"):format(port))
    support.wait_for(function() return support.shell(("echo x | socat -t 0.2 - TCP:127.0.0.1:%d"):format(port)) == 0 end, 10, "socat")
    local l = load_of(playbook("http://127.0.0.1:" .. port, ([[
      local c = user:tcp("tcp://127.0.0.1:%d")
      for i = 1, 2 do
        c:send "x\n"
        user:think "300ms"
        assert(c:receive { delimiter = "\n" } == "one")
        user:think "50ms"
        assert(c:receive { until_close = true } == "two")
      end
      c:send "x\n"
      user:think "300ms"
      assert(c:receive { bytes = 7 } == "one\ntwo")
      local value, why = c:receive { bytes = 1 }
      assert(value == nil and why:find "closed" and not c:is_open())
    ]]):format(port)))
    server:stop()
    assert.equal(0, l.errors.script)
  end)

  it("tcp and udp: send, receive by length, delimiter, pattern, until the end", function()
    local port = support.free_port()
    local tcp = support.start(("socat TCP-LISTEN:%d,fork,reuseaddr,bind=127.0.0.1 EXEC:cat"):format(port))
    local udp = udp_echo(port)
    support.wait_for(function() return support.shell(("echo x | socat -t 0.2 - TCP:127.0.0.1:%d"):format(port)) == 0 end, 10, "socat")
    local l = load_of(playbook("http://127.0.0.1:" .. port, ([[
      local c = user:tcp("tcp://127.0.0.1:%d")
      assert(c:exchange { "one\ntwo\n", delimiter = "\n" } == "one")
      assert(c:receive { pattern = "t.o" } == "two")
      assert(c:receive { bytes = 1 } == "\n")
      assert(c:send("x"))
      local value, why, class = c:receive { bytes = 9, timeout = "50ms" }
      assert(value == nil and class == "timeout")
      c:close()
      local _, closed = pcall(function() return c:receive { bytes = 1 } end)
      assert(closed:find "the channel is closed")
      local d = user:udp("udp://127.0.0.1:%d")
      assert(d:exchange { "question", timeout = "5s" } == "question")
      assert(d:exchange { "question", timeout = "5s", bytes = 8 } == "question")
      value, why, class = d:exchange { "question", pattern = "^answer", timeout = "50ms" }
      assert(value == nil and class == "timeout")
    ]]):format(port, port)))
    tcp:stop()
    udp:stop()
    assert.equal(0, l.errors.script)
    assert.equal(20, l.errors.timeout)
    assert.equal(60, l.requests.ok)
  end)

  it("udp: answers that come before they are asked for wait, one by one; a question has those behind it", function()
    local port = support.free_port()
    local server = udp_echo(port)
    local l = load_of(playbook("http://127.0.0.1:" .. port, ([[
      local c, other = user:udp("udp://127.0.0.1:%d"), user:udp("udp://127.0.0.1:%d")
      for n = 1, 3 do assert(c:send("answer " .. n)) end
      for n = 1, 2 do assert(other:exchange("are they all there?")) end -- the first time they came, the second time they were seen
      assert(c:receive() == "answer 1")
      assert(c:receive { bytes = 16 } == "answer 2answer 3")
      assert(c:send("not asked for"))
      for n = 1, 2 do assert(other:exchange("is it there?")) end
      assert(c:exchange("question") == "question")
    ]]):format(port, port)))
    server:stop()
    assert.equal(0, l.errors.script)
    assert.equal(110, l.requests.ok)
    assert.equal(110, l.requests.total)
  end)

  it("websocket: echo, compression, pings, the closing handshake, a server that closes", function()
    local server = support.python_server "websocket"
    local port = server.port
    local l = load_of(playbook("http://127.0.0.1:" .. port, ([[
      local w = assert(user:ws("ws://127.0.0.1:%d/", { compress = user.id == 1 }))
      assert(w:exchange("hello") == "hello")
      assert(w:exchange(("long "):rep(50000)) == ("long "):rep(50000))
      assert(w:exchange { "\xff\0", binary = true } == "\xff\0")
      assert(w:exchange { ("pieces "):rep(2000), fragment = 1000 } == ("pieces "):rep(2000))
      assert(not pcall(w.exchange, w, { "none", fragment = 0 }))
      assert(w:ping() == true)
      assert(w:send("burst"))
      for n = 0, 2 do assert(w:receive() == tostring(n)) end
      assert(w:finish { code = 1000 })
      w = assert(user:ws("ws://127.0.0.1:%d/"))
      local value, why, class = w:exchange("close")
      assert(value == nil and why:match("1011 as asked") and class == "protocol")
    ]]):format(port, port)))
    server:stop()
    assert.equal(0, l.errors.script)
    assert.equal(10, l.errors.protocol)
    assert.equal(120, l.requests.ok)
  end)

  it("websocket and events: an opening that HTTP refuses is an answer, of class status, also where the script does not look", function()
    local nginx = support.nginx_on_port "location = /missing { return 404; } location = /page { return 200 page; }"
    local folder = support.folder()
    local function run(user)
      local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "p", args = { target = pl.arg.url {} },
  scenarios = function(args) return { s = { users = 1, iterations = 2, base = args.target, user = function(user)
    local url = args.target
    %s
  end } } end,
  run = function(run) run:load "s" end }]]):format(user))
      local code, out, err = support.run(("run %s --target http://127.0.0.1:%d --db %s/p.db --json - --quiet"):format(path, nginx.port, folder))
      return code, json.decode(out).loads[1], err
    end
    local code, l, err = run [[
      for _, word in ipairs { "ws", "sse" } do
        local c, why, class = user[word](user, (word == "ws" and url:gsub("^http", "ws") or url) .. "/missing")
        assert(c == nil and class == "status" and why:find("status 404", 1, true), why)
      end]]
    assert.equal(3, code, err)
    assert.same({ 4, 4, 0, 0 }, { l.requests.failed, l.errors.status, l.errors.protocol, l.errors.script })
    assert.same({ ["404"] = 4 }, l.status)
    assert.equal("failing", l.target.verdict)
    code, l, err = run 'local w = user:ws((url:gsub("^http", "ws")) .. "/missing") w:exchange "x"' -- put down to the refusal
    assert.equal(3, code, err)
    assert.same({ 2, 0 }, { l.errors.status, l.errors.script })
    code, l, err = run 'local w, why, class = user:ws((url:gsub("^http", "ws")) .. "/page") assert(not w and class == "protocol", why)'
    assert.equal(6, code, err)
    assert.equal(2, l.errors.protocol)
    nginx:stop()
  end)

  it("websocket: an operation behind the closing handshake, of either side, fails and raises nothing", function()
    local server = support.python_server "websocket"
    local l = load_of(playbook("http://127.0.0.1:" .. server.port, ([[
      for _, who in ipairs { "client", "server" } do
        local w = assert(user:ws("ws://127.0.0.1:%d/"))
        assert(w:is_open())
        if who == "client" then assert(w:finish()) else w:exchange("close") end
        assert(not w:is_open(), who)
        local value, why, class = w:exchange("more")
        local theirs = who == "server" and "protocol: ws: closed by the server: 1011 as asked"
        assert(value == nil and class .. ": " .. why == (theirs or "reset: the connection is closed"), why)
        w:close()
      end
    ]]):format(server.port)))
    server:stop()
    assert.same({ 0, 20, 10 }, { l.errors.script, l.errors.protocol, l.errors.reset })
    assert.equal(30, l.requests.ok)
  end)

  it("websocket: pings and a close frame that come while the script thinks are answered, and no message is lost", function()
    local server = support.python_server "websocket"
    local l = load_of(playbook("http://127.0.0.1:" .. server.port, ([[
      local url = "ws://127.0.0.1:%d/" .. user.id
      local w, v = assert(user:ws(url)), assert(user:ws(url))
      assert(w:send "ping" and v:send "leave")
      user:think "400ms"
      assert(w:receive() == "answered")
      assert(v:is_open() and v:receive() == "a" and v:receive() == "b" and not v:is_open())
      local value, why, class = v:receive()
      assert(value == nil and why == "ws: closed by the server: 1000 done" and class == "protocol", why)
      local function heard(code) -- the server knows when its connection is closed, too
        for _ = 1, 100 do
          if w:exchange "how" == code then return true end
          user:think "20ms"
        end
      end
      assert(w:send "burst" and not pcall(w.receive, w, { timeout = "soon" }) and not pcall(w.exchange, w))
      user:think "50ms"
      for n = 0, 2 do assert(w:receive() == tostring(n)) end -- what was called wrongly has taken none
      if not heard "1000" then user:fail "no answer to a close frame between operations" end
      v = assert(user:ws(url))
      v:exchange "close"
      if not heard "1011" then user:fail "no answer to a close frame in an operation" end
      w:finish()
    ]]):format(server.port)))
    server:stop()
    assert.same({ 0, 20 }, { l.errors.script, l.errors.protocol })
  end)

  it("server-sent events: the first one and the gaps", function()
    local server = support.python_server "events"
    local port = server.port
    local l = load_of(playbook("http://127.0.0.1:" .. port, ([[
      local stream = assert(user:sse("http://127.0.0.1:%d/"))
      for n = 0, 9 do
        local event = stream:next()
        assert(event.event == "tick" and event.data == tostring(n) and event.id == tostring(n))
      end
      local value, why = stream:next()
      assert(value == nil and why:match("ended"))
    ]]):format(port)))
    server:stop()
    assert.equal(0, l.errors.script)
    assert.equal(110, l.requests.ok)
    assert.same({ 10, 0 }, { l.errors.truncated, l.errors.protocol })
  end)

  it("server-sent events: the time to the first one counts from the opening, in both models", function()
    local server = support.python_server "events"
    local folder = support.folder()
    local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
local function visit(user)
  local stream = assert(user:sse("http://127.0.0.1:%d/"))
  user:think "50ms"
  assert(stream:next() and stream:next())
  stream:close()
end
return pl.playbook { name = "p", objectives = { "min(latency{name='sse first event'}) >= 50ms", "min(service_time{name='sse first event'}) >= 50ms" },
  scenarios = function() return {
    closed = { users = 1, iterations = 3, base = "http://127.0.0.1:%d", user = visit },
    open = { arrivals = pl.even "20/s", duration = "200ms", base = "http://127.0.0.1:%d", user = visit } } end,
  run = function(run) run:load { "closed", "open" } end }]]):format(server.port, server.port, server.port))
    local code, out, err = support.run(("run %s --db %s/p.db"):format(path, folder))
    server:stop()
    assert.equal(0, code, out .. err)
  end)

  it("openings have a send of their own, and the lag of the start that they are", function()
    local events, sockets = support.python_server "events", support.python_server "websocket"
    local folder = support.folder()
    local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
local function scenario(port, user)
  return { arrivals = pl.even "20/s", duration = "500ms", base = "http://127.0.0.1:" .. port, user = user }
end
return pl.playbook { name = "p", errors = "ignore", scenarios = function() return {
    events = scenario(%d, function(user)
      local stream = assert(user:sse("http://127.0.0.1:%d/"))
      assert(stream:next() and stream:next())
    end),
    sockets = scenario(%d, function(user)
      local w = assert(user:ws("ws://127.0.0.1:%d/"))
      assert(w:send("burst") and w:receive())
    end) } end,
  run = function(run) run:load "events" run:load "sockets" end }]]):format(events.port, events.port, sockets.port, sockets.port))
    local code, out, err = support.run(("run %s --db %s/p.db --json - --quiet"):format(path, folder))
    events:stop()
    sockets:stop()
    assert.equal(0, code, err)
    for i, sends in ipairs { 10, 20 } do
      local l = json.decode(out).loads[i]
      assert.equal(10, l.schedule_lag_s.count)
      assert.equal(sends, l.phases_s.send.count)
      assert.is_true(l.phases_s.send.max < l.latency_s.max)
      for _, e in ipairs(l.slow) do
        local p, opens = e.phases_s, e.name:find("open", 1, true)
        assert.equal(opens ~= nil or e.name == "ws send", p.send ~= nil, json.encode(e))
        local rest = e.service_s - (p.send or 0) - (p.wait or 0) - (p.receive or 0)
        assert.is_true(rest > -1e-6 and (rest < 1e-6 or not p.receive), json.encode(e))
        assert.is_true(not opens or e.lag_s > 0)
      end
    end
  end)

  it("are blamed for what `start` did not get of a target that is dead, and scripts for the rest", function()
    local folder, port = support.folder(), support.free_port()
    local opens = ("user.vars.ws = user:ws('ws://127.0.0.1:%d/')"):format(port)
    for expected, text in pairs { [6] = playbook("http://127.0.0.1/", "user.vars.ws:send 'x'", opens), [5] = playbook("http://127.0.0.1/", "user:nothing()", "user.vars.none = 1") } do
      local code, out, err = support.run(("run %s --db %s/p.db"):format(support.write(folder .. "/p.lua", text), folder))
      assert.equal(expected, code, out .. err)
    end
    local code, out = support.run(("run %s --db %s/p.db"):format(support.write(folder .. "/p.lua", playbook("http://127.0.0.1/", "user.vars.ws:send 'x'", opens)), folder))
    assert.equal(6, code)
    assert.matches("Target silent: not one answer came.", out, 1, true)
    assert.matches("script error (10 times)", out, 1, true)
  end)
end)
