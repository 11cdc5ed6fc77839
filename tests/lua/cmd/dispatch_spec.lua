local dispatch = require "perilune.cmd.dispatch"
local engine = require "perilune.core.engine"
local exit_codes = require "perilune.exit_codes"
local support = require "lua.support"

describe("the command line", function()
  --- What a command line ends with: its exit code, standard output, progress.
  local function ended(...)
    local finish
    local text, _, progress = support.with(engine, { finish = function(t) finish = t end }, support.output, dispatch.main, { [0] = "perilune", ... })
    return finish.exit, text, progress
  end

  it("lists commands, but for hidden ones", function()
    local names = table.concat(dispatch.names(), " ")
    assert.matches("%f[%w]runs%f[%W]", names)
    assert.is_nil(names:find("%f[%w]test%f[%W]"))
    assert.is_nil(names:find("dispatch", 1, true))
  end)
  it("is help when nothing is asked for", function()
    for _, argv in ipairs { {}, { "--help" }, { "-h" }, { "help" } } do
      local code, text = ended(table.unpack(argv))
      assert.equal(0, code)
      assert.matches("^Perilune: performance engineering", text)
    end
  end)
  it("takes options before the command, and help behind it", function()
    assert.matches("^perilune %d", select(2, ended("--verbose", "version")))
    assert.matches("^perilune %d", select(2, ended "--version"))
    local code, text = ended("runs", "--help")
    assert.equal(0, code)
    assert.matches("perilune runs %[NAME%]", text)
  end)
  it("names the near command", function()
    local code, _, progress = ended "rnus"
    assert.equal(exit_codes.CODE.usage, code)
    assert.matches('unknown command "rnus"; did you mean "runs"?', progress, 1, true)
  end)
  it("lets no terminal obey what an error quotes", function()
    local _, _, progress = ended "\27[31mé"
    assert.matches("\\27[31mé", progress, 1, true)
    _, _, progress = ended("forecast", "/no\27[31mé.csv", "--horizon", "3d")
    assert.matches("read /no\\x1b[31mé.csv: ", progress, 1, true)
    assert.is_nil(progress:find "\27")
  end)
  it("shows no password of a URL that an error quotes", function()
    local path = support.file("p.lua", [[
local pl = require "perilune"
return pl.playbook { name = "p", scenarios = { s = { users = 1, iterations = 1, user = function(user)
  user:redis("redis://:geheim@127.0.0.1:1", { timeout = "1s" })
end } }, run = function(run) run:load "s" end }]])
    local code, _, progress = ended("run", path)
    assert.equal(5, code, progress)
    assert.matches('unknown option "timeout"', progress, 1, true)
    assert.matches('user:redis("redis://127.0.0.1:1"', progress, 1, true)
    assert.is_nil(progress:find("geheim", 1, true))
  end)
  it("tells what is promised from what there is not", function()
    local code, _, progress = ended "apply"
    assert.equal(exit_codes.CODE.usage, code)
    assert.matches("the command apply is not in this version", progress, 1, true)
    assert.matches("unknown command", select(3, ended "dispatch"), 1, true)
    assert.matches("unknown command", select(3, ended "../x"), 1, true)
  end)
  it("says where an option stands", function()
    local code, _, progress = ended("--db", "x.db", "runs")
    assert.equal(exit_codes.CODE.usage, code)
    assert.matches("--db: the command comes first: perilune COMMAND --db", progress, 1, true)
  end)
  it("counts words", function()
    local code, _, progress = ended("compare", "one")
    assert.equal(exit_codes.CODE.usage, code)
    assert.matches("B", progress, 1, true)
  end)
  it("tells a command that its run could not begin, and none whose run has ended or was left", function()
    local command, told = dispatch.find "version", nil
    local function told_of(err, ended_before)
      told = nil
      local code = support.with(command, { main = function(o) o.ended = ended_before error(err, 0) end, unbegun = function(_, e) told = e end }, ended, "version")
      return told, code
    end
    local mistake = { code = "script", message = "p.lua:3: boom" }
    assert.same({ mistake, exit_codes.CODE.script_error }, { told_of(mistake) })
    assert.is_nil((told_of(mistake, true)))
    assert.is_nil((told_of { code = "cancelled", message = "cancelled" }))
  end)
  it("says of a mistake of our own that it is one", function()
    local command = dispatch.find "version"
    local code, _, progress = support.with(command, { main = function() error("boom", 0) end }, ended, "version")
    assert.equal(exit_codes.CODE.internal, code)
    assert.matches("internal error: boom", progress, 1, true)
  end)
end)
