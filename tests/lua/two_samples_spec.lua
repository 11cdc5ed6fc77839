local json = require "perilune.core.json"
local stats = require "perilune.core.stats"
local support = require "lua.support"
local two_samples = require "perilune.two_samples"

describe("two files of numbers", function()
  local function compare(a, b, o)
    o = o or {}
    return two_samples.compare(a, b, { stat = o.stat or "mean", better = o.better or "lower", limit = o.limit or 0.05 })
  end
  local calm, slow = { 100, 101, 99, 100.5, 99.5 }, { 120, 121, 119, 120.5, 119.5 }

  it("show the arithmetic mean", function()
    local c = compare({ 1, 1, 10 }, { 2, 2, 20 })
    assert.equal(4, c.baseline)
    assert.equal(8, c.candidate)
    assert.equal(4, c.difference)
    assert.equal(1, c.effect)
    assert.matches("mean 8, was 4: +100.00 %", c.line, 1, true)
  end)
  it("tell a change of what was nearly 0 in its own unit", function()
    local line = compare({ 5e-324, 5e-324, 5e-324 }, { 7, 7, 7 }).line
    assert.matches("mean 7, was 4.94066e-324: +7 (interval +7 to +7)", line, 1, true)
    assert.matches("was 1e-300: +7 (interval", compare({ 1e-300, 1e-300, 1e-300 }, { 7, 6, 8 }).line, 1, true)
  end)
  it("know which way is better", function()
    assert.equal("regression", compare(calm, slow).verdict)
    assert.equal("improvement", compare(calm, slow, { better = "higher" }).verdict)
    assert.equal("improvement", compare(slow, calm).verdict)
    assert.equal("regression", compare(slow, calm, { better = "higher" }).verdict)
    assert.equal("same", compare(calm, calm).verdict)
    assert.equal("same", compare(calm, slow, { limit = 0.3 }).verdict)
  end)
  it("give an interval of the difference and of the ratio", function()
    local c = compare(calm, slow)
    assert.is_true(c.difference_ci[1] < 20 and c.difference_ci[2] > 20)
    assert.is_true(math.abs(c.ci[1] - c.difference_ci[1] / 100) < 1e-12)
    assert.is_true(c.p < 0.001)
  end)
  it("are inconclusive within the noise and with too few values, and say why", function()
    local c = compare({ 90, 100, 110, 100 }, { 95, 105, 130, 100 })
    assert.equal("inconclusive", c.verdict)
    assert.matches("within the noise", c.line, 1, true)
    c = compare({ 1, 2 }, { 3, 4 })
    assert.equal("inconclusive", c.verdict)
    assert.is_nil(c.ci)
    assert.matches("3 values a side", c.line, 1, true)
    assert.matches("1,000 values", compare(calm, slow, { stat = "p99" }).line, 1, true)
  end)
  it("say how many more values would tell, what the ranks say, and what is odd in a file's own course", function()
    local c = compare({ 90, 100, 110, 100 }, { 95, 105, 130, 100 })
    assert.is_true(c.more > 1 and c.more < 100)
    assert.matches(("about %d more values a side"):format(c.more), c.line, 1, true)
    assert.is_true(math.abs(compare({ 2, 1, 3, 5 }, { 12, 11, 13, 15 }).ranks.p - 2 / 70) < 1e-12)
    assert.same({}, compare(calm, slow).notes)
    local warm, rising = {}, {}
    for i = 1, 100 do
      warm[i] = (i <= 10 and 300 or 100) + i % 7
      rising[i] = 100 + i + i % 7
    end
    local notes = table.concat(compare(warm, rising).notes, "\n")
    assert.matches("A begins with what looks like warm-up: its first 10 of 100", notes, 1, true)
    assert.matches("B has a trend: %+6%d%.%d %% of its mean", notes)
  end)
  it("have no share of what was 0, and no p where nothing varies", function()
    local c = compare({ 0, 0, 0 }, { 1, 1.1, 0.9 })
    assert.equal("regression", c.verdict)
    assert.equal(json.null, c.effect)
    assert.matches("mean 1, was 0: +1 (interval", c.line, 1, true)
    assert.equal("same", compare({ 0, 0, 0 }, { 0, 0, 0 }).verdict)
    c = compare({ 2, 2, 2 }, { 3, 3, 3 })
    assert.matches("+50.00 %), values do not vary", c.line, 1, true)
  end)
  it("give numbers for values at the ends of the range", function()
    for _, pair in ipairs { { { 1e300, -1e300, 1e300 }, { 1, 2, 3 } }, { { 0, 0, 0 }, { 0, 0, 0 } }, { { 1e-300, 2e-300, 1e-300 }, { 1e300, 1e300, 1e300 } }, { { 5 }, { 5 } } } do
      local c = compare(pair[1], pair[2])
      for _, key in ipairs { "effect", "difference", "p" } do assert.is_true(c[key] == nil or c[key] == json.null or c[key] == c[key] and math.abs(c[key]) < math.huge) end
      for _, v in ipairs(c.ci or {}) do assert.is_true(v == v and math.abs(v) < math.huge) end
    end
  end)
  it("have the exact p-values of benchstat's cases", function()
    local root = os.getenv "PERILUNE_REFERENCE"
    if not root then return pending "skipped: no reference data" end
    local f = assert(io.open(root .. "/data/changepoint/benchstat_cases.json"))
    local cases = json.decode(f:read "a")
    f:close()
    assert.is_true(#cases.mannwhitney_two_sided_exact > 0)
    for _, c in ipairs(cases.mannwhitney_two_sided_exact) do
      local r = stats.ranks(c.a, c.b)
      assert.is_true(math.abs(r.p - c.p) < 1e-12 and (not c.U or r.u == c.U))
    end
    for n, p in pairs(cases.min_p_by_n) do
      local a, b = {}, {}
      for i = 1, tonumber(n) do a[i], b[i] = i, 100 + i end
      assert.is_true(math.abs(stats.ranks(a, b).p - p) < 1e-12)
    end
  end)
  it("name the line that is no number", function()
    local path = os.tmpname()
    local function read(text)
      local f = assert(io.open(path, "w"))
      f:write(text)
      f:close()
      return two_samples.read(path)
    end
    assert.same({ 1, 2.5, -3 }, read "# three\n1\r\n\n 2.5 \n-3")
    local message, code = support.message(read, "1\nx\n")
    assert.matches('line 2: "x" is no number', message, 1, true)
    assert.equal("corrupt", code)
    assert.matches("no number in it", support.message(read, "\n"), 1, true)
    assert.matches("no number", support.message(read, "nan\n"), 1, true)
    os.remove(path)
  end)
end)
