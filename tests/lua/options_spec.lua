local options = require "perilune.options"
local support = require "lua.support"

describe("the command line", function()
  local command = { name = "test", about = "x", usage = "perilune test", min = 0, max = 2, examples = { "perilune test" }, options = {
    { name = "rate", short = "R", value = "R", kind = "rate", help = "h" }, { name = "header", short = "H", value = "V", many = true, help = "h" },
    { name = "count", value = "N", kind = "integer", positive = true, most = 9, help = "h" }, { name = "fast", short = "f", help = "h" }, { name = "law", value = "L", choices = { "even", "poisson" }, help = "h" } } }
  local function parse(...) return options.parse(command, { [0] = "perilune", "test", ... }, 2) end

  it("reads options of every form", function()
    local v = parse("a", "--rate", "5/s", "-H", "A: 1", "--header=B: 2", "-f", "--law=poisson", "b")
    assert.same({ "a", "b" }, { v[1], v[2] })
    assert.equal(5, v.rate)
    assert.same({ "A: 1", "B: 2" }, v.header)
    assert.is_true(v.fast)
    assert.equal("poisson", v.law)
  end)
  it("takes a comment of SQL for no option", function()
    assert.equal("-- all\nSELECT 1", parse("-- all\nSELECT 1")[1])
  end)
  it("refuses with the near name", function()
    assert.matches("--rate", support.message(parse, "--ratte", "5/s"), 1, true)
    assert.matches("poisson", support.message(parse, "--law", "odd"), 1, true)
    assert.matches("--rate", support.message(parse, "--rate"), 1, true)
    assert.matches("fast", support.message(parse, "--rate", "fast"), 1, true)
    assert.equal("unknown option --rate:5/s; did you mean --rate?; see perilune test --help", (support.message(parse, "--rate:5/s")))
    assert.matches("unknown option --fast.", support.message(parse, "--fast."), 1, true)
  end)
  it("refuses a number beyond what there may be", function()
    assert.equal(9, parse("--count", "9").count)
    assert.equal("--count: 10 is too much: at most 9", (support.message(parse, "--count", "10")))
    assert.equal("--count: 0 is too little: more than 0", (support.message(parse, "--count", "0")))
  end)
  it("leaves a letter to the command that has it for another option", function()
    local load = { name = "load", about = "x", usage = "u", common = { "quiet" }, options = { { name = "rate", short = "q", value = "R", kind = "rate", help = "h" } } }
    assert.equal(5, options.parse(load, { "-q", "5/s" }, 1).rate)
    for _, argv in ipairs { { "-q" }, { "-q", "--quiet" }, { "-q", "http://h" } } do
      assert.matches("^%-%-rate.*; %-q is %-%-rate here: write %-%-quiet, if that is meant$", (support.message(options.parse, load, argv, 1)))
    end
    assert.equal("--rate needs a value: --rate R", (support.message(options.parse, load, { "--rate" }, 1)))
    local text = options.help(load)
    assert.is_truthy(text:find("-q, --rate R", 1, true))
    assert.is_truthy(text:find("\n  --quiet ", 1, true))
    assert.is_truthy(options.help({ name = "x", about = "x", usage = "u", common = { "quiet" } }):find("-q, --quiet", 1, true))
  end)
  it("takes no option of the command for a value", function()
    local load = { name = "load", about = "x", usage = "u", common = { "quiet" }, options = {
      { name = "find", value = "EXPR", what = "an objective", help = "h" }, { name = "body", short = "d", value = "TEXT", help = "h" } } }
    local function read(...) return options.parse(load, { ... }, 1) end
    for _, following in ipairs { "--quiet", "-q", "--body=x", "-d", "--" } do
      assert.equal("--find needs an objective: --find EXPR", (support.message(read, "--find", following)))
    end
    assert.equal("--body needs a value: --body TEXT", (support.message(read, "-d", "--find")))
    assert.same({ "-5", "--boundary", "-- a comment", "--quiet" }, { read("-d", "-5").body, read("-d", "--boundary").body, read("-d", "-- a comment").body, read("--body=--quiet").body })
  end)
  it("keeps what an option is about apart from a long name", function()
    assert.same({ "  --rate R                 short" }, options.entry("--rate R", "short"))
    assert.same({ "  --a-name-of-these-letters N", (" "):rep(27) .. "long" }, options.entry("--a-name-of-these-letters N", "long"))
  end)
  it("has help with examples first", function()
    local text = options.help(command)
    assert.is_true(text:find("$ perilune test", 1, true) < text:find("--rate", 1, true))
  end)
end)
