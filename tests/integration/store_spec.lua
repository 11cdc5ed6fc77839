local support = require "integration.support"

-- The timeline when the machine is in the way.
describe("the timeline", function()
  local folder
  setup(function() folder = support.folder() end)
  teardown(support.clean)

  local SAMPLED = [[
    local pl = require "perilune"
    return pl.playbook { name = "s", run = function(run)
      run:sample("host", { every = "100ms" })
      run:event("mark", "begun")
      run:sleep(%q)
    end }]]

  it("says what a full disk did not take, and takes it when there is room again", function()
    support.write(folder .. "/sampled.lua", SAMPLED:format("4s"))
    -- From the mark on files have 64 KB, which is enough for all but the timeline; `meanwhile` may lift that. Gives the exit code, the summary and the log.
    local function limited(meanwhile)
      local code, out = support.shell(([[cd %s; rm -f events; trap '' XFSZ; %s run sampled.lua --db full.db --events events 2>log & pid=$!
        until grep -q begun events 2>/dev/null; do kill -0 $pid || exit 99; done
        prlimit --pid $pid --fsize=65536:unlimited; %s
        wait $pid]]):format(folder, support.perilune, meanwhile), 40)
      return code, out, support.read(folder .. "/log")
    end
    local code, out, log = limited("until grep -q 'rows wait' log; do kill -0 $pid || exit 99; done; prlimit --pid $pid --fsize=unlimited;")
    assert.equal(0, code, out .. log)
    assert.is_truthy(log:find("takes rows again", 1, true), log)
    assert.is_nil(out:find("not stored", 1, true), out)
    code, out, log = limited("")
    assert.equal(8, code, out .. log)
    assert.is_truthy(out:find("rows of this run are not stored", 1, true), out .. log)
    assert.is_truthy(log:find("the end of this run may not be stored", 1, true), out .. log)
    local _, told = log:gsub("rows wait in memory", "")
    assert.equal(1, told, log)
    support.write(folder .. "/none.lua", "return require('perilune').playbook { name = 'n', run = function() end }")
    assert.equal(0, (support.run(("run %s/none.lua --db %s/full.db"):format(folder, folder))))
    local _, states = support.run(("sql \"select state from runs order by id\" --db %s/full.db"):format(folder))
    assert.is_truthy(states:find("passed%s+%a+%s+passed") and not states:find("running", 1, true), states)
  end)

  it("is read where nobody can write", function()
    local place = folder .. "/r?o#d%41"
    support.shell("mkdir " .. support.quote(place))
    support.write(folder .. "/one.lua", "return require('perilune').playbook { name = 'frozen', run = function() end }")
    assert.equal(0, (support.run(("run %s/one.lua --db %s/t.db"):format(folder, support.quote(place)))))
    if support.shell("unshare -rm true") ~= 0 then return pending("no namespaces here") end
    local code, out, err = support.shell(("unshare -rm sh -c %s"):format(support.quote(("mount --bind %s %s && mount -o remount,ro,bind %s && %s runs --db %s/t.db"):format(
      support.quote(place), support.quote(place), support.quote(place), support.perilune, support.quote(place)))))
    assert.equal(0, code, out .. err)
    assert.is_truthy(out:find("frozen", 1, true), out)
  end)

  it("is shared by runs that end at the same time", function()
    local commands = {}
    for i = 1, 4 do
      local path = support.write(("%s/side%d.lua"):format(folder, i), (SAMPLED:format("1s"):gsub('name = "s"', ('name = "s%d"'):format(i))))
      commands[i] = ("(%s run %s --db %s/side.db >%s/side%d 2>&1; echo $? >>%s/codes) &"):format(support.perilune, path, folder, folder, i, folder)
    end
    support.shell(table.concat(commands, "\n") .. "\nwait", 40)
    assert.equal(("0\n"):rep(4), support.read(folder .. "/codes"))
    for i = 1, 4 do assert.is_nil(support.read(folder .. "/side" .. i):find("error", 1, true), support.read(folder .. "/side" .. i)) end
  end)

  it("is read by the statements of the manual", function()
    local shop = support.shop()
    local db = support.folder() .. "/sql.db"
    local path = support.write(folder .. "/sql.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "s", args = { target = pl.arg.url {} },
        scenarios = function(args) return { a = { arrivals = pl.even "200/s", duration = "2s", request = { url = args.target .. "/" } } } end,
        run = function(run) run:sample("host", { every = "200ms" }) run:load "a" end }]])
    for _ = 1, 2 do assert.is_true(support.kept((support.run(("run %s --target %s --db %s"):format(path, shop.url, db))))) end
    shop:stop()
    local function ask(statement, more)
      local code, out, err = support.run(("sql %s --db %s --json - %s"):format(support.quote(statement), db, more or ""))
      assert.equal(0, code, err)
      return require("perilune.core.json").decode(out).rows
    end
    local samples = "SELECT ts, value FROM samples('node_load1', :run)"
    local newest, before = ask(samples), ask(samples, "--run last~1")
    assert.is_true(#newest >= 2 and #before >= 2) -- ten, but a sampler leaves out moments that are over
    assert.is_true(before[#before].ts < newest[1].ts, "without --run it is the last run")
    local p99 = ask "SELECT quantile(hist, 0.99) AS p99 FROM distributions WHERE name = 'load_latency_seconds'"
    assert.is_true(#p99 >= 4 and #p99 <= 20) -- one a second of each run
    assert.is_true(p99[1].p99 > 0 and p99[1].p99 < 10)
  end)

  it("tells what another program has written, and takes it", function()
    support.write(folder .. "/one.lua", [[return require("perilune").playbook { name = "one", run = function(run) run:record("x", 1) end }]])
    local db = folder .. "/theirs.db"
    assert.equal(0, (support.run(("run %s/one.lua --db %s"):format(folder, db))))
    assert.equal(0, (support.shell(("sqlite3 %s \"UPDATE runs SET name = 'renamed'\""):format(db))))
    local code, out, err = support.run("db check --db " .. db)
    assert.is_true(code ~= 0 and err:find("another program has written to it", 1, true) ~= nil, err)
    assert.is_nil(err:find("damaged (", 1, true), err)
    local _, runs = support.run("runs --db " .. db)
    assert.is_truthy(runs:find("renamed", 1, true), runs)
    code, out = support.run("db check --repair --db " .. db)
    assert.equal(0, code, out)
    assert.is_truthy(out:find("flipped bits put back: 0; pages of another program taken as they are: [1-9]"), out)
    assert.equal(0, (support.run("db check --db " .. db)))
    _, runs = support.run("runs --db " .. db)
    assert.is_truthy(runs:find("renamed", 1, true), runs)
  end)

  it("names each piece of samples that is damaged", function()
    support.write(folder .. "/two.lua", [[return require("perilune").playbook { name = "two", run = function(run)
      run:record("gone", 1)
      run:sleep "1s"
      run:record("whole", 2)
    end }]])
    local db = folder .. "/damaged.db"
    assert.equal(0, (support.run(("run %s/two.lua --db %s"):format(folder, db))))
    assert.equal(0, (support.run("db check --db " .. db)))
    assert.equal(0, (support.shell(("sqlite3 %s \"UPDATE batches SET data = substr(data, 1, length(data) - 1) || x'00' WHERE id = 1\""):format(db))))
    local code, out, err = support.run("db check --db " .. db)
    assert.is_truthy(out:find("batch 1: %d+ samples? written at %d+%-%d%d%-%d%dT[%d:]+Z: the checksum or the bytes are wrong"), out)
    assert.is_truthy(code ~= 0 and err:find("is damaged (2 findings)", 1, true), err) -- the row, and the page that sqlite3 wrote
    assert.is_truthy(err:find("db check --repair", 1, true), err)
    code, out = support.run("db check --repair --db " .. db)
    assert.equal(0, code)
    assert.is_truthy(out:find("moved into the table damaged: 0 chunks, 1 batches, 0 histograms; rows corrected: 0", 1, true), out)
    assert.equal(0, (support.run("db check --db " .. db)))
    assert.equal(0, (support.run(("sql \"SELECT count(*) FROM samples('whole')\" --db %s"):format(db))))
  end)
end)
