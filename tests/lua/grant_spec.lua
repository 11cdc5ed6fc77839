local grant = require "perilune.grant"
local support = require "lua.support"

describe("grants", function()
  local function plans(url) return { { name = "a", url = url } } end

  it("loopback needs none", function()
    assert.is_nil(grant.load(plans "http://127.0.0.1:80/", {}, {}).rate_cap)
    assert.is_nil(grant.load(plans "http://[::1]/", {}, {}).rate_cap)
  end)
  it("a private address must be typed", function()
    local text, code = support.message(grant.load, plans "http://10.0.0.5/", {}, {})
    assert.matches("10.0.0.5 is not granted", text, 1, true)
    assert.equal("refused", code)
    assert.is_nil(grant.load(plans "http://10.0.0.5/", { ["10.0.0.5"] = true }, {}).rate_cap)
  end)
  it("elsewhere load is held back unless a policy names the host", function()
    local g = grant.load(plans "http://example.com/", { ["example.com"] = true }, {})
    assert.same({ 50, 10 }, { g.rate_cap, g.max_connections })
    assert.matches("example.com", g.why, 1, true)
    assert.is_nil(grant.load(plans "http://example.com/", {}, { ["example.com"] = true }).rate_cap)
  end)
  it("holds back every host that a script could reach, whether a plan names it or not", function()
    local g = grant.load({ { name = "a", scripted = true } }, { ["127.0.0.1"] = true, ["example.com"] = true }, {})
    assert.same({ 50, 10 }, { g.rate_cap, g.max_connections })
    assert.is_nil(grant.load(plans "http://127.0.0.1/", { ["127.0.0.1"] = true, ["10.0.0.5"] = true }, { ["example.com"] = true }).rate_cap)
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
