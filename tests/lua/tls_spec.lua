local guard = require "perilune.core.guard"
local support = require "lua.support"
local tls = require "perilune.tls"

describe("TLS of a scenario", function()
  local place
  local PEM = "-----BEGIN CERTIFICATE-----\nx\n"
  setup(function() place = support.file("ca.pem", PEM):match("^(.*)/") end)
  teardown(support.clean)

  local function plan(t) return tls.plan(t, "scenario a: defaults", place) end
  local function refused(t) return (support.message(plan, t)) end

  it("is none where nothing is said", function()
    assert.is_nil(plan(nil))
    assert.same({ insecure = false, resume = false }, plan {})
  end)
  it("reads files of the playbook's folder, and takes PEM as it is", function()
    assert.equal(PEM, plan({ ca = "ca.pem" }).ca)
    assert.equal(PEM, plan({ ca = PEM }).ca)
    assert.matches("tls.ca: ", refused { ca = "none.pem" }, 1, true)
    assert.matches("tls.ca: ", refused { ca = "../ca.pem" }, 1, true)
  end)
  it("keeps the key secret", function()
    local key = plan({ cert = PEM, key = "ca.pem" }).key
    assert.is_true(guard.is_secret(key))
    assert.equal("***", tostring(key))
    local given = guard.secret "k"
    assert.equal(given, plan({ cert = PEM, key = given }).key)
    assert.equal("scenario a: defaults: tls: key without cert", refused { key = PEM })
  end)
  it("names the file in what a worker says of its text", function()
    local function named(word, plan_of, typed) return tls.named({ code = "corrupt", message = "worker 1: scenario a: tls." .. word .. ": not it" }, { { name = "a", tls = plan_of } }, typed).message end
    assert.same({ ca = "ca.pem" }, plan({ ca = "ca.pem" }).files)
    assert.same({ cert = "ca.pem", key = "ca.pem" }, plan({ cert = "ca.pem" }).files)
    assert.is_nil(plan({ ca = PEM, cert = PEM, key = guard.secret "k" }).files)
    assert.equal("scenario a: tls.ca: ca.pem: not it", named("ca", plan { ca = "ca.pem" }))
    assert.equal("--ca: my.pem: not it", named("ca", plan { ca = PEM }, { ca = "my.pem" }))
    assert.equal("--cert: me.pem: not it", named("key", plan { cert = PEM }, { cert = "me.pem" }))
    assert.equal("--key: me.key: not it", named("key", plan { cert = PEM }, { cert = "me.pem", key = "me.key" }))
    assert.equal("worker 1: scenario a: tls.ca: not it", named("ca", plan { ca = PEM }))
    assert.equal("no", tls.named({ code = "invalid", message = "no" }, {}).message)
  end)
  it("offers one protocol or several", function()
    assert.same({ "h2", "h2,http/1.1" }, { plan({ alpn = "h2" }).alpn, plan({ alpn = { "h2", "http/1.1" } }).alpn })
    for _, alpn in ipairs { 5, { 5 }, { { "h2" } } } do assert.matches("tls: alpn: a text or a list of texts, not ", refused { alpn = alpn }) end
  end)
  it("knows its versions and its keys", function()
    assert.matches('"1.4" is none of 1.0, 1.1, 1.2, 1.3', refused { min = "1.4" }, 1, true)
    assert.matches("min 1.3 is above max 1.2", refused { min = "1.3", max = "1.2" }, 1, true)
    assert.matches('unknown option "insecur"; did you mean "insecure"?', refused { insecur = true }, 1, true)
  end)
end)
