local settings = require "perilune.settings"
local support = require "lua.support"

describe("perilune.yml", function()
  local function parse(text, env) return settings.parse(text, env, "perilune.yml") end

  it("holds options by name, labels and arguments", function()
    assert.same({ db = "a.db", seed = "7", quiet = "no", label = { team = "shop" }, args = { peak = "50/s" } },
      parse "db: a.db\nseed: 7\nquiet: no\nlabel: {team: shop}\nargs:\n  peak: 50/s\n")
    assert.same({}, parse "# nothing yet\n")
    assert.same({}, parse "db:\n")
  end)
  it("has a section for each environment, on top of the rest", function()
    local text = "db: a.db\nargs: {peak: 50/s, target: 'http://127.0.0.1'}\nenv:\n  staging:\n    db: b.db\n    args: {peak: 500/s}\n  other: {}\n"
    assert.same({ db = "b.db", args = { peak = "500/s", target = "http://127.0.0.1" } }, parse(text, "staging"))
    assert.equal("a.db", parse(text, nil).db)
    assert.equal("a.db", parse(text, "other").db)
    local message, code = support.message(parse, text, "stagin")
    assert.matches('there is no environment "stagin"; did you mean "staging"? (it has other, staging)', message, 1, true)
    assert.equal("corrupt", code)
    assert.same({ db = "a.db" }, parse("db: a.db\n", "anything"), "without sections --env is a label")
  end)
  it("is refused with the place or the name", function()
    assert.matches("perilune.yml: line 2", support.message(parse, "db: a\n seed: ["), 1, true)
    assert.matches('unknown setting "sede"; did you mean "seed"?', support.message(parse, "sede: 1"), 1, true)
    assert.matches("policy is given on the command line only", support.message(parse, "policy: p.yml"), 1, true)
    assert.matches("apply is given on the command line only", support.message(parse, "env: {x: {apply: true}}", "x"), 1, true)
    assert.matches("label holds name: value lines", support.message(parse, "label: a=b"), 1, true)
    assert.matches("seed is one value", support.message(parse, "seed: [1, 2]"), 1, true)
    assert.matches("args: peak is one value", support.message(parse, "args: {peak: [1]}"), 1, true)
    assert.matches("name: value lines", support.message(parse, "- a"), 1, true)
  end)
end)
