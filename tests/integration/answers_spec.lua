local json = require "perilune.core.json"
local support = require "integration.support"

-- What a script is told of an answer, and what becomes of its checks; whole runs against the shop.
describe("an answer", function()
  local shop, folder
  setup(function()
    shop, folder = support.shop(), support.folder()
  end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  --- Runs a user's function a number of times: code, the load's result, all text.
  local function run(user, iterations, more)
    local path = support.write(folder .. "/a.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "a", args = { target = pl.arg.url {} }, errors = "ignore",
  scenarios = function(args) return { a = { base = args.target, users = 1, iterations = %d, user = function(user) %s end } } end,
  run = function(run) run:load "a" end }
]]):format(iterations or 10, user))
    local code, out, err = support.run(("run %s --target %s --db %s/a.db --json %s/a.json --workers 1 %s"):format(path, shop.url, folder, folder, more or ""))
    local ok, r = pcall(json.decode, support.read(folder .. "/a.json"))
    return code, ok and r.loads[1] or nil, out .. err
  end

  --- A user's function that fails with the text of what does not hold.
  local function holds(script)
    local code, l, text = run("local function hold(what, ok) if not ok then user:fail(what) end end " .. script, 1)
    assert.equal(0, code, text)
    assert.equal(0, l.errors.script, text)
  end

  it("is ok as the request expected it", function()
    holds [[
      local r = user:get("/status/404", { expect = "2xx,404" })
      hold("expected is ok", r.ok and r.error == nil and r.status == 404)
      r = user:get("/status/404")
      hold("else it is an error of the class status", not r.ok and r.error == "status")
      r = user:get("/status/204", { expect = "200" })
      hold("also a good one that was not expected", not r.ok and r.error == "status")]]
  end)

  it("is checked by one status or a list of them", function()
    holds [[
      local r = user:get("/status/404", { expect = "404" })
      hold("one", user:check(r, { status = 404 }) and not user:check(r, { status = 200 }))
      hold("a list", user:check(r, { status = { 200, 404 } }) and not user:check(r, { status = {} }))
      local ok, why = pcall(user.check, user, r, { status = "4xx" })
      hold(tostring(why), not ok and tostring(why):find("status is a number or a list of them", 1, true))]]
  end)

  it("fails itself by a failed check, whatever was sent after it", function()
    local _, l, text = run [[
      local a = user:get("/products/1", { name = "a" })
      local b = user:get("/products/2", { name = "b" })
      user:check(a, { { "never", function() return false end } })
      user:check(a, { { "never twice", function() return false end } })
      user:check(b, { status = 200 })
      if a.ok or a.error ~= "check" or not b.ok then user:fail("the answer does not say so") end]]
    assert.equal(20, l.requests.total, text)
    assert.equal(10, l.requests.ok)
    assert.equal(10, l.errors.check)
    assert.equal(0, l.errors.script)
    assert.truthy(text:find("\n  a +10 +10 "), text)
    assert.truthy(text:find("\n  b +10 +0 "), text)
  end)

  it("has nil and why for what is not in its JSON", function()
    holds [[
      local r = user:get("/products/3", { headers = { accept = "application/json" } })
      local v, why = r:json("a.b")
      hold("why: " .. tostring(why), v == nil and why == 'no "a.b" in the answer')
      hold("a path is checked", not pcall(r.json, r, "a[x]"))]]
  end)

  it("that was expected is no error in the summary", function()
    local code, _, text = run [[ user:get("/status/404", { expect = "404" }) ]]
    assert.equal(0, code, text)
    assert.falsy(text:find("status 404", 1, true), text)
  end)

  it("may be the last one of a user", function()
    local _, l, text = run [[ user:get("/") user:stop() ]]
    assert.equal(1, l.requests.ok, text)
  end)

  it("may make a script give up, which is no script error", function()
    local _, l, text = run [[ user:get("/") user:fail("sold out") ]]
    assert.equal(10, l.errors.script)
    assert.truthy(text:find("failed by the script (10 times): sold out", 1, true), text)
    assert.falsy(text:find("script error", 1, true), text)
  end)
end)

describe("credentials in a URL", function()
  teardown(support.clean)

  it("are sent as Basic authorization and stored nowhere", function()
    local port = support.free_port()
    local nginx = support.nginx(([[ listen 127.0.0.1:%d; location / { return 200 "$http_authorization"; } ]]):format(port))
    local folder = support.folder()
    local script = support.write(folder .. "/s.lua", [[ return function(user)
      user:check(user:get("/x"), { { "sent", function(r) return r.text == "Basic bWU6Z2VoZWlt" end } })
      user:check(user:get("/x", { name = "y" }), { { "sent", function(r) return r.text == "Basic bWU6Z2VoZWlt" end } })
    end]])
    local code, out, err = support.run(("load http://me:geheim@127.0.0.1:%d/ --script %s -n 3 -c 1 --db %s/t.db --json %s/t.json"):format(port, script, folder, folder))
    nginx:stop()
    assert.equal(0, code, out .. err)
    local _, found = support.shell(("grep -l geheim %s/t.*"):format(folder))
    assert.equal("", found)
    assert.falsy((out .. err):find("geheim", 1, true))
  end)

  it("of another tool's form of a socket are explained", function()
    local code, _, err = support.run("load http+unix://%2Frun%2Fapp.sock/x -n 1")
    assert.equal(2, code)
    assert.truthy(err:find("unix:/run/app.sock:/x", 1, true), err)
  end)
end)

describe("headers", function()
  teardown(support.clean)

  it("may have several values, on the command line and in a script", function()
    local own = support.nginx [[ location / { add_header x-got "$http_x_forwarded_for" always; return 200 ok; } ]]
    local folder = support.folder()
    local script = support.write(folder .. "/s.lua", [[ return function(user)
      user:check(user:get("/x"), { { "given twice", function(r) return r:header("x-got") == "1, 2" end } })
      local r = user:get("/x", { headers = { ["X-forwarded-For"] = { "3", "4", "5" }, ["content-type"] = "text/x" }, json = { 1 } })
      user:check(r, { { "all of a list", function() return r:header("x-got") == "3, 4, 5" end } })
    end]])
    local code, out, err = support.run(("load %s/ -H 'X-Forwarded-For: 1' -H 'x-forwarded-for: 2' --script %s -n 2 -c 1 --db %s/t.db"):format(own.url, script, folder))
    own:stop()
    assert.equal(0, code, out .. err)
  end)
end)

describe("a redirect", function()
  teardown(support.clean)

  it("to a host without a grant is refused, and that is said", function()
    local nginx = support.nginx [[
      location /out { return 302 http://10.1.2.3/x; }
      location /loop { return 302 /loop; }
      location / { return 200 ok; }]]
    local folder = support.folder()
    local code, out, err = support.run(("load %s/out --requests 3 --users 1 --db %s/t.db"):format(nginx.url, folder))
    assert.equal(7, code, out .. err)
    assert.truthy(out:find("refused (3 times): load to 10.1.2.3 is not granted (redirect from", 1, true), out)
    assert.falsy(out:find("silent", 1, true), out)
    local _, loop = support.load(nginx.url .. "/loop --requests 3 --users 1")
    nginx:stop()
    assert.equal(3, loop.errors.protocol)
    assert.equal(0, loop.requests.ok)
  end)
end)

describe("JSON of an answer", function()
  local answer_json = require "perilune.core.json"
  it("has null as a value of its own inside tables", function()
    local t = answer_json.decode('{"a":null,"b":[1,null]}')
    assert.equal(answer_json.null, t.a)
    assert.equal(2, #t.b)
  end)
end)
