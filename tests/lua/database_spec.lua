local database = require "perilune.database"
local engine = require "perilune.core.engine"
local support = require "lua.support"

describe("the database", function()
  local path
  setup(function()
    path = support.timeline { { ulid = "01AAA1", labels = { commit = "abc" } }, { ulid = "01AAA2", name = "cart", labels = { commit = "abc" } }, { ulid = "01BBB1", labels = { commit = "new" } } }
  end)
  teardown(support.clean)

  local function named(word, except) return database.run(database.open(path), word, except).ulid end

  it("is where the option says, the environment, the project, or the state folder", function()
    local folder = support.folder()
    local function found(settings, option, from)
      return database.path(option, from or folder)
    end
    assert.same({ path, "option" }, { found({}, path) })
    local function with(settings, ...) return support.with(engine, { options = function() return { settings = settings } end }, database.path, ...) end
    assert.same({ "/env.db", "environment" }, { with({ db = "/env.db" }, nil, folder) })
    local function of_host(settings) return support.with(engine, { options = function() return { settings = settings, db_path = "/host.db" } end }, database.path, nil, folder) end
    assert.same({ "/host.db", "host" }, { of_host {} })
    assert.same({ "/env.db", "environment" }, { of_host { db = "/env.db" } })
    os.execute(("mkdir -p %s/deep && touch %s/perilune.db"):format(folder, folder))
    assert.same({ folder .. "/perilune.db", "project" }, { with({}, nil, folder .. "/deep") })
    local state = support.folder()
    assert.same({ state .. "/perilune/perilune.db", "default" }, { with({ state_home = state }, nil, state) })
    assert.same({ state .. "/.local/state/perilune/perilune.db", "default" }, { with({ state_home = "", home = state }, nil, state) })
    assert.matches("make folder /proc/none.*: .*; choose a place with %-%-db$", (support.message(with, { state_home = "/proc/none" }, nil, state)))
  end)
  it("stores plain values alone, and keeps nothing of what it refuses", function()
    local timeline = require "perilune.core.timeline"
    local message = support.message(timeline.put, path, "event_put", { kind = "mark", text = ("x"):rep(1000), ts_ns = {} })
    assert.equal("field ts_ns: a table cannot be stored", message)
  end)
  it("is not made by reading", function()
    local none = support.folder() .. "/none.db"
    local message, code = support.message(database.open, none)
    assert.equal("there is no database " .. none, message)
    assert.equal("not_found", code)
  end)
  it("has tables in columns of JSON, or nothing", function()
    assert.same({ a = 1 }, database.decoded '{"a":1}')
    for _, text in ipairs { "null", "1", '"text"', '{"a":' } do assert.is_nil(database.decoded(text)) end
    assert.is_nil(database.decoded(nil))
  end)
  it("finds runs by all their names", function()
    assert.same({ "01BBB1", "01AAA2", "01AAA1" }, { named "last", named "last~1", named "last~2" })
    assert.same({ "01AAA2", "01BBB1", "01BBB1", "01BBB1" }, { named "cart@last", named "01b", named "shop@last", named "label:commit=new" })
    assert.same({ "01BBB1", "01AAA1", "01AAA2" }, { named "shop@last~0", named "shop@last~1", named "cart@last~0" })
  end)
  it("means by last what measured something", function()
    local first = { ulid = "01A" }
    local import, serve, own = { ulid = "01B", name = "import", playbook = "/data/import" }, { ulid = "01D", name = "serve", playbook = "serve" }, { ulid = "01C", name = "import", playbook = "/data/import.lua" }
    local function last_of(runs, word, except)
      local db, rows = support.timeline(runs)
      local ok, row = pcall(database.run, database.open(db), word, rows[except])
      return ok and row.ulid or row.code
    end
    assert.equal("01A", last_of({ first, import, serve }, "last"))
    assert.equal("not_found", last_of({ first, import, serve }, "last~1"))
    assert.same({ "01C", "01A" }, { last_of({ first, import, own, serve }, "last"), last_of({ first, import, own, serve }, "last~1") })
    assert.same({ "01D", "01B" }, { last_of({ import, serve }, "last"), last_of({ import, serve }, "last~1") })
    assert.equal("01B", last_of({ import, first }, "last", 2))
    assert.same({ "01D", "01B" }, { last_of({ import, serve, first }, "serve@last"), last_of({ import, serve, first }, "01B") })
  end)
  it("has a range for each run, of an import that of its rows", function()
    local function range(row) return { database.range(row) } end
    local result = '{"imports":[{"from":1.5,"to":2.0015},{"from":0.25,"to":1},{"taken":0}]}'
    assert.same({ 5, 7 }, range { started_ns = 5, ended_ns = 7 })
    assert.same({ 250000000, 2002000000 }, range { name = "import", playbook = "/data/import", started_ns = 9000000000, ended_ns = 9100000000, result = result })
    assert.same({ 250000000, 9100000000 }, range { name = "shop", playbook = "shop.lua", started_ns = 9000000000, ended_ns = 9100000000, result = result })
    assert.is_true(range({ started_ns = 5 })[2] > 5)
  end)
  it("finds runs by the names of baselines", function()
    local timeline = require "perilune.core.timeline"
    local db, rows = support.timeline { { ulid = "01A" }, { ulid = "01B", name = "cart" } }
    local reader = database.open(db)
    assert(timeline.put(db, "baseline_pin", { name = "gold", playbook = "shop", run = rows[1], ts_ns = 5 }))
    assert.equal("01A", database.run(reader, "gold").ulid)
    assert.equal("not_found", select(2, support.message(database.run, reader, "gold", rows[2])))
    assert(timeline.put(db, "baseline_pin", { name = "gold", playbook = "cart", run = rows[2], ts_ns = 6 }))
    assert.equal("01B", database.run(reader, "cart@gold").ulid)
    assert.matches("write cart@gold or shop@gold", (support.message(database.run, reader, "gold")), 1, true)
  end)
  it("does not mean the run that asks", function()
    local reader = database.open(path)
    local last = database.run(reader, "last")
    assert.equal("01AAA2", database.run(reader, "last", last.id).ulid)
  end)
  it("gives all runs of a label", function()
    local ids = {}
    for i, row in ipairs(database.runs(database.open(path), "label:commit=abc")) do ids[i] = row.ulid end
    assert.same({ "01AAA2", "01AAA1" }, ids)
  end)
  it("takes no prefix that could be several", function()
    local message = support.message(named, "01A")
    assert.matches('"01A" could mean several runs', message, 1, true)
    assert.matches("01AAA1  shop  1970-01-01 00:01", message, 1, true)
  end)
  it("says which there is not", function()
    for _, word in ipairs { "last~9", "x@last", "shop@last~2", "shop@last~", "last~99999999", "label:a=b", "01Z" } do assert.matches(("there is no run %q"):format(word), (support.message(named, word)), 1, true) end
    assert.matches("there is no run", (support.message(database.runs, database.open(path), "label:a=b")), 1, true)
  end)
end)
