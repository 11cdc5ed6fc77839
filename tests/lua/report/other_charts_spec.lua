local fixture = require "lua.report.fixture"
local other_charts = require "perilune.report.other_charts"

describe("the charts of other metrics", function()
  local function draw(metrics)
    local model = fixture.model()
    model.metrics = metrics
    return other_charts.draw(model)
  end
  local function metric(name) return { name = name, unit = "rate", note = "per second", of = 9, series = { { name = "code=<2xx>", values = { 1, 2 } } } } end

  it("are none where nothing was scraped, received or recorded", function() assert.is_nil(draw { names = 0, moved = 0 }) end)
  it("are small, with the lines that are shown of all", function()
    local text = draw { names = 1, moved = 1, metric "http_requests_total" }
    assert.matches('<div class="charts small"><figure><figcaption>http_requests_total <small>per second; 1 of 9 series</small>', text, 1, true)
    assert.matches('class="key c1">code=&lt;2xx&gt;<', text, 1, true)
    assert.matches("Of 1 metric that was scraped, received or recorded: those that changed.", text, 1, true)
    assert.is_nil(text:find('class="mark"', 1, true))
  end)
  it("say that there are more, and where", function()
    local text = draw { names = 70, moved = 50, metric "a", metric "b" }
    assert.matches("Of 70 metrics that were scraped, received or recorded: the 2 that moved most", text, 1, true)
    assert.matches("perilune query NAME --run 01ABC", text, 1, true)
    assert.matches("Of 3 metrics that were scraped, received or recorded: none changed in the run's time.", draw { names = 3, moved = 0 }, 1, true)
  end)
end)
