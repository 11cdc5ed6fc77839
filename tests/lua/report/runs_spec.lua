local json = require "perilune.core.json"
local report = require "perilune.report"

describe("the list of runs", function()
  it("has a row a run, with nothing in it that a browser would run", function()
    local result = json.encode { url = "http://h:1/<x>", loads = { { rate_per_s = { achieved = 12.5 }, latency_s = { p99 = 0.25 } } } }
    local page = report.list { { ulid = "01A", name = "a <b>", state = "passed", started_ns = 0, ended_ns = 2000000000, result = result } }
    assert.matches('<a href="/runs/01A">a &lt;b&gt;</a>', page, 1, true)
    assert.matches('<span class="pass">pass</span></td><td class="left">h:1</td><td>12.5/s</td><td>250 ms</td><td>2 s</td>', page, 1, true)
    assert.is_nil(page:find("<script", 1, true))
    assert.is_nil(page:find("<th>", 1, true))
  end)
  it("may be empty", function() assert.matches("There is no run yet", report.list {}, 1, true) end)
end)
