local support = require "integration.support"

-- user.cookies, whole runs against nginx, which answers with the Cookie header that it got.
describe("user.cookies", function()
  local nginx, folder
  setup(function()
    nginx = support.nginx_on_port [[
      location = /set { add_header Set-Cookie "session=s1; Path=/"; add_header Set-Cookie "deep=d1; Path=/shop"; return 200; }
      location / { add_header Content-Type text/plain; return 200 "$http_cookie"; } ]]
    folder = support.folder()
  end)
  teardown(function()
    nginx:stop()
    support.clean()
  end)

  --- Runs a user whose functions may call hold(what, is, wanted); fails where they differ. Gives all text.
  local function run(scenario, more)
    local path = support.write(folder .. "/c.lua", ([[
local pl = require "perilune"
local function hold(what, is, wanted)
  if is ~= wanted then print(("WRONG %%s: %%s, not %%s"):format(what, tostring(is), tostring(wanted))) end
end
local function text(t)
  local list = {}
  for name, value in pairs(t) do list[#list + 1] = name .. "=" .. value end
  table.sort(list)
  return table.concat(list, "; ")
end
return pl.playbook { name = "c", args = { target = pl.arg.url {} },
  scenarios = function(args) return { c = { base = args.target, users = 1, iterations = 3, %s } } end,
  run = function(run) run:load "c" end }
]]):format(scenario))
    local code, out, err = support.run(("run %s --target %s --db %s/c.db %s"):format(path, nginx.url, folder, more or ""))
    assert.is_nil((out .. err):match "WRONG [^\n]*")
    assert.equal(0, code, out .. err)
    return out .. err
  end

  it("reads what servers set, as it would be sent to a URL", function()
    run [[ user = function(user)
      user:get "/set"
      hold("base", text(user.cookies:get()), "session=s1")
      hold("below", text(user.cookies:get "/shop/cart?a=1"), "deep=d1; session=s1")
      hold("whole", text(user.cookies:get(args.target .. "/shop")), "deep=d1; session=s1")
      hold("elsewhere", text(user.cookies:get "http://other.example/"), "")
      hold("sent", user:get("/shop").text, "deep=d1; session=s1")
    end ]]
  end)

  it("sends what scripts set, under the path, the URL and the age that they say", function()
    run [[ state = "iteration", user = function(user)
      user.cookies:set("theme", "dark blue")
      user.cookies:set("deep", "1", { path = "/shop" })
      user.cookies:set("cart", "7", { url = "/shop/cart/", max_age = "1h" })
      user.cookies:set("safe", "1", { secure = true })
      user.cookies:set("other", "1", { url = "http://a.example/", domain = "a.example" })
      hold("base", user:get("/").text, "theme=dark blue")
      hold("below", user:get("/shop/cart/", { headers = { ["x-a"] = "b" } }).text, "cart=7; deep=1; theme=dark blue")
      hold("https", user.cookies:get("https://" .. args.target:match "://(.*)").safe, "1")
      hold("other", text(user.cookies:get "http://www.a.example/x"), "other=1")
      user.cookies:set("theme", "", { max_age = 0 })
      hold("deleted", user:get("/").text, "")
      user.cookies:set("deep", "2")
      hold("the longest path", user.cookies:get("/shop").deep, "1")
    end ]]
  end)

  it("begins each iteration with what start set", function()
    run [[ state = "iteration", start = function(user) user.cookies:set("who", "ada") end, user = function(user)
      hold("kept", user:get("/").text, "who=ada")
      user.cookies:set("who", "bob")
      hold("changed", user:get("/").text, "who=bob")
    end ]]
  end)

  it("forgets those of a URL, or all", function()
    run [[ user = function(user)
      user.cookies:clear()
      user:get "/set"
      user.cookies:set("root", "1", { path = "/other" })
      user.cookies:clear "/shop"
      hold("of a URL", text(user.cookies:get "/shop"), "")
      hold("others stay", user:get("/other").text, "root=1")
      user.cookies:clear()
      hold("all", user:get("/other").text, "")
    end ]]
  end)

  it("refuses what a request cannot carry, and goes on", function()
    run [[ user = function(user)
      local function refused(what, ...)
        local ok, why = pcall(user.cookies.set, user.cookies, ...)
        hold(what, not ok and tostring(why):find(what, 1, true) ~= nil, true)
      end
      refused('the name "a=b" is none of a cookie', "a=b", "1")
      refused('the value of "a" cannot be sent', "a", "x\r\nHost: b")
      refused("string expected, got nil", "a")
      refused('a path begins with /', "a", "1", { path = "shop" })
      refused('does not belong to the domain "a.example"', "a", "1", { domain = "a.example" })
      refused("max_age is a duration", "a", "1", { max_age = -1 })
      refused('max_age: "soon" is not a duration', "a", "1", { max_age = "soon" })
      refused("secure is true or false", "a", "1", { secure = "yes" })
      refused("url is a text", "a", "1", { url = 5 })
      refused("is no URL", "a", "1", { url = "http://a b/" })
      hold("nothing kept", user:get("/").text, "")
    end ]]
  end)

  it("has no other words and options", function()
    for body, why in pairs {
      ["local jar = user.cookies jar:gett()"] = 'user.cookies: unknown word "gett"; did you mean "get"?',
      ["local jar = user.cookies jar:set('a', 'b', { pth = '/' })"] = 'user.cookies:set: unknown option "pth"; did you mean "path"?',
    } do
      local path = support.write(folder .. "/w.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "w", args = { target = pl.arg.url {} },
  scenarios = function(args) return { w = { base = args.target, users = 1, iterations = 3, user = function(user) user:get "/status" %s end } } end,
  run = function(run) run:load "w" end }]]):format(body))
      local code, out, err = support.run(("run %s --target %s --db %s/w.db"):format(path, nginx.url, folder))
      assert.equal(5, code, out .. err)
      assert.is_truthy((out .. err):find("w.lua:3: " .. why, 1, true), out .. err)
    end
  end)

  it("needs a URL where the scenario has no base", function()
    local path = support.write(folder .. "/b.lua", [[
local pl = require "perilune"
return pl.playbook { name = "b", args = { target = pl.arg.url {} },
  scenarios = function(args) return { b = { users = 1, iterations = 1, user = function(user)
    user.cookies:set("a", "1", { url = args.target })
    print("sent " .. user:get(args.target .. "/x").text)
    print(select(2, pcall(user.cookies.get, user.cookies)))
  end } } end,
  run = function(run) run:load "b" end }]])
    local code, out, err = support.run(("run %s --target %s --db %s/b.db"):format(path, nginx.url, folder))
    assert.equal(0, code, out .. err)
    assert.is_truthy((out .. err):find("sent a=1\n", 1, true), out .. err)
    assert.is_truthy((out .. err):find("user.cookies: the scenario has no base; name a URL", 1, true), out .. err)
  end)

  it("is told of by --once, by the names", function()
    local text = run([[ user = function(user)
      user.cookies:set("session", "abc")
      hold("sent", user:get("/").status, 200)
    end ]], "--once c")
    assert.is_truthy(text:find("> GET " .. nginx.url .. "/\n    cookie: session=***\n", 1, true), text)
  end)
end)
