local lexer = require "perilune.lexer"

describe("tokens of Lua", function()
  local function read(text)
    local out = {}
    for i, t in ipairs(lexer.tokens(text)) do out[i] = ("%s %s"):format(t.kind, tostring(t.value)) end
    return out
  end
  local function lines(text)
    local out = {}
    for i, t in ipairs(lexer.tokens(text)) do out[i] = t.line end
    return out
  end

  it("are names, keywords, strings, numbers and signs", function()
    assert.same({ "keyword local", "name x", "sign =", "number 1.5", "sign ..", "string a" }, read 'local x = 1.5 .. "a"')
    assert.same({ "name run", "sign :", "name load", "string b" }, read "run:load'b'")
    assert.same({ "sign ...", "sign //", "sign ::", "sign <<", "sign ~=" }, read "... // :: << ~=")
  end)
  it("are numbers of all forms", function()
    assert.same({ "number 255", "number 1000.0", "number 0.5", "number 10.5" }, read "0xFF 1e3 .5 0xA.8p0")
  end)
  it("are strings with what their escapes stand for", function()
    assert.same({ 'string a"b\n' }, read [["a\"b\n"]])
    assert.same({ "string it's" }, read [['it\'s']])
    assert.same({ "string x]y" }, read "[[\nx]y]]", "the first newline is none of it")
    assert.same({ "string a]]b" }, read "[==[a]]b]==]")
  end)
  it("are none of comments", function()
    assert.same({ "name a", "name b" }, read "a -- one\n--[[ two\nthree ]] b --")
    assert.same({ "name a" }, read "--[==[ ]] ]==] a")
  end)
  it("know their lines, also behind long strings", function()
    assert.same({ 1, 2, 5 }, lines "a\nb --[[\n\n]]\nc")
    assert.same({ 1, 3 }, lines "[[x\ny\n]] c" )
  end)
  it("begin behind a byte order mark and a #! line", function()
    assert.same({ "name a" }, read "\239\187\191a")
    assert.same({ "name a" }, read "#!/usr/bin/env lua\na")
    assert.same({}, read "#!only")
    assert.same({}, read "")
  end)
  it("end where a text that never compiles ends", function()
    for _, text in ipairs { '"open', "[[open", "--[[open", '"\\' } do assert.has_no.errors(function() lexer.tokens(text) end) end
  end)
end)
