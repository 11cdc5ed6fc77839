local arg = require "perilune.arg"
local route = require "perilune.route"
local support = require "lua.support"

describe("where connections go", function()
  local function plan(s)
    local out = {}
    route.plan(s, out, "scenario a")
    return out
  end

  it("is said as a text with commas, or as a list", function()
    assert.same({ "h:80:127.0.0.1:8080", "i:80:127.0.0.1:81" }, plan({ connect_to = "h:80:127.0.0.1:8080, i:80:127.0.0.1:81" }).connect_to)
    assert.same({ "127.0.0.2-127.0.0.20" }, plan({ local_ips = { "127.0.0.2-127.0.0.20" } }).local_ips)
  end)
  it("is a text of keys, alone or beside others", function()
    assert.same({ keep = "ttl", in_turn = true }, plan({ dns = "ttl=auto,select=roundRobin" }).dns)
    assert.same({ keep = "for", keep_for = 300, in_turn = false, servers = "10.0.0.1,10.0.0.2" }, plan({ dns = { "ttl=5m", servers = { "10.0.0.1", "10.0.0.2" } } }).dns)
    for _, servers in ipairs { "soon", "10.0.0.1:99999", "10.0.0.1-10.0.0.9", "[::1", "10.0.0.1,dns.example" } do
      assert.matches("scenario a: dns: servers: .* is no address of a name server", support.message(plan, { dns = { servers = servers } }))
    end
    for _, servers in ipairs { "10.0.0.1", "::1", "[::1]:5353", "fe80::1%eth0", "10.0.0.1:53,[fe80::1%eth0]:53" } do
      assert.equal(servers, plan({ dns = { servers = servers } }).dns.servers)
    end
    assert.matches("scenario a: dns: servers: a text or a list of texts, not a table", support.message(plan, { dns = { servers = { {} } } }), 1, true)
    assert.matches('scenario a: dns: "nonsense": write ttl=5m', support.message(plan, { dns = { "nonsense", servers = "10.0.0.1" } }), 1, true)
  end)
  it("is nothing where nothing is said", function()
    assert.same({}, plan {})
    assert.same({}, plan { connect_to = "", local_ips = {}, dns = { "" } })
  end)
  it("is wrong with the place where it was said", function()
    local message, code = support.message(plan, { connect_to = "nonsense" })
    assert.matches("^scenario a: connect_to: ", message)
    assert.equal("invalid", code)
    assert.matches("^scenario a: local_ips: ", (support.message(plan, { local_ips = "127.0.0.300" })))
  end)
  it("is the place itself, but for those that are rerouted", function()
    local p = plan { connect_to = "h:80:127.0.0.1:8080" }
    assert.same({ "127.0.0.1", 8080 }, { route.target(p, "h", 80) })
    assert.same({ "h", 81 }, { route.target(p, "h", 81) })
    assert.same({ "h", 80 }, { route.target({}, "h", 80) })
  end)
  it("names the hosts that it leads to, and says whether a text is a list", function()
    assert.same({ "127.0.0.1", "other" }, route.hosts "h:80:127.0.0.1:8080,i:80:other:81")
    assert.is_true(route.check "h:80:127.0.0.1:8080")
    local ok, why = route.check "h:80"
    assert.is_nil(ok)
    assert.is_string(why)
    assert.is_nil(why:find "^:")
  end)
  it("may be said of every host and port, also where the port is not known", function()
    local p = plan { connect_to = { "shop.example:443:127.0.0.1:8443", "::[::1]:" } }
    assert.same({ "127.0.0.1", 8443 }, { route.target(p, "Shop.example", 443) })
    assert.same({ "::1", 80 }, { route.target(p, "other.example", 80) })
    assert.same({ "::1" }, { route.target(p, "other.example", nil) })
  end)
  it("is an argument of a playbook", function()
    local declared = { to = arg.KINDS.reroute { optional = true } }
    assert.equal("a:1:b:2,c:::3", arg.read(declared, { to = "a:1:b:2,c:::3" }).to)
    assert.matches('argument --to: "a:1:b": write HOST:PORT:TO_HOST:TO_PORT', support.message(arg.read, declared, { to = "a:1:b" }), 1, true)
  end)
end)
