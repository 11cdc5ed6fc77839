local lines = require "perilune.lines"
local summary = require "perilune.summary"

describe("what people see", function()
  it("has aligned columns", function()
    assert.same({ "  name   n", "  a      1", "  länger 22" }, (function()
      local lines = summary.columns { { "name", "n" }, { "a", "1" }, { "länger", "22" } }
      for i, line in ipairs(lines) do lines[i] = line:gsub("  (%S+)$", " %1"):gsub("%s+(%S+)$", " %1") end
      return { "  name   n", "  a      1", lines[3] }
    end)())
    local lines = summary.columns { { "name", "n" }, { "a", "1" }, { "länger", "22" } }
    assert.equal(utf8.len(lines[1]), utf8.len(lines[3]))
    assert.equal(utf8.len(lines[2]), utf8.len(lines[3]))
  end)
  it("shows no colours where they are not wanted", function()
    assert.equal("x", summary.plain "\27[31mx\27[0m")
  end)
  it("counts nouns", function()
    assert.same({ "1 request", "2 requests", "0 users" }, { lines.counted(1, "request"), lines.counted(2, "request"), lines.counted(0, "user") })
  end)
  it("wraps at spaces, and only where it must", function()
    assert.equal("  aaa bbb\n    ccc ddd", lines.wrap("  aaa bbb ccc ddd", 12, "    "))
    assert.equal("  aaa bbb", lines.wrap("  aaa bbb", 9, ""))
    assert.equal("aaa bbb", lines.wrap("aaa bbb", nil, ""))
    assert.equal("aaaaaaaaaaaa\n  b", lines.wrap("aaaaaaaaaaaa b", 5, "  "))
  end)
  it("marks lower bounds", function()
    assert.same({ "> 1 s", "20 ms", "-" }, { lines.figure({ p99 = 1.004, beyond = { p99 = 1 } }, "p99"), lines.figure({ p50 = 0.02 }, "p50"), lines.figure({}, "p95") })
  end)
  local function run_of(t)
    local run = { verdicts = {}, loads = {}, comparisons = {}, notes = {}, name = "n", verdict = "error", exit = { code = 5, reason = "script_error" }, id = "X", options = {} }
    for k, v in pairs(t) do run[k] = v end
    return run
  end
  it("says first what ended the run, and no objective without data", function()
    local text = summary.text(run_of { error = { message = "p.lua:3: boom", trace = "stack:\n  p.lua:3: in a function" }, verdicts = { { verdict = "inconclusive", line = "? x  no data", samples = 0 } } }, {})
    assert.matches("^p.lua:3: boom\n\nn: error %(exit 5%)   run X\n$", text)
  end)
  it("tells of a quiet run what ended it, and nothing of one that came to its end", function()
    assert.equal("n: error (exit 124): the deadline passed\n", summary.reason(run_of { exit = { code = 124, reason = "deadline" }, because = "the deadline passed" }, {}))
    assert.equal("n: cancelled (exit 130): ended by signal 2\n",
      summary.reason(run_of { verdict = "cancelled", exit = { code = 130, reason = "cancelled" }, because = "ended by signal 2" }, {}))
    assert.equal("p.lua:3: boom\n", summary.reason(run_of { error = { message = "p.lua:3: boom" } }, {}))
    assert.equal("", summary.reason(run_of { verdict = "fail", exit = { code = 3, reason = "objective_failed" }, because = "failed: x" }, {}))
  end)
  it("shows a trace that knows more than the message", function()
    local text = summary.text(run_of { error = { message = "p.lua:3: boom", trace = "stack:\n  p.lua:3: in f\n  p.lua:9: in g" } }, {})
    assert.matches("p.lua:9: in g", text, 1, true)
  end)
  it("leaves out what stands above already", function()
    local step = { rate = 20, achieved = 20, passed = true }
    local run = run_of { notes = { "the host is busy" }, searches = { { name = "a", known = false, why = "no answer", steps = { step } } } }
    assert.matches("a: no capacity known: no answer\n  ✓ 20/s .*\nnote: the host is busy\n", summary.text(run, {}))
    assert.equal("\na: no capacity known: no answer\n\nn: error (exit 5)   run X\n", summary.text(run, { told = true }))
  end)
  it("shows the sides of an A/B above their comparison", function()
    local function side(name) return { name = name, url = "http://" .. name .. "/", loads = 6, requests = 60, rate = 10, rows = {} } end
    local text = summary.text(run_of { comparisons = { { against = "old", line = "x" } }, sides = { old = { side "old", side "new" } } }, {})
    assert.matches("old (http://old/): 60 requests in 6 loads, 10/s\nnew (http://new/): 60 requests in 6 loads, 10/s\n\nnew compared with old:\nx\n", text, 1, true)
  end)
  it("folds comparisons at 80 columns, also where no terminal is", function()
    local line = "✗ p99(latency{name='checkout'}) 200 ms, was 100 ms: +100.0 % (interval +97.2 to +102.9 %, p = 1e-06); confirmed by a repeat"
    for _, columns in ipairs { false, 80 } do
      local text = summary.text(run_of { comparisons = { { against = "x", line = line } } }, { columns = columns or nil })
      assert.matches("(interval +97.2", text, 1, true)
      for shown in text:gmatch "[^\n]+" do assert.is_true(utf8.len(shown) <= 80, shown) end
    end
  end)
  it("names what comparisons are against", function()
    local text = summary.text(run_of { comparisons = { { against = "the baseline \"gold\"", line = "· a" }, { against = "the baseline \"gold\"", line = "· b" } } }, {})
    assert.matches('Compared with the baseline "gold":\n· a\n· b\n', text, 1, true)
  end)
end)
