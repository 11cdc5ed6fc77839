local once = require "perilune.once"

describe("one iteration of one user", function()
  local printed
  before_each(function() printed = {} end)
  local print_ = print
  setup(function() _G.print = function(...) printed[#printed + 1] = table.concat({ ... }, "\t") end end)
  teardown(function() _G.print = print_ end)

  local function has(text)
    for _, line in ipairs(printed) do
      if line:find(text, 1, true) then return true end
    end
    error(("%q is none of:\n%s"):format(text, table.concat(printed, "\n")), 2)
  end

  --- A user whose requests get this answer.
  local function user(answer, scenario)
    local real = { vars = { n = 1 }, checked = {} }
    function real.get(_, url, options) real.url, real.options = url, options return answer end
    function real.post(...) return real.get(...) end
    function real.check(_, a, checks)
      real.checked[#real.checked + 1] = a
      local name = next(checks)
      return name ~= "status" or checks.status == a.status, name == "status" and "status is " .. a.status or nil
    end
    function real.think(_, d) real.thought = d end
    real.cookies = { get = function(_, url) return url == "/cart" and { theme = "dark", session = "abc" } or {} end }
    return once.user(real, scenario or { base = "http://h:80/" }), real
  end

  it("is a plan of a single one, whatever the scenario says", function()
    local s = once.scenario { arrivals = {}, duration = "9s", warmup = "1s", pace = "1s", base = "http://h", user = print }
    assert.same({ iterations = 1, users = 1, duration = "60s", base = "http://h", user = print }, s)
  end)
  it("makes a script of a static request", function()
    local asked
    local s = once.scenario { users = 5, request = { url = "/a", headers = { x = "1" }, pipeline = 8 } }
    s.user { request = function(_, url, options) asked = { url, options } end }
    assert.same({ "/a", { method = "GET", headers = { x = "1" } } }, asked)
  end)
  it("tells each request and its answer", function()
    local u = user({ status = 404, error = "status", text = "12345", timings = { total = 0.0123 }, head = "" })
    u:get("/a?token=abc", { name = "page", query = { page = 2 } })
    has "> GET http://h:80/a"
    has "(page)"
    has "query: page=2"
    has "< status 404  failed: status  5 bytes in 12.3 ms"
  end)
  it("tells the URL to which a relative one leads", function()
    for url, whole in pairs { ["/a"] = "http://h/a", a = "http://h/api/a", ["?q=1"] = "http://h/api/v1?q=1", ["//g/a"] = "http://g/a", ["http://g/b"] = "http://g/b" } do
      user({ status = 200, text = "" }, { base = "http://h/api/v1" }):get(url)
      assert.equal("> GET " .. whole, printed[1])
      printed = {}
    end
    user({ status = 200, text = "" }, { base = "http://h" }):get "a"
    has "> GET http://h/a"
    user({ status = 200, text = "" }, { base = "unix:/run/s:" }):get "/a"
    has "> GET unix:/run/s:/a"
  end)
  it("names the cookies that go with a request", function()
    local u = user({ status = 200, text = "" })
    u:get "/cart"
    has "    cookie: session=***; theme=***"
    printed = {}
    u:get "/"
    assert.is_nil(table.concat(printed, "\n"):find "cookie")
  end)
  it("masks what tells a secret", function()
    local u = user({ status = 200, text = "" }, { base = "http://h", defaults = { headers = { Authorization = "Bearer abc" } } })
    u:post("/login", { form = { user = "ada", password = "pw" } })
    has "authorization: ***"
    has "password=*** user=ada"
  end)
  it("tells what is read of an answer", function()
    local answer = { status = 200, text = "{}" }
    function answer.json(_, path) return path == "id" and 7 or nil end
    local u = user(answer)
    assert.equal(7, u:get("/"):json "id")
    has "json(id) = 7"
  end)
  it("tells each check, and gives them the real answer", function()
    local answer = { status = 200, text = "" }
    local u, real = user(answer)
    local wrapped = u:get "/"
    assert.is_true(u:check(wrapped, { status = 200, { "has a body", print } }))
    assert.is_false(u:check(wrapped, { status = 201 }))
    has "✓ check has a body"
    has "✗ status is 200"
    for _, a in ipairs(real.checked) do assert.equal(answer, a) end
  end)
  it("tells the requests of a batch, and their answers by their keys", function()
    local one, two = { status = 200, text = "1" }, { status = 404, text = "" }
    local u, real = user()
    function real.batch(_, requests, options) real.asked = { requests, options } return { one, cart = two } end
    local answers = u:batch({ "/a", cart = { "/cart", method = "POST", json = { n = 1 } } }, { parallel = 2 })
    assert.same({ { "/a", cart = { "/cart", method = "POST", json = { n = 1 } } }, { parallel = 2 } }, real.asked)
    assert.same({ "> GET http://h:80/a", "> POST http://h:80/cart", "    json: n=1", "< 1: status 200  1 bytes in 0.0 ms", "    | 1",
      "< cart: status 404  0 bytes in 0.0 ms" }, printed)
    u:check(answers.cart, { status = 404 })
    assert.equal(two, real.checked[1])
  end)
  it("tells the operations of connections, and how they ended", function()
    local closed, asked
    local channel = { is_open = function() return true end, close = function(self) closed = self end }
    function channel.call(self, ...) asked = { self, ... } return { 1, name = "x", password = "pw" } end
    function channel.get() return nil, "no connection", "connect" end
    local u, real = user()
    function real.redis(_, url, options) real.opened = { url, options } return channel end
    local c <close> = u:redis("redis://me:pw@h:1/", { resp = 3 })
    assert.same({ { "redis://me:pw@h:1/", { resp = 3 } }, true }, { real.opened, c:is_open() })
    assert.same({ 1, name = "x", password = "pw" }, (c:call("SET", "k", { a = { 1, "two" } })))
    c:call "a\r\n\0"
    assert.same({ channel, "a\r\n\0" }, asked)
    assert.same({ nil, "no connection", "connect", n = 3 }, table.pack(c:get()))
    c:close()
    assert.equal(channel, closed)
    has "> redis redis://"
    assert.is_nil(printed[1]:find("pw", 1, true))
    has "< open"
    has '> redis call("a\\r\\n\\0")'
    has '> redis call("SET", "k", { a = { 1, "two" } })'
    has '< { 1, name = "x", password = *** }'
    has "> redis get()"
    has "< failed: connect: no connection"
  end)
  it("shows no secret of the arguments that a server sends back", function()
    once.hide { key = require "perilune.core.guard".secret "open sesame", n = 1 }
    user({ status = 200, text = "it is open sesame" }):get "/"
    has "| it is ***"
  end)
  it("tells of all connections that there are", function()
    local names = {}
    for _, c in ipairs(require "perilune.words".channels) do names[#names + 1] = c[1] end
    local known = table.move(once.channels, 1, #once.channels, 1, {})
    table.sort(names)
    table.sort(known)
    assert.same(names, known)
  end)
  it("leaves the other words and fields as they are", function()
    local u, real = user { status = 200, text = "" }
    u:think "1s"
    u.name = "x"
    assert.same({ 1, "1s", "x" }, { u.vars.n, real.thought, real.name })
    has "think 1s"
  end)
end)
