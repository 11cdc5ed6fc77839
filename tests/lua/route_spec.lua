local arg = require "perilune.arg"
local route = require "perilune.route"
local support = require "lua.support"

describe("routes", function()
  it("say where connections for a place go", function()
    local plan = { connect_to = { "shop.example:443:127.0.0.1:8443", "::[::1]:" } }
    assert.same({ "127.0.0.1", 8443 }, { route.target(plan, "Shop.example", 443) })
    assert.same({ "::1", 80 }, { route.target(plan, "other.example", 80) })
    assert.same({ "::1" }, { route.target(plan, "other.example", nil) })
    assert.same({ "other.example", 80 }, { route.target({}, "other.example", 80) })
  end)
  it("name the hosts that they lead to", function()
    assert.same({ "10.0.0.5", "::1" }, route.hosts "a:1:10.0.0.5:2, b::[::1]:,:::8080")
    assert.same({}, route.hosts "no reroute")
  end)
  it("are arguments of a playbook", function()
    local declared = { to = arg.KINDS.reroute { optional = true } }
    assert.equal("a:1:b:2,c:::3", arg.read(declared, { to = "a:1:b:2,c:::3" }).to)
    assert.matches('argument --to: "a:1:b": write HOST:PORT:TO_HOST:TO_PORT', support.message(arg.read, declared, { to = "a:1:b" }), 1, true)
  end)
end)
