local inputs = require "perilune.inputs"
local json = require "perilune.core.json"
local support = require "lua.support"

describe("what analysis reads", function()
  teardown(support.clean)

  local function read(text, o) return inputs.series(support.file("f.csv", text), o) end
  local function refusal(text, o) return support.message(read, text, o) end

  it("is one number a line, a CSV with times, or a column of it", function()
    assert.same({ 1, 2.5, -3 }, read("# three\n1\r\n\n 2.5 \n-3").values)
    local s = read "timestamp,value\n2023-11-14T22:13:20Z,1\n1700000001,2\n"
    assert.same({ 1, 2 }, s.values)
    assert.same({ 1700000000000000000, 1700000001000000000 }, s.times)
    assert.equal("b", read("timestamp,a,b\n1,2,3\n", { column = "b" }).name)
  end)
  it("is refused where its rows are of several series, of which one is meant", function()
    local text = "timestamp,metric,value,host\n1,cpu,1,a\n1,cpu,2,b\n2,cpu,1,a\n2,cpu,2,b\n"
    local message, code = refusal(text, { single = true })
    assert.equal("corrupt", code)
    assert.matches("its rows are of 2 series, which metric and host tell apart (cpu, a; cpu, b): keep the rows of one, or", message, 1, true)
    assert.same({ 1, 2, 1, 2 }, read(text).values)
    assert.same({ 1, 2 }, read("timestamp,value,note\n1,1,begun\n2,2,ended\n", { single = true }).values)
  end)
  it("may have values that differ at one moment", function()
    local nan = 0 / 0
    assert.equal(0, inputs.contradictions({ 1, 2, 3 }, { 1, 2, 3 }))
    assert.equal(1, inputs.contradictions({ 1, 2, 1, 1, 2, 3, 3 }, { 1, 2, 5, 6, 2, 1, nan }))
    assert.equal(0, inputs.contradictions({}, {}))
    assert.equal(2, inputs.contradictions({ 1, 1, 2, 2 }, { 1, 100, 1, 100 }))
  end)
  it("is a JSON array of numbers, pairs or objects", function()
    assert.same({ 1, 2.5 }, read(" [1, 2.5]").values)
    local pairs_of, objects = read "[[1700000000, 1], [1700000001, 2]]", read '[{"timestamp":"2023-11-14T22:13:20Z","value":1},{"timestamp":1700000001,"value":2}]'
    assert.same({ 1, 2 }, pairs_of.values)
    assert.same({ 1700000000000000000, 1700000001000000000 }, objects.times)
    assert.same(objects.times, pairs_of.times)
    assert.matches("item 2: it is no number", (refusal '[1,"x"]'), 1, true)
    assert.matches("no array", (refusal '{"a":1}'), 1, true)
    assert.matches("no number in it", (refusal "[]"), 1, true)
  end)
  it("may be made smaller by gzip", function()
    -- printf '1\n2\n' | gzip -n
    local bytes = ("1f8b080000000000000333e432e202006178e16904000000"):gsub("%x%x", function(h) return string.char(tonumber(h, 16)) end)
    assert.same({ 1, 2 }, inputs.series(support.file("n.gz", bytes)).values)
    local message, code = support.message(inputs.series, support.file("cut.gz", bytes:sub(1, 12)))
    assert.matches("broken gzip", message, 1, true)
    assert.equal("corrupt", code)
  end)
  it("has errors with lines, or tells what it left out", function()
    local message, code = refusal "1\nx\n"
    assert.matches('line 2: "x" is no number', message, 1, true)
    assert.equal("corrupt", code)
    assert.matches("line 1", (refusal "nan\n"), 1, true)
    assert.matches("no number in it", (refusal "\n"), 1, true)
    local s = read("1\nx\n3\n", { lenient = true })
    assert.same({ { line = 2, why = '"x" is no number' } }, s.refused)
    assert.equal(1, s.refused_count)
    s = read("1\nNA\n3\n", { missing = true })
    assert.is_true(#s.values == 3 and s.values[2] ~= s.values[2])
    s = read("timestamp,value\n2,1\n1,2\n2,3\n", { ordered = true })
    assert.same({ 2, 3 }, s.values)
    assert.equal(1, s.again)
  end)
  it("says where rows are not in the order of time", function()
    local function told(times)
      local text = nil
      support.with(require "perilune.output", { tell = function(t) text = t end }, inputs.tell_order, "f.csv", times)
      return text
    end
    assert.is_nil(told { 1, 2, 3 })
    assert.is_nil(told(nil))
    assert.equal("perilune: f.csv: note: 1 row is no later than the one before, the first of them row 3; rows are taken as they stand", told { 1, 2, 2, 3 })
    assert.matches("2 rows are no later than the one before, the first of them row 2", told { 5, 1, 2, 1 }, 1, true)
  end)
  it("is a table of columns, or any JSON", function()
    local t = inputs.table(support.file("t.csv", "Throughput,N\n100,1\n190,2\n"), { "n", "throughput" })
    assert.same({ { 100, 190 }, { 1, 2 }, 2 }, { t.columns.throughput, t.columns.n, t.n })
    assert.same({ a = { 1 } }, inputs.json(support.file("j.json", '{"a":[1]}')))
    assert.matches("j.json", (support.message(inputs.json, support.file("j.json", "{"))), 1, true)
  end)
  it("says how runs and servers are named", function()
    assert.equal("usage", select(2, support.message(inputs.series, "run:last")))
    assert.equal("usage", select(2, support.message(inputs.series, "prom:http://127.0.0.1:9")))
    assert.equal("usage", select(2, support.message(inputs.series, "prom:127.0.0.1:9", { query = "up" })))
    local db = support.timeline { { ulid = "01A" } }
    assert.matches("there are no values", (support.message(inputs.series, "run:last/nothing_there", { db = db })), 1, true)
    assert.matches("there is no run", (support.message(inputs.series, "run:01Z/up", { db = db })), 1, true)
  end)
  it("tells a Prometheus that is away from one that refuses", function()
    local http = require "perilune.http"
    for given, want in pairs { connect = "unanswered", timeout = "unanswered", status = "status" } do
      local client = { request = function() error({ code = given, message = "no" }, 0) end }
      assert.equal(want, select(2, support.message(support.with, http, { new = function() return client end }, inputs.series, "prom:http://127.0.0.1:9", { query = "up" })))
    end
  end)
  it("asks a Prometheus step by step", function()
    local http = require "perilune.http"
    local asked = {}
    local client = {}
    function client.request(_, request)
      asked[#asked + 1] = request
      return { json = function() return { { metric = { __name__ = "up" }, values = json.array { { 60, "1" }, { 120, "NaN" }, { 180, "2.5" } } } } end }
    end
    local s = support.with(http, { new = function() return client end }, inputs.series, "prom:http://127.0.0.1:9", { query = "up", start = "1700000000", ["end"] = "1700000600" })
    assert.same({ 1, 2.5 }, s.values)
    assert.same({ 60000000000, 180000000000 }, s.times)
    assert.equal("up", asked[1].query.query)
    assert.equal("60", asked[1].query.step)
  end)
end)
