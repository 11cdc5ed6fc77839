local engine = require "perilune.core.engine"
local output = require "perilune.output"
local support = require "lua.support"

describe("where results go", function()
  teardown(support.clean)

  it("is a file", function()
    local path = os.tmpname()
    assert.is_false(output.json({ json = path }, { schema = "x/1" }))
    local file = io.open(path)
    assert.equal('{"schema":"x/1"}\n', file:read "a")
    file:close()
    os.remove(path)
    assert.is_false(output.json({}, { schema = "x/1" }))
  end)
  it("is told when it cannot be written", function()
    assert.matches("/nowhere/x", (support.message(output.write, "/nowhere/x", "text")), 1, true)
  end)
  it("has people told beside it: folded on a terminal, whole elsewhere", function()
    local host = { tty = true, columns = 30 }
    local function told(text)
      return select(3, support.with(engine, { options = function() return host end }, support.output, output.tell, text))
    end
    assert.equal("perilune: the words of a\n    message, and its end\n", told "perilune: the words of a message, and its end")
    assert.equal("short\nlines\n", told "short\nlines")
    assert.equal("/a/path/that/is/longer/than/the/line:12:\n    why\n", told "/a/path/that/is/longer/than/the/line:12: why")
    host.tty = false
    assert.equal("perilune: the words of a message, and its end\n", told "perilune: the words of a message, and its end")
  end)
  it("is as wide as the terminal that shows it", function()
    local function columns(host) return (support.with(engine, { options = function() return host end }, output.columns)) end
    assert.equal(90, columns { tty = true, color = true, columns = 90 })
    assert.equal(90, columns { tty = true, one_place = true, columns = 90 }) -- NO_COLOR
    assert.is_nil(columns { tty = true, columns = 90 })
    assert.is_nil(columns { one_place = true, columns = 90 })
  end)
  it("is checked before it is needed", function()
    local message, code = support.message(output.check, "json", "/nowhere/x.json")
    assert.matches("--json: write /nowhere/x.json", message, 1, true)
    assert.equal("denied", code)
    assert.has_no.errors(function() output.check("json", "-") end)
    assert.has_no.errors(function() output.check("json", support.folder() .. "/x.json") end)
  end)
  it("is standard output for one at most", function()
    assert.equal("html", output.one_stdout { html = "-", json = "f" })
    assert.is_nil(output.one_stdout { html = "f" })
    local message, code = support.message(output.one_stdout, { html = "-", json = "-" })
    assert.matches("--html - and --json - both want standard output", message, 1, true)
    assert.equal("usage", code)
  end)
end)
