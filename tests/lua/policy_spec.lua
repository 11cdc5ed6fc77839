local policy = require "perilune.policy"
local support = require "lua.support"

describe("policy files", function()
  local path
  setup(function() path = os.tmpname() end)
  teardown(function() os.remove(path) end)
  local function read(text)
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
    return policy.read(path)
  end

  it("set names", function()
    local p = read('load = { "10.0.0.5:8080", "*.Staging.example.com", "[fd00::1]:80", "shop" } -- ours\nrate = "2000/s"\nconnections = 200\n')
    assert.equal(2000, p.rate)
    assert.equal(200, p.connections)
    local texts = {}
    for i, e in ipairs(p.entries) do texts[i] = policy.text(e) end
    assert.same({ "10.0.0.5:8080", "*.staging.example.com", "[fd00::1]:80", "shop" }, texts)
    assert.is_true(policy.names(p, "a.staging.example.com", 443))
    assert.is_true(policy.names(p, "SHOP", 1))
    assert.is_false(policy.names(p, "staging.example.com", 443))
    assert.is_false(policy.names(p, "10.0.0.5", 80))
    assert.is_false(policy.names(p, "myshop", 80))
  end)
  it("say where may be listened", function()
    local p = read('receive = { "0.0.0.0:9090", "10.0.0.5" }')
    assert.is_true(policy.receives(p, "0.0.0.0", 9090))
    assert.is_true(policy.receives(p, "10.0.0.5", 1))
    assert.is_false(policy.receives(p, "0.0.0.0", 80))
    assert.is_false(policy.names(p, "10.0.0.5", 1))
    assert.is_false(policy.receives(policy.of { "10.0.0.5" }, "10.0.0.5", 1))
  end)
  it("say who may be asked, too", function()
    local p = read 'load = { "a" } fetch = { "b:9090", "*.c" }'
    assert.same({ "a" }, { policy.text(p.entries[1]) })
    assert.same({ "b:9090", "*.c" }, { policy.text(p.fetch[1]), policy.text(p.fetch[2]) })
    assert.matches("fetch: 3 is no host", support.message(read, "fetch = { 3 }"), 1, true)
  end)
  it("may be empty", function() assert.same({}, read("").entries) end)

  for text, why in pairs {
    ["load = "] = "policy", ["lod = {}"] = 'did you mean "load"', ["load = 'x'"] = "load", ["load = { 3 }"] = "no host", ["receive = { 3 }"] = "receive: 3 is no host", ["load = { 'a b' }"] = "no host",
    ["load = { 'a.*.b' }"] = "no host", ["load = { 'h:70000' }"] = "no host", ["rate = 'fast'"] = "rate", ["rate = 0"] = "rate is more than 0/s", ["connections = 0"] = "connections is a whole number from 1 on",
    ["connections = -1"] = "connections is a whole number from 1 on", ["os.execute('true')"] = "os", ["print(1)"] = "print",
  } do
    it("are refused as a whole: " .. text, function()
      local message, code = support.message(read, text)
      assert.equal("corrupt", code)
      assert.matches(why, message, 1, true)
      assert.matches(path, message, 1, true)
    end)
  end
  it("that are missing are an error", function()
    local _, code = support.message(policy.read, "/nonexistent/policy.lua")
    assert.equal("not_found", code)
  end)
end)
