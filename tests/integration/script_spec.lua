local json = require "perilune.core.json"
local support = require "integration.support"

-- What a scenario's functions do to their user, whole runs against the shop.
describe("a scripted user", function()
  local shop, folder
  setup(function()
    shop, folder = support.shop("--delay constant:2ms"), support.folder()
  end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  --- Runs one scenario, given by its fields, below locals of the chunk: code, the load's result, texts.
  local function run(scenario, locals, more)
    local path = support.write(folder .. "/s.lua", ([[
local pl = require "perilune"
%s
return pl.playbook { name = "s", args = { target = pl.arg.url {} }, objectives = { "error_ratio < 100%%" },
  scenarios = function(args) return { s = { base = args.target, %s } } end,
  run = function(run) run:load "s" end }
]]):format(locals or "", scenario))
    local code, out, err = support.run(("run %s --target %s --db %s/s.db --json - --workers 1 %s"):format(path, shop.url, folder, more or ""))
    local ok, r = pcall(json.decode, out)
    return code, ok and type(r) == "table" and r.loads[1] or nil, out .. err
  end

  it("may change its header table while a request is in flight", function()
    local code, load, text = run([[
      users = 8, iterations = 400, user = function(user)
        n = n + 1
        shared["x-a"] = ("v"):rep(20000) .. n
        shared["x-b" .. n % 7] = n % 2 == 0 and ("w"):rep(100) .. n or nil
        user:get("/redirect", { headers = shared })
      end]], "local n, shared = 0, {}")
    assert.equal(0, code, text)
    assert.equal(400, load.requests.ok, text)
  end)

  --- Of one check: passed, failed.
  local function check_of(label)
    local _, out = support.run(("sql \"select ok, value from (select json_extract(s.labels, '$.ok') ok, max(p.value) value from points p "
      .. "join series s on s.id = p.series_id where s.name = 'load_checks_total' and json_extract(s.labels, '$.check') = '%s' and p.run_id = "
      .. "(select max(id) from runs) group by 1)\" --json - --db %s/s.db"):format(label, folder))
    local counts = { ["true"] = 0, ["false"] = 0 }
    for _, row in ipairs(json.decode(out).rows) do counts[tostring(row.ok or row[1])] = row.value or row[2] end
    return counts["true"], counts["false"]
  end

  it("begins each iteration without cookies when start left none", function()
    local code, _, text = run([[
      users = 1, iterations = 5, state = "iteration", user = function(user)
        user:check(user:get("/cart", { name = "look" }), { { "empty", function(r) return not r.text:find("7") end } })
        user:check(user:post("/cart", { form = { item = 7 }, name = "put" }), { status = 200 })
        user:check(user:get("/cart", { name = "look" }), { { "there", function(r) return r.text:find("7") end } })
      end]])
    assert.equal(0, code, text)
    assert.same({ 5, 0 }, { check_of "empty" })
    assert.same({ 5, 0 }, { check_of "there" })
  end)

  it("begins each iteration with the cookies that start left", function()
    local code, _, text = run([[
      users = 1, iterations = 3, state = "iteration", start = function(user) user:post("/cart", { form = { item = 7 } }) end,
      user = function(user)
        user:check(user:get("/cart"), { { "kept", function(r) return r.text:find("7") end } })
        user:post("/cart", { form = { item = 8 } })
      end]])
    assert.equal(0, code, text)
    assert.same({ 3, 0 }, { check_of "kept" })
  end)

  it("runs start again after it failed", function()
    local code, load, text = run([[
      users = 1, iterations = 4, start = function(user)
        tries = tries + 1
        user:get("/", { name = "start" })
        if tries < 3 then user:fail("not yet") end
        user.vars.token = tries
      end,
      user = function(user) user:check(user:get("/"), { { "third", function() return user.vars.token == 3 end } }) end]], "local tries = 0")
    assert.equal(0, code, text)
    assert.equal(5, load.requests.total, text)
    assert.same({ 2, 0 }, { check_of "third" })
  end)

  it("gives each start of an open loop its own row, whoever runs it", function()
    local rows = { "name" }
    for i = 1, 60 do rows[i + 1] = ("r%02d"):format(i) end
    support.write(folder .. "/people.csv", table.concat(rows, "\n") .. "\n")
    local path = support.write(folder .. "/u.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "u", args = { target = pl.arg.url {} }, feeders = { people = pl.csv("people.csv", { order = "unique", at_end = "stop" }) },
        scenarios = function(args) return {
          open = { base = args.target, arrivals = pl.even "60/s", duration = "1s", user = function(user) user:get("/", { name = user:feed("people").name }) end },
          closed = { base = args.target, users = 3, iterations_each = 4, user = function(user) user:get("/", { name = user:feed("people").name }) end } } end,
        run = function(run) run:load(run.seed == 1 and "open" or "closed") end }]])
    for _, case in ipairs { { "--workers 1", 60 }, { "--workers 2", 60 }, { "--seed 2", 3 } } do
      local db = ("%s/u%d%s.db"):format(folder, case[2], case[1]:match("%d"))
      local code, out, err = support.run(("run %s --target %s --db %s %s"):format(path, shop.url, db, case[1]))
      assert.equal(0, code, out .. err)
      local _, names = support.run(("sql \"select distinct json_extract(labels, '$.name') from series where name = 'load_latency_seconds'\" --db %s"):format(db))
      local count = 0
      for _ in names:gmatch("%f[%w]r%d%d%f[%W]") do count = count + 1 end
      assert.equal(case[2], count, names)
    end
  end)

  it("says that there are fewer unique rows than users", function()
    support.write(folder .. "/two.csv", "name\nada\nbob\n")
    local function fed(options)
      local path = support.write(folder .. "/few.lua", ([[
        local pl = require "perilune"
        return pl.playbook { name = "few", args = { target = pl.arg.url {} }, feeders = { people = pl.csv("two.csv", { order = "unique"%s }) }, scenarios = function(args) return {
          s = { base = args.target, users = 3, iterations_each = 2, user = function(user) local row = user:feed "people" user:get("/", { name = row and row.name or "nobody" }) end } } end,
          run = function(run) run:load "s" end }]]):format(options))
      local code, out, err = support.run(("run %s --target %s --db %s/few.db"):format(path, shop.url, folder))
      return code, out .. err
    end
    local code, text = fed ""
    assert.equal(5, code, text)
    assert.matches('user:feed: all 2 rows of two.csv are given out; add rows, or say at_end = "loop"', text, 1, true)
    code, text = fed ', at_end = "stop"'
    assert.equal(0, code, text)
    assert.matches("nobody +2 ", text)
    code, text = fed ', at_end = "loop"'
    assert.equal(0, code, text)
    assert.matches("ada +4 ", text)
  end)

  it("leaves no garbage where it does nothing, and of a request its answer alone", function()
    local code, _, text = run([[
      users = 1, iterations = 10002, user = function(user)
        local now = collectgarbage "count"
        if now > before and n > 0 then grown = grown + now - before end -- less: the collector has run
        n, before = n + 1, now
        if n == 10002 then print("grown", grown) user:get "/" end
      end]], "local n, before, grown = 0, 0, 0")
    assert.equal(0, code, text)
    assert.equal(0, tonumber(text:match "grown%s+([%d.]+)"), text)
    code, _, text = run([[
      users = 1, iterations = 3, user = function(user)
        local headers = { headers = { ["x-a"] = "b" }, tags = { kind = "big" } }
        for _ = 1, 20 do
          local first, second = collectgarbage "count", 0
          local answer = user:get("/", headers)
          second = (collectgarbage "count" - first) * 1024 - #answer.head - #answer.text
          if second > 0 and (not least or second < least) then least = second end -- the collector may have run between
        end
        print("least", least)
      end]], "local least")
    assert.equal(0, code, text)
    local least
    for value in text:gmatch "least%s+([%d.]+)" do least = tonumber(value) end
    assert.is_true(least > 0 and least < 400, text)
  end)

  it("puts users who hold much into states of their own", function()
    local code, _, text = run([[
      users = 1000, iterations = 2000, user = function(user)
        if not user.vars.held then user.vars.held = ("x"):rep(16384) end
        most = math.max(most, collectgarbage "count")
        user:think "500ms"
        if not told then
          told = true
          print("most", most)
          user:get "/"
        end
      end]], "local most, told = 0, false")
    assert.equal(0, code, text)
    local most = 0
    for value in text:gmatch "most%s+([%d.]+)" do most = math.max(most, tonumber(value)) end
    assert.is_true(most > 0 and most < 8 * 1024, text) -- all in one hold 16 MB
  end)

  it("draws from its iteration's stream by math.random too, whatever its worker does beside it", function()
    --- What each iteration drew, in an order of its own; with this many workers.
    local function drawn(workers)
      local code, _, text = run([[
        users = 6, iterations_each = 4, user = function(user)
          local wrapped = coroutine.wrap(function() return math.random(-3, 2 ^ 40 | 0) end)
          local unit, any, die = math.random(), math.random(0), math.random(6)
          assert(unit >= 0 and unit < 1 and math.type(any) == "integer" and die >= 1 and die <= 6 and math.random(7, 7) == 7)
          assert(math.random(math.mininteger, math.maxinteger))
          for _, bad in ipairs { { -1 }, { 2, 1 }, { 1, 2, 3 }, { "x" } } do assert(not pcall(math.random, table.unpack(bad))) end
          print(("drew %d %.17g %d %d %d"):format(user.id, unit, any, wrapped(), user:random(1000000)))
          user:get "/"
        end]], nil, "--workers " .. workers)
      assert.equal(0, code, text)
      local list = {}
      for line in text:gmatch "drew [^\n]+" do list[#list + 1] = line end
      assert.equal(24, #list, text)
      table.sort(list)
      return list
    end
    local alone = drawn(1)
    for i = 2, #alone do assert.not_equal(alone[i - 1]:match "%S+$", alone[i]:match "%S+$") end
    assert.same(alone, drawn(2))
    assert.same(alone, drawn(3))
  end)

  it("draws random rows of a feeder", function()
    support.write(folder .. "/people.csv", "name\nada\nbob\neve\n")
    local path = support.write(folder .. "/f.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "f", args = { target = pl.arg.url {} }, feeders = { people = pl.csv("people.csv", { order = "random" }) },
        scenarios = function(args) return { s = { base = args.target, users = 1, iterations = 60, user = function(user)
          user:get("/", { name = user:feed("people").name }) end } } end,
        run = function(run) run:load "s" end }]])
    local code, out, err = support.run(("run %s --target %s --db %s/f.db"):format(path, shop.url, folder))
    assert.equal(0, code, out .. err)
    local _, names = support.run(("sql \"select distinct json_extract(labels, '$.name') from series where name = 'load_latency_seconds'\" --db %s/f.db"):format(folder))
    for _, name in ipairs { "ada", "bob", "eve" } do assert.is_truthy(names:find(name, 1, true), names) end
  end)

  it("takes any number of labels and durations", function()
    local code, _, text = run([[
      users = 1, iterations = 1, user = function(user)
        local r = user:get("/")
        for i = 1, 3000 do user:check(r, { { "label " .. i, function() return true end } }) end
        for i = 1, 3000 do user:think(i .. "ns") end
        for i = 1, 2 do user:check(r, { { "label 1", function() return true end } }) end
        user:check(r, { { "label 2999", function() return true end } })
      end]])
    assert.equal(0, code, text)
    assert.same({ 3, 0 }, { check_of "label 1" })
    assert.is_true(check_of "other" >= 2000)
  end)

  it("refuses tags that are labels of perilune's own", function()
    for _, name in ipairs { "name", "status", "scenario", "method" } do
      local code, _, text = run(("users = 1, iterations = 1, tags = { %s = 'x' }, user = function(user) user:get '/' end"):format(name))
      assert.equal(5, code, text)
      assert.is_truthy(text:find(('tag "%s" is a label'):format(name), 1, true), text)
      _, _, text = run(("users = 1, iterations = 1, user = function(user) user:get('/', { tags = { %s = 'x' } }) end"):format(name))
      assert.is_truthy(text:find(('tag "%s" is a label'):format(name), 1, true), text)
    end
  end)

  it("refuses a method for a word that is one", function()
    local code, _, text = run("users = 1, iterations = 1, user = function(user) user:get('/', { method = 'POST' }) end")
    assert.equal(5, code, text)
    assert.is_truthy(text:find("user:get has its method already; write user:request(url, { method = ... })", 1, true), text)
  end)

  it("refuses timeouts that are none", function()
    for _, value in ipairs { "-1", "0/0", "1e300", "'-5s'" } do
      local _, _, text = run(("users = 1, iterations = 1, user = function(user) user:get('/', { timeout = %s }) end"):format(value))
      assert.is_truthy(text:find("timeout is a duration", 1, true) or text:find("timeout: ", 1, true), value .. text)
    end
  end)

  it("keeps the requests of two scenarios with one URL apart", function()
    local path = support.write(folder .. "/two.lua", [[
      local pl = require "perilune"
      local function scenario(target) return { base = target, users = 2, iterations = 200, user = function(user) user:get("/") end } end
      return pl.playbook { name = "two", args = { target = pl.arg.url {} },
        scenarios = function(args) return { a = scenario(args.target), b = scenario(args.target) } end,
        run = function(run) run:load { "a", "b" } end }]])
    local code, out, err = support.run(("run %s --target %s --db %s/two.db --workers 1 --json -"):format(path, shop.url, folder))
    assert.equal(0, code, out .. err)
    assert.equal(400, json.decode(out).loads[1].requests.ok)
    local _, counts = support.run(("sql \"select json_extract(s.labels, '$.scenario') || ':' || cast(max(p.value) as integer) c from points p join series s "
      .. "on s.id = p.series_id where s.name = 'load_requests_total' group by s.id\" --db %s/two.db"):format(folder))
    assert.is_truthy(counts:find("a:200", 1, true) and counts:find("b:200", 1, true), counts)
  end)

  -- All iterations end at the mistake, wherever it sits: the script is wrong, not the target.
  for name, body in pairs {
    ["before the first request"] = "user['th' .. 'nk'](user) user:get '/'",
    ["after a request"] = "user:get '/' user['th' .. 'nk'](user)",
    ["after a failed check"] = "user:check(user:get '/', { status = 404 }) user['th' .. 'nk'](user)",
    ["after a request that failed"] = "user:get '/status/500' user['th' .. 'nk'](user)",
    ["in start"] = "user:get '/' end, start = function(user) user:get '/' user['th' .. 'nk'](user)",
  } do
    it("is wrong by a word that does not exist, " .. name, function()
      local code, load, text = run(("users = 2, iterations = 40,\nuser = function(user) %s end"):format(body))
      assert.equal(5, code, text)
      assert.is_truthy(text:find('s.lua:5: user has no word "thnk"; did you mean "think"?', 1, true), text)
      assert.equal(0, load.errors.script, text)
      assert.equal(name == "after a request that failed" and 1 or 0, load.errors.status / math.max(load.requests.total, 1), text)
      assert.is_not.equal("failing", load.target.verdict, text)
    end)
  end

  it("does not make an answer a bad one by an error of its own", function()
    local code, load, text = run("users = 1, iterations = 1000, user = function(user) local r = user:get '/' n = n + 1 if n % 500 == 0 then error 'now and then' end end", "local n = 0")
    assert.equal(0, code, text)
    assert.same({ 1000, 0 }, { load.requests.ok, load.errors.script }, text)
    assert.is_truthy(text:find("script error (2 times): ", 1, true), text)
  end)

  it("is told of checks that are none, with the near name", function()
    local code, _, text = run("users = 1, iterations = 30, user = function(user) user:check(user:get '/', { stauts = 200 }) end")
    assert.equal(5, code, text)
    assert.is_truthy(text:find('s.lua:4: user:check: unknown key "stauts"; did you mean "status"?', 1, true), text)
  end)

  it("is told of options that are none, with the near name or with all", function()
    for given, message in pairs { timout = 'unknown request option "timout"; did you mean "timeout"?', colour = 'unknown request option "colour"; known: name, tags, timeout, ' } do
      local code, _, text = run(("users = 1, iterations = 30, user = function(user) local o = {} o[%q] = 1 user:get('/', o) end"):format(given))
      assert.equal(5, code, text)
      assert.is_truthy(text:find("s.lua:4: " .. message, 1, true), text)
    end
  end)

  local RAISES = "users = 1, iterations = 30, user = function(user) user:check(user:get '/', { status = 200,\n{ 'boom', function(r) return r.nosuch.field end } }) end"

  it("keeps the message of a check that raises", function()
    local code, load, text = run(RAISES)
    assert.equal(3, code, text)
    assert.equal(30, load.errors.check)
    assert.is_truthy(text:find("check \"boom\": [^\n]*s.lua:5: attempt to index a nil value"), text)
    local _, _, once = run(RAISES, "", "--once s")
    assert.is_truthy(once:find("✗ check \"boom\": [^\n]*s.lua:5: attempt to index a nil value"), once)
    assert.is_truthy(once:find("✓ check status", 1, true), once)
  end)
end)
