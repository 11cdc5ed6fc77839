local database = require "perilune.database"
local report = require "perilune.report"
local support = require "lua.support"

describe("reports of a run", function()
  teardown(support.clean)

  it("are drawn from one model in every format", function()
    local reader = database.open(support.timeline { { ulid = "01A", loads = { support.load_figures(50, 0.2) } } })
    local model = report.model(reader, "01A")
    assert.matches("^<!doctype html>", report.html(model))
    assert.matches("^<%?xml", report.junit(model))
    assert.matches("^## ✅ shop: pass", report.markdown(model))
  end)
end)
