local json = require "perilune.core.json"
local support = require "integration.support"

-- gRPC against the reference implementation's server: every kind of call, metadata, deadlines, status, descriptors and reflection.
describe("gRPC", function()
  local folder
  local PYTHON = "/usr/bin/python3 -P" -- Debian's, which has Debian's grpc; the folder of a script is no place of modules
  local SERVERS = (os.getenv("PWD") or ".") .. "/tests/integration/servers"

  --- The server with these options: { port, stop() }.
  local function server(options)
    local out = support.folder() .. "/port"
    local process = support.start(("sh -c %s"):format(support.quote(("exec %s %s/grpc_server.py %s/shop.pb %s >%s 2>%s/server.log"):format(PYTHON, SERVERS, folder, options or "", out, folder))))
    process.port = support.wait_for(function()
      if not process:alive() then error(support.read(folder .. "/server.log")) end
      return support.exists(out) and support.read(out):match("%d+")
    end, 20, "the server's port")
    return process
  end

  setup(function()
    folder = support.folder()
    local code, _, err = support.shell(("cp %s/*.proto %s && cd %s && protoc --include_imports --descriptor_set_out=shop.pb shop.proto reflection_v1.proto reflection_v1alpha.proto")
      :format(SERVERS, folder, folder))
    assert(code == 0, err)
  end)
  teardown(support.clean)

  --- Runs a user function with `g`, a channel to the server, and `hold`; gives the exit code, the load and all text.
  local function run(target, user, more)
    local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "g", errors = "ignore",
  scenarios = function() return { g = { users = 2, iterations = 4, defaults = { tls = { insecure = true } }, %s
    user = function(user)
      local function hold(ok, what) if not ok then user:fail(tostring(what)) end end
      local g = user:grpc "%s"
      %s
    end } } end,
  run = function(run) run:load "g" end }
]]):format(more or "", target, user))
    local code, out, err = support.run(("run %s --db %s/p.db --json %s/p.json --workers 1 --seed 1"):format(path, folder, folder), 60)
    local ok, r = pcall(json.decode, support.read(folder .. "/p.json"))
    return code, ok and r.loads[1] or {}, out .. err
  end

  local ALL = [[
    local reply, why = g:call("shop.Cart/Add", { name = "tea", count = 3, kind = "SPICY", sizes = { 1, 2, 300 }, prices = { eur = { currency = "EUR", cents = 5 } },
      picture = "\0\255", weight = 1.5, gift = true, delta = -7, code = 9, large = "18446744073709551615", box = 4, tags = { "a", "b" } })
    hold(reply and reply.sum == 3, why)
    local e = reply.echo
    hold(e.name == "tea" and e.kind == "SPICY" and e.sizes[3] == 300 and e.prices.eur.cents == 5 and e.picture == "\0\255", "echo 1")
    hold(e.weight == 1.5 and e.gift and e.delta == -7 and e.code == 9 and e.large == -1 and e.box == 4 and e.paper == nil and e.note == nil and #e.tags == 2, "echo 2")
    for _, shelves in ipairs { { [5] = "five", [-1] = "below" }, { "one", "two" }, { "one", [math.mininteger] = "least" }, { ["7"] = "as text" } } do
      local told = g:call("shop.Cart/Add", { shelves = shelves, kept = { [true] = 1, [false] = 2 }, delta = "-9223372036854775808" }).echo
      for key, name in pairs(shelves) do hold(told.shelves[math.tointeger(key)] == name, "shelf " .. key) end
      hold(told.kept[true] == 1 and told.kept[false] == 2 and told.delta == math.mininteger, "keys")
    end
    local empty = g:call("shop.Cart/Add", {})
    hold(empty.sum == 0 and empty.user == "" and empty.echo.kind == "PLAIN" and #empty.echo.sizes == 0, "defaults")
    hold(g:call("shop.Cart/AddAll", { { count = 1 }, { count = 5 } }).sum == 6, "client stream")
    local list = g:call("shop.Cart/List", { n = 300 })
    hold(#list == 300 and list[300].count == 299, "server stream")
    local chat = g:call("shop.Cart/Chat", { { name = "a" }, { name = "b", count = 1 } })
    hold(#chat == 2 and chat[2].name == "echo b" and chat[2].count == 2, "both")

    hold(g:stream "shop.Cart/Chat", "stream")
    for i = 1, 5 do
      hold(g:send { name = "n" .. i, count = i, tags = { "t" } }, "send")
      local m, why = g:receive()
      hold(m and m.name == "echo n" .. i and m.count == i + 1, why)
    end
    local rest, why = g:finish()
    hold(rest and #rest == 0, why)
    hold(g:stream("shop.Cart/List", { n = 2 }), "stream 2")
    hold(g:receive().count == 0 and g:receive().count == 1 and g:receive() == nil, "received")
    hold(select(2, g:receive()) == nil, "the end is no failure")
  ]]

  it("makes every kind of call, by reflection", function()
    for _, version in ipairs { "v1", "v1alpha" } do
      local s = server("--reflection " .. version)
      local code, r, text = run("grpc://127.0.0.1:" .. s.port, ALL)
      s:stop()
      assert.equal(0, code, text)
      assert.equal(0, r.requests.failed, text)
      assert.is_falsy(text:find("failed by the script", 1, true), text)
      assert.is_true(r.phases_s.wait.count > 0 and r.phases_s.connect.count > 0)
    end
  end)

  it("asks the server what it offers before a call, outside of its figures", function()
    local s = server("--reflection-delay 0.5")
    local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "g", errors = "ignore",
  scenarios = function() return { g = { arrivals = pl.even "10/s", duration = "300ms", base = "http://127.0.0.1:%s", user = function(user)
    local g = user:grpc "grpc://127.0.0.1:%s"
    if not g:call("shop.Cart/Add", { count = 1 }) or not g:call("shop.Cart/List", { n = 2 }) then user:fail "no answer" end
  end } } end,
  run = function(run) run:load "g" end }
]]):format(s.port, s.port))
    local code, out, err = support.run(("run %s --db %s/p.db --json - --quiet"):format(path, folder), 60)
    s:stop()
    local r = json.decode(out).loads[1]
    assert.equal(6, r.requests.ok, out .. err)
    assert.is_true(code == 0 or code == 4, err)
    for _, e in ipairs(r.slow) do assert.is_true(e.latency_s < 0.5 and (e.lag_s or 0) < 0.5, json.encode(e)) end
    assert.is_true(r.schedule_lag_s.max < 0.5)
  end)

  it("makes calls at the same time, each a request of its own", function()
    local s = server()
    local code, r, text = run("grpc://127.0.0.1:" .. s.port, [[
      local list = g:batch({ { "shop.Cart/Add", { name = "slow", count = 1 }, name = "late" }, { "shop.Cart/Add", { name = "slow", count = 2 }, name = "late" },
        { "shop.Cart/Add", { name = "missing" } }, { "shop.Cart/List", { n = 3 } }, { "shop.Cart/AddAll", { { count = 1 }, { count = 5 } } },
        { "shop.Cart/Nothing", {} }, { "other.Service/Add", {} }, { "shop.Cart/Add", { count = 7 }, full = true, metadata = { ["x-user"] = "7" }, tags = { kind = "big" } } })
      hold(#list == 8 and list[1].value.sum == 1 and list[2].value.sum == 2, "late ones")
      hold(list[3].value == nil and list[3].error == "status" and list[3].why:find "^NOT_FOUND" and list[3].reported.trailers["x-hint"] == "look elsewhere", list[3].why)
      hold(#list[4].value == 3 and list[5].value.sum == 6, "streams")
      hold(list[6].reported.code == 12 and list[7].reported.code == 12, list[7].why)
      hold(list[8].value.message.sum == 7 and list[8].value.message.user == "7", "full")
      local one_by_one = {}
      for i = 1, 20 do one_by_one[i] = { "shop.Cart/Add", { count = i }, name = "narrow" } end
      for i, part in ipairs(g:batch(one_by_one, { parallel = 3 })) do hold(part.value.sum == i, "order") end
      local cut = g:batch({ { "shop.Cart/Add", { name = "slow" }, name = "cut" }, { "shop.Cart/Add", {}, name = "whole" } }, { timeout = "300ms" })
      hold(cut[1].error == "timeout" and cut[1].why == "no complete answer in time" and cut[2].value.sum == 0, cut[1].why)
      hold(g:call("shop.Cart/Add", { count = 2 }).sum == 2, "a new connection")
    ]])
    s:stop()
    assert.is_falsy(text:find("failed by the script", 1, true), text)
    assert.equal(0, code, text)
    assert.same({ 4 * 29, 4, 4 }, { r.requests.total, r.errors.status, r.errors.timeout }, text) -- without those that nobody was asked for
    local seen = {}
    for _, e in ipairs(r.slow) do
      local p = e.phases_s
      seen[e.name] = true
      assert.is_true(e.name ~= "late" or e.service_s > 0.9 and e.service_s < 1.9, json.encode(e))
      assert.is_true(e.name ~= "cut" or e.error == "timeout" and p.receive == nil and math.abs(p.send + p.wait + (p.connect or 0) - 0.3) < 0.1, json.encode(e))
    end
    assert.is_true(seen.late and seen.cut and seen.narrow and seen["grpc shop.Cart/AddAll"], text)
    assert.is_true(r.bytes.sent > 0 and r.bytes.received > 0)
  end)

  it("ends with calls at the same time in flight: what was sent is aborted, what waits for its turn is nothing", function()
    local s = server()
    local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "g", errors = "ignore",
  scenarios = function() return { g = { users = 2, duration = "500ms", grace = "50ms", base = "http://127.0.0.1:%s", user = function(user)
    local list = {}
    for i = 1, 20 do list[i] = { "shop.Cart/Add", { name = i > 3 and "slow" or "" } } end
    user:grpc("grpc://127.0.0.1:%s"):batch(list, { parallel = 5 })
  end } } end,
  run = function(run) run:load "g" end }
]]):format(s.port, s.port))
    local _, out, err = support.run(("run %s --db %s/p.db --json - --quiet"):format(path, folder), 60)
    s:stop()
    local r = json.decode(out).loads[1].requests
    assert.same({ 6, 6, 0, 10 }, { r.total, r.ok, r.failed, r.aborted }, out .. err)
  end)

  it("reads compressed answers, also of reflection", function()
    for _, coding in ipairs { "Gzip", "Deflate" } do
      local s = server("--compression " .. coding)
      for _, user in ipairs { ALL, ([[
        local long = g:call { "shop.Cart/Add", { name = ("tea "):rep(10000) }, full = true }
        hold(long.message.echo.name == ("tea "):rep(10000) and long.metadata["grpc-encoding"] == "%s", long.metadata["grpc-encoding"])
      ]]):format(coding:lower()) } do
        local code, r, text = run("grpc://127.0.0.1:" .. s.port, user)
        assert.equal(0, code, text)
        assert.equal(0, r.requests.failed, text)
        assert.is_falsy(text:find("failed by the script", 1, true), text)
        assert.is_true(user == ALL or r.bytes.received < 40000, "the answers came compressed")
      end
      s:stop()
    end
  end)

  it("compresses what it sends where that is asked for", function()
    local s = server()
    local long = [[
      local words = ("tea "):rep(10000)
      hold(g:call { "shop.Cart/Add", { name = words }, compress = %s }.echo.name == words, "echo")
    ]]
    for body, most in pairs { [long:format "true"] = 10000, [ALL:gsub("g:(%a+)", "z:%1"):gsub("^", 'local z = user:grpc("grpc://127.0.0.1:PORT", { compress = true })\n', 1)] = math.huge } do
      local code, r, text = run("grpc://127.0.0.1:" .. s.port, (body:gsub("PORT", s.port)))
      assert.equal(0, code, text)
      assert.equal(0, r.requests.failed, text)
      assert.is_falsy(text:find("failed by the script", 1, true), text)
      assert.is_true(r.bytes.sent < most, r.bytes.sent)
    end
    local _, r = run("grpc://127.0.0.1:" .. s.port, long:format "false")
    s:stop()
    assert.is_true(r.bytes.sent > 4 * 40000, r.bytes.sent)
  end)

  it("names options that it does not know, and what they are", function()
    for body, why in pairs {
      ['user:grpc("grpc://127.0.0.1:1", { authorty = "x" })'] = 'grpc: unknown option "authorty"; did you mean "authority"?',
      ['user:grpc("grpc://127.0.0.1:1", { proto = "shop.proto" })'] = 'unknown option "proto" (known: authority, compress; what describes messages is a key of the scenario: descriptors = "shop.proto"',
      ['local o = { proto = "shop.proto" } user:grpc("grpc://127.0.0.1:1", o)'] = 'grpc: unknown option "proto"; known: authority, compress; what describes messages is a key of the scenario: descriptors = "shop.proto"',
      ['local o = { "shop.Cart/Add", {}, metdata = {} } g:call(o)'] = 'grpc: unknown option "metdata"; did you mean "metadata"?',
      ['g:batch { { "shop.Cart/Add", {}, timeout = "1s" } }'] = 'grpc: unknown option "timeout"; known: metadata, deadline, full, compress, name, tags',
      ['g:batch({ { "shop.Cart/Add", {} } }, { paralel = 2 })'] = 'grpc: unknown option "paralel"; did you mean "parallel"?',
      ['g:batch({})'] = "batch: a list of 1 to 1000 calls",
      ['g:batch { { "Add", {} } }'] = 'grpc: batch: write the method as "package.Service/Method"',
      ['local o = { timout = "1s" } g:receive(o)'] = 'grpc: unknown option "timout"; did you mean "timeout"?',
      ['g:call { "shop.Cart/Add", {}, compress = "br" }'] = "grpc: compress is true or false",
      ['user:grpc("grpc://127.0.0.1:1", { authority = 5 })'] = "grpc: authority is a text",
      ['g:call { "shop.Cart/Add", {}, full = 1 }'] = "grpc: full is true or false",
      ['g:call { "shop.Cart/Add", {}, tags = "a" }'] = "grpc: tags is a table of names and values",
      ['g:call { "shop.Cart/Add", {}, name = 5 }'] = "grpc: name is a text",
      ['g:batch({ { "shop.Cart/Add", {} } }, { parallel = 1.5 })'] = "grpc: parallel is a whole number",
      ['user:ws("ws://127.0.0.1:1", { compress = "yes" })'] = "ws: compress is true or false",
      ['user:memcached("memcached://127.0.0.1:1"):set { "k", "v", ttl = "60" }'] = "memcached: ttl is a whole number",
    } do
      local code, _, text = run("grpc://127.0.0.1:1", body, 'descriptors = "shop.pb",')
      assert.equal(5, code, text)
      assert.matches(why, text, 1, true)
    end
  end)

  it("makes every kind of call by the scenario's descriptors, over TLS", function()
    local code, _, err = support.shell(("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout s.key -out s.pem -days 30 -subj /CN=server"):format(folder))
    assert(code == 0, err)
    local s = server(("--reflection none --cert %s/s.pem --key %s/s.key"):format(folder, folder))
    for _, name in ipairs { "shop.pb", "shop.proto" } do
      local _, r, text = run("grpcs://127.0.0.1:" .. s.port, ALL, ("descriptors = %q,"):format(name))
      assert.equal(0, r.requests and r.requests.failed, text)
      assert.is_falsy(text:find("failed by the script", 1, true), text)
    end
    s:stop()
  end)

  it("ends a call that nobody answers half a second behind its deadline, described or not", function()
    local trouble = support.python_server "trouble"
    local _, ports = support.shell(("curl -s %s/ports"):format(trouble.url))
    local target = "grpc://127.0.0.1:" .. json.decode(ports).mute
    for _, more in ipairs { 'descriptors = "shop.pb",', "" } do
      local code, r, text = run(target, [[
        local late, why, class = g:call { "shop.Cart/Add", {}, deadline = "100ms" }
        hold(late == nil and class == "timeout", class) ]], more)
      assert.equal(6, code, text)
      assert.equal(4, r.errors.timeout, text)
      assert.is_true(r.duration_s < 20, text) -- four calls by two users, not twice 30 s
    end
    local code, r, text = run(target, [[
      local parts = g:batch { { "shop.Cart/Add", {}, deadline = "100ms", name = "short" }, { "shop.Cart/Add", {}, deadline = "900ms", name = "long" } }
      hold(#parts == 2 and parts[1].error == "timeout" and parts[2].error == "timeout", parts[1].error) ]], 'descriptors = "shop.pb",')
    assert.equal(6, code, text)
    assert.equal(8, r.errors.timeout, text)
    assert.is_true(r.duration_s < 20, text)
  end)
  it("ends parts of a batch by deadlines of their own, the others go on", function()
    local s = server()
    local code, r, text = run("grpc://127.0.0.1:" .. s.port, [[
      local one = { "shop.Cart/Add", { name = "slow", count = 1 } }
      local parts = g:batch { { one[1], one[2], deadline = "100ms" }, one, { one[1], { count = 3 }, deadline = "10s" } }
      hold(parts[1].error == "status" and parts[1].why:find("DEADLINE_EXCEEDED", 1, true), parts[1].why) -- the server itself said so
      hold(parts[2].value and parts[2].value.sum == 1, parts[2].why)
      hold(parts[3].value and parts[3].value.sum == 3, parts[3].why)
      hold(g:call("shop.Cart/Add", { count = 4 }).sum == 4, "the connection lives")
    ]], 'descriptors = "shop.pb",')
    s:stop()
    assert.equal(4, r.errors.status, text)
    assert.equal(12, r.requests.ok, text)
    assert.is_falsy(text:find("failed by the script", 1, true), text)
  end)
  it("gives status, metadata and trailers; deadlines are told to the server", function()
    local s = server()
    local code, r, text = run("grpc://127.0.0.1:" .. s.port, [[
      local nothing, why, class, report = g:call("shop.Cart/Add", { name = "missing" })
      hold(nothing == nil and class == "status" and why == "NOT_FOUND: no such item: 100 % tea, ä", why)
      hold(report.code == 5 and report.status == "NOT_FOUND" and report.message == "no such item: 100 % tea, ä" and report.trailers["x-hint"] == "look elsewhere", report.trailers["x-hint"])
      local full = g:call { "shop.Cart/Add", { name = "x" }, metadata = { ["x-user"] = "7", ["x-bytes-bin"] = "\1\2\3" }, full = true, name = "add with more" }
      hold(full.message.user == "7" and full.metadata["x-echo"] == "7" and full.metadata["x-bytes-bin"] == "\1\2\3", full.metadata["x-bytes-bin"])
      hold(full.trailers["grpc-status"] == "0" and full.trailers["x-deadline"] == "False", full.trailers["x-deadline"])
      hold(g:call { "shop.Cart/Add", {}, deadline = "10s", full = true }.trailers["x-deadline"] == "True", "deadline")
      local late, why = g:call { "shop.Cart/Add", { name = "slow" }, deadline = "100ms" }
      hold(late == nil and why:find "^DEADLINE_EXCEEDED", why)
      local cut, why = g:call("shop.Cart/List", { n = 13 })
      hold(cut == nil and why == "DATA_LOSS: thirteen", why)
      local unknown, why = g:call("shop.Cart/Nothing", {})
      hold(unknown == nil and why:find "^UNIMPLEMENTED", why)
      local gone, why, class = g:call { "shop.Cart/Add", { name = "slow" }, timeout = "50ms" }
      hold(gone == nil and class == "timeout", class)
      hold(g:call("shop.Cart/Add", { count = 2 }).sum == 2, "a new connection")
    ]])
    s:stop()
    assert.is_falsy(text:find("failed by the script", 1, true), text)
    assert.equal(0, code, text)
    assert.same({ 12, 4, 28 }, { r.errors.status, r.errors.timeout, r.requests.total }, text)
    assert.matches("script error (4 times): UNIMPLEMENTED: the service has no method shop.Cart/Nothing", text, 1, true) -- nobody was asked for it
    assert.matches("add with more", text, 1, true)
    assert.matches("NOT_FOUND: no such item", text, 1, true)
  end)

  it("tells of messages that do not fit, of methods that are not described, of a missing protoc", function()
    local s = server("--reflection none")
    local target = "grpc://127.0.0.1:" .. s.port
    local _, _, text = run(target, [[ g:call("shop.Cart/Add", { colour = "red" }) ]], 'descriptors = "shop.pb",')
    assert.matches('shop.Item has no field "colour"', text, 1, true)
    _, _, text = run(target, [[ g:call("shop.Cart/Add", { count = 1.5 }) ]], 'descriptors = "shop.pb",')
    assert.matches("shop.Item.count: a whole number is needed", text, 1, true)
    _, _, text = run(target, [[ g:call("shop.Cart/None", {}) ]], 'descriptors = "shop.pb",')
    assert.matches("the descriptors have no method shop.Cart/None", text, 1, true)
    local reflecting = server "--reflection v1"
    for message, why in pairs { ['{ colour = "red" }'] = 'shop.Item has no field "colour"', ["{ count = 1.5 }"] = "shop.Item.count: a whole number is needed",
      ['{ kind = "HOT" }'] = "shop.Item.kind: no value of the enum", ["5"] = "shop.Item" } do
      local failed, r, told = run("grpc://127.0.0.1:" .. reflecting.port, ([[ g:call("shop.Cart/Add", %s) ]]):format(message))
      assert.equal(5, failed, told) -- the server says no before anything is sent: the script is wrong, not the server
      assert.equal(0, r.requests.total, told)
      assert.matches("INVALID_ARGUMENT: ", told, 1, true)
      assert.matches(why, told, 1, true)
    end
    reflecting:stop()
    local code
    code, _, text = run(target, [[ user:check(g:call("shop.Cart/Add", {}), { status = 0 }) ]])
    assert.equal(5, code, text) -- no call could be sent: the playbook lacks the descriptors
    assert.matches("Iterations of g fail in the script: UNIMPLEMENTED: reflection: the server does not offer it", text, 1, true)
    _, _, text = run(target, [[ hold(false, select(2, g:call("shop.Cart/Add", {}))) ]])
    assert.matches("UNIMPLEMENTED: reflection: the server does not offer it", text, 1, true)
    _, _, text = run(target, "", 'descriptors = "none.pb",')
    assert.matches("descriptors", text, 1, true)
    support.write(folder .. "/broken.proto", "syntax = ;")
    _, _, text = run(target, "", 'descriptors = "broken.proto",')
    assert.matches("protoc cannot compile broken.proto", text, 1, true)
    local _, _, err = support.shell(("PATH=/nowhere %s run %s/p.lua --db %s/q.db"):format(support.perilune, folder, folder))
    assert.matches("there is no protoc here", err, 1, true)
    s:stop()
  end)
end)
