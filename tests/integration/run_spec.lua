local json = require "perilune.core.json"
local support = require "integration.support"

describe("perilune run", function()
  local shop, folder
  setup(function()
    shop, folder = support.shop("--delay constant:2ms"), support.folder()
  end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  local function run(text, more)
    local path = support.write(folder .. "/p.lua", text)
    local code, out, err = support.run(("run %s --target %s --db %s/t.db %s"):format(path, shop.url, folder, more or ""))
    return code, out, err
  end

  local WHOLE = [[
    local pl = require "perilune"
    return pl.playbook {
      name = "whole", args = { target = pl.arg.url {}, rate = pl.arg.rate { "200/s", help = "rate" } },
      feeders = { people = pl.csv("people.csv", { order = "unique", at_end = "loop" }) },
      objectives = { "p95(latency) < 1s", "p95(latency{name='home'}) < 1s" },
      scenarios = function(args, data) return { visit = { arrivals = pl.even(args.rate), duration = "2s", base = args.target,
        start = function(user) user.vars.who = user:feed("people").name end,
        user = function(user)
          local a = user:get("/", { name = "home" })
          user:check(a, { status = 200, { "who", function() return #user.vars.who > 0 end } })
          user:group("buy", function() user:post("/cart", { form = { item = 3 } }) end)
        end } } end,
      run = function(run)
        run:defer(function() run:event("mark", "deferred") end)
        run:sample("host", { every = "500ms" })
        run:record("answer", 42, { of = "everything" })
        run:phase("load", function() run:load("visit", { data = { n = 1 } }) end)
        local both = {}
        run:together(function() run:sleep "10ms"; both.a = 1 end, function() both.b = 1 end)
        assert(both.a and both.b)
        run:compare {}
      end,
      cleanup = function(run, outcome) run:event("mark", "cleaned up") end,
    }]]

  it("runs a whole playbook, twice, with reports", function()
    support.write(folder .. "/people.csv", "name,password\nada,x\nbob,y\n")
    local code, out, err = run(WHOLE, "--html " .. folder .. "/r.html")
    assert.equal(0, code, out .. err)
    code, out, err = run(WHOLE, ("--html %s/r.html --junit %s/r.xml --markdown %s/r.md --json -"):format(folder, folder, folder))
    assert.equal(0, code, out .. err)
    local r = json.decode(out)
    assert.equal("perilune.run/1", r.schema)
    assert.equal("pass", r.verdict)
    assert.equal(800, r.loads[1].requests.ok)
    assert.is_true(#r.comparisons >= 3)
    local html = support.read(folder .. "/r.html")
    assert.is_truthy(html:find("<svg", 1, true))
    assert.is_truthy(html:find("Latency heat map", 1, true))
    assert.is_nil(html:find("https?://[^1w]"), "a report asks nobody")
    assert.is_nil(html:find("<script", 1, true))
    local valid, _, why = support.shell("xmllint --noout " .. folder .. "/r.xml")
    assert.equal(0, valid, why)
    assert.is_truthy(support.read(folder .. "/r.md"):find("whole", 1, true))
  end)

  it("has labels that nobody gave, and the versions of what it ran on", function()
    support.shell(("mkdir -p %s/tree/.git/refs/heads && printf 'ref: refs/heads/main\n' >%s/tree/.git/HEAD && printf '%s\n' >%s/tree/.git/refs/heads/main"):format(folder, folder, ("c3"):rep(20), folder))
    support.write(folder .. "/tree/p.lua", "return require('perilune').playbook { name = 'l', run = function(run) print(run.labels.commit, run.machine.versions.lua) end }")
    local code, out, err = support.shell(("CI_JOB_URL=https://ci/7 %s run %s/tree/p.lua --db %s/l.db --label branch=mine --json -"):format(support.perilune, folder, folder))
    assert.equal(0, code, out .. err)
    local labels = json.decode(out).labels
    assert.equal(("c3"):rep(20), labels.commit)
    assert.equal("mine", labels.branch)
    assert.equal("https://ci/7", labels.ci_url)
    local _, rows = support.run(("sql 'select host from runs' --db %s/l.db --json -"):format(folder))
    local host = json.decode(json.decode(rows).rows[1].host)
    assert.matches("^Linux", host.kernel)
    for _, name in ipairs { "lua", "sqlite", "libuv" } do assert.matches("^%d+%.%d+", host.versions[name]) end
  end)

  it("keeps every sample of one millisecond", function()
    local path = support.write(folder .. "/many.lua", "return require('perilune').playbook { name = 'm', run = function(run) for i = 1, 5000 do run:record('lamps', i, { of = 'x' }) end end }")
    local code, out, err = support.run(("run %s --db %s/many.db"):format(path, folder))
    assert.equal(0, code, out .. err)
    local _, rows = support.run(("sql \"select count(*) n, min(value) lo, max(value) hi from sample_list where name = 'lamps'\" --db %s/many.db --json -"):format(folder))
    assert.same({ n = 5000, lo = 1, hi = 5000 }, json.decode(rows).rows[1])
  end)

  it("keeps everything on the timeline", function()
    local code, out = support.run(("sql \"select count(*) n from sample_list where name = 'answer' and value = 42\" --db %s/t.db"):format(folder))
    assert.equal(0, code)
    assert.is_truthy(out:find("\n%s*2%s*\n"), out)
    local _, runs = support.run(("runs --db %s/t.db --json -"):format(folder))
    local list = json.decode(runs).runs
    assert.equal(2, #list)
    assert.equal("pass", list[1].verdict)
    local _, events = support.run(("sql \"select text from events where kind = 'mark' order by id\" --db %s/t.db"):format(folder))
    assert.is_truthy(events:find("deferred") and events:find("cleaned up"))
  end)

  it("puts the labels of a sampler on its series, and judges them by objectives added later", function()
    local code, out, err = run([[
      local pl = require "perilune"
      return pl.playbook { name = "labels", args = { target = pl.arg.url {} }, run = function(run)
        run:sample("self", { every = "100ms", labels = { room = "hall" } })
        run:sleep "300ms"
        run:wait_until("last(process_resident_memory_bytes{room='hall'}) > 1MiB", { timeout = "5s", every = "100ms" })
        local ok, why = pcall(run.sample, run, "self", { labels = { source = "x" } })
        assert(not ok and tostring(why.message or why):find('label "source"', 1, true), tostring(why.message or why))
      end }]])
    assert.equal(0, code, out .. err)
  end)

  it("refuses a sampler what it cannot keep whole", function()
    local code, out, err = run([[
      local pl = require "perilune"
      local function refused(why, source, options)
        return function(run)
          local ok, what = pcall(run.sample, run, source, options)
          assert(not ok and tostring(what):find(why, 1, true), tostring(what))
        end
      end
      local many = {}
      for i = 1, 257 do many[i] = i end
      return pl.playbook { name = "bounds", args = { target = pl.arg.url {} }, run = function(run)
        refused("name is longer than 255 bytes", "process", { name = ("x"):rep(256) })(run)
        refused("257 pids, at most 256 are taken", "process", { pids = many })(run)
        refused("pids are numbers, not a string", "process", { pids = { "self" } })(run)
      end }]])
    assert.equal(0, code, out .. err)
  end)

  local ONCE = [[
    local pl = require "perilune"
    return pl.playbook { name = "once", args = { target = pl.arg.url {} },
      scenarios = function(args) return {
        good = { arrivals = pl.even "50/s", duration = "2s", base = args.target, defaults = { headers = { authorization = "Bearer s3cret" } },
          user = function(user)
            local r = user:get("/products/3", { headers = { ["x-test"] = "yes" } })
            user:check(r, { status = 200, { "has a name", function(a) return a:json("name") end } })
            r:json("name")
          end },
        bad = { users = 1, duration = "1s", base = args.target, user = function(user)
          user:check(user:get "/", { { "lamps are cheap", function() return false end } })
          user:post("/status/500", { json = { password = "s3cret" } })
        end },
        ping = { users = 1, duration = "1s", request = { url = args.target .. "/" } } } end,
      run = function(run) run:load "good" end }]]
  local function once(scenario) return run(ONCE, "--once " .. scenario) end

  it("walks once through an iteration: request, answer, extraction, check", function()
    local code, out, err = once "good"
    assert.equal(0, code, out .. err)
    for _, text in ipairs { "> GET " .. shop.url .. "/products/3\n", "    authorization: ***\n", "    x-test: yes\n", "< status 200", "    content-type: application/json",
      '    | {"cents":', "    json(name) = Lamp no. 3", "✓ check status", "✓ check has a name" } do
      assert.is_truthy(err:find(text, 1, true), text .. "\n" .. err)
    end
    assert.is_nil((out .. err):find("s3cret", 1, true))
    assert.equal("good: 1 request, 0 failed", out:match("^%s*([^\n]*)"))
    for _, noise in ipairs { "generator", "closed loop", "p50", "/s" } do assert.is_nil(out:find(noise, 1, true), out) end
  end)

  it("fails a walk with a failed check or request", function()
    local code, out, err = once "bad"
    assert.equal(3, code, out .. err)
    assert.is_truthy(err:find("✗ check lamps are cheap", 1, true), err)
    assert.is_truthy(err:find("< status 500  failed: status", 1, true), err)
    assert.is_truthy(out:find("bad: 2 requests, 2 failed\n  Errors: 1 × 500, 1 × check.\n", 1, true), out)
    assert.equal(0, (once "ping"))
  end)

  it("lists the scenarios when there is none of that name", function()
    local code, _, err = once "god"
    assert.equal(2, code, err)
    assert.is_truthy(err:find('--once: there is no scenario "god"; did you mean "good"? (there are: bad, good, ping)', 1, true), err)
  end)

  it("plans and checks without sending", function()
    local path = support.write(folder .. "/p.lua", WHOLE)
    local code, out, err = support.run(("plan %s --target %s"):format(path, shop.url))
    assert.equal(0, code, out .. err)
    assert.is_truthy(out:find("127.0.0.1", 1, true), out)
    assert.is_truthy(out:find("400 starts", 1, true), out)
    code, out, err = support.run("lint " .. path)
    assert.equal(0, code, out .. err)
  end)

  it("stops a load when an objective with stop breaks", function()
    local began = os.time()
    local code, out, err = run([[
      local pl = require "perilune"
      return pl.playbook { name = "s", args = { target = pl.arg.url {} },
        objectives = { { "error_ratio < 5% over last 1s", stop = true, why = "broken" } },
        scenarios = function(args) return { a = { arrivals = pl.even "50/s", duration = "30s", request = { url = args.target .. "/status/500" } } } end,
        run = function(run) run:load "a" end }]], "--json -")
    local r = json.decode(out)
    -- A machine too busy to generate this load makes the run inconclusive.
    assert.equal(r.loads[1].generator.verdict == "valid" and 3 or 4, code, out)
    assert.equal("fail", r.objectives[1].verdict)
    assert.is_truthy(err:find("✗ error_ratio", 1, true), err)
    assert.is_true(os.time() - began < 15)
    assert.is_truthy(err:find("Stopped"), err)
  end)

  it("sends secrets and never stores them", function()
    local code, out, err = run([[
      local pl = require "perilune"
      return pl.playbook { name = "s", args = { target = pl.arg.url {}, item = pl.arg.secret {}, key = pl.arg.secret {} },
        scenarios = function(args) return {
          scripted = { iterations = 3, users = 1, base = args.target, user = function(user)
            local a = user:post("/cart", { form = { item = args.item }, headers = { authorization = "Bearer " .. args.key } })
            user:check(a, { { "form", function(r) return r:json("token") == "t5" end } })
            local b = user:post("/cart", { json = { item = args.item } })
            user:check(b, { status = 200 })
          end },
          static = { iterations = 3, users = 1, request = { method = "POST", url = args.target .. "/cart", body = "item=" .. args.item, headers = { authorization = args.key } } },
        } end,
        run = function(run)
          print("key " .. tostring(run.args.key), pl.json.encode { run.args.key })
          run:load { "scripted", "static" }
        end }]], "--item 5 --key sesame-open --db " .. folder .. "/secret.db --html " .. folder .. "/secret.html")
    assert.equal(0, code, out .. err)
    assert.is_truthy(err:find('key %*%*%*%s+%["%*%*%*"%]'), err)
    local credentials = shop.url:gsub("//", "//ada:sesame-open@")
    code, out, err = support.run(("load %s/ -H 'Authorization: Bearer sesame-open' -d sesame-open --requests 3 --users 1 --db %s/secret.db --html %s/secret2.html"):format(credentials, folder, folder))
    assert.equal(0, code, out .. err)
    assert.is_nil((out .. err):find("sesame", 1, true), out .. err)
    assert.equal(1, (support.shell(("cat %s/secret* | grep -q sesame"):format(folder))))
    local _, rows = support.run(("sql 'select args from runs' --db %s/secret.db"):format(folder))
    assert.is_truthy(rows:find("***", 1, true), rows)
  end)

  it("cuts credentials out of what a script writes", function()
    local path = support.write(folder .. "/words.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "w", args = { target = pl.arg.url {} },
        scenarios = function(args) return { s = { iterations = 1, users = 1, base = args.target, user = function(user) user:get "/" error("at " .. args.target) end } } end,
        run = function(run) run:event("mark", run.args.target) run:load "s" error("bad " .. run.args.target) end }]])
    local code, out, err = support.run(("run %s --target %s --db %s/words.db --html %s/words.html --json %s/words.json --events %s/words.events"):format(
      path, shop.url:gsub("//", "//ada:sesame@"), folder, folder, folder, folder))
    assert.equal(5, code, out .. err)
    assert.is_truthy(out:find("bad http://127", 1, true), out)
    assert.is_nil((out .. err):find("sesame", 1, true), out .. err)
    assert.equal(1, (support.shell(("cat %s/words.db* %s/words.html %s/words.json %s/words.events | grep -aq sesame"):format(folder, folder, folder, folder))))
    local marks = 0
    for line in support.read(folder .. "/words.events"):gmatch "[^\n]+" do
      local event = json.decode(line)
      if event.type == "event" and event.kind == "mark" then marks = marks + 1 end
    end
    assert.equal(1, marks)
  end)

  it("shows an error with its place, its line and what is beyond", function()
    local code, out = run('local pl = require "perilune"\nreturn pl.playbook { name = "e", args = { target = pl.arg.url {} },\nrun = function(run)\n  run:load("no" .. "such")\nend }')
    assert.equal(5, code, out)
    assert.is_truthy(out:find("p.lua:4"), out)
    assert.is_truthy(out:find('> run:load("no" .. "such")', 1, true), out)
  end)

  local PINNED = [[
    local pl = require "perilune"
    return pl.playbook { name = "pinned", args = { target = pl.arg.url {}, path = pl.arg.string { "/" }, with = pl.arg.string { "gold" } },
      scenarios = function(args) return { a = { users = 1, duration = "1s", pace = "20ms", request = { url = args.target .. args.path } } } end,
      run = function(run)
        run:pin_baseline "gold"
        run:load "a"
        run:compare { with = run.args.with }
      end }]]

  it("pins runs that passed, and no other", function()
    local db = "--with pinned --db " .. folder .. "/pin.db"
    local code, out = run(PINNED, "--path /status/404 " .. db)
    assert.equal(3, code, out)
    assert.is_truthy(out:find('the baseline "gold" was not pinned: the run ended as fail', 1, true), out)
    assert.is_truthy(out:find('nothing to compare with yet: no run is pinned as "default"', 1, true), out)
    code, out = run(PINNED, "--path /status/404 --with gold --db " .. folder .. "/pin.db")
    assert.equal(3, code, out)
    assert.is_truthy(out:find('nothing to compare with yet: there is neither a pinned baseline nor a run "gold"', 1, true), out)
    assert.is_truthy(select(2, support.run("baseline --db " .. folder .. "/pin.db")):find("no baseline", 1, true))
    code, out = run(PINNED, db)
    assert.equal(0, code, out)
    assert.is_truthy(out:find('pinned as the baseline "gold"', 1, true), out)
    assert.is_truthy(select(2, support.run("baseline --db " .. folder .. "/pin.db")):find("gold", 1, true))
    assert.is_truthy(select(2, support.run("report gold --markdown - --db " .. folder .. "/pin.db")):find("pinned: pass", 1, true))
    for _, with in ipairs { "pinned", "gold" } do
      code, out = run(PINNED, ("--with %s --db %s/pin.db"):format(with, folder))
      assert.equal(0, code, out)
      assert.is_truthy(out:find('Compared with the baseline "gold"', 1, true), out)
    end
    assert.is_nil(out:find("✓ p50(latency)", 1, true), out)
    assert.is_truthy(out:find("· p50(latency)", 1, true) or out:find("? p50(latency)", 1, true), out)
  end)

  local BROKEN = [[
    local pl = require "perilune"
    return pl.playbook { name = "broken", args = { target = pl.arg.url {} },
      scenarios = function(args) return { a = { %s, base = args.target, user = function(user)
        %s
        local nothing
        nothing.x = 1
      end } } end,
      run = function(run) run:load "a" end }]]

  it("blames the script for iterations that die in it", function()
    for _, body in ipairs { "", "user:get '/'" } do
      local code, out = run(BROKEN:format('arrivals = pl.even "50/s", duration = "1s"', body))
      assert.equal(5, code, out)
      assert.is_truthy(out:find("^Iterations of a fail in the script: [^\n]*p.lua:6: attempt to index"), out)
      assert.is_nil(out:find("Target", 1, true), out)
      assert.is_nil(out:find("is the limit", 1, true), out)
      assert.is_nil(out:find("no data", 1, true), out)
    end
  end)

  it("stops a load whose every iteration fails before a request", function()
    local began = os.time()
    local code, out = run(BROKEN:format('users = 2, duration = "60s"', ""))
    assert.equal(5, code, out)
    assert.is_truthy(out:find("every iteration fails in the script", 1, true), out)
    assert.is_true(os.time() - began < 20)
  end)

  it("ends on SIGINT with a report and 130", function()
    local path = support.write(folder .. "/long.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "long", args = { target = pl.arg.url {} },
        scenarios = function(args) return { a = { users = 2, duration = "60s", request = { url = args.target .. "/" } } } end,
        run = function(run) run:load "a" end }]])
    local process = support.start(("sh -c '%s run %s --target %s --db %s/int.db --html %s/int.html --events %s/int.events; echo $? >%s/int.code'"):format(
      support.perilune, path, shop.url, folder, folder, folder, folder))
    local events = folder .. "/int.events"
    support.wait_for(function() return support.exists(events) and support.read(events):find('"type":"progress"', 1, true) end, 20, "progress")
    local _, child = support.shell(("cat /proc/%d/task/%d/children"):format(process.pid, process.pid))
    assert.equal(0, (support.shell("kill -INT " .. child)))
    support.wait_for(function() return not process:alive() end, 20, "the end")
    assert.equal("130\n", support.read(folder .. "/int.code"))
    assert.is_truthy(support.read(folder .. "/int.html"):find("cancelled"))
  end)
end)
