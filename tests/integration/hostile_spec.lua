--- Answers that no server should give: each is a failure of its class, in bounded memory, and the user goes on.
local json = require "perilune.core.json"
local support = require "integration.support"

describe("a hostile server", function()
  local url
  setup(function() url = support.python_server("hostile").url end)
  teardown(support.clean)

  --- Runs a user function once; gives its load. What does not hold is shown by print.
  local function load_of(user, more)
    local folder = support.folder()
    local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "p", errors = "ignore",
  scenarios = function() return { s = { base = "%s", users = 1, iterations = 1, defaults = { timeout = "3s" }, %s
    user = function(user)
      local function hold(ok, what) if not ok then print("FAILED " .. tostring(what)) end end
      %s
    end } } end,
  run = function(run) run:load "s" end }]]):format(url, more or "", user))
    local code, out, err = support.run(("run %s --db %s/p.db --json %s/p.json --workers 1"):format(path, folder, folder))
    assert.is_nil((out .. err):match("FAILED[^\n]*"), out .. err)
    assert.is_true(code == 0 or code == 6, out .. err)
    return json.decode(support.read(folder .. "/p.json")).loads[1]
  end

  local CLASSES = {
    none = "reset", half = "truncated", lengths = "protocol", negative = "protocol", huge = "protocol", chunk = "protocol", overflow = "protocol",
    rubbish = "protocol", extension = "protocol", trailers = "protocol", flood = "protocol", continue = "timeout",
  }

  it("is classed, whatever it sends, and the next request is good", function()
    local text = {}
    for path, class in pairs(CLASSES) do
      text[#text + 1] = ('do local r = user:get "/%s"; hold(r.error == "%s", "%s: " .. tostring(r.error) .. " " .. tostring(r.why)) end'):format(path, class, path)
      text[#text + 1] = 'hold(user:get("/ok").text == "ok", "ok")'
    end
    local l = load_of(table.concat(text, "\n"))
    assert.is_true(l.generator.rss_bytes < 300 << 20, l.generator.rss_bytes)
  end)

  it("may send a body without an end until the time is over", function()
    local l = load_of [[
      local r = user:get("/chunks", { timeout = "1s" })
      hold(r.error == "timeout", r.error)
      hold(user:get("/ok").ok, "ok") ]]
    assert.is_true(l.bytes.received > 20 << 20, l.bytes.received) -- more than is kept of a body
    assert.is_true(l.generator.rss_bytes < 300 << 20, l.generator.rss_bytes)
  end)

  it("may send 100 MB: they are counted, and what is kept has a limit", function()
    local l = load_of [[
      local r = user:get("/large", { timeout = "20s" })
      hold(r.ok and #r.raw == 16 << 20 and r.cut, #r.raw)
      hold(user:get("/ok").cut == false, "cut") ]]
    assert.is_true(l.bytes.received >= 100 << 20, l.bytes.received)
    assert.is_true(l.generator.rss_bytes < 300 << 20, l.generator.rss_bytes)
  end)

  it("may send a bomb: nothing bursts unless it is read, and then there is a limit", function()
    local l = load_of [[
      local r = user:get "/bomb"
      hold(r.ok and #r.raw < 1 << 20, "ok")
      hold(r.text == "" and r.error == "protocol" and r.why:find "64 MiB", r.why)
      hold(user:get("/ok").ok, "ok") ]]
    assert.equal(1, l.errors.protocol)
    assert.is_true(l.generator.rss_bytes < 400 << 20, l.generator.rss_bytes)
  end)

  it("may send bodies that are not what they say: what reads one sees a failure of its request, and nothing is raised", function()
    local l = load_of [[
      for coding, why in pairs { gzip = "no whole gzip", deflate = "no whole deflate", br = "no whole br", zstd = "no whole zstd", nosuch = "unknown" } do
        local r = user:get("/coded/" .. coding)
        hold(r.ok and r.why == "" and r.raw == "rubbish", coding)
        hold(not r.readable and r.ok, "to look is no failure")
        hold(r.text == "" and not r.ok and r.error == "protocol" and r.why:find(why, 1, true), coding .. ": " .. r.why)
        local value, because = r:json "a"
        hold(value == nil and because == r.why and r:find "." == nil, because)
      end
      local first, second = user:get "/coded/br", user:get "/coded/br"
      hold(user:check(first, { { "has text", function(r) return r.text:find "." end } }) == false, "check")
      hold(first.error == "protocol" and second.ok, "the one that was read")
      local value, why = user:get("/coded/zstd"):json "a"
      hold(value == nil and why:find("no whole zstd", 1, true), why)
      local r = user:get "/coded/"
      hold(r.text == "rubbish" and r.ok and r.readable, r.why) ]]
    assert.same({ 9, 2 }, { l.requests.total, l.requests.ok })
    assert.same({ 7, 0, 0 }, { l.errors.protocol, l.errors.check, l.errors.script })
  end)

  it("is what a script's error behind such a body is put down to", function()
    local l = load_of 'local number = user:get("/coded/gzip").text:match "(%d+)"; return number + 1'
    assert.same({ 1, 0 }, { l.errors.protocol, l.errors.script })
  end)

  it("may lead in circles, or nowhere", function()
    local l = load_of [[
      local r = user:get "/loop"
      hold(not r.ok and r.why:find "redirect", r.why)
      r = user:get("/loop", { follow = 0 })
      hold(r.status == 302, r.status)
      r = user:get("/grow", { follow = 50 })
      hold(not r.ok and r.error == "protocol", r.why)
      r = user:get "/nolocation"
      hold(r.status == 302 or r.error, r.status)
      hold(user:get("/empty").text == "", "empty") ]]
    assert.equal(5, l.requests.total)
  end)

  it("may set more cookies than a jar holds", function()
    load_of [[
      for _ = 1, 5 do hold(user:get("/cookies").ok, "cookies") end
      hold(user:get("/ok").ok, "ok") ]]
  end)
end)
