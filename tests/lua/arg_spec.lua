local args = require "perilune.arg"
local arg = args.KINDS
local support = require "lua.support"

describe("arguments", function()
  local declared = {
    target = arg.url { help = "where" }, peak = arg.rate { "500/s" }, wait = arg.duration { "1m30s" }, share = arg.ratio { optional = true },
    mode = arg.choice { "fast", choices = { "fast", "slow" } }, on = arg.boolean { "false" }, n = arg.integer { "3" }, room = arg.size { "64MiB" },
  }

  it("arrive in base units", function()
    local v = args.read(declared, { target = "http://h/", share = "5%", on = "yes" })
    assert.same({ target = "http://h/", peak = 500, wait = 90, share = 0.05, mode = "fast", on = true, n = 3, room = 67108864 }, v)
  end)
  it("are refused with their name", function()
    assert.matches("--target is missing", support.message(args.read, declared, {}), 1, true)
    assert.matches('did you mean "peak"', support.message(args.read, declared, { target = "http://h/", peek = "1/s" }), 1, true)
    assert.matches("--peak", support.message(args.read, declared, { target = "http://h/", peak = "fast" }), 1, true)
    assert.matches("--target", support.message(args.read, declared, { target = "no url" }), 1, true)
    assert.matches("fast, slow", support.message(args.read, declared, { target = "http://h/", mode = "x" }), 1, true)
    assert.matches("whole number", support.message(args.read, declared, { target = "http://h/", n = "1.5" }), 1, true)
  end)
  it("are called what the command line calls them", function()
    local declaration = { url = arg.url {}, wait_max = arg.duration { optional = true } }
    local function refused(given, from_options) return support.message(args.read, declaration, given, from_options) end
    assert.equal('argument --url: "http://" is not a URL such as http://127.0.0.1:8080/', refused { url = "http://" })
    local called = { url = "the URL" }
    assert.equal('the URL: "http://" is not a URL such as http://127.0.0.1:8080/', refused({ url = "http://" }, called))
    assert.matches("^the URL is missing", refused({}, called))
    assert.matches('the URL: "http://h:99999" is no URL: the port is a number', refused({ url = "h:99999" }, called), 1, true)
    assert.is_nil(refused({ url = "http://name:word@h:99999/" }, called):find("word@", 1, true))
    assert.matches("^%-%-wait%-max: ", refused({ url = "http://h/", wait_max = "x" }, called))
  end)
  it("get harmless values for a check", function()
    local filled = args.filled(declared, { peak = "1/s" })
    assert.equal("1/s", filled.peak)
    assert.equal(1, args.read(declared, filled).peak)
  end)
  it("have help", function()
    local lines = table.concat(args.help(declared), "\n")
    assert.matches("--target URL", lines, 1, true)
    assert.matches("required", lines, 1, true)
  end)
end)
