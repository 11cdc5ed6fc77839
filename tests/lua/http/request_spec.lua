local guard = require "perilune.core.guard"
local request = require "perilune.http.request"
local schema = require "perilune.schema"
local support = require "lua.support"
local words = require "perilune.words"

local function build(o, place)
  o.url = o.url or "https://h.example/a?x=1"
  return request.build(schema.check(words.options.http, o, "http"), place or {})
end
local function header(r, name)
  for _, h in ipairs(r.headers) do
    if h[1]:lower() == name then return h[2] end
  end
end
local secret = guard.secret

describe("a request", function()
  it("has a URL, and one that may be shown", function()
    local r = build { query = { b = true, a = { 1, secret "hid den" } } }
    assert.equal("https://h.example/a?x=1&a=1&a=hid%20den&b=true", r.url)
    assert.equal("https://h.example/a?x=1&a=1&a=***&b=true", r.shown)
    assert.equal("https://h.example:443", r.origin)
    r = build { url = "https://hooks.example/services/" .. secret "T0/B0/xyz" }
    assert.same({ "https://hooks.example/services/T0/B0/xyz", "https://hooks.example:443/***" }, { r.url, r.shown })
    assert.equal("https://h/?token=***", build({ url = "https://h/?token=abc" }).shown)
  end)
  it("has one body at most, and its type", function()
    local r = build { json = { a = { secret "hidden" } } }
    assert.same({ "POST", '{"a":["hidden"]}', "application/json" }, { r.method, guard.reveal(r.body), header(r, "content-type") })
    r = build { form = { b = 1, a = "x&y" }, method = "patch", headers = { ["Content-Type"] = "own" } }
    assert.same({ "PATCH", "a=x%26y&b=1", "own" }, { r.method, guard.reveal(r.body), header(r, "content-type") })
    assert.matches("json and body exclude each other", support.message(build, { json = 1, body = "x" }), 1, true)
  end)
  it("has credentials of one kind", function()
    assert.equal("Bearer abc", header(build { auth = { bearer = "abc" } }, "authorization"))
    assert.equal("Basic YTpi", header(build { auth = { basic = { user = "a", password = secret "b" } } }, "authorization"))
    assert.matches('did you mean "bearer"', support.message(build, { auth = { baerer = "x" } }), 1, true)
    assert.matches("auth is", support.message(build, { auth = { bearer = "x", basic = {} } }), 1, true)
    assert.matches("auth is", support.message(build, { auth = {} }), 1, true)
  end)
end)

describe("a request that is moved", function()
  local function whole() return build { headers = { cookie = "c", ["X-Api-Key"] = "k", own = secret "hidden", open = "o" }, auth = { bearer = "abc" }, tls = { cert = "-----BEGIN c", key = "-----BEGIN k", ca = "-----BEGIN a" } } end

  it("keeps all that it has on its host", function()
    local r = request.moved(whole(), "b?y=2#part")
    assert.equal("https://h.example/b?y=2", r.url)
    assert.same({ "Bearer abc", "c", "k", "hidden" }, { header(r, "authorization"), header(r, "cookie"), header(r, "x-api-key"), header(r, "own") })
    assert.equal("-----BEGIN c", r.tls.cert)
  end)
  it("loses what is its host's anywhere else", function()
    for _, to in ipairs { "https://other.example/", "http://h.example/", "https://h.example:444/", "//h.example.evil/", "https://sub.h.example/" } do
      local r = request.moved(whole(), to)
      assert.same({}, { header(r, "authorization"), header(r, "cookie"), header(r, "x-api-key"), header(r, "own") }, to)
      assert.equal("o", header(r, "open"))
      assert.same({ ca = "-----BEGIN a" }, { ca = r.tls.ca, cert = r.tls.cert, key = r.tls.key })
    end
    assert.equal("Bearer abc", header(request.moved(whole(), "https://H.example:443/"), "authorization"))
  end)
  it("takes no body along to another host", function()
    local _, code = support.message(request.moved, build { body = "x" }, "https://other.example/")
    assert.equal("refused", code)
    local r = request.moved(build { body = "x", headers = { ["content-language"] = "de" } }, "https://other.example/", true)
    assert.same({ "GET", nil, nil }, { r.method, r.body, header(r, "content-language") })
  end)
  it("goes to URLs alone", function()
    for _, to in ipairs { "file:///etc/passwd", "gopher://h/", "https://user:pw@h.example/", "https://h.example/a b" } do assert.is_false(pcall(request.moved, whole(), to), to) end
  end)
  it("may have other fields", function()
    local r = request.with_fields(build { query = { page = 1, q = "a b" } }, { page = 2, ["the token"] = "t&" })
    assert.equal("https://h.example/a?x=1&q=a%20b&page=2&the%20token=t%26", r.url)
    assert.equal("Bearer abc", header(request.with_fields(whole(), { page = 2 }), "authorization"))
  end)
end)
