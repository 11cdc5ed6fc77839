local exit_codes = require "perilune.exit_codes"
local json = require "perilune.core.json"
local support = require "lua.support"
local unbegun = require "perilune.unbegun"

describe("a run that could not begin", function()
  local MISTAKE = { code = "script", message = 'p.lua:3: user has no word "gett" (http://name:word@shop/)' }

  local function json_of(err) return json.decode((support.output(unbegun.report, { json = "-" }, "shop", err))) end

  it("has its error in a JSON without figures", function()
    local run = json_of(MISTAKE)
    assert.same({ "perilune.run/1", "shop", "error", json.null }, { run.schema, run.name, run.verdict, run.run_id })
    assert.same({ code = exit_codes.CODE.script_error, reason = "script_error" }, run.exit)
    assert.matches('p.lua:3: user has no word "gett"', run.error.message, 1, true)
    assert.is_nil(run.error.message:find("word@", 1, true))
    for _, list in ipairs { "objectives", "comparisons", "findings", "loads", "plans" } do assert.same({}, run[list]) end
  end)
  it("says of a mistake of our own that it is one", function()
    assert.same({ code = exit_codes.CODE.internal, reason = "internal" }, json_of("boom").exit)
  end)
  it("is an error of the other reports", function()
    local function text(format) return (support.output(unbegun.report, { [format] = "-" }, "shop", MISTAKE)) end
    assert.matches('<error message="p.lua:3: user has no word &quot;gett&quot;', text "junit", 1, true)
    assert.matches("shop: error", text "markdown", 1, true)
    assert.matches("p.lua:3: user has no word &quot;gett&quot;", text "html", 1, true)
  end)
  it("is told where a place cannot be written, and by the others all the same", function()
    local text, _, progress = support.output(unbegun.report, { json = "/nowhere/x", markdown = "-" }, "shop", MISTAKE)
    assert.matches("shop: error", text, 1, true)
    assert.matches("perilune: --json: write /nowhere/x", progress, 1, true)
    local why = progress:match "^perilune: (.*)\n$"
    text, _, progress = support.output(unbegun.report, { json = "/nowhere/x", markdown = "-" }, "shop", { code = "io", message = why })
    assert.matches("shop: error", text, 1, true)
    assert.equal("", progress)
  end)
end)
