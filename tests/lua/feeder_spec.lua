local feeder = require "perilune.feeder"
local support = require "lua.support"

describe("feeders", function()
  local folder = os.tmpname()
  os.remove(folder)
  setup(function() os.execute("mkdir " .. folder) end)
  teardown(function() os.execute("rm -r " .. folder) end)

  local function write(name, text)
    local f <close> = assert(io.open(folder .. "/" .. name, "w"))
    f:write(text)
  end

  local function open(declared) return feeder.open({ people = declared }, folder, 1).people end

  it("say what they are", function()
    assert.same({ perilune = "feeder", format = "csv", path = "a.csv", order = "sequential", at_end = "loop", delimiter = "," }, feeder.csv "a.csv")
    assert.equal("sequential", feeder.ndjson("a", { order = "circular" }).order)
    assert.equal("stop", feeder.ndjson("a", { order = "queue" }).at_end)
    assert.equal("loop", feeder.ndjson("a", { order = "queue", at_end = "loop" }).at_end)
    assert.equal("fail", feeder.ndjson("a", { order = "unique" }).at_end)
  end)

  it("refuse what they cannot be", function()
    assert.matches("the first argument is the file's path", support.message(feeder.csv, {}), 1, true)
    assert.matches("did you mean", support.message(feeder.csv, "a", { oder = "random" }), 1, true)
    assert.matches("delimiter is one character", support.message(feeder.csv, "a", { delimiter = ", " }), 1, true)
    assert.matches("has no end", support.message(feeder.json_file, "a", { order = "circular", at_end = "stop" }), 1, true)
    assert.matches("has no end", support.message(feeder.json_file, "a", { order = "circular", at_end = "fail" }), 1, true)
    assert.matches("needs rows", support.message(feeder.generated, print, { order = "shuffled" }), 1, true)
    assert.matches("pl.sqlite(", support.message(feeder.sqlite, "a.db"), 1, true)
  end)

  it("are opened by what they are", function()
    write("a.csv", 'name;quote\r\nada;"say ""hi""\ntwice"\r\n')
    write("a.ndjson", '{"name":"ada"}\n{"name":"bob"}\n')
    write("a.json", '[{"name":"ada"},\n {"name":"bob"}, {}]')
    assert.equal(1, open(feeder.csv("a.csv", { delimiter = ";" })):rows())
    assert.equal(2, open(feeder.ndjson "a.ndjson"):rows())
    assert.equal(3, open(feeder.json_file "a.json"):rows())
    assert.equal(5, open(feeder.generated(print, { rows = 5 })):rows())
    assert.is_nil(open(feeder.generated(print)):rows())
    os.execute(("sqlite3 %s/a.db 'create table t (a, b); insert into t values (1, null), (2.5, \"x\")'"):format(folder))
    assert.equal(2, open(feeder.sqlite("a.db", "select * from t")):rows())
  end)

  it("name the line of a row that is wrong", function()
    local function message(declared) return (support.message(feeder.open, { people = declared }, folder, 1)) end
    write("b.csv", "a,b\n1,2\n3\n")
    write("b.ndjson", '{"a":1}\n{"a":}\n')
    assert.equal("feeder b.csv, line 3: 1 fields, the header has 2", message(feeder.csv "b.csv"))
    assert.matches("^feeder b.ndjson, line 2: ", message(feeder.ndjson "b.ndjson"))
    assert.matches("feeder people: .*lies outside", message(feeder.csv "../b.csv"))
    assert.matches("b.csv: file is not a database", message(feeder.sqlite("b.csv", "select 1 from t")), 1, true)
    assert.matches('use pl.csv("file.csv")', message "b.csv", 1, true)
  end)
end)
