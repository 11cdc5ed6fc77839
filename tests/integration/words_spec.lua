local json = require "perilune.core.json"
local support = require "integration.support"

-- Each word on run that no other spec is about, as a playbook uses it.
describe("a word on run:", function()
  local shop, folder
  setup(function() shop, folder = support.shop("--delay constant:2ms"), support.folder() end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  local number = 0
  --- Runs a body of run(run): code, output, database.
  local function run(body, more)
    number = number + 1
    local path = support.write(("%s/w%d.lua"):format(folder, number), ([[
local pl = require "perilune"
return pl.playbook { name = "w", args = { target = pl.arg.url {} }, errors = "ignore",
  scenarios = function(args, data) return {
    a = { arrivals = pl.even "200/s", duration = "1s", request = { url = args.target .. "/" } },
    b = { users = 2, pace = "50ms", duration = "1s", base = args.target, user = function(user)
      user:get("/", { name = data.name or "none" }) end } } end,
%s
}]]):format(body))
    local db = ("%s/w%d.db"):format(folder, number)
    local code, out, err = support.run(("run %s --target %s --db %s %s"):format(path, shop.url, db, more or ""))
    return code, out .. err, db
  end
  local function passes(body)
    local code, text, db = run(body)
    assert.equal(0, code, text)
    return text, db
  end
  local function sql(db, text)
    local _, out = support.run(("sql %s --db %s"):format(support.quote(text), db))
    return out
  end

  it("load gives a result, a handle with wait = false, and takes data and overrides", function()
    local text = passes [[ run = function(run)
      local r = run:load("b", { data = { name = "given" }, users = 1, duration = "500ms" })
      assert(r.rows[1].name == "given" and r.started <= 11, "rows")
      assert(r.valid ~= nil and r.error_ratio == 0 and r:quantile(1) > 0.001)
      assert(r:quantile(0.99) == nil and r:quantile(0.5, "latency", { name = "none" }) == nil, "too few samples")
      local h = run:load("a", { wait = false, duration = "30s" })
      run:sleep "300ms"
      h:rate "50/s"
      h:stop()
      local stopped = h:wait()
      assert(stopped.started > 10 and stopped.started < 1000, stopped.started)
    end ]]
    assert.is_truthy(text:find("a: ", 1, true), text)
  end)

  it("load of several scenarios tells of each", function()
    local code, text, db = run [[ objectives = { "p50(latency) < 1s", "p50(latency{scenario='a'}) < 1us" }, run = function(run) run:load { "a", "b" } end ]]
    assert.equal(3, code, text)
    assert.is_truthy(text:find("a: 200 requests, 200/s of 200/s planned; even arrivals; 200 of 200 started.", 1, true), text)
    assert.is_truthy(text:find("b: %d+ requests, %d+%.?%d*/s; closed loop, 2 users%."), text)
    assert.is_truthy(text:find("✓ p50%(latency%) < 1s [^\n]*%[scenario=[ab]%]"), text)
    assert.is_truthy(text:find("from the intended start: what your users waited (a)", 1, true), text)
    assert.is_truthy(#sql(db, "select 1 from objectives") > 0)
  end)

  it("query gives the values of an expression", function()
    passes [[ run = function(run)
      run:load "a"
      local v = run:query("p50(latency)")[1]
      assert(v.value > 0.001 and v.value < 1 and v.unit == "duration" and v.samples == 200, v.value)
      local nothing, err = run:query("p50(lat" .. "ncy)", { try = true })
      assert(nothing == nil and tostring(err):find("latency", 1, true))
    end ]]
  end)

  it("wait_until waits, and gives up", function()
    passes [[ run = function(run)
      run:together(function() run:sleep "300ms"; run:record("ready", 1) end,
        function() local waited = run:wait_until("max(ready) > 0", { timeout = "20s", every = "100ms" }); assert(waited >= 0.2, waited) end)
      local began = run:now()
      local waited, err = run:wait_until("max(ready) > 5", { timeout = "300ms", every = "50ms", try = true })
      assert(waited == nil and err.code == "timeout" and run:now() - began < 10)
    end ]]
  end)

  it("together joins all, and the first failure ends the others", function()
    passes [[ run = function(run)
      local ended, results = false, run:together(function() return 1 end, function() run:sleep "10ms"; return 2 end)
      assert(results[1] == 1 and results[2] == 2)
      local ok, err = pcall(function()
        run:together(function() error("first", 0) end, function() run:sleep "30s"; ended = true end)
      end)
      assert(not ok and tostring(err):find("first", 1, true) and not ended)
      assert(run:interval() < 20)
    end ]]
  end)

  it("phase, event and record are on the timeline", function()
    local _, db = passes [[ run = function(run)
      local a, b = run:phase("outer", function() return run:phase("inner", function() run:sleep "20ms"; return 1, 2 end) end)
      assert(a == 1 and b == 2)
      run:event("deploy", "version 7")
      run:record("depth", 12, { queue = "mail" })
    end ]]
    local phases = sql(db, "select o.text || ' holds ' || i.text as t from events i join events o on o.id = i.parent where i.kind = 'phase' and i.duration_ns >= 20000000")
    assert.is_truthy(phases:find("outer holds inner", 1, true), phases)
    assert.is_truthy(sql(db, "select text from events where kind = 'deploy'"):find("version 7", 1, true))
    assert.is_truthy(sql(db, "select value from sample_list where name = 'depth'"):find("12", 1, true))
  end)

  it("attach keeps a file", function()
    support.write(folder .. "/note.txt", "kept with the run")
    local _, db = passes [[ run = function(run) run:attach("note.txt", { type = "text/plain" }) end ]]
    local rows = sql(db, "select name, type, bytes, cast(data as text) as d from artifacts")
    assert.is_truthy(rows:find("note.txt", 1, true) and rows:find("text/plain", 1, true) and rows:find("kept with the run", 1, true), rows)
    local code, out = support.run(("artifacts last note.txt --db %s"):format(db))
    assert.same({ 0, "kept with the run" }, { code, out })
    code, out = support.run(("report last --html - --db %s"):format(db))
    assert.is_truthy(code == 0 and out:find("<pre>kept with the run</pre>", 1, true), out)
  end)

  it("defer calls back, the last one first, then cleanup, also after an error", function()
    local code, text, db = run [[ run = function(run)
      run:defer(function() run:event("end", "1 of the first") end)
      run:defer(function() run:event("end", "0 of the last") end)
      error("on purpose", 0)
    end, cleanup = function(run, outcome) run:event("end", "2 cleanup after " .. outcome) end ]]
    assert.equal(5, code, text)
    local rows = sql(db, "select group_concat(text, ', ') as t from (select text from events where kind = 'end' order by ts_ns, id)")
    assert.is_truthy(rows:find("0 of the last, 1 of the first, 2 cleanup after error", 1, true), rows)
  end)

  it("sla adds objectives late", function()
    local code, text = run [[ run = function(run) run:load "a"; run:sla { "p50(latency) < 1us", { "users < 1000", severity = "warn" } } end ]]
    assert.equal(3, code, text)
    assert.is_truthy(text:find("✗ p50(latency) < 1us", 1, true), text)
    assert.is_truthy(text:find("failed: p50(latency) < 1us", 1, true), text)
  end)

  it("pin_baseline and baseline name a run", function()
    local body = [[ run = function(run)
      local before = run:baseline "gold"
      run:event("before", before and before.ulid or "none")
      run:load "a"
      run:pin_baseline "gold"
    end ]]
    local code, text, db = run(body)
    assert.equal(0, code, text)
    assert.is_truthy(sql(db, "select text from events where kind = 'before'"):find("none", 1, true))
    number = number - 1
    code, text = run(body)
    assert.equal(0, code, text)
    assert.is_truthy(sql(db, "select text from events where kind = 'before' order by id desc limit 1"):match("%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w"))
  end)

  it("report writes files of the playbook's folder", function()
    passes [[ run = function(run) run:load "a"; run:report { json = "own.json", markdown = "own.md" } end ]]
    assert.equal("perilune.run/1", json.decode(support.read(folder .. "/own.json")).schema)
    assert.is_truthy(support.read(folder .. "/own.md"):find("w", 1, true))
  end)
end)
