local pl = require "perilune"
local support = require "lua.support"
local worker = require "perilune.worker"

describe("a playbook in a worker", function()
  --- The functions of one scenario, and what they did.
  local function open(scenario, data, feeders)
    local log = {}
    local function note(what) return function(user) log[#log + 1] = what .. (user.vars and user.vars.token or "") end end
    local s = { user = scenario.user or note "user" }
    for k, v in pairs(scenario) do s[k] = v end
    local book = pl.playbook { name = "p", feeders = feeders, run = function() end, scenarios = function(_, given) return { a = s, b = given.extra } end }
    return worker.open(book, "p.lua", {}, data or {}, function() log[#log + 1] = "started" end), log, note
  end
  local function user(fields)
    local u = fields or {}
    u.vars = u.vars or {}
    return u
  end

  it("starts a user once, then only iterates", function()
    local order = {}
    local functions = open({ start = function() order[#order + 1] = "start" end, user = function() order[#order + 1] = "user" end, users = 1 })
    functions.a(user())
    functions["a:steady"](user())
    assert.same({ "start", "user", "user" }, order)
  end)
  it("starts again when the start has failed", function()
    local functions, log = open { users = 1, start = function() error("no token", 0) end }
    assert.is_false(pcall(functions.a, user()))
    assert.same({}, log)
  end)
  it("gives each iteration what the start left, when state lives an iteration", function()
    local seen = {}
    local functions = open { arrivals = pl.even "1/s", start = function(u) u.vars.token = 1 end, user = function(u) seen[#seen + 1], u.vars.token = u.vars.token, 99 end }
    local u = user()
    functions.a(u)
    functions["a:steady"](u)
    functions["a:steady"](u)
    assert.same({ 1, 1, 1 }, seen)
  end)
  it("keeps what a closed user has", function()
    local seen = {}
    local functions = open { users = 1, user = function(u) seen[#seen + 1], u.vars.n = u.vars.n or 0, (u.vars.n or 0) + 1 end }
    local u = user()
    functions.a(u)
    functions["a:steady"](u)
    assert.same({ 0, 1 }, seen)
  end)
  it("tags each iteration", function()
    local tags = {}
    local functions = open { users = 1, tags = { kind = "big" } }
    functions.a(user { tag = function(_, k, v) tags[#tags + 1] = k .. "=" .. v end })
    assert.same({ "kind=big" }, tags)
  end)
  it("is the script's function itself where nothing is beside", function()
    local fn = function() end
    assert.equal(fn, open({ users = 1, user = fn })["a:steady"])
    local stop = function() end
    assert.equal(stop, open({ users = 1, stop = stop })["a:stop"])
    assert.is_nil(open({ users = 1 })["a:stop"])
  end)
  it("sees the data of run:load", function()
    assert.is_function(open({ users = 1 }, { data = { extra = { user = function() end, users = 1 } } }).b)
    assert.is_nil(open({ users = 1 }, { data = {} }).b)
  end)
  it("feeds rows that a function makes, and names the near feeder", function()
    open({ users = 1 }, {}, { people = { fn = function(row, random) return { n = row, r = random(9) } end } })
    assert.same({ n = 3, r = 9 }, worker.feed("people", 3, function(n) return n end))
    assert.matches('there is no feeder "peple"; did you mean "people"?', (support.message(worker.feed, "peple", nil)), 1, true)
  end)
end)
