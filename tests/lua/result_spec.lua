local support = require "lua.support"
local stored, fails = {}, nil
support.without_run { writer = { record = function(name, row) if fails then return nil, fails end stored[#stored + 1] = { name, row } return #stored end } }
local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local report = require "perilune.report"
local result = require "perilune.result"

describe("what a run leaves behind", function()
  before_each(function() stored, fails = {}, nil end)
  teardown(support.clean)

  it("has events, with facts as JSON", function()
    assert.equal(1, result.event(support.run(), "deploy", "v2", 5, 0, nil, { a = 1 }))
    local run = support.run()
    result.event(run, "deploy", "v3", 5, 2000000000)
    assert.same({ type = "event", kind = "deploy", text = "v3", duration_s = 2 }, run.events[1])
    assert.same({ "event_put", { run = 1, kind = "deploy", text = "v2", ts_ns = 5, duration_ns = 0, data = '{"a":1}' } }, stored[1])
    fails = { code = "full", message = "no room" }
    assert.equal("no room", (support.message(result.event, support.run(), "deploy", "v2", 5, 0)))
  end)
  it("has its notes as findings, the first 100", function()
    local run = support.run()
    run.notes = { "left out 2 rows" }
    result.store_notes(run)
    assert.same({ { "finding_put", { run = 1, kind = "note", severity = "info", text = "left out 2 rows", data = "{}" } } }, stored)
    for i = 1, 102 do run.notes[i] = "n" .. i end
    result.store_notes(run)
    assert.same({ 102, "and 2 more, which the summary has" }, { #stored, stored[102][2].text })
  end)
  it("has verdicts with all that was found", function()
    result.store_objective(support.run(), 3, { expr = "a < 1", value = 2, limit = 1, ci = { 1, 3 }, samples = 9, verdict = "fail", severity = "warn" })
    local row = stored[1][2]
    assert.same({ 3, 1, 1, 3, "fail" }, { row.idx, row.lim, row.ci_lo, row.ci_hi, row.verdict })
    assert.equal("warn", json.decode(row.detail).severity)
  end)
  it("says why requests failed, most frequent first", function()
    assert.is_nil(result.failures { checks = { { label = "a", passed = 3, failed = 0 } } })
    assert.same({ { class = "check", text = "has a token", count = 7, of = 9 }, { class = "connect", text = "Connection refused", count = 2 },
      { class = "given up", text = "sold out", count = 1 }, { class = "script", text = "u.lua:3: boom", count = 1 } }, result.failures {
      checks = { { label = "has a token", passed = 2, failed = 7 } }, script_errors = { { text = "u.lua:3: boom\nstack", count = 1 } },
      given_up = { { text = "sold out", count = 1 } }, failures = { { text = "connect: Connection refused", count = 2 }, { text = "timeout: timeout", count = 8 } } })
    local many = {}
    for i = 1, 30 do many[i] = { text = "tls: " .. i, count = i } end
    assert.same({ 20, "30" }, { #result.failures { failures = many }, result.failures({ failures = many })[1].text })
  end)
  it("hashes arguments, whatever their order", function()
    assert.equal(result.args_hash { a = 1, b = "x" }, result.args_hash { b = "x", a = 1 })
    assert.is_not.equal(result.args_hash { a = 1 }, result.args_hash { a = 2 })
  end)

  local function whole(fields)
    local run = support.run { verdict = "pass", exit = { code = 0, reason = "pass" }, ended_ns = 1000000000, paths = json.object {} }
    for k, v in pairs(fields or {}) do run[k] = v end
    return run
  end

  it("is perilune.run/1 with every field, also where nothing happened", function()
    local r = json.decode(json.encode(result.run(whole())))
    for _, field in ipairs { "objectives", "searches", "comparisons", "findings", "loads", "plans" } do assert.same({}, r[field], field) end
    assert.same({ "perilune.run/1", "01R", "shop", "pass", { code = 0, reason = "pass" } }, { r.schema, r.run_id, r.name, r.verdict, r.exit })
    assert.same({ "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:01.000Z" }, r.interval)
    assert.is_nil(r.error)
    assert.same({ code = "script", message = "boom" }, result.run(whole { error = { code = "script", message = "boom", trace = "stack" } }).error)
  end)
  it("tells objectives with null for what is not known", function()
    local o = result.run(whole { verdicts = { { expr = "a < 1", verdict = "inconclusive", line = "? a < 1" } } }).objectives[1]
    assert.same({ json.null, json.null, json.null }, { o.value, o.limit, o.ci })
  end)

  it("plans the paths of reports, standard output apart", function()
    local run = whole { reports = { html = "/p/r.html" }, options = { reports = { html = "o.html", json = "-", junit = "j.xml" } } }
    result.plan_paths(run)
    assert.same({ html = "o.html", junit = "j.xml" }, { html = run.paths.html, junit = run.paths.junit, json = run.paths.json })
  end)
  it("refuses places that cannot be written before anything is sent", function()
    local message, code = support.message(result.check_places, { reports = { html = "/nowhere/r.html" } })
    assert.matches("^--html: .*/nowhere", message)
    assert.equal("denied", code)
    assert.is_nil(result.check_places { events = support.folder() .. "/e" })
    local spare = result.check_places { reports = { json = "-" }, events = support.folder() .. "/e" }
    assert.has_no.errors(function()
      spare:close()
      spare:close()
    end)
  end)
  it("shows of a quiet run what ended it, and nothing else", function()
    local function shown(fields)
      local run, out = whole(fields), {}
      run.prepared.spec.quiet = true
      local function write(where, text) out[#out + 1] = where .. ": " .. text end
      support.with(engine, { write = write, options = function() return {} end }, result.publish, run, function() return "{}" end)
      return table.concat(out)
    end
    assert.equal("", shown())
    assert.equal("progress: p.lua:3: boom\n", shown { error = { code = "script", message = "p.lua:3: boom" } })
  end)
  it("writes what it can, and tells the first failure", function()
    local folder = support.folder()
    local run = whole { options = { reports = { html = folder .. "/r.html", junit = folder .. "/r.xml", json = folder .. "/r.json" } }, reader = function() end }
    run.prepared.spec.quiet = true
    result.plan_paths(run)
    local fields = { model = function() return {} end, html = function() error({ code = "io", message = "no room" }, 0) end, junit = function() return "<x/>" end }
    local failure = support.with(report, fields, result.publish, run, function() return "{}" end)
    assert.matches("no room$", failure.message)
    assert.is_nil(run.paths.html)
    assert.same({ "<x/>", "{}\n" }, { support.read(folder .. "/r.xml"), support.read(folder .. "/r.json") })
    assert.equal("run_end", run.events[1].type)
  end)
end)
