local json = require "perilune.core.json"
local pl = require "perilune"
local policy = require "perilune.policy"
local preview = require "perilune.preview"
local scenario = require "perilune.scenario"
local support = require "lua.support"

describe("what would be sent", function()
  --- Prepared with these scenarios, sorted by name.
  local function prepared(scenarios, fields)
    local plans, names = {}, {}
    for name in pairs(scenarios) do names[#names + 1] = name end
    table.sort(names)
    for i, name in ipairs(names) do plans[i] = scenario.plan(name, scenarios[name]) end
    local p = { book = { name = "shop", args = {} }, spec = { playbook = "p.lua", text = "a\nb" }, plans = plans, objectives = {}, typed = {}, policy = policy.of {}, options = {}, findings = {} }
    for k, v in pairs(fields or {}) do p[k] = v end
    return p
  end
  local function user() end
  local URL = "http://127.0.0.1:8080/x"

  it("counts requests and bytes of a declared request", function()
    local facts = preview.facts(prepared { a = { arrivals = pl.even "100/s", duration = "10s", request = { url = URL, headers = { host = "h", ["user-agent"] = "u" } } } })
    assert.same({ 1000, 1000, 100 }, { facts.starts, facts.requests, facts.peak_rate_per_s })
    assert.equal(1000 * #"GET /x HTTP/1.1\r\nhost: h\r\nuser-agent: u\r\n\r\n", facts.bytes_sent)
    assert.same({ "127.0.0.1:8080" }, { table.unpack(facts.hosts) })
  end)
  it("counts those of a request to a socket, too", function()
    local facts = preview.facts(prepared { a = { iterations = 1, request = { url = "unix:/run/shop.sock:/x", headers = { ["user-agent"] = "u" } } } })
    assert.same({ "unix:/run/shop.sock" }, { table.unpack(facts.hosts) })
    assert.equal(#"GET /x HTTP/1.1\r\nHost: localhost\r\nuser-agent: u\r\n\r\n", facts.bytes_sent)
  end)
  it("knows no requests of a script, and no starts of a closed loop", function()
    local facts = preview.facts(prepared { a = { arrivals = pl.even "1/s", duration = "10s", user = user }, b = { users = 5, duration = "10s", user = user } })
    assert.same({ json.null, json.null, json.null }, { facts.starts, facts.requests, facts.bytes_sent })
    assert.same({ 5, "closed" }, { facts.scenarios[2].users, facts.scenarios[2].model })
  end)
  it("names the systems that would be asked, and whether they may be", function()
    local p = prepared({}, { args = { prom = "http://prom.example:9090/x", none = nil }, typed = { ["typed.example"] = true } })
    p.book.needs = { fetch = { "$prom", "$none", "https://typed.example", "127.0.0.1:9090", "pushed.example:9091" } }
    p.policy.fetch = { policy.entry "pushed.example:9091" }
    local facts = preview.facts(p)
    assert.same({ { host = "prom.example:9090", granted = false }, { host = "typed.example:443", granted = true }, { host = "127.0.0.1:9090", granted = true }, { host = "pushed.example:9091", granted = true } },
      { table.unpack(facts.asks) })
    local text = preview.text(facts)
    assert.matches("would ask prom.example:9090, which is not granted", text, 1, true)
    assert.matches("would ask typed.example:443\n", text, 1, true)
  end)
  it("is a table for people, with totals, grants and objectives", function()
    local p = prepared({ a = { arrivals = pl.poisson "50/s", duration = "1m", warmup = "10s", user = user, base = URL }, b = { users = 2, iterations_each = 3, user = user, base = URL } },
      { objectives = { { expr = "p99(latency) < 1s", stop = true }, { expr = "error_ratio < 1%", default = true } }, filled = { "peak is 1/s" } })
    local text = preview.text(preview.facts(p))
    assert.matches("a +127.0.0.1:8080 +Poisson arrivals, at most 50/s +3,000 starts +60 s, warm%-up 10 s", text)
    assert.matches("b +127.0.0.1:8080 +2 users +6 iterations +until done", text)
    for _, line in ipairs { "note: peak is 1/s", "granted: load to loopback", "objective: p99(latency) < 1s, stops the load", "objective: error_ratio < 1% (default)", "Paid API calls: none. Actions: none." } do
      assert.is_truthy(text:find(line, 1, true), line)
    end
  end)
  it("says that there is no load", function()
    assert.matches("no scenario: no load", preview.text(preview.facts(prepared {})), 1, true)
  end)
  it("shows what lint found, warnings apart", function()
    local p = prepared({}, { options = { only = "lint" }, findings = { { line = 2, what = "no such word" }, { line = 1, what = "odd", warning = true } } })
    local text, facts = support.output(preview.show, p)
    assert.matches("p.lua:2: no such word", text, 1, true)
    assert.matches("1 problem\n$", text)
    local object = json.decode(facts)
    assert.same({ "perilune.lint/1", "odd", true }, { object.schema, object.problems[1].what, object.problems[1].warning })
    assert.equal("p.lua: no problem found\n", (support.output(preview.show, prepared({}, { options = { only = "lint" } }))))
  end)
  it("shows the arguments alone", function()
    local p = prepared({}, { options = { only = "args" }, book = { name = "shop", args = { peak = pl.arg.rate { "5/s", help = "arrivals" } } } })
    assert.matches("Arguments of p.lua:\n.*%-%-peak.*arrivals", (support.output(preview.show, p)))
    assert.matches("p.lua takes no arguments", (support.output(preview.show, prepared({}, { options = { only = "args" } }))), 1, true)
  end)
end)
