local core = require "perilune.core.wrk"
local script = require "perilune.wrk_script"
local support = require "lua.support"

describe("a script of wrk's", function()
  local before, methods
  setup(function()
    before, methods = core.sandbox, getmetatable("").__index
    core.sandbox = function() return _G end -- what a playbook's state has, and more
  end)
  teardown(function()
    core.sandbox = before
    core.methods(methods)
  end)

  local function source(text, more)
    local s = { name = "own.lua", text = text, folder = ".", args = { [0] = "http://h:80/p", "one" }, scheme = "http", host = "h", port = "80", path = "/p", method = "GET",
      headers = { ["X-A"] = "1" }, threads = { { values = { id = 7 } }, { values = {}, addr = "127.0.0.1:80" } } }
    for key, value in pairs(more or {}) do s[key] = value end
    return s
  end

  local function lines_of(request)
    local lines = {}
    for line in request:gmatch "([^\r\n]*)\r\n" do lines[line] = true end
    return lines
  end

  it("makes requests as wrk does", function()
    local env, static = script.open(source "", 1, print)
    assert.equal(static, env.wrk.request())
    assert.same({ ["GET /p HTTP/1.1"] = true, ["Host: h:80"] = true, ["X-A: 1"] = true, [""] = true }, lines_of(static))
    local post = env.wrk.format("POST", "/q", { B = 2.0 }, "body")
    assert.same({ ["POST /q HTTP/1.1"] = true, ["Host: h:80"] = true, ["B: 2"] = true, ["Content-Length: 4"] = true, [""] = true }, lines_of(post))
    assert.matches("\r\n\r\nbody$", post)
    local _, six = script.open(source("", { host = "::1", port = false }), 1, print)
    assert.is_true(lines_of(six)["Host: [::1]"])
  end)

  it("has its arguments, its thread and what setup left", function()
    local stopped
    local env = script.open(source 'init = function(args) first, all = args[1], #args seen = id end', 1, function() stopped = true end)
    assert.equal("one", env.first)
    assert.equal(1, env.all)
    assert.equal(7, env.seen)
    env.wrk.thread:set("x", 5)
    assert.equal(5, env.wrk.thread:get "x")
    env.wrk.thread:stop()
    assert.is_true(stopped)
    assert.equal("127.0.0.1:80", script.open(source "", 2, print).wrk.thread.addr)
  end)

  it("may call wrk.init from its own init, as scripts of wrk 2 do", function()
    local env, static = script.open(source 'init = function(args) wrk.path = "/late" wrk.init(args) calls = (calls or 0) + 1 end', 1, print)
    assert.equal(1, env.calls)
    assert.matches("^GET /late ", static)
  end)

  it("shows its plain globals at the end, and nothing else", function()
    local env = script.open(source "a, b, f, deep = 1, 'x', print, { 1, { g = print, ok = true } }", 1, print)
    assert.same({ a = 1, b = "x", deep = { 1, { ok = true } }, id = 7 }, script.globals(env))
  end)

  it("cuts fractions where Lua 5.1 does, also in methods of strings, which it may add to", function()
    local env = script.open(source [[
      a, b, c, d = ("/f/%d"):format(5 / 2 + 0.5), ("abc"):sub(1, 5 / 2), string.rep("x", 3 / 2), table.concat({ 10 / 2, "b" }, ",")
      function string:twice() return self .. self end
      e, f, g = ("ab"):twice(), math.random(1, 5 / 2), #("abcd"):rep(4 / 2)
      h = math.random(1.5) == 1 and math.ldexp(1, 3) == 8 and ("abc"):byte(4 / 2) == 98]], 1, print)
    assert.same({ "/f/3", "ab", "x", "5,b", "abab", 8, true }, { env.a, env.b, env.c, env.d, env.e, env.g, env.h })
    assert.is_true(env.f == 1 or env.f == 2)
  end)

  it("counts bits as LuaJIT does", function()
    local bit = script.open(source "", 1, print).bit
    assert.equal(-1, bit.bnot(0))
    assert.equal(-2147483648, bit.lshift(1, 31))
    assert.equal(1, bit.rshift(-2147483648, 31))
    assert.equal(-1, bit.arshift(-2147483648, 31))
    assert.equal("ffffffff", bit.tohex(-1))
    assert.equal(2, bit.rol(1, 1))
    assert.equal(-2147483648, bit.ror(1, 1))
  end)

  it("refuses what LuaJIT alone has, and other hosts", function()
    assert.matches("ffi is LuaJIT's", support.message(script.open, source 'require "ffi"', 1, print), 1, true)
    assert.matches("jit is LuaJIT's", support.message(script.open, source "jit.off()", 1, print), 1, true)
    assert.matches("is not the host of the URL", support.message(script.open, source "wrk.lookup('other', 80)", 1, print), 1, true)
    assert.matches("setfenv is not there", support.message(script.open, source "setfenv(1, {})", 1, print), 1, true)
  end)
end)
