local import = require "perilune.cmd.import"
local session = require "perilune.session"
local support = require "lua.support"

describe("perilune import", function()
  local folder, path
  setup(function()
    folder = support.folder()
    path = folder .. "/x.csv"
    local f = assert(io.open(path, "w"))
    f:write "timestamp,value\n"
    f:close()
  end)
  teardown(support.clean)

  local RESULT = [[{"run_id":"01A","exit":{"code":0},"imports":[{"format":"csv","path":"x.csv","taken":5,"refused":1,"series":2,"reasons":{"value":1},"examples":[{"line":7,"text":"no value"}]}]}]]

  local function run_import(o)
    local spec
    local values = { "csv", path }
    for k, v in pairs(o or {}) do values[k] = v end
    local text = support.with(session, { run = function(_, s) spec = s return 0, { json = RESULT } end }, support.output, import.main, values)
    return text, spec
  end

  it("runs the importing playbook in the file's folder", function()
    local _, spec = run_import { metric = "m", unit = "us" }
    assert.same({ folder .. "/import", "x.csv", "csv", "m", "us" }, { spec.playbook, spec.args.file, spec.args.format, spec.args.metric, spec.args.unit })
  end)
  it("knows standard input from a file of that name", function()
    local _, spec = run_import { [2] = "-" }
    assert.equal("-", spec.args.file)
    local f = assert(io.open(folder .. "/-", "w"))
    f:close()
    _, spec = run_import { [2] = folder .. "/-" }
    assert.same({ folder .. "/import", "./-" }, { spec.playbook, spec.args.file })
  end)
  it("shows the refused lines", function()
    assert.equal("line 7: no value\n", (run_import()))
    assert.equal("", (run_import { quiet = true }))
  end)
  it("gives all of it as perilune.import/1", function()
    local _, spec = run_import { quiet = true }
    local text = spec.select(RESULT)
    for _, piece in ipairs { '"schema":"perilune.import/1"', '"run_id":"01A"', '"taken":5', '"value":1' } do assert.matches(piece, text, 1, true) end
  end)
  it("refuses a moment that is none before there is a run", function()
    local message, code = support.message(run_import, { at = "soon" })
    assert.same({ "import: --at soon is no moment; write 2026-11-22T06:00Z, -15m (before now), now, or seconds since 1970", "usage" }, { message, code })
    local _, spec = run_import { at = "1700000000" }
    assert.equal("1700000000", spec.args.at)
  end)
  it("wants a name for values that have none before there is a run", function()
    local nameless = support.file("nameless.csv", "timestamp,value\n1,2\n")
    local message, code = support.message(import.main, { "csv", nameless })
    assert.same({ "import: " .. nameless .. " has values and no names of metrics: give --metric NAME", "usage" }, { message, code })
    for _, header in ipairs { "timestamp,metric,value", "timestamp,cpu,memory" } do
      local named = support.file("named.csv", header .. "\n1,2,3\n")
      assert.equal("named.csv", select(2, run_import { [2] = named }).args.file)
    end
  end)
  it("knows its formats, and whether there is a file", function()
    assert.matches('no format "cvs"; did you mean', (support.message(import.main, { "cvs", path })), 1, true)
    local message, code = support.message(import.main, { "csv", folder .. "/none.csv" })
    assert.matches("there is no such file", message, 1, true)
    assert.equal("not_found", code)
    assert.matches("it is a folder; name a file in it", (support.message(import.main, { "csv", folder })), 1, true)
  end)
end)
