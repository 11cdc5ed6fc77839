local core = require "perilune.core.export"
local export = require "perilune.cmd.export"
local support = require "lua.support"

describe("perilune export", function()
  local db, folder
  setup(function()
    db, folder = support.timeline { { ulid = "01A" } }, support.folder()
  end)
  teardown(support.clean)

  --- Runs the command; what is written is given in these pieces.
  local function exported(o, pieces, counts)
    local asked
    local function write(_, options, sink)
      asked = options
      for _, text in ipairs(pieces or {}) do sink(text) end
      local c = { samples = 2, series = 1, left_out = 0, other = 0 }
      for k, v in pairs(counts or {}) do c[k] = v end
      return c
    end
    local values = { "csv", db = db }
    for k, v in pairs(o or {}) do values[k] = v end
    local text, code, progress = support.with(core, { write = write }, support.output, export.main, values)
    return text, progress, asked, code
  end

  it("writes the last run to standard output, and says how much it was", function()
    local text, progress, asked, code = exported({ metric = "m" }, { "a\n", "b\n" })
    assert.same({ "a\nb\n", "2 samples of 1 series\n", 0 }, { text, progress, code })
    assert.same({ "csv", "m", 1 }, { asked.format, asked.metric, asked.run })
  end)
  it("says that a run has no such metric", function()
    local none = { samples = 0, series = 0 }
    assert.equal('0 samples of 0 series; the run has no metric "m"\n', select(2, exported({ metric = "m" }, {}, none)))
    assert.equal("0 samples of 0 series; the run has none\n", select(2, exported({}, {}, none)))
    none.other = 1
    assert.not_matches("no metric", select(2, exported({ metric = "m" }, {}, none)), 1, true)
  end)
  it("writes to a file, piece by piece", function()
    local path = folder .. "/out.csv"
    local text, progress = exported({ output = path }, { "a\n", "b\n" })
    assert.same({ "", ("2 samples of 1 series in %s\n"):format(path) }, { text, progress })
    assert.equal("a\nb\n", assert(io.open(path)):read "a")
    exported({ output = path }, {})
    assert.equal("", assert(io.open(path)):read "a")
  end)
  it("says what the format has not", function()
    local _, progress = exported({ "influx" }, {}, { left_out = 3, other = 1 })
    assert.equal("2 samples of 1 series; 3 left out: influx has neither NaN nor infinities; 1 series left out: distributions are in the format hdr\n", progress)
    _, progress = exported({ "hdr" }, {}, { other = 1 })
    assert.matches("they are no distributions", progress, 1, true)
  end)
  it("gives the counts as perilune.export/1", function()
    local text = exported({ output = folder .. "/out.csv", json = "-" }, {})
    assert.matches('"schema":"perilune.export/1"', text, 1, true)
  end)
  it("refuses what it does not know", function()
    assert.matches('no format "cvs"; did you mean', (support.message(export.main, { "cvs", db = db })), 1, true)
    assert.matches("not in this version", (support.message(export.main, { "run", db = db })), 1, true)
    assert.matches("both want standard output", (support.message(export.main, { "csv", db = db, json = "-" })), 1, true)
    assert.matches("there is no run", (support.message(export.main, { "csv", "01Z", db = db })), 1, true)
  end)
  it("sends a run from where its own export ended", function()
    local outlet, opened, sender = require "perilune.core.outlet", nil, nil
    local gone, why = false, nil
    local fake = { next = function()
      if gone then return nil end
      gone = true
      return "body", { samples = 7, left_out = 0 }
    end, done = function() return 0 end, left = function() return 0 end }
    local client = { request = function() if why then error(why, 0) end end }
    local function send(o)
      gone = false
      local values = { "remote_write", to = "http://127.0.0.1:1/write", db = db }
      for k, v in pairs(o or {}) do values[k] = v end
      return support.with(outlet, { open = function(what) opened = what return fake end }, support.with, require "perilune.http", { new = function(what) sender = what return client end },
        support.output, export.main, values)
    end
    local text, code, progress = send { label = { "job=a" }, json = "-" }
    assert.same({ 0, "export to http://127.0.0.1:1 (remote_write): 7 samples delivered\n" }, { code, progress })
    assert.matches('"refused":0', text, 1, true)
    assert.same({ { job = "a" }, "127.0.0.1", 1 }, { opened.labels, sender.hosts[1].host, opened.run })
    local parcel = fake.next
    fake.next = function() return nil end
    assert.matches("0 samples delivered\nnothing was sent: the run has no samples in its time; --all sends", select(3, send()), 1, true)
    assert.matches('nothing was sent: the run has nothing of "m" in its time; --all', select(3, send { metric = "m" }), 1, true)
    assert.matches("nothing was sent: the run has no samples\n", select(3, send { all = true }), 1, true)
    fake.next = parcel
    why = { code = "status", status = 400, message = "400", answer = { status = 400, text = "no", headers = {} } }
    local message, kind = support.message(send)
    assert.matches("7 samples refused: .*400: no", message)
    assert.equal("unavailable", kind)
    why = { code = "connect", message = "Connection refused" }
    assert.equal("unanswered", select(2, support.message(send, { patience = 0 })))
    fake.next = function() return nil, { code = "corrupt", message = "chunk 7" } end
    message, kind = support.message(send)
    assert.matches("0 samples delivered; then it failed: .*chunk 7", message)
    assert.equal("corrupt", kind)
    fake.next = parcel
    assert.matches("write K=V", (support.message(send, { label = { "a" } })), 1, true)
    assert.matches("give the URL", (support.message(export.main, { "remote_write", db = db })), 1, true)
    assert.matches("nothing is sent to \"csv\"", (support.message(export.main, { "csv", to = "http://127.0.0.1:1/", db = db })), 1, true)
  end)
  it("writes the summary of k6, of runs that have ended", function()
    local summary = require "perilune.k6_summary"
    local function written(o, result)
      local values = { "k6", db = db }
      for k, v in pairs(o) do values[k] = v end
      return support.with(require "perilune.database", { decoded = function() return result end }, support.with, summary, { text = function(_, run) return "summary of " .. run end }, support.output, export.main, values)
    end
    assert.equal("summary of 1\n", (written({}, {})))
    local path = folder .. "/k6.json"
    assert.same({ "", 0, ("the summary of k6 in %s\n"):format(path) }, { written({ output = path }, {}) })
    assert.equal("summary of 1\n", assert(io.open(path)):read "a")
    assert.matches("has no result", (support.message(written, {}, nil)), 1, true)
  end)
end)
