local grant = require "perilune.grant"
local policy = require "perilune.policy"
local support = require "lua.support"

local NONE = policy.of()

describe("grants", function()
  local function plans(url) return { { name = "a", url = url } } end

  it("loopback needs none", function()
    assert.is_nil(grant.load(plans "http://127.0.0.1:80/", {}, NONE).rate_cap)
    assert.is_nil(grant.load(plans "http://[::1]/", {}, NONE).rate_cap)
  end)
  it("a private address must be typed", function()
    local text, code = support.message(grant.load, plans "http://10.0.0.5/", {}, NONE)
    assert.matches("10.0.0.5 is not granted", text, 1, true)
    assert.equal("refused", code)
    assert.is_nil(grant.load(plans "http://10.0.0.5/", { ["10.0.0.5"] = true }, NONE).rate_cap)
  end)
  it("elsewhere load is held back unless a policy names the host", function()
    local g = grant.load(plans "http://example.com/", { ["example.com"] = true }, NONE)
    assert.same({ 50, 10 }, { g.rate_cap, g.max_connections })
    assert.matches("example.com", g.why, 1, true)
    assert.is_nil(grant.load(plans "http://example.com/", {}, policy.of { "example.com" }).rate_cap)
  end)
  it("holds back every host that a script could reach, whether a plan names it or not", function()
    local g = grant.load({ { name = "a", scripted = true } }, { ["127.0.0.1"] = true, ["example.com"] = true }, NONE)
    assert.same({ 50, 10 }, { g.rate_cap, g.max_connections })
    assert.is_nil(grant.load(plans "http://127.0.0.1/", { ["127.0.0.1"] = true, ["10.0.0.5"] = true }, policy.of { "example.com" }).rate_cap)
  end)
  it("a policy names hosts, ports and names below, and may hold load back", function()
    local named = policy.of { "10.0.0.5:8080", "*.example.com" }
    named.rate, named.connections, named.path = 200, 7, "p.lua"
    local g = grant.load(plans "http://10.0.0.5:8080/", {}, named)
    assert.same({ 200, 7 }, { g.rate_cap, g.max_connections })
    assert.matches("policy p.lua", g.why, 1, true)
    assert.same({ host = "10.0.0.5", port = 8080, suffix = false }, g.hosts[1])
    assert.is_nil(grant.load({ { name = "a", url = "http://127.0.0.1/" } }, {}, named).rate_cap)
    assert.matches("not granted", support.message(grant.load, plans "http://10.0.0.5/", {}, named), 1, true)
    assert.equal(200, grant.load(plans "http://a.b.Example.com/", {}, named).rate_cap)
    assert.matches("not granted", support.message(grant.load, plans "http://example.com/", {}, named), 1, true)
    assert.matches("not granted", support.message(grant.load, plans "http://badexample.com/", {}, named), 1, true)
  end)
  it("looks at the place that a connection really goes to", function()
    local function rerouted(url, text, scripted) return { { name = "a", url = url, connect_to = { text }, scripted = scripted } } end
    assert.is_nil(grant.load(rerouted("http://example.com/", "example.com:80:127.0.0.1:8080"), {}, NONE).rate_cap)
    assert.matches("load to 10.0.0.5 is not granted", support.message(grant.load, rerouted("http://127.0.0.1/", "::10.0.0.5:"), {}, NONE), 1, true)
    assert.matches("load to example.com is not granted", support.message(grant.load, rerouted("http://example.com/", "example.com:81:127.0.0.1:8080"), {}, NONE), 1, true)
  end)
  it("looks at the proxy as at any host", function()
    local through = { { name = "a", url = "http://127.0.0.1/", proxy = { url = "http://10.0.0.9:3128" }, connect_to = { ":::1" } } }
    assert.matches("load to 10.0.0.9 is not granted", support.message(grant.load, through, {}, NONE), 1, true)
    assert.is_nil(grant.load(through, { ["10.0.0.9"] = true }, NONE).rate_cap)
    assert.is_nil(grant.load(through, {}, policy.of { "10.0.0.9:3128" }).rate_cap)
  end)
  it("does not hold back a typed host whose connections all go elsewhere", function()
    local typed = { ["example.com"] = true }
    local function cap(text, scripted) return grant.load({ { name = "a", url = not scripted and "http://example.com/" or nil, connect_to = { text }, scripted = scripted } }, typed, NONE).rate_cap end
    assert.is_nil(cap "example.com:80:127.0.0.1:")
    assert.is_nil(cap "example.com::127.0.0.1:")
    assert.equal(50, cap "example.com:81:127.0.0.1:")
    assert.is_nil(cap("example.com::127.0.0.1:", true))
    assert.equal(50, cap("example.com:80:127.0.0.1:", true), "a script may ask for another port")
  end)
  it("counts hosts of reroutes as typed", function()
    local declared, given = { to = { kind = "reroute" }, other = { kind = "string" } }, { to = "a::10.0.0.5:1,b::[::1]:", other = "x::c:1" }
    assert.same({ ["10.0.0.5"] = true, ["::1"] = true }, grant.typed_hosts(declared, given, given))
  end)
  it("lets a run listen on this machine, and where a policy says", function()
    local named = { receive = { { host = "10.0.0.5", port = 0, suffix = false } } }
    grant.receive("127.0.0.1", 1, { receive = {} })
    grant.receive("::1", 1, { receive = {} })
    grant.receive("10.0.0.5", 1, named)
    local _, code = support.message(grant.receive, "10.0.0.6", 1, named)
    assert.equal("refused", code)
  end)
  it("knows this machine by its whole address", function()
    for host, want in pairs { ["127.0.0.1"] = true, ["127.9.9.9"] = true, localhost = true, ["a.localhost"] = true, ["::1"] = true,
      ["127.example.com"] = false, ["127.0.0.1.example.com"] = false, ["127.0.0.1000"] = false, ["10.0.0.5.example.com"] = false } do
      assert.equal(want, grant.is_loopback(host), host)
    end
    assert.is_false(grant.is_private("10.0.0.5.example.com"))
  end)
  it("knows private ranges", function()
    for host, want in pairs { ["10.1.2.3"] = true, ["172.16.0.1"] = true, ["172.32.0.1"] = false, ["192.168.1.1"] = true, ["8.8.8.8"] = false, ["fd00::1"] = true } do
      assert.equal(want, grant.is_private(host), host)
    end
  end)
end)
