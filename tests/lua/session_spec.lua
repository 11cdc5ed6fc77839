local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local session = require "perilune.session"
local support = require "lua.support"

describe("a run from a command", function()
  teardown(support.clean)

  --- Runs with an engine that ends like this; gives what the engine was asked, and what came of it.
  local function run(o, spec, ended)
    local asked, cancelled
    local handle = { wait = function() return ended or { exit = 3, json = '{"a":1}' } end, cancel = function(_, n) cancelled = n end }
    o.db = o.db or "/tmp/x.db"
    local text, code = support.with(engine, { run = function(t) asked = t return handle end }, support.output, session.run, o, spec)
    return asked, code, text, cancelled
  end

  it("passes what the command line said, and gives the run's code", function()
    local asked, code = run({ label = { "commit=abc", "team=shop=x" }, env = "staging", seed = 7, html = "r.html", quiet = true }, { playbook = "p.lua", text = "t", args = {}, folder = "." })
    assert.equal(3, code)
    assert.same({ commit = "abc", team = "shop=x", env = "staging" }, asked.labels)
    local options = json.decode(asked.options_json)
    assert.same({ 7, "/tmp/x.db", "/tmp/x.db", "r.html" }, { asked.seed, asked.db, options.db_shown, options.reports.html })
  end)
  it("needs no timeline where nothing is kept", function()
    for _, only in ipairs { { once = "visit" }, { only = "lint" } } do assert.is_nil(run({}, { options = only, text = "", folder = "." }).db) end
  end)
  it("writes JSON to standard output, or what the command selects of it", function()
    assert.equal('{"a":1}\n', (select(3, run({ json = "-" }, { folder = "." }))))
    assert.equal("{}\n", (select(3, run({ json = "-" }, { folder = ".", select = function() return "{}" end }))))
    assert.equal("", (select(3, run({}, { folder = "." }))))
  end)
  it("begins nothing when its JSON could not be written", function()
    local asked
    local message = support.with(engine, { run = function(t) asked = t end }, support.message, session.run, { db = "/tmp/x.db", json = "/nowhere/x" }, { folder = ".", select = tostring })
    assert.matches("--json: write /nowhere/x", message, 1, true)
    assert.is_nil(asked)
  end)
  it("says which label is none", function()
    local message, code = support.message(run, { label = { "5" } }, { folder = "." })
    assert.equal("--label 5: write K=V", message)
    assert.equal("usage", code)
  end)
  it("raises the error that a run ended with", function()
    assert.equal("boom", (support.message(run, {}, { folder = "." }, { exit = 5, error = { code = "script", message = "boom" } })))
  end)
end)
