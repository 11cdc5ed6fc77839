local output = require "perilune.output"
local report = require "perilune.cmd.report"
local support = require "lua.support"

describe("perilune report", function()
  local db
  setup(function() db = support.timeline { { ulid = "01AAAAAAAAAAA1", script = "-- the script", loads = { support.load_figures(50, 0.2) } }, { ulid = "01BBBBBBBBBBB2", state = "running" } } end)
  teardown(support.clean)

  it("writes the formats that are asked for", function()
    local folder = support.folder()
    local _, _, progress = support.output(report.main, { "01A", db = db, html = folder .. "/r.html", junit = folder .. "/r.xml" })
    assert.matches("<!doctype html>", support.read(folder .. "/r.html"), 1, true)
    assert.matches("<testsuites", support.read(folder .. "/r.xml"), 1, true)
    assert.matches("html +" .. folder, progress)
    assert.matches("## ✅ shop: pass", (support.output(report.main, { "01A", db = db, markdown = "-" })), 1, true)
  end)
  it("shows the script only when asked", function()
    local function page(with_script) return (support.output(report.main, { "01A", db = db, html = "-", with_script = with_script })) end
    assert.is_nil(page(nil):find("-- the script", 1, true))
    assert.is_truthy(page(true):find("-- the script", 1, true))
  end)
  it("is the stored result with --json, and little of a run that has not ended", function()
    assert.equal(50, support.json_of(report.main, { "01A", db = db }).loads[1].rate_per_s.achieved)
    assert.same({ "perilune.run/1", "01BBBBBBBBBBB2" }, (function(r) return { r.schema, r.run_id } end)(support.json_of(report.main, { "01B", db = db })))
  end)
  it("opens the page, or prints where it is", function()
    local path = support.folder() .. "/r.html"
    local function opened(works) return (support.with(output, { open = function() return works end }, support.output, report.main, { "01A", db = db, html = path, open = true })) end
    assert.equal("", opened(true))
    assert.equal(path .. "\n", opened(false))
  end)
  it("says which run there is not", function()
    local message, code = support.message(report.main, { "01X", db = db, html = "-" })
    assert.matches('there is no run "01X"', message, 1, true)
    assert.equal("not_found", code)
  end)
end)
