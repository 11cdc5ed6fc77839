local json = require "perilune.core.json"
local support = require "integration.support"

-- SIGKILL at any moment leaves a database that opens, with the run marked.
describe("kill -9", function()
  local shop, folder
  setup(function()
    shop, folder = support.shop(), support.folder()
  end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  it("is seen by every reader, also before anybody writes again", function()
    local path = support.write(folder .. "/long.lua", "return require('perilune').playbook { name = 'long', run = function(run) run:event('mark', 'begun') run:sleep '60s' end }")
    local db = folder .. "/dead.db"
    assert.equal(137, (support.shell(("cd %s; %s run %s --db %s --events begun & pid=$!; until grep -q mark begun 2>/dev/null; do kill -0 $pid || exit 99; done; kill -KILL $pid; wait $pid"):format(
      folder, support.perilune, path, db), 20)))
    local _, runs = support.run("runs --db " .. db)
    assert.is_truthy(runs:find("interrupted", 1, true), runs)
    local code, status = support.run("status --db " .. db)
    assert.equal(1, code)
    assert.is_truthy(status:find("interrupted", 1, true), status)
    local _, report = support.run("report last --markdown - --db " .. db)
    assert.is_truthy(report:find("interrupted", 1, true), report)
    assert.is_nil(report:find("running", 1, true), report)
  end)

  it("at 50 moments", function()
    local db, task, interrupted = folder .. "/k.db", require "perilune.core.task", 0
    for i = 1, 50 do
      local process = support.start(("%s load %s/ --rate 300/s --duration 5s --db %s"):format(support.perilune, shop.url, db))
      task.sleep(0.02 + (i * 37 % 50) / 50 * 0.6)
      process:stop("KILL")
      local code, out = support.shell(("sqlite3 %s 'PRAGMA integrity_check' 2>&1"):format(db))
      if io.open(db) then
        assert.equal(0, code, out)
        assert.equal("ok\n", out)
      end
    end
    -- The next run marks those before it.
    assert.equal(0, (support.run(("load %s/ --requests 1 --users 1 --db %s"):format(shop.url, db))))
    local _, out = support.run(("runs --limit 100 --json - --db %s"):format(db))
    for _, r in ipairs(json.decode(out).runs) do
      assert.is_true(r.verdict ~= "running", r.run_id)
      if r.verdict == "interrupted" then interrupted = interrupted + 1 end
    end
    assert.is_true(interrupted >= 20, "interrupted: " .. interrupted)
  end)
end)
