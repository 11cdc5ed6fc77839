local forecast = require "perilune.cmd.forecast"
local support = require "lua.support"

describe("perilune forecast --batch", function()
  teardown(support.clean)

  --- Two lines of a season of 4 with a trend, one with quotes and gaps; one without a value.
  local function series()
    local a, b = {}, {}
    for t = 1, 40 do
      a[t] = 100 + t + ({ 5, -5, 8, -8 })[t % 4 + 1]
      b[t] = t % 9 == 3 and "" or ('"%d"'):format(a[t] * 10 + 3)
    end
    return support.file("s.csv", "id,v1,v2\na," .. table.concat(a, ",") .. ',,\n"b, ""2""",' .. table.concat(b, ",") .. "\nempty,,\n")
  end

  local function rows(text)
    local list = {}
    for line in text:gmatch "[^\n]+" do
      local id, rest = line:match '^("?.-"?),([-%d].*)$'
      if not id then id, rest = line:match "^(%w+)(,*)$" end
      list[#list + 1] = { id = id, values = {}, commas = select(2, line:gsub(",", "")) }
      for v in rest:gmatch "[^,]+" do table.insert(list[#list].values, tonumber(v)) end
    end
    return list
  end

  it("writes a line a series: mean, lo, hi", function()
    local text, code = support.output(forecast.main, { batch = series(), horizon = "4", season = "4", workers = 2 })
    local list = rows(text)
    assert.same({ 0, 3, "a", '"b, ""2"""', "empty", 12, 0 }, { code, #list, list[1].id, list[2].id, list[3].id, list[3].commas, #list[3].values })
    for _, row in ipairs { list[1], list[2] } do assert.equal(12, #row.values) end
    for k = 1, 4 do
      local want = 140 + k + ({ 5, -5, 8, -8 })[(40 + k) % 4 + 1]
      local v = list[1].values
      assert.near(want, v[k], 1.5)
      assert.is_true(v[4 + k] <= v[k] and v[k] <= v[8 + k])
      assert.near(want * 10 + 3, list[2].values[k], 25)
    end
  end)
  it("gives the same whatever the number of threads", function()
    local path = series()
    local one = support.output(forecast.main, { batch = path, horizon = "6", workers = 1 })
    assert.equal(one, (support.output(forecast.main, { batch = path, horizon = "6", workers = 4 })))
  end)
  it("tells in JSON how good it was", function()
    local facts = support.json_of(forecast.main, { batch = series(), horizon = "4", level = "80" })
    local a = facts.series[1]
    assert.same({ "perilune.forecasts/1", 0.8, 2, "a", "combined", { 4 } }, { facts.schema, facts.level, #facts.series, a.id, a.model, a.seasons })
    assert.same({ 40, 35, 5 }, { a.n, facts.series[2].n, facts.series[2].missing })
    assert.is_true(a.mase <= a.mase_naive and a.coverage >= 0.7 and a.origins >= 6)
  end)
  it("is not sure of a few values", function()
    local facts = support.json_of(forecast.main, { batch = support.file("few.csv", "one,5\ntwo,5,6\nsame,3,3\n"), horizon = "2" })
    for _, s in ipairs(facts.series) do
      assert.is_true(s.lo[1] < s.mean[1] and s.mean[1] < s.hi[1] and s.hi[1] < s.hi[2], s.id)
    end
    assert.is_true(facts.series[2].hi[1] - 6 > 12) -- one step of 1: Student's t of one degree of freedom
  end)
  it("tells of seasons that are in no value", function()
    local _, _, told = support.output(forecast.main, { batch = support.file("short.csv", "one,5,6,5,7,5,6\n"), horizon = "2", season = "24" })
    assert.matches("1 of 1 series are forecast without a season", told, 1, true)
  end)
  it("keeps the good lines of a file with a bad field, and tells which it is", function()
    local good = support.output(forecast.main, { batch = support.file("good.csv", "a,1,2,3\nc,5,6,7\n"), horizon = "2" })
    local text, code, told = support.output(forecast.main, { batch = support.file("bad.csv", "a,1,2,3\nb,1,x\nc,5,6,7\n"), horizon = "2" })
    assert.equal(8, code)
    assert.equal(good, (text:gsub("\nb,,,,,,\n", "\n")))
    assert.matches("bad.csv, line 2, field 3: \"x\" is no number", told, 1, true)
    local list = support.json_of(forecast.main, { batch = support.file("bad.csv", "a,1,2,3\nb,1,x\n"), horizon = "2" }).series
    assert.same({ 1, "a" }, { #list, list[1].id })
  end)
  it("says which line or option is wrong", function()
    local path = series()
    local function says(words, o)
      local message, code = support.message(forecast.main, o)
      assert.matches(words, message, 1, true)
      return code
    end
    assert.equal("usage", says("give --batch F.csv", {}))
    assert.equal("usage", says("--batch needs --horizon H", { batch = path }))
    assert.equal("usage", says("--horizon 30d: write a whole number of steps", { batch = path, horizon = "30d" }))
    assert.equal("usage", says("--level 100: write a percentage", { batch = path, horizon = "3", level = "100" }))
    assert.equal("usage", says("--season x: write a whole number", { batch = path, horizon = "3", season = "4,x" }))
    assert.equal("corrupt", says("no line can be forecast", { batch = support.file("bad.csv", "a,\nb,1,x\n"), horizon = "3" }))
    assert.equal("corrupt", says("there is no series in it", { batch = support.file("none.csv", "\n"), horizon = "3" }))
    assert.equal("corrupt", says("no series has a value", { batch = support.file("empty.csv", "a,\nb\n"), horizon = "3" }))
    assert.equal("not_found", says("no/such.csv", { batch = "no/such.csv", horizon = "3" }))
  end)
  it("refuses rows of time and value as a batch", function()
    local message, code = support.message(forecast.main, { batch = support.file("one.csv", "timestamp,value\n1780000000,1\n1780000060,2\n"), horizon = "3" })
    assert.matches("it has rows of timestamp,value, and --batch takes a series a line, id,v1,v2,...; without --batch", message, 1, true)
    assert.equal("corrupt", code)
  end)
end)
