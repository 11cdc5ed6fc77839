local json = require "perilune.core.json"
local support = require "integration.support"

describe("a scheduled run", function()
  local folder, db
  before_each(function()
    folder = support.folder()
    db = folder .. "/t.db"
  end)
  teardown(support.clean)

  local SLEEP = [[
    local pl = require "perilune"
    return pl.playbook { name = "long", args = { long = pl.arg.duration { "0s" }, ok = pl.arg.boolean { "true" } }, errors = "ignore",
      run = function(run)
        run:event("mark", "began")
        run:sleep(run.args.long)
        if not run.args.ok then error("broken", 0) end
      end }]]
  local function playbook() return support.write(folder .. "/long.lua", SLEEP) end
  local function runs()
    local _, out = support.run("runs --json --db " .. db)
    return json.decode(out).runs
  end
  local function wait_for_run(program)
    support.wait_for(function()
      local code, out = support.run(("sql \"select count(*) as n from events where text = 'began'\" --db %s"):format(db))
      return code == 0 and out:find("1") ~= nil or (not program:alive() and error("it ended: " .. folder))
    end, 20, "the first run")
  end

  it("is alone: a second one exits with 75 and leaves no trace; a dead one does not count", function()
    local path = playbook()
    local first = support.start(("%s run %s --long 60s --db %s"):format(support.perilune, path, db))
    wait_for_run(first)
    local code, out, err = support.run(("run %s --db %s"):format(path, db))
    assert.equal(75, code, out .. err)
    assert.is_truthy(err:find("long runs already: run %w+, pid " .. first.pid), err)
    assert.equal(1, #runs())
    assert.equal(0, (support.run(("run %s --db %s/other.db"):format(path, folder))))
    first:stop "KILL"
    code, out, err = support.run(("run %s --db %s"):format(path, db))
    assert.equal(0, code, out .. err)
    assert.equal("interrupted", runs()[2].verdict)
  end)

  it("lets one of two through that begin at once", function()
    local path = playbook()
    assert.equal(0, (support.run(("run %s --db %s"):format(path, db))))
    local command = ("%s run %s --long 2s --db %s >/dev/null 2>&1"):format(support.perilune, path, db)
    local _, out = support.shell(("for i in 1 2 3 4; do (%s; echo $?) & done; wait"):format(command))
    assert.equal(1, select(2, out:gsub("%f[%d]0%f[%D]", "")), out)
    assert.equal(3, select(2, out:gsub("75", "")), out)
    assert.equal(2, #runs())
  end)

  it("is one for its interval: repeated, it gives the first one's code and says reused", function()
    local path = playbook()
    local words = ("run %s --db %s --for-interval 2026-11-22/2026-11-29"):format(path, db)
    assert.equal(5, (support.run(words .. " --ok false")))
    local code, out = support.run(words)
    assert.equal(0, code)
    assert.is_nil(out:find("reused", 1, true), "after an error it runs again")
    local _, _, told = support.run(words)
    assert.is_nil(told:find("note:", 1, true), told)
    code, out, told = support.run(words .. " --ok false --html " .. folder .. "/again.html")
    assert.equal(0, code)
    assert.is_truthy(told:find("arguments: ok false, was true", 1, true), told)
    assert.is_truthy(support.read(folder .. "/again.html"):find("ok false, was true", 1, true))
    assert.is_truthy(out:find("reused", 1, true), out)
    assert.is_truthy(support.read(folder .. "/again.html"):find("pass", 1, true))
    code, out = support.run(words .. " --json")
    assert.equal(0, code)
    assert.is_true(json.decode(out).reused)
    assert.equal("perilune.run/1", json.decode(out).schema)
    assert.equal(2, #runs())
    code, out = support.shell(("PERILUNE_FOR_INTERVAL=2026-11-22T00:00Z/2026-11-29T00:00Z %s run %s --db %s"):format(support.perilune, path, db))
    assert.equal(0, code)
    assert.is_truthy(out:find("reused", 1, true), out)
    assert.equal(0, (support.run(words:gsub("22/2026", "23/2026"))))
    assert.equal(3, #runs())
  end)

  it("is left out when its interval was missed, if that is wanted", function()
    local path = playbook()
    local code, _, err = support.run(("run %s --db %s --for-interval 2020-01-01/2020-01-02 --catch-up skip"):format(path, db))
    assert.equal(0, code)
    assert.is_truthy(err:find("skipped", 1, true), err)
    assert.equal(8, (support.run("runs --db " .. db)))
    assert.equal(0, (support.run(("run %s --db %s --for-interval 2020-01-01/2020-01-02 --catch-up last"):format(path, db))))
    code, _, err = support.run(("run %s --db %s --for-interval 2020-01-01/2020-01-02 --catch-up all"):format(path, db))
    assert.equal(2, code)
    assert.is_truthy(err:find("--catch-up all is not in this version", 1, true), err)
  end)
end)
