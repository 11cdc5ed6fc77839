local json = require "perilune.core.json"
local support = require "integration.support"

-- How runs end that do not pass: the exit code says whose mistake it was, the message where.
describe("the end of a run", function()
  local folder
  setup(function() folder = support.folder() end)
  teardown(support.clean)

  local number = 0
  --- Runs the fields of a playbook: code, stdout and stderr together, the path of its database.
  local function run(fields, more)
    number = number + 1
    local path = support.write(("%s/p%d.lua"):format(folder, number), ("local pl = require 'perilune'\nreturn pl.playbook { name = 'p',\n%s }\n"):format(fields))
    local db = ("%s/p%d.db"):format(folder, number)
    local code, out, err = support.run(("run %s --db %s %s"):format(path, db, more or ""), 60)
    return code, out .. err, db
  end
  local function body(text) return ("run = function(run)\n%s\nend"):format(text) end

  local function script_error(name, fields, pattern)
    it("is 5 for " .. name, function()
      local code, text = run(fields)
      assert.equal(5, code, text)
      assert.is_truthy(text:find(pattern, 1, true), text)
    end)
  end
  script_error("a duration that is none", body "run:sleep 'xs'", "lua:4: ")
  script_error("a metric name that is none", body "run:record('bad name', 1)", "lua:4: ")
  script_error("an option that is unknown", body "run:sample('host', { evry = '1s' })", "every")
  script_error("a word that is not there yet", body "run:forecast({}, {})", "lua:4: ")
  script_error("a scenario key that is unknown", "scenarios = { a = { usrs = 3 } }, run = function() end", "users")
  script_error("an objective that is none", "objectives = { 'latency <' }, run = function() end", "objective 1")
  script_error("an argument of the wrong kind", body "run:record(nil, 1)", "lua:4: run:record: metric must be a string, not missing")
  script_error("an argument that is missing", body "run:sample()", "lua:4: run:sample: source must be a string, not missing")
  script_error("a text instead of options", body "local x = 'x' run:load(x, 'y')", "lua:4: run:load: options must be a table, not a string")
  script_error("a kind of event that is missing", body "run:event()", "lua:4: run:event: kind must be a string, not missing")
  script_error("a sleep backwards", body "run:sleep(-1)", "lua:4: run:sleep: -1 is not a duration from 0 on")
  script_error("a sleep without end", body "run:sleep(1e12)", "lua:4: run:sleep: at most")
  script_error("a value that is no number", body "run:record('m', 0/0)", "lua:4: record: m: nan")
  script_error("a rate that is missing", body "local pl = require 'perilune' pl.even()", "lua:4: pl.even: a rate")
  script_error("a stage that is none", body "local pl = require 'perilune' pl.stages { 3 }", "lua:4: pl.stages: stage 1")
  script_error("a stage without a duration", body "local pl = require 'perilune' pl.stages { { to = '5/s' } }", "lua:4: pl.stages: stage 1")
  script_error("an argument's type that is called with a value", body "local pl = require 'perilune' pl.arg.rate(3)", "write pl.arg.rate { 3 }")
  script_error("error()", body "error()", "lua:4: ")
  script_error("an error with a code alone", body "error { code = 'foo' }", 'lua:4: error with code "foo"')
  script_error("an error that is a library", body "error(string)", "lua:4: a table was raised")

  it("is 7 without a grant, 8 with a bad policy, and nothing with a good one", function()
    local fields = "scenarios = { a = { users = 1, duration = '1s', request = { url = 'http://10.255.255.1/' } } }, run = function() end"
    local code, text = run(fields)
    assert.equal(7, code, text)
    code, text = run(fields, "--policy /nonexistent/policy.lua")
    assert.equal(8, code, text)
    code, text = run(fields, "--policy " .. support.write(folder .. "/bad.lua", "lod = {}"))
    assert.equal(8, code, text)
    assert.is_truthy(text:find('did you mean "load"', 1, true), text)
    local good = support.write(folder .. "/policy.lua", 'load = { "10.255.255.1", "*.example.com:443" } rate = "70/s"')
    code, text = run(fields, "--policy " .. good)
    assert.equal(0, code, text)
    code, text = support.run(("plan %s/p%d.lua --policy %s"):format(folder, number, good))
    assert.equal(0, code, text)
    assert.is_truthy(text:find("granted: load to loopback, 10.255.255.1, *.example.com:443", 1, true), text)
    assert.is_truthy(text:find("holds load to 70/s", 1, true), text)
  end)

  script_error("an argument that is named like an option", "args = { seed = pl.arg.integer { '1' } }, run = function() end", "--seed is an option of perilune")

  it("is 5 for a local that run changes and scenarios reads, before that load is sent", function()
    local shop = support.shop()
    local path = support.write(folder .. "/impure.lua", [[
      local pl = require "perilune"
      local items = 1
      return pl.playbook { name = "p", args = { target = pl.arg.url {} },
        scenarios = function(args) return { a = { iterations = items, users = 1, request = { url = args.target .. "/" } } } end,
        run = function(run)
          run:load "a"
          items = 3
          run:load "a"
        end }]])
    local code, out, err = support.run(("run %s --target %s --db %s/impure.db"):format(path, shop.url, folder))
    shop:stop()
    local requests = #support.journal(shop.journal)
    assert.equal(5, code, out .. err)
    assert.is_truthy(out:find("impure.lua:8: load: items was changed", 1, true), out)
    assert.is_truthy(out:find("data = { items = items }", 1, true), out)
    assert.equal(1, requests)
  end)

  it("is 2 for a mistake of the command line", function()
    for _, option in ipairs { "--workers 0", "--workers -3", "--seed -1", "--deadline 0s", "--seed x" } do
      local code, text = run("run = function() print('ran') end", option)
      assert.equal(2, code, option .. text)
      assert.is_nil(text:find("ran", 1, true), text)
    end
    local code, text = run("args = { n = pl.arg.integer {} }, run = function() end", "--n x")
    assert.equal(2, code, text)
    code, text = run("run = function() end", "--nosuch x")
    assert.equal(2, code, text)
    for _, options in ipairs { "http://127.0.0.1:9/ --sla 'latency <'", "127.0.0.1:99999", "127.0.0.1:9 --method 'G T'", "127.0.0.1:9 --workers 257",
      "127.0.0.1:9 -- curl -X 'G T' http://127.0.0.1:9/" } do
      assert.equal(2, (support.run(("load %s --duration 1s --db %s/usage.db"):format(options, folder))), options)
    end
    local _, runs = support.run(("runs --db %s/usage.db --json -"):format(folder))
    assert.is_nil(runs:find("run_id", 1, true), runs)
  end)

  it("replaces the reports of an earlier run also where a run could not begin", function()
    local out, junit = folder .. "/earlier.json", folder .. "/earlier.xml"
    local script = folder .. "/typed.lua"
    for _, mistake in ipairs { { 'return function(user) user:gett("/") end', 'no word "gett"' }, { "return function(user", "typed.lua:1: " } } do
      support.write(script, mistake[1])
      support.write(out, "earlier")
      support.write(junit, "earlier")
      local code = support.run(("load http://127.0.0.1:9/ --script %s --json %s --junit %s --db %s/none.db"):format(script, out, junit, folder))
      assert.equal(5, code)
      local r = json.decode(support.read(out))
      assert.equal("error", r.verdict)
      assert.is_truthy(r.error.message:find(mistake[2], 1, true), r.error.message)
      assert.is_truthy(support.read(junit):find('errors="1"', 1, true))
    end
    local code, text = support.run(("load http://127.0.0.1:9/ --script %s --json - --db %s/none.db"):format(script, folder))
    assert.equal(5, code)
    assert.equal(5, json.decode(text).exit.code)
  end)

  it("is an error of JUnit's and is told of a quiet run, where the deadline came first", function()
    local junit = folder .. "/unended.xml"
    local code, text = run(body "run:sleep '1h'", "--deadline 50ms --quiet --junit " .. junit)
    assert.equal(124, code, text)
    assert.equal("p: error (exit 124): the deadline passed\n", text)
    assert.is_truthy(support.read(junit):find('errors="1"', 1, true))
    assert.is_truthy(support.read(junit):find('<error message="the deadline passed"/>', 1, true))
  end)

  it("is 6 where nothing was answered, although nothing failed", function()
    local shop = support.shop("--delay constant:60s")
    local code, r, err = support.load(shop.url .. "/ --users 2 --duration 1s --grace 100ms")
    shop:stop("KILL")
    assert.equal(6, code)
    assert.equal("silent", r.target.verdict)
    assert.equal(0, r.requests.total)
    assert.equal(2, r.requests.aborted)
    assert.matches("Not answered: 2 aborted at the end (grace 100 ms).", err, 1, true)
  end)

  it("is 8 for a place that cannot be written, before anything is sent", function()
    for _, option in ipairs { "html", "json", "junit", "markdown", "events" } do
      local code, text = run(body "print('ran')", ("--%s /nonexistent/x"):format(option))
      assert.equal(8, code, text)
      assert.is_truthy(text:find("--" .. option, 1, true), text)
      assert.is_nil(text:find("ran", 1, true), text)
    end
  end)

  it("names the reports in its result", function()
    local code, text = run(body "", ("--html %s/r.html --junit %s/r.xml --json %s/r.json"):format(folder, folder, folder))
    assert.equal(0, code, text)
    local paths = { html = folder .. "/r.html", junit = folder .. "/r.xml", json = folder .. "/r.json" }
    assert.same(paths, json.decode(support.read(folder .. "/r.json")).paths)
  end)

  it("keeps the summary and the other reports when one can be written no more", function()
    support.shell(("mkdir %s/gone"):format(folder))
    local code, text, db = run(body "run:sleep '1s'", ("--markdown %s/kept.md --json %s/kept.json --html %s/gone/r.html & sleep 0.4; rm -r %s/gone; wait $!"):format(folder, folder, folder, folder))
    assert.equal(8, code, text)
    assert.is_truthy(text:find("p: pass (exit 0)", 1, true), text)
    assert.is_truthy(text:find("the report was not written", 1, true), text)
    assert.same({ markdown = folder .. "/kept.md", json = folder .. "/kept.json" }, json.decode(support.read(folder .. "/kept.json")).paths)
    local _, rows = support.run(("sql 'select result from runs' --db %s --json -"):format(db))
    assert.is_nil(rows:find("gone", 1, true), rows)
  end)

  --- Runs a playbook and sends signals to it: each when the text before it stands in its output.
  local function signalled(fields, signals)
    number = number + 1
    local path = support.write(("%s/s%d.lua"):format(folder, number), ("return require('perilune').playbook { name = 'p',\n%s }\n"):format(fields))
    local db, script = ("%s/s%d.db"):format(folder, number), {}
    for _, s in ipairs(signals) do
      script[#script + 1] = ("until grep -q %s %s/out; do kill -0 $pid || exit 99; done; kill -%s $pid"):format(support.quote(s[1]), folder, s[2])
    end
    local code, out, err = support.shell(("cd %s; rm -f out; %s run %s --db %s --events out & pid=$!; touch out; %s; wait $pid"):format(folder, support.perilune, path, db, table.concat(script, "; ")), 40)
    return code, out .. err, db
  end
  local function state(db)
    local _, rows = support.run(("sql 'select state, exit_code from runs' --db %s --json -"):format(db))
    return rows
  end

  it("is 128 + n for a signal, SIGHUP too, after clean-up", function()
    for signal, code in pairs { HUP = 129, TERM = 143 } do
      local got, text, db = signalled("run = function(run) run:event('mark', 'begun') run:sleep '60s' end, cleanup = function(run, outcome) print('outcome ' .. outcome) end", { { "begun", signal } })
      assert.equal(code, got, text)
      assert.is_truthy(text:find("outcome cancelled", 1, true), text)
      assert.is_truthy(state(db):find("cancelled", 1, true), state(db))
    end
  end)

  it("is 130 at once for a second Ctrl-C, and the row says cancelled", function()
    local began = os.time()
    local code, text, db = signalled("run = function(run) run:event('mark', 'begun') run:sleep '60s' end, cleanup = function(run) run:event('mark', 'cleaning') run:sleep '20s' end",
      { { "begun", "INT" }, { "cleaning", "INT" } })
    assert.equal(130, code, text)
    assert.is_true(os.time() - began < 10)
    assert.is_truthy(state(db):find("cancelled", 1, true), state(db))
    assert.is_truthy(state(db):find("130", 1, true), state(db))
  end)

  it("of a load is near after one signal, however many starts wait", function()
    local shop = support.shop("--delay constant:200ms")
    local code, out, err = support.shell(("cd %s; %s load %s/ --rate 200/s --duration 60s --connections 1 --db w.db --json w.json & pid=$!; sleep 2; kill -TERM $pid; wait $pid"):format(
      folder, support.perilune, shop.url), 20)
    shop:stop()
    assert.equal(143, code, out .. err)
    local r = json.decode(support.read(folder .. "/w.json"))
    assert.is_true(r.starts.cancelled > 200, out)
    assert.equal(r.starts.planned, r.starts.started + r.starts.dropped + r.starts.cancelled)
    assert.equal(0, r.requests.aborted)
  end)

  it("of an endless query comes with a signal", function()
    local code, out, err = support.shell(("%s sql 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n' --db %s/p1.db & pid=$!; sleep 1; kill -TERM $pid; wait $pid"):format(support.perilune, folder), 20)
    assert.equal(143, code, out .. err)
  end)

  it("is 1 when nobody could get the result", function()
    local code, _, err = support.shell(support.perilune .. " version >/dev/full")
    assert.equal(1, code)
    assert.is_truthy(err:find("standard output: No space left", 1, true), err)
    code, _, err = support.shell(support.perilune .. " version >&-")
    assert.equal(1, code)
    assert.is_truthy(err:find("standard output", 1, true), err)
    assert.equal(0, (support.shell(support.perilune .. " version <&- 2>&-")))
    code, _, err = support.shell(("(%s help; echo $? >%s/piped) | true; cat %s/piped"):format(support.perilune, folder, folder))
    assert.equal("0\n", support.read(folder .. "/piped"), err)
  end)

  it("tells clean-up that the deadline has passed", function()
    local code, text = run(body "run:sleep '20s'" .. ", cleanup = function(run, outcome) print('outcome ' .. outcome) end", "--deadline 200ms")
    assert.equal(124, code, text)
    assert.is_truthy(text:find("outcome deadline", 1, true), text)
  end)

  it("shows errors that a script has caught as texts", function()
    local code, text = run(body "local ok, err = pcall(run.load, run, 'nosuch') print(err) print('so: ' .. err) error(err)")
    assert.equal(5, code, text)
    local _, n = text:gsub('there is no scenario "nosuch"', "")
    assert.is_true(n >= 3, text)
    assert.is_nil(text:find("table: 0x", 1, true), text)
  end)

  it("names the script's line, and none of ours, for an option that cannot be", function()
    for word, why in pairs {
      ["run:receive { series = 0 }"] = "receive: series is 1 to ", ['run:sample("host", { labels = { ["a-b"] = "x" } })'] = 'sample: label "a-b" is no name',
      ['run:sample("scrape", { url = "http://127.0.0.1:1", sample_limit = -1 })'] = "scrape: the limit of samples is below 0",
    } do
      local code, text = run(body(word))
      assert.equal(5, code, text)
      assert.matches(".lua:4: " .. why, text, 1, true)
      assert.is_nil(text:find("perilune/perilune", 1, true), text)
    end
  end)

  it("has phases within phases", function()
    local code, text, db = run(body [[
      run:phase("outer", function()
        run:phase("inner", function() run:sleep "20ms" end)
        run:together(function() run:phase("left", function() run:sleep "10ms" end) end, function() run:phase("right", function() end) end)
      end)]])
    assert.equal(0, code, text)
    local _, out = support.run(("sql \"select e.text child, p.text parent, e.duration_ns >= 10000000 long from events e left join events p on p.id = e.parent where e.kind = 'phase' order by e.id\" --db %s --json -"):format(db))
    local found = {}
    for _, row in ipairs(json.decode(out).rows) do found[row.child or row[1]] = { row.parent or row[2], row.long or row[3] } end
    assert.equal("outer", found.inner[1], out)
    assert.equal("outer", found.left[1], out)
    assert.equal("outer", found.right[1], out)
    assert.equal(1, found.outer[2], out)
    assert.equal(1, found.inner[2], out)
  end)
end)
