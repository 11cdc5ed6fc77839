local face = require "perilune.face"
local guard = require "perilune.core.guard"
local support = require "lua.support"

describe("faces", function()
  local Lamp = {}
  Lamp.__index = Lamp
  function Lamp:on(level) self.level = level or 1 return { level = self.level } end
  function Lamp.off() error({ code = "io", message = "stuck" }, 0) end
  local face_of = face.kind("lamp", {
    on = { Lamp.on, "number:level?" }, off = { Lamp.off, "table:options?" }, call = { function(_, fn) return fn() end, "function:fn", raw = true },
  })
  local function new() return setmetatable({ secret = "inside" }, Lamp) end

  it("have their words and fields, and nothing else", function()
    local lamp = new()
    local f = face_of(lamp, { id = 7, none = face.NONE })
    assert.equal(f, face_of(lamp))
    assert.equal(7, f.id)
    assert.is_nil(f.none)
    assert.equal(3, f:on(3).level)
    assert.matches("no word or field \"secret\"", support.message(function() return f.secret end), 1, true)
    assert.matches('did you mean "off"', support.message(function() return f.of end), 1, true)
    assert.equal("lamp", tostring(f))
  end)
  it("cannot be changed or looked through", function()
    local f = face_of(new())
    assert.matches("cannot be changed", support.message(function() f.on = print end), 1, true)
    assert.is_false(getmetatable(f))
    assert.is_false(pcall(rawset, f, "on", 1))
  end)
  it("check the arguments of words by name", function()
    local f = face_of(new())
    assert.matches("lamp:on: level must be a number, not a string", support.message(f.on, f, "x"), 1, true)
    assert.matches("lamp:call: fn must be a function, not missing", support.message(f.call, f), 1, true)
    assert.matches("with a colon", support.message(f.on, 3), 1, true)
  end)
  it("give nil, err with try, and errors that are texts", function()
    local f = face_of(new())
    local options = { try = true }
    local ok, err = f:off(options)
    assert.is_nil(ok)
    assert.equal("io", err.code)
    assert.matches("stuck", tostring(err), 1, true)
    assert.matches("so: .*stuck", "so: " .. err)
    assert.is_true(options.try)
    assert.is_false(pcall(f.off, f))
  end)
  it("give copies, but what the script's own functions give as it is", function()
    local f, own = face_of(new()), {}
    assert.equal(own, f:call(function() return own end))
    local inner = { list = { 1 } }
    local copy = face.export(inner)
    copy.list[1] = 2
    assert.equal(1, inner.list[1])
  end)
end)

describe("guards", function()
  it("read-only views read like their tables", function()
    local view = guard.read_only({ a = 1, 5, 6 }, "box")
    assert.equal(1, view.a)
    assert.equal(2, #view)
    local n = 0
    for _ in pairs(view) do n = n + 1 end
    assert.equal(3, n)
    assert.matches('"b" of box cannot be changed', support.message(function() view.b = 1 end), 1, true)
  end)
  it("secrets show nothing and join to secrets", function()
    local s = "Bearer " .. guard.secret "abc" .. "!"
    assert.equal("***", tostring(s))
    assert.is_true(guard.is_secret(s))
    assert.equal("Bearer abc!", guard.reveal(s))
    assert.is_false(pcall(function() return s.text end))
    assert.is_false(pcall(function() return #s end))
    assert.is_false(s == guard.secret "Bearer abc!")
  end)
  it("upvalues know what two functions share", function()
    local shared, own = 1, 2
    local a, b = guard.upvalues(function() return shared, own end), guard.upvalues(function() shared = 3 end)
    assert.equal(a.shared.id, b.shared.id)
    assert.equal(1, a.shared.value)
    assert.is_nil(b.own)
  end)
end)
