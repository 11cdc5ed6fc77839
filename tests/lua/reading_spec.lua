local support = require "lua.support"
support.without_run()
local metrics = require "perilune.metrics"
local reading = require "perilune.reading"

describe("a playbook's text, read closely", function()
  --- Reads a text; gives its findings.
  local function read(text, fields)
    local p = { spec = { text = text, playbook = "p.lua" }, options = {}, findings = {}, book = { feeders = {} }, scenarios = { browse = {} }, scenarios_known = true, plans = {} }
    for k, v in pairs(fields or {}) do p[k] = v end
    p.world = metrics.world(p, function() return nil end)
    reading.text(p)
    return p.findings, p
  end
  local function whole(body) return ('local pl = require "perilune"\nreturn pl.playbook { name = "p", run = function(run)\n%s\nend }'):format(body) end
  local function refused(...) return (support.message(read, ...)) end

  it("raises the first problem with its line, and counts the others", function()
    assert.matches('^p.lua:3: run has no word "laod"; did you mean "load"?', refused(whole 'run:laod "browse"'))
    assert.matches("\nat least 1 problem more; perilune lint shows all", refused(whole 'run:laod "browse"\nrun:slep "1s"'), 1, true)
  end)
  it("gives lint all of them", function()
    local findings = read(whole 'run:laod "browse"\nrun:slep "1s"', { options = { only = "lint" } })
    assert.same({ 3, 4 }, { findings[1].line, findings[2].line })
  end)
  it("reads expressions and options where they stand", function()
    assert.matches('unknown metric "latncy"', refused(whole 'run:query "p99(latncy)"'), 1, true)
    assert.matches("duratoin", refused(whole 'run:load("browse", { duratoin = "1s" })'), 1, true)
    assert.matches('no scenario "brows"', refused(whole 'run:load "brows"'), 1, true)
    assert.same({}, read(whole 'run:load("browse", { duration = "1s" })\nrun:query "p99(latency)"\nrun:query "sum by (job) (rate(x_total[1m]))"'))
    assert.matches("p.lua:3: column 5: there is no function rte", refused(whole 'run:query "sum(rte(x_total[1m]))"'), 1, true)
  end)
  it("reads nothing where the command line wrote the playbook, but for its script", function()
    assert.same({}, read(whole 'run:laod "browse"', { options = { from_options = {} } }))
    assert.matches("^s.lua:1: ", refused("", { options = { from_options = {}, script = { name = "s.lua", text = "return function(user) user:gte '/' end" } } }))
  end)
  it("places an error where its cause stands", function()
    local text = whole "" .. '\nx = { browse = {\n  users = 0,\n} }'
    local function placed(message) return reading.placed({ code = "invalid", message = message }, text, "p.lua").message end
    assert.matches("^p.lua:6: scenario browse: users is", placed "scenario browse: users is a whole number")
    assert.matches("^p.lua:2: pl.playbook: name is", placed "pl.playbook: name is letters")
    assert.equal("p.lua:9: known", placed "p.lua:9: known")
    assert.equal("something else", placed "something else")
    assert.equal("text", reading.placed("text", text, "p.lua"))
  end)
  it("is a finding of lint", function()
    assert.same({ line = 6, what = "users is wrong" }, reading.finding { message = "p.lua:6: users is wrong\n  > users" })
    assert.same({ what = "boom" }, reading.finding "boom")
  end)
  it("turns warnings into notes", function()
    assert.same({ "p.lua:3: odd" }, reading.warnings { spec = { playbook = "p.lua" }, findings = { { line = 3, what = "odd", warning = true }, { line = 4, what = "wrong" } } })
  end)
end)
