local support = require "lua.support"
local rows, unstored = {}, 0
support.without_run {
  writer = { record = function(name, fields) rows[#rows + 1] = { name, fields } return #rows end, set_run = function() return true end, sync = function() return true end, name_run = function() end,
    reader = function() return { record = function() return {} end } end, unstored = function() return unstored end },
  watch = { part = function() return true end, add = function() return 1 end, states = function() return {} end },
}
local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local runner = require "perilune.runner"

describe("the life of a run", function()
  before_each(function() rows, unstored = {}, 0 end)

  local function spec(text, fields)
    local s = { playbook = "p.lua", text = 'local pl = require "perilune"\n' .. text, folder = ".", args = {}, labels = {}, seed = 1, quiet = true }
    for k, v in pairs(fields or {}) do s[k] = v end
    return s
  end
  local function chunk(text, name) return load(text, "@" .. name, "t") end
  local function prepare(...) return support.with(engine, { chunk = chunk }, runner.prepare, spec(...)) end

  --- Runs a playbook to its end: how it finished, and the result as an object.
  local function ended(text, fields)
    local finish
    support.output(support.with, engine, { chunk = chunk, finish = function(t) finish = t end, wait_cancel = function() require("perilune.task").sleep(3600) end, cancelled = function() end, take_control = function() end },
      function()
        runner.prepare(spec(text, fields))
        runner.main()
      end)
    return finish, finish.json and json.decode(finish.json)
  end
  local function book(body, more) return ('return pl.playbook { name = "shop", %s run = function(run) %s end }'):format(more or "", body) end
  local function kinds()
    local list = {}
    for _, row in ipairs(rows) do list[#list + 1] = row[1] == "event_put" and row[2].text or row[1] end
    return list
  end

  it("begins and ends as a row", function()
    local finish, result = ended(book 'run:event("mark", "in it")')
    assert.same({ 0, "pass", "shop" }, { finish.exit, finish.verdict, result.name })
    assert.same({ "run_begin", "in it", "run_end" }, kinds())
    assert.same({ "passed", 0 }, { rows[3][2].state, rows[3][2].exit_code })
  end)
  it("cleans up whatever comes, the last thing first, and tells cleanup how it went", function()
    local finish = ended(book('run:defer(function() run:event("m", "one") end) run:defer(function() run:event("m", "two") end) error("boom")', 'cleanup = function(run, outcome) run:event("m", outcome) end,'))
    assert.same({ 5, "error" }, { finish.exit, finish.verdict })
    assert.same({ "run_begin", "two", "one", "error", "run_end" }, kinds())
  end)
  it("goes on cleaning up when a part of it fails", function()
    ended(book 'run:defer(function() run:event("m", "one") end) run:defer(function() error("boom") end)')
    assert.same({ "run_begin", "one", "finding_put", "run_end" }, kinds())
    assert.same({ "note", "clean-up failed: " }, { rows[3][2].kind, rows[3][2].text:match "^.-: " })
  end)
  it("ends at its deadline", function()
    local finish = ended(book 'run:sleep "1h"', { deadline = 0.02 })
    assert.equal(124, finish.exit)
  end)
  it("stores no secret, nor credentials of an error", function()
    local finish = ended(book('error({ code = "script", message = "at http://ada:pw@h/" }, 0)', 'args = { token = pl.arg.secret {} },'), { args = { token = "hush" } })
    assert.is_nil(json.encode(rows):find("hush", 1, true))
    assert.is_nil(finish.json:find("ada:pw", 1, true))
  end)
  it("says when rows could not be stored", function()
    unstored = 3
    local finish, result = ended(book "")
    assert.matches("3 rows", result.error.message, 1, true)
    assert.is_not.equal(0, finish.exit)
  end)

  it("is not begun where the playbook is wrong", function()
    for why, text in pairs { ["a playbook returns pl.playbook"] = "return 5", ['unknown option "scenario"; did you mean "scenarios"?'] = 'return pl.playbook { name = "a", scenario = {}, run = print }',
      ["duration is missing"] = book("", 'scenarios = { a = { users = 1, user = print } },'), ['objective 1: "p99("'] = book("", 'objectives = { "p99(" },'),
      ["feeders.people: use pl.csv"] = book("", "feeders = { people = 5 },"), ["people.csv"] = book("", 'feeders = { people = pl.csv "people.csv" },') } do
      assert.matches(why:gsub("%p", "%%%0"), (support.message(prepare, text)))
    end
    assert.same({}, rows)
  end)
  it("is not begun where an argument is wrong, or missing", function()
    local text = book("", 'args = { peak = pl.arg.rate {} },')
    assert.matches("peak", (support.message(prepare, text)), 1, true)
    assert.matches("peak", (support.message(prepare, text, { args = { peak = "fast" } })), 1, true)
    assert.equal(5, prepare(text, { args = { peak = "5/s" } }).args.peak)
  end)
  it("gives lint all findings at once, and sends nothing", function()
    local finish = ended(book("", 'scenarios = { a = { users = 1, user = print }, b = { users = 0 } }, objectives = { "p99(", "p98(" },'), { options_json = '{"only":"lint","stdout_taken":"json"}' })
    assert.equal(5, finish.exit)
    local problems = json.decode(finish.json).problems
    assert.is_true(#problems >= 4)
    local second
    for _, problem in ipairs(problems) do second = second or problem.what:match "^objective 2: .*p98" end
    assert.is_string(second)
    assert.same({}, rows)
  end)
  it("takes a scenario whose model and duration its run:load gives", function()
    local scenarios = 'scenarios = { a = { base = "http://127.0.0.1", user = print }, b = { users = 1, base = "http://127.0.0.1", user = print } },'
    local prepared = prepare(book('run:load({ "a", "b" }, { arrivals = pl.even "5/s", duration = "1s" })', scenarios))
    assert.same({ "a", true, "b", true }, { prepared.plans[1].name, prepared.plans[1].later, prepared.plans[2].name, prepared.plans[2].later })
    local finish = ended(book('run:load({ "a", "b" }, { arrivals = pl.even "5/s", duration = "1s" })', scenarios), { options_json = '{"only":"plan","stdout_taken":"json"}' })
    assert.is_nil(json.decode(finish.json).scenarios[1].starts)
    -- These say themselves how long they last.
    for _, arrivals in ipairs { 'pl.even(pl.stages { { "1s", at = "5/s" } })', 'pl.trace(found, { speed = 2 })', 'pl.predicted(ahead, { within = "2s" })' } do
      local itself = prepare(book(('local found, ahead = {}, {}; run:load({ "a", "b" }, { arrivals = %s })'):format(arrivals), scenarios))
      assert.same({ true, true }, { itself.plans[1].later, itself.plans[2].later }, arrivals)
    end
    local by_name = prepare(book('local o = { arrivals = pl.even "5/s", duration = "1s" }; run:load({ "a", "b" }, o)', scenarios))
    assert.same({ true, true }, { by_name.plans[1].later, by_name.plans[2].later })
    for _, options in ipairs { "options()", "options '1s'", "options(1, 2)", "all[1]", "{ users = pl.stages { { '1s', at = 2 } } }", '{ arrivals = pl.even(pl.stages "1s@5/s") }', '{ arrivals = pl.trace "t.csv" }' } do
      assert.is_true(prepare(book(('run:load({ "a", "b" }, %s)'):format(options), scenarios)).plans[1].later, options)
    end
    for _, call in ipairs { 'run:load { "a", "b", users = 5, duration = "1s" }', 'run:load({ "a", users = 5, duration = "1s" })' } do
      assert.matches('run:load: users stands among the names; options are a table of their own: run:load({ "a", "b" }, { users = … })', (support.message(prepare, book(call, scenarios))), 1, true)
    end
    for _, options in ipairs { '{ duration = "1s" }', '{ arrivals = pl.even "5/s" }', "{}" } do
      assert.matches("scenario [ab]: ", (support.message(prepare, book(('run:load({ "a", "b" }, %s)'):format(options), scenarios))))
    end
    assert.matches("unknown option", (support.message(prepare, book('run:load({ "a" }, { users = 5, duration = "1s" })', 'scenarios = { a = { usr = print } },'))), 1, true)
  end)
  it("gives a plan without sending", function()
    local finish = ended(book("", 'scenarios = { a = { users = 1, duration = "1s", base = "http://127.0.0.1", user = function() end } },'), { options_json = '{"only":"plan","stdout_taken":"json"}' })
    assert.same({ 0, "perilune.plan/1" }, { finish.exit, json.decode(finish.json).schema })
    assert.same({}, rows)
  end)
end)
