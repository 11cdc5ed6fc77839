-- Our pattern functions against the C library's own behaviour, as the manual (section 6.4.1) gives it.
describe("patterns", function()
  local function all(...) return { n = select("#", ...), ... } end

  it("find and match", function()
    assert.same({ 1, 5 }, { ("hello"):find("hello") })
    assert.same({ 2, 3 }, { ("a.b"):find(".b", 1, true) })
    assert.same({ 3, 3 }, { ("a%b"):find("b", -1) })
    assert.same(all(nil), all(("abc"):find("x")))
    assert.same({ "key", "value" }, { ("key = value"):match("^(%w+)%s*=%s*(%w+)$") })
    assert.same({ "2026", "11", "24" }, { ("on 2026-11-24."):match("(%d+)-(%d+)-(%d+)") })
    assert.same({ 3 }, { ("ab"):match("()$") })
    assert.same({ 1, 0, 1 }, { ("x"):find("()") })
    assert.equal("[[x]]", ("a[[x]]b"):match("%[%[.-%]%]"))
    assert.equal("(a(b)c)", ("f(a(b)c)d"):match("%b()"))
    assert.equal("THE", ("THE (quick) fox"):match("%f[%a]%a+%f[%A]"))
    assert.equal('"', ('say "hi"'):match([[(["'])%a+%1]]))
    assert.equal("]", ("a]b"):match("[]]"))
    assert.equal("b", ("a]b"):match("[^]a]"))
    assert.equal("-", ("a-b"):match("[a%-]", 2))
    assert.equal("aaa", ("aaab"):match("a*"))
    assert.equal("", ("aaab"):match("a-"))
    assert.equal("colour", ("my colour"):match("colou?r"))
    assert.is_nil(("abc"):find("b", 10))
    assert.same({ 4, 3 }, { ("abc"):find("", 4) })
  end)

  it("gmatch", function()
    local words = {}
    for w in ("one two  three"):gmatch("%a+") do words[#words + 1] = w end
    assert.same({ "one", "two", "three" }, words)
    local n = 0
    for _ in ("abc"):gmatch("") do n = n + 1 end
    assert.equal(4, n)
    local keys = {}
    for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do keys[k] = v end
    assert.same({ a = "1", b = "2" }, keys)
    assert.same("bc", (("abc"):gmatch("%a+", 2)()))
  end)

  it("gsub", function()
    assert.same({ "hello hello world world", 2 }, { ("hello world"):gsub("(%w+)", "%1 %1") })
    assert.same({ "hello world from Lua", 0 }, { ("hello world from Lua"):gsub("^x", "y") })
    assert.same({ "world hello", 1 }, { ("hello world"):gsub("(%w+)%s*(%w+)", "%2 %1") })
    assert.same({ "-a-b-", 3 }, { ("ab"):gsub("", "-") })
    assert.same({ "1%", 1 }, { ("x"):gsub("x", "1%%") })
    assert.same({ "lua-5.4", 1 }, { ("$name-5.4"):gsub("%$(%w+)", { name = "lua" }) })
    assert.same({ "4 = 4", 1 }, { ("4 = $2+2$"):gsub("%$(.-)%$", function() return 4 end) })
    assert.same({ "xbc", 1 }, { ("abc"):gsub("%a", "x", 1) })
    assert.same({ "abc", 3 }, { ("abc"):gsub("%a", function() end) })
    assert.same({ "[a]bc", 1 }, { ("abc"):gsub("^%a", "[%0]") })
  end)

  it("refuses malformed patterns", function()
    for _, pattern in ipairs { "[a", "%", "(a", "a)", "%b", "%f", "%1" } do
      assert.has_error(function() return ("aaa"):match(pattern) end)
    end
    assert.has_error(function() return ("a"):gsub("a", "%2") end)
    assert.has_error(function() return ("a"):gsub("a", true) end)
  end)

  it("ends a match that would take for ever", function()
    local ok, why = pcall(string.find, ("a"):rep(28), ("a?"):rep(28) .. ("a"):rep(28) .. "b")
    assert.is_false(ok)
    assert.matches("too complex", why, 1, true)
    ok = pcall(string.find, ("x"):rep(3000), (".-"):rep(20) .. "y")
    assert.is_false(ok)
    assert.equal(1000000, #(("x"):rep(1000000):match("x*")))
  end)
end)
