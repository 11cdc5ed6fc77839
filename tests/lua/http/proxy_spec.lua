local guard = require "perilune.core.guard"
local proxy = require "perilune.http.proxy"
local support = require "lua.support"

local function chosen(own, host, scheme, name)
  local p = proxy.choose(proxy.of(own, host), { scheme = scheme, host = name })
  return p and p.url
end

describe("the proxy of a request", function()
  it("is its own", function()
    assert.equal("http://p:1", chosen("http://p:1/", { https_proxy = "http://q:2" }, "https", "a.example"))
    assert.equal("http://p:1", chosen("p:1", nil, "http", "127.0.0.1"))
    assert.is_nil(chosen(false, { http_proxy = "http://q:2" }, "http", "a.example"))
  end)
  it("or one of the host's settings", function()
    local host = { http_proxy = "http://a:1", https_proxy = "b:2", no_proxy = "x.example, .y.example,*.z.example:80" }
    assert.equal("http://a:1", chosen(nil, host, "http", "a.example"))
    assert.equal("http://b:2", chosen(nil, host, "https", "a.example"))
    assert.equal("http://c:3", chosen(nil, { all_proxy = "http://c:3" }, "https", "a.example"))
    assert.equal("http://d:4", chosen(nil, { proxy = "http://d:4", https_proxy = "http://b:2" }, "https", "a.example"))
    for _, name in ipairs { "x.example", "a.x.example", "Y.example", "b.y.example", "c.z.example", "localhost", "127.0.0.1", "::1", "a.localhost" } do assert.is_nil(chosen(nil, host, "http", name), name) end
    assert.equal("http://a:1", chosen(nil, host, "http", "xx.example"))
    assert.is_nil(chosen(nil, { all_proxy = "http://c:3", no_proxy = "*" }, "https", "a.example"))
    assert.is_nil(chosen(nil, { all_proxy = "" }, "https", "a.example"))
    assert.is_nil(chosen(nil, { all_proxy = "http://c:3" }, "unix", "/run/x"))
  end)
  it("keeps its credentials to itself", function()
    local p = proxy.of("http://ada:pw@p:1", nil).http
    assert.equal("http://p:1", p.url)
    assert.is_true(guard.is_secret(p.user))
    assert.equal("ada:pw", guard.reveal(p.user))
  end)
  it("is an HTTP proxy", function()
    assert.matches("http: proxy: socks5://p:1: SOCKS is not spoken; write the http://HOST:PORT", support.message(proxy.of, "socks5://ada:pw@p:1", nil), 1, true)
    assert.matches("a proxy is asked by HTTP alone", proxy.unspoken "HTTPS://p:1", 1, true)
    for _, url in ipairs { "p:1", "http://p:1", "HTTP://p:1" } do assert.is_nil(proxy.unspoken(url)) end
    assert.matches("http_proxy", support.message(proxy.of, nil, { http_proxy = "ftp://x" }), 1, true)
  end)
end)
