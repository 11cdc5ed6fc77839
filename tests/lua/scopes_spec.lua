local lexer = require "perilune.lexer"
local scopes = require "perilune.scopes"

describe("what names stand for", function()
  local function read(text, returns)
    local tokens = lexer.tokens(text)
    local uses, globals = scopes.read(tokens, returns)
    local shown, names = {}, {}
    for i, use in ipairs(uses) do shown[i] = ("%s %s%s"):format(tokens[use.at].value, use.role, use.conditional and "?" or "") end
    for i, global in ipairs(globals) do names[i] = global.token.value .. (global.assigned and "=" or "") end
    return shown, names
  end
  local function uses(...) return (read(...)) end
  local function globals(text) return (select(2, read(text))) end

  it("is a global where no local is in sight", function()
    assert.same({ "print", "x" }, globals "print(x) local x = 1")
    assert.same({ "x=" }, globals "x = 1")
    assert.same({}, globals "local x, y <const> = 1, 2; x = y")
    assert.same({ "x" }, globals "do local x end x()")
  end)
  it("is a parameter, a counter, a name of its own", function()
    assert.same({}, globals "local function f(a, ...) return f(a) end for i, v in f() do f(i, v) end for n = 1, 2 do f(n) end")
    assert.same({ "i" }, globals "for i = 1, 2 do end i()")
    assert.same({}, globals "local t = {} function t:go() return self end")
    assert.same({ "f" }, globals "function f() end")
  end)
  it("is no use of a key or a field", function()
    assert.same({}, globals "local t = { a = 1, b = 2 } t.a = t.b t:c()")
    assert.same({ "a" }, globals "local t = { [a] = 1 }")
    assert.same({}, globals "goto done ::done::")
  end)
  it("lasts until `until` has seen it", function()
    assert.same({}, globals "repeat local x = 1 until x")
  end)
  it("is a channel that user gave, until it is something else", function()
    local function channels(text)
      local tokens, roles = lexer.tokens("return { user = function(user) " .. text .. " end }"), {}
      for _, use in ipairs((scopes.read(tokens, nil, { ws = true }))) do
        if use.role ~= "user" then roles[#roles + 1] = use.role end
      end
      return roles
    end
    assert.same({ "channel ws" }, channels "local w = user:ws 'x' w:go()")
    assert.same({ "channel ws" }, channels "local w, why = assert(user:ws(f(1)), 'no'); w:go()")
    assert.same({}, channels "local w = user:ws('x'):next() w:go() local v = user:ws('x') or 1 v:go() local s = user:sse 'x' s:go()")
    assert.same({ "channel ws" }, channels "local w = user:ws('x') w:go() w = 1 w:go()")
    assert.same({}, channels "local w, why, t = user:ws('x') w, why, t.a = user:sse('x') w:go()")
    assert.same({}, channels "local w, why = user:ws('x') why, w = 1, user:sse('x') w:go()")
    assert.same({ "channel ws", "channel ws" }, channels "local w = user:ws('x') t = f(w, 1) w:go()")
  end)
  it("is the run or the user of a playbook's functions", function()
    assert.same({ "run run" }, uses "return { run = function(run) run:load() end }")
    assert.same({ "r run" }, uses "return { cleanup = function(r) r:sleep() end }")
    assert.same({ "u user" }, uses "return { start = function(u) u:get() end }")
    assert.same({ "user user" }, uses "local function go(user) user:get() end")
    assert.same({ "u user" }, uses("return function(u) u:get() end", "user"))
    assert.same({}, uses "return function(u) u:get() end")
  end)
  it("is the vocabulary where it was required", function()
    assert.same({ "pl pl" }, uses 'local pl = require "perilune" pl.csv()')
    assert.same({ "p pl" }, uses 'local p = require("perilune") p.csv()')
    assert.same({}, uses 'local json = require "json" json.x()')
  end)
  it("may never be run in a branch or a function within", function()
    assert.same({ "run run?" }, uses "return { run = function(run) if x then run:load() end end }")
    assert.same({ "run run?" }, uses "return { run = function(run) local f = function() run:load() end end }")
    assert.same({ "run run" }, uses "return { run = function(run) while x do run:load() end end }")
    assert.same({ "run run", "run run?" }, uses "return { run = function(run) if run.x then elseif y then else run:load() end end }")
  end)
end)
