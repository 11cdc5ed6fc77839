local support = require "lua.support"
local told
support.without_run { import = { open = function(o)
  if o.path:find "missing" then return nil, { code = "not_found", message = "import: missing" } end
  local steps = 0
  return { step = function()
    steps = steps + 1
    if o.metric == "slow" then return ({ "later", "more", false })[steps] end
    if o.metric == "broken" then return nil, { code = "syntax", message = "line 1: no header" } end
    return steps < 3
  end, told = function() told.steps, told.options = steps, o return told end, close = function() told.closed = true end }
end } }
local folder = require "perilune.folder"
local importing = require "perilune.importing"

describe("run:import", function()
  local from_options
  before_each(function() from_options, told = nil, { taken = 5, replaced = 0, refused = 0, series = 2, bytes = 9, reasons = {}, examples = {}, first_ns = 1500000000, last_ns = 2000000000 } end)

  local function run_import(format, options)
    local run = support.run { options = { from_options = from_options } }
    return support.with(folder, { path = function(_, p) return "/f/" .. p end }, importing.run, run, format, "x.csv", options), run
  end

  it("reads to the end, and tells what became of the rows", function()
    local facts, run = run_import("csv", { metric = "m", instance = "web-1" })
    assert.same({ 3, true, "/f/x.csv", "m", "web-1", "other", "production", 1 },
      { told.steps, told.closed, told.options.path, told.options.metric, told.options.instance, told.options.role, told.options.origin, told.options.unit_ns })
    assert.same({ 5, 1.5, 2 }, { facts.taken, facts.from, facts.to })
    assert.equal(facts, run.imports[1])
    assert.same({ "imported 5 rows of 2 series from x.csv, none refused" }, run.notes)
  end)
  it("reads standard input, and waits where it has nothing yet", function()
    local task = require "perilune.task"
    local run, slept = support.run(), {}
    local facts = support.with(task, { sleep = function(seconds) slept[#slept + 1] = seconds end }, importing.run, run, "csv", "-", { metric = "slow" })
    assert.same({ "-", 3, { 0.01 } }, { told.options.path, told.steps, slept })
    assert.equal("-", facts.path)
    assert.same({ "imported 5 rows of 2 series from standard input, none refused" }, run.notes)
  end)
  it("reads units and moments", function()
    run_import("hdr", { unit = "us", at = "2023-11-14T22:13:20Z" })
    assert.same({ 1000, 1700000000000000000 }, { told.options.unit_ns, told.options.time_ns })
    run_import("hdr", { at = 1.5 })
    assert.equal(1500000000, told.options.time_ns)
  end)
  it("refuses what is none", function()
    assert.matches('no format "cvs"; did you mean', (support.message(run_import, "cvs")), 1, true)
    assert.matches('at = "soon" is no moment', (support.message(run_import, "csv", { at = "soon" })), 1, true)
    assert.matches("unknown option", (support.message(run_import, "csv", { metrics = "m" })), 1, true)
  end)
  it("ends when the file is no such thing", function()
    local message, code = support.message(run_import, "csv", { metric = "broken" })
    assert.same({ "import: x.csv: line 1: no header", "corrupt" }, { message, code })
    told.taken, told.refused, told.reasons, told.examples = 0, 1, { value = 1 }, { { line = 2, reason = "value", text = "there is no valid value" } }
    assert.equal("import: x.csv: nothing was taken as csv: line 2: there is no valid value", (support.message(run_import, "csv")))
  end)
  it("says how values without a name get one", function()
    told.taken, told.refused, told.reasons, told.examples = 0, 1, { name = 1 }, { { line = 2, reason = "name", text = "there is no valid name" } }
    assert.equal('import: x.csv: no metric name: give metric = "NAME"', (support.message(run_import, "csv")))
    assert.equal('import: x.csv: metric = "a b" is no metric\'s name', (support.message(run_import, "csv", { metric = "a b" })))
    assert.matches("line 2: there is no valid name %(metric names", (support.message(run_import, "openmetrics")))
    from_options = {}
    assert.equal("import: x.csv: no metric name: give --metric NAME", (support.message(run_import, "ndjson")))
    assert.equal('import: x.csv: --metric "a b" is no metric\'s name', (support.message(run_import, "csv", { metric = "a b" })))
  end)
end)
