local fixture = require "lua.report.fixture"
local json = require "perilune.core.json"
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
  it("has what a search found, and its steps", function()
    local model = fixture.model()
    model.result.searches = { { name = "browse", known = true, rate_per_s = 200, lo = 200, hi = 250, users = json.null, why = json.null, objectives = { "p99(latency) < 1s" }, steps = {
      { rate = 100, achieved = 99, p50 = 0.01, p99 = 0.02, passed = true }, { rate = 250, achieved = 249, p50 = 0.1, p99 = 2, passed = false, limited_by = "p99(latency) < 1s" },
      { rate = 400, achieved = 250, passed = false, limited_by = "generator", why = "busy" } } } }
    local text = markdown.text(model)
    assert.matches("**Capacity** of browse: 200/s meet p99(latency) < 1s; 250/s do not.\n\n| | load | answered | p50 | p99 | limited by |\n", text, 1, true)
    assert.matches("| ✅ | 100/s | 99/s | 10 ms | 20 ms |  |\n| ❌ | 250/s | 249/s | 100 ms | 2 s | p99(latency) < 1s |\n| ❔ | 400/s | 250/s | - | - | the generator was the limit: busy |\n", text, 1, true)
  end)
  it("says of which scenario a request is where there are several", function()
    local model = fixture.model()
    local first = model.requests[1]
    model.requests = { first, { scenario = "against", name = first.name, latency = first.latency } }
    local text = markdown.text(model)
    assert.matches("| scenario | request | count | p50 | p95 | p99 | max |\n|---|---|---:|---:|---:|---:|---:|\n", text, 1, true)
    assert.matches("| visit | home | 100 |", text, 1, true)
    assert.matches("| against | home | 100 |", text, 1, true)
  end)
  it("tells the first notes", function()
    local model = fixture.model()
    for i = 1, 22 do model.findings[i] = { kind = "note", text = "left out\nrow " .. i } end
    local text = markdown.text(model)
    assert.matches("- note: left out row 1\n", text, 1, true)
    assert.matches("- note: left out row 20\n- and 2 notes more\n", text, 1, true)
  end)
  it("begins with a name alone where a verdict has no sign", function()
    local model = fixture.model()
    model.verdict = "cancelled"
    assert.matches("^## shop: cancelled\n", markdown.text(model))
  end)
  it("has the operations that traces depend on most", function()
    local model = fixture.model()
    assert.is_nil(markdown.text(model):find("operation", 1, true))
    for i = 1, 12 do model.traces.operations[i] = { service = "db", operation = "read|" .. i, kind = "client", count = 40, errors = 1, p50 = 0.01, self = 0.5, share = 0.4 } end
    model.traces.missing = 3
    local text = markdown.text(model)
    assert.matches("| db **read\\|1** (client) | 40 | 1 | 10 ms | - | - | 500 ms | 40 % |\n", text, 1, true)
    assert.is_nil(text:find("|11**", 1, true))
    assert.matches("Spans are missing: 3 named as parents", text, 1, true)
  end)
  it("lists the files that the run keeps", function()
    local model = fixture.model()
    assert.is_nil(markdown.text(model):find("artifact", 1, true))
    model.artifacts = {}
    for i = 1, 22 do model.artifacts[i] = { name = "plan|" .. i, type = "text/plain", bytes = 2048, sha256 = ("0123456789abcdef"):rep(4) } end
    local text = markdown.text(model)
    assert.matches("| artifact | media type | size | SHA-256 |\n|---|---|---:|---|\n| plan\\|1 | text/plain | 2 KiB | `0123456789ab` |\n", text, 1, true)
    assert.matches("| plan\\|20 | text/plain", text, 1, true)
    assert.is_nil(text:find("| plan\\|21 ", 1, true))
    assert.matches("\n\n`perilune artifacts 01ABC` lists 2 more, and writes one with `NAME --output FILE`.\n", text, 1, true)
    model.artifacts = { model.artifacts[1] }
    assert.matches("`perilune artifacts 01ABC` writes one with", markdown.text(model), 1, true)
  end)
  it("keeps its tables whole", function()
    local model = fixture.model()
    model.requests[1].name = "a|b\nc"
    assert.matches("| a\\|b c | 100 |", markdown.text(model), 1, true)
  end)
  it("says what people did to a load", function()
    local model = fixture.model()
    model.result.loads[1].changed_by_hand = { { at_s = 2, change = "300/s" } }
    assert.matches("%*%*visit%*%*[^\n]*\nChanged by hand: 300/s at 2 s%.\n\n", markdown.text(model))
  end)
  it("says why requests failed", function()
    local model = fixture.model()
    local l = model.result.loads[1]
    l.errors, l.failures = { check = 2 }, { { class = "check", text = "a|b", count = 2, of = 5 } }
    assert.matches("\nErrors: check 2.\n- Check \u{201C}a\\|b\u{201D}: 2 of 5 failed.\n\n", markdown.text(model), 1, true)
  end)
  it("says that noise is unknown instead of a verdict", function()
    local model = fixture.model()
    model.result.comparisons[1].noise_known = false
    assert.matches("|  | p50(latency) | 1 s | 2 s | +100.0 % | noise unknown | the last run |", markdown.text(model), 1, true)
  end)
  it("says what each figure is compared with", function()
    local model = fixture.model()
    local first = model.result.comparisons[1]
    model.result.comparisons[2] = setmetatable({ against = 'the baseline "gold"' }, { __index = first })
    local text = markdown.text(model)
    assert.matches("| 95 % interval | compared with |\n|---|---|---:|---:|---:|---|---|\n", text, 1, true)
    assert.matches("| p50(latency) | 1 s | 2 s | +100.0 % | noise unknown | the last run |\n", (text:gsub("| [^|]* | the last run", "| noise unknown | the last run")), 1, true)
    assert.matches('| the baseline "gold" |\n', text, 1, true)
  end)
  it("shows an error as it is", function()
    local model = fixture.model()
    model.verdict, model.result = "error", { error = { message = "p.lua:3: boom" } }
    local text = markdown.text(model)
    assert.matches("## 💥 shop: error", text, 1, true)
    assert.matches("```\np.lua:3: boom\n```", text, 1, true)
  end)
end)
