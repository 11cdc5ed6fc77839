local json = require "perilune.core.json"
local support = require "integration.support"
local words = require "perilune.words"

describe("perilune lint", function()
  local folder
  setup(function() folder = support.folder() end)
  teardown(support.clean)

  local WRONG = [[
local pl = require "perilune"
return pl.playbook { name = "wrong", args = { target = pl.arg.url { "http://127.0.0.1:9" } },

  scenarios = function(args) return { browse = { users = 1, duration = "1s", base = args.target, user = function(user)
    user:thnk "1s"
    pritn "x"
    total = 5
  end } } end,
  run = function(run)
    run:load "brwse"
    run:sample("hots", { evry = "1s" })
    run:wait_until("p99(latency{foo='x'}) < 1s", { timeout = "5s" })
  end }]]

  it("tells every typo with its line, and exits with 5", function()
    local path = support.write(folder .. "/wrong.lua", WRONG)
    local code, out = support.run("lint " .. path)
    assert.equal(5, code, out)
    for _, text in ipairs { 'wrong.lua:5: user has no word "thnk"; did you mean "think"?\n  > user:thnk "1s"\n', 'wrong.lua:6: the name "pritn" is not defined; did you mean "print"?',
      'wrong.lua:7: assignment to the global "total"', 'wrong.lua:10: there is no scenario "brwse"; did you mean "browse"?', 'wrong.lua:11: there is no sampler "hots"',
      'wrong.lua:11: run:sample: unknown option "evry"', 'wrong.lua:12: "p99(latency{foo=\'x\'}) < 1s", column 5: latency has no label "foo"', "7 problems" } do
      assert.is_truthy(out:find(text, 1, true), text .. "\n" .. out)
    end
    local _, object = support.run(("lint %s --json -"):format(path))
    local r = json.decode(object)
    assert.same({ "perilune.lint/1", 7, 3 }, { r.schema, #r.problems, r.problems[2].line - 3 })
  end)

  it("gives mistakes in scenarios, objectives and the playbook their lines", function()
    local function lint(from, to)
      local good = [[
local pl = require "perilune"
return pl.playbook {
  name = "n", args = { target = pl.arg.url { "http://127.0.0.1:9" } },
  objectives = { "p99(latency) < 1s" },
  scenarios = function(args) return {
    browse = {
      users = 2, duration = "5s",
      user = function(user) user:get "/" end } } end,
  run = function(run) run:load "browse" end }]]
      local path = support.write(folder .. "/m.lua", (good:gsub(from, to, 1)))
      local _, out, err = support.run("lint " .. path)
      local _, _, refused = support.run(("run %s --db %s/m.db"):format(path, folder))
      return out .. err, refused
    end
    local function is_said(text, from, to)
      local linted, refused = lint(from, to)
      assert.is_truthy(linted:find("m.lua:" .. text, 1, true), linted)
      assert.is_truthy(refused:find("m.lua:" .. text, 1, true), refused)
      assert.is_nil((linted .. refused):find("perilune.runner", 1, true), linted)
    end
    is_said('7: scenario browse: unknown option "usrs"', "users", "usrs")
    is_said("6: scenario browse: duration is missing", ", duration = \"5s\"", "")
    is_said('4: objective 1: "p99(latncy) < 1s", column 5: unknown metric', "latency", "latncy")
    is_said("3: pl.arg.ur: there is no such word", "arg.url", "arg.ur")
    is_said('3: pl.playbook: unknown option "nam"', "name", "nam")
    is_said("5: pl.playbook: unknown option", "scenarios = function", "scenario = function")
  end)

  it("is done before any load, too", function()
    local shop = support.shop()
    local path = support.write(folder .. "/wrong.lua", WRONG)
    local code, out, err = support.run(("run %s --target %s --db %s/t.db"):format(path, shop.url, folder))
    shop:stop()
    assert.equal(5, code, out .. err)
    assert.is_truthy(err:find('wrong.lua:5: user has no word "thnk"', 1, true), err)
    assert.is_truthy(err:find("6 problems more; perilune lint shows all", 1, true), err)
    assert.equal(0, #support.journal(shop.journal))
  end)

  it("finds nothing in the playbooks that are shipped", function()
    for _, name in ipairs { "endurance", "import", "load", "review", "sample", "scrape", "spike", "stress" } do
      local code, out, err = support.run(("lint playbooks/%s.lua"):format(name))
      assert.equal(0, code, out .. err)
    end
  end)

  it("knows the words that there are", function()
    local lines = { 'local pl = require "perilune"', 'return pl.playbook { name = "all", args = { target = pl.arg.url {} },' }
    local function list(names) return '{ "' .. table.concat(names, '", "') .. '" }' end
    lines[#lines + 1] = ([[
      scenarios = function(args) return { s = { users = 1, iterations = 1, base = args.target, user = function(u)
        for _, name in ipairs %s do assert(type(u[name]) == "function", name) end
      end } } end,
      run = function(r)
        for _, name in ipairs %s do assert(type(r[name]) == "function", name) end
        for _, name in ipairs %s do
          local value, err = pcall(r[name], r)
          assert(tostring(err):find("not in this version", 1, true), name)
        end
        for _, name in ipairs %s do assert(r[name] ~= nil, name) end
        r:load "s"
      end }]]):format(list(words.names(words.user)), list(words.names(words.run)), list(words.run_later), list(words.names(words.run_fields)))
    local path = support.write(folder .. "/all.lua", table.concat(lines, "\n"))
    local code, out, err = support.run(("run %s --target http://127.0.0.1:9 --db %s/all.db"):format(path, folder))
    assert.is_nil((out .. err):find("all.lua:", 1, true), out .. err)
    assert.equal(4, code, out .. err)
  end)

  it("knows what may be written of each protocol's connections", function()
    local body, wrong, fine = {}, {}, 0
    for _, channel in ipairs(words.channels) do
      local name, url = channel[1], channel[2]
      wrong[#wrong + 1] = ('user:%s: unknown option "no_such"'):format(name)
      wrong[#wrong + 1] = ('%s:%s: unknown option "nor_this"'):format(name, channel.words[1][1])
      body[#body + 1] = ("do local c = user:%s(%q, { no_such = 1 }) c:%s { 'x', nor_this = 1, timeout = '1s' } end"):format(name, url, channel.words[1][1])
      for _, word in ipairs(channel.words) do
        body[#body + 1] = ("do local c = assert(user:%s %q) c:%s() c:close() end"):format(name, url, word[1])
        fine = fine + 1
      end
    end
    wrong[#wrong + 1] = 'user:sql: unknown option "sslmod"; did you mean "sslmode"?'
    body[#body + 1] = "user:sql('postgresql://h/d', { sslmod = 'require', user = 'me' })"
    local path = support.write(folder .. "/c.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "c", scenarios = function() return { s = { users = 1, iterations = 1, base = "http://127.0.0.1:9", user = function(user)
%s
end } } end, run = function(run) run:load "s" end }]]):format(table.concat(body, "\n")))
    local code, out = support.run("lint " .. path)
    assert.equal(5, code, out)
    for _, what in ipairs(wrong) do assert.matches(what, out, 1, true) end
    local _, findings = out:gsub("c%.lua:%d+: ", "")
    assert.is_true(fine > 20)
    assert.equal(#wrong, findings, out)
  end)

  it("knows the options of requests that there are", function()
    local path = support.write(folder .. "/o.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "o", args = { target = pl.arg.url {} }, scenarios = function(args) return { s = { users = 1, iterations = 1, base = args.target,
        user = function(user) local o = { ["no such option"] = 1 }; user:get("/", o) end } } end, run = function(run) run:load "s" end }]])
    local _, out = support.run(("run %s --target http://127.0.0.1:9 --db %s/o.db"):format(path, folder))
    local known, names = out:match("known: ([%w_, ]+)"), words.names(words.request)
    for _, name in ipairs(names) do
      if name ~= "method" then assert.is_truthy(known:find(name, 1, true), out) end
    end
    for name in known:gmatch("[%w_]+") do assert.is_truthy(words.find(words.request, name), name) end
  end)

  it("prints the words", function()
    for _, topic in ipairs { "playbook", "run", "user", "objectives", "metrics", "arguments", "exit-codes" } do
      local code, out = support.run("help " .. topic)
      assert.equal(0, code)
      assert.is_true(#out > 200, topic)
    end
    assert.is_truthy(select(2, support.run "help run"):find("run:wait_until", 1, true))
    assert.is_truthy(select(2, support.run "help exit-codes"):find("124", 1, true))
  end)
end)

describe("perilune load --script", function()
  local shop, folder
  setup(function() shop, folder = support.shop(), support.folder() end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  local function load(text)
    local path = support.write(folder .. "/u.lua", text)
    local code, out, err = support.run(("load %s/ --users 1 --duration 1s --script %s --db %s/t.db"):format(shop.url, path, folder))
    return code, out .. err
  end

  it("names the script's file and its own lines", function()
    local code, text = load 'return function(user)\n  user:get "/"\n  local x\n  x.y = 1\nend'
    assert.equal(5, code, text)
    assert.is_truthy(text:find("/u.lua:4: attempt to index", 1, true), text)
    code, text = load 'return function(user)\n  user:gt "/"\nend'
    assert.equal(5, code, text)
    assert.is_truthy(text:find('/u.lua:2: user has no word "gt"', 1, true), text)
    code, text = load "return function(user)\n  user:get( end"
    assert.equal(5, code, text)
    assert.is_truthy(text:find("/u.lua:2: unexpected symbol", 1, true), text)
    code, text = load "return {}"
    assert.equal(5, code, text)
    assert.is_truthy(text:find("/u.lua:1: it returns no function", 1, true), text)
  end)
end)
