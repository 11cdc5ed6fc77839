local json = require "perilune.core.json"
local support = require "integration.support"

describe("commands", function()
  local shop, folder, db
  setup(function()
    shop, folder = support.shop(), support.folder()
    db = folder .. "/t.db"
    assert.equal(0, (support.run(("load %s/ --requests 2000 --users 4 --db %s"):format(shop.url, db))))
    assert.equal(3, (support.run(("load %s/status/500 --requests 20 --users 2 --db %s"):format(shop.url, db))))
  end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  local function object(words)
    local code, out, err = support.run(words)
    local ok, value = pcall(json.decode, out)
    assert.is_true(ok and type(value) == "table", words .. "\n" .. out .. err)
    return value, code, out
  end

  it("print one JSON object with a schema", function()
    local playbook = support.write(folder .. "/p.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "p", args = { target = pl.arg.url {} },
        scenarios = function(args) return { a = { arrivals = pl.even "50/s", duration = "2s", request = { url = args.target .. "/x" } } } end,
        run = function(run) run:load "a" end }]])
    for words, schema in pairs {
      ["plan " .. playbook] = "perilune.plan/1", ["lint " .. playbook] = "perilune.lint/1", doctor = "perilune.doctor/1", config = "perilune.config/1",
      ["status --db " .. db] = "perilune.status/1", ["db stats --db " .. db] = "perilune.db/1", ["db check --db " .. db] = "perilune.db.check/1",
      ["runs --db " .. db] = "perilune.runs/1", ["report last --db " .. db] = "perilune.run/1", ["baseline --db " .. db] = "perilune.baselines/1",
      version = "perilune.version/1", ["compare last~1 last --db " .. db] = "perilune.compare/1", ["sql 'select 1 as one' --db " .. db] = "perilune.sql/1",
    } do
      local value, _, out = object(words .. " --json -")
      assert.equal(schema, value.schema)
      assert.equal(1, select(2, out:gsub("\n", "")), words)
      assert.equal(schema, object(words .. " --json").schema)
    end
    local plan = object("plan " .. playbook .. " --target 127.0.0.1:81 --json")
    assert.equal(100, plan.requests)
    assert.equal(50, plan.peak_rate_per_s)
    assert.same({ "127.0.0.1:81" }, plan.hosts)
    plan = object(("plan %s --target %s --json"):format(playbook, shop.url))
    assert.equal(object(("run %s --target %s --json --db %s/bytes.db"):format(playbook, shop.url, folder)).loads[1].bytes.sent, plan.bytes_sent)
  end)

  it("plan with a harmless value for what is missing, and say so", function()
    local code, out, err = support.run("plan playbooks/load.lua")
    assert.equal(0, code, err)
    assert.is_truthy(out:find("--url is missing: http://127.0.0.1/ stands for it", 1, true), out)
  end)

  it("tell a dead-man switch of the last run of each playbook", function()
    local s, code = object("status --json --db " .. db)
    assert.equal(3, code)
    local p = s.playbooks[1]
    assert.equal("load", p.name)
    assert.equal("fail", p.verdict)
    assert.equal(3, p.exit_code)
    assert.is_true(p.age_s >= 0 and p.last_pass_age_s > p.age_s)
    assert.is_truthy(p.started_at:match("^%d%d%d%d%-%d%d%-%d%dT"))
    assert.equal(3, (support.run("status load --db " .. db)))
    assert.equal(8, (support.run("status nope --db " .. db)))
  end)

  it("list runs with what matters, in one word for the verdict and one case for ids", function()
    local _, out = support.run("runs --db " .. db)
    assert.is_truthy(out:find("name +target +rate +p99 +verdict +age"), out)
    assert.is_truthy(out:find("127.0.0.1:" .. shop.port, 1, true), out)
    assert.is_truthy(out:find(" pass ", 1, true) and out:find(" fail ", 1, true), out)
    assert.is_nil(out:find("passed", 1, true))
    local id = object("runs --json --db " .. db).runs[1].run_id
    assert.equal(id:upper(), id)
    assert.is_truthy(out:find(id:sub(1, 10), 1, true), out)
    local _, report = support.run("report last --html - --db " .. db)
    assert.is_truthy(report:find(id, 1, true))
    local code, _, err = support.run("runs nope --db " .. db)
    assert.equal(8, code)
    assert.is_truthy(err:find('no run named "nope"', 1, true), err)
    assert.equal("interrupted", (function()
      support.shell(("sqlite3 %s \"update runs set state = 'running', pid = 1, process_start = 0 where id = 1\""):format(db))
      return object("runs --json --db " .. db).runs[2].verdict
    end)())
  end)

  it("list the runs that an id could mean", function()
    local runs = object("runs --json --db " .. db).runs
    local code, _, err = support.run(("report %s --html - --db %s"):format(runs[1].run_id:sub(1, 3), db))
    assert.equal(2, code)
    assert.is_truthy(err:find("could mean several runs", 1, true) and err:find(runs[1].run_id, 1, true) and err:find(runs[2].run_id, 1, true), err)
    assert.equal(0, (support.run(("report %s --html - --db %s"):format(runs[1].run_id:lower(), db))))
  end)

  it("name the database that is missing", function()
    for _, command in ipairs { "runs", "status", "report last", "sql 'select 1'", "db stats" } do
      local code, _, err = support.run(command .. " --db nope.db")
      assert.equal(8, code, command)
      assert.is_truthy(err:find("nope.db", 1, true), err)
    end
  end)

  it("say once what is not in this version, and what they have no use for", function()
    local code, _, err = support.run("apply http://127.0.0.1/")
    assert.equal(2, code)
    assert.equal("perilune: the command apply is not in this version\n", err)
    code, _, err = support.run("runs --seed 3")
    assert.equal(2, code)
    assert.is_truthy(err:find("no use for --seed", 1, true), err)
  end)

  it("take a host and a port for a URL", function()
    local path = support.write(folder .. "/h.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "h", args = { target = pl.arg.url {} },
        scenarios = function(args) return { a = { iterations = 3, users = 1, request = { url = args.target .. "/" } } } end,
        run = function(run) run:load "a" end }]])
    local code, out, err = support.run(("run %s --target 127.0.0.1:%d --db %s/h.db"):format(path, shop.port, folder))
    assert.equal(0, code, out .. err)
  end)

  it("show a report with the desktop's program, or say where it is", function()
    support.shell(("mkdir -p %s/bin"):format(folder))
    support.write(folder .. "/bin/xdg-open", ("#!/bin/sh\necho \"$1\" >%s/opened.new && mv %s/opened.new %s/opened\n"):format(folder, folder, folder))
    support.shell(("chmod +x %s/bin/xdg-open"):format(folder))
    local html = folder .. "/r.html"
    assert.equal(0, (support.shell(("PATH=%s/bin:$PATH %s report last --open --html %s --db %s"):format(folder, support.perilune, html, db))))
    local opened = support.wait_for(function()
      local ok, text = pcall(support.read, folder .. "/opened")
      return ok and text or nil
    end, 5, "the page")
    assert.equal(html .. "\n", opened)
    local _, out = support.shell(("PATH=/nonexistent %s report last --open --html %s --db %s"):format(support.perilune, html, db))
    assert.equal(html .. "\n", out)
  end)

  it("have examples of SQL that run", function()
    local _, help = support.run("sql --help")
    local n = 0
    for statement in help:gmatch('perilune sql "(.-)"') do
      n = n + 1
      local code, out, err = support.run(('sql "%s" --db %s'):format(statement, db))
      assert.equal(0, code, statement .. err)
      assert.is_truthy(out:find("\n.*%d"), statement .. out)
    end
    assert.equal(4, n)
  end)

  it("tell what was sampled, as text and as JSON", function()
    local code, out, err = support.run("sample --duration 500ms --every 100ms --db " .. folder .. "/s.db")
    assert.equal(0, code, err)
    assert.is_truthy(out:find("sampled +min +mean +max +samples\n +cpu +[%d.]+ %% "), out)
    assert.is_truthy(out:find("memory") and out:find("network sent") and out:find("disk"), out)
    assert.is_nil(out:find("Every objective", 1, true))
    local facts = object("sample --duration 300ms --every 100ms --json --db " .. folder .. "/s.db")
    assert.equal("perilune.sample/1", facts.schema)
    for _, f in ipairs(facts.figures) do assert.is_true(f.min <= f.mean and f.mean <= f.max and f.samples > 0, f.name) end
    assert.equal("cpu", facts.figures[1].name)
    local _, html = support.run("report last --html - --db " .. folder .. "/s.db")
    assert.is_nil(html:find("Every objective held", 1, true))
  end)

  it("fit into 80 columns", function()
    local _, overview = support.run("help")
    local names = {}
    for name in overview:gmatch("\n  (%l+) +%u") do names[#names + 1] = name end
    assert.is_true(#names >= 17, overview)
    for _, name in ipairs(names) do
      local code, out = support.run(name .. " --help")
      assert.equal(0, code)
      for line in (overview .. "\n" .. out):gmatch("[^\n]+") do assert.is_true(utf8.len(line) <= 80, name .. ": " .. line) end
    end
  end)
end)
