local fixture = require "lua.report.fixture"
local markdown = require "perilune.report.markdown"

describe("the Markdown report", function()
  it("has the verdict, the objectives, the loads", function()
    local text = markdown.text(fixture.model())
    assert.matches("## ❌ shop: fail", text, 1, true)
    assert.matches("| ❌ | `p99(latency) < 1s` | 2 s | < 1 s |", text, 1, true)
    assert.matches("| ✅ | `error_ratio < 1%` [scenario=visit] | 0 % | < 1 % |\n\n", text, 1, true)
    assert.matches("\n\n**visit** to http://shop:8080: 5 requests, 1/s (Poisson arrivals, 200/s)", text, 1, true)
    assert.matches("| home | 100 | 50 ms | - | - | 100 ms |", text, 1, true)
  end)
  it("keeps its tables whole", function()
    local model = fixture.model()
    model.requests[1].name = "a|b\nc"
    assert.matches("| a\\|b c | 100 |", markdown.text(model), 1, true)
  end)
  it("says that noise is unknown instead of a verdict", function()
    local model = fixture.model()
    model.result.comparisons[1].noise_known = false
    assert.matches("|  | p50(latency) | 1 s | 2 s | +100.0 % | noise unknown |", markdown.text(model), 1, true)
  end)
  it("shows an error as it is", function()
    local model = fixture.model()
    model.verdict, model.result = "error", { error = { message = "p.lua:3: boom" } }
    local text = markdown.text(model)
    assert.matches("## 💥 shop: error", text, 1, true)
    assert.matches("```\np.lua:3: boom\n```", text, 1, true)
  end)
end)
