local json = require "perilune.core.json"
local support = require "integration.support"
local task = require "perilune.task"

-- SIGKILL at any moment leaves a database that opens, with what was durable, and the run marked by the next one.
describe("kill -9", function()
  local SLOTS, ROUNDS = 10, 5
  -- What a word on run returned for is on disk within a second; half a second more for a busy machine.
  local DURABLE = 1.5

  local PLAYBOOK = [[
    local pl = require "perilune"
    return pl.playbook { name = "ticks", args = { target = pl.arg.url {} },
      scenarios = function(args) return { a = { arrivals = pl.even "100/s", duration = "60s", request = { url = args.target .. "/" } } } end,
      run = function(run)
        run:together(function() run:load "a" end, function()
          for i = 1, 10000 do
            run:record("tick", i)
            run:event("tick", tostring(i))
            run:sleep "10ms"
          end
        end)
      end }]]

  local shop, folder, playbook, seed
  setup(function()
    shop, folder = support.shop(), support.folder()
    playbook = support.write(folder .. "/p.lua", PLAYBOOK)
    seed = tonumber(os.getenv("PERILUNE_TEST_SEED")) or os.time()
    math.randomseed(seed)
  end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  local function events_of(slot)
    local path = ("%s/%d.events"):format(folder, slot.number)
    return support.exists(path) and support.read(path) or ""
  end

  local function ticks_in(text) return select(2, text:gsub('"kind":"tick"', "")) end

  -- Kills the run of a slot at a random moment; every other time it notes what was acknowledged DURABLE before.
  local function crash(slot)
    os.remove(("%s/%d.events"):format(folder, slot.number))
    local process = support.start(("%s run %s --target %s --db %s --quiet --events %s/%d.events"):format(
      support.perilune, playbook, shop.url, slot.db, folder, slot.number))
    task.sleep(0.02 + math.random() * 1.5)
    slot.durable = nil
    if math.random(2) == 1 then
      slot.durable = ticks_in(events_of(slot))
      task.sleep(DURABLE)
    end
    process:stop("KILL")
    local text = events_of(slot)
    slot.began = slot.began + (text:find('"run_begin"', 1, true) and 1 or 0)
    slot.ticks_before = slot.ticks or 0
  end

  -- One number of a database, or 0 while it has no tables.
  local function number(db, query)
    local code, out = support.shell(("sqlite3 -cmd '.timeout 5000' %s \"%s\" 2>/dev/null"):format(db, query))
    return code == 0 and tonumber(out) or 0
  end

  local function check(slot)
    if not support.exists(slot.db) then
      assert.equal(0, slot.began, "seed " .. seed)
      return
    end
    local _, whole = support.shell(("sqlite3 %s 'PRAGMA integrity_check' 2>&1"):format(slot.db))
    assert.equal("ok\n", whole, "seed " .. seed)
    assert.is_true(number(slot.db, "SELECT count(*) FROM runs") >= slot.began, ("seed %d: a run that began is not there"):format(seed))
    slot.ticks = number(slot.db, "SELECT count(*) FROM events WHERE kind = 'tick'")
    if not slot.durable then return end
    assert.is_true(slot.ticks - slot.ticks_before >= slot.durable,
      ("seed %d: %d events were acknowledged, %d are there"):format(seed, slot.durable, slot.ticks - slot.ticks_before))
    slot.durable_all = slot.durable_all + slot.durable
  end

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

  it("at 50 random moments", function()
    local slots, durable, interrupted, began = {}, 0, 0, 0
    for i = 1, SLOTS do slots[i] = { number = i, db = ("%s/%d.db"):format(folder, i), began = 0, durable_all = 0 } end
    for _ = 1, ROUNDS do
      local crashes = {}
      for i, slot in ipairs(slots) do crashes[i] = function() crash(slot) end end
      task.together(table.unpack(crashes))
      for _, slot in ipairs(slots) do check(slot) end
    end
    for _, slot in ipairs(slots) do
      if slot.began > 0 then
        -- The next run marks those before it; samples were as durable as events.
        assert.equal(0, (support.run(("load %s/ --requests 1 --users 1 --db %s"):format(shop.url, slot.db))))
        local _, out = support.run(("runs --limit 100 --json - --db %s"):format(slot.db))
        local runs = json.decode(out).runs
        assert.equal("pass", runs[1].verdict)
        for i = 2, #runs do
          assert.equal("interrupted", runs[i].verdict, ("seed %d: %s"):format(seed, runs[i].run_id))
          interrupted = interrupted + 1
        end
        local _, samples = support.run(("sql \"SELECT count(*) FROM sample_list WHERE name = 'tick'\" --db %s"):format(slot.db))
        assert.is_true(tonumber(samples:match("%d+")) >= slot.durable_all, ("seed %d: %d samples were acknowledged: %s"):format(seed, slot.durable_all, samples))
      end
      durable, began = durable + slot.durable_all, began + slot.began
    end
    assert.is_true(interrupted >= began, ("seed %d: %d runs began, %d are marked as interrupted"):format(seed, began, interrupted))
    assert.is_true(began >= 20 and durable >= 100, ("seed %d: too few runs got anywhere: %d, %d ticks"):format(seed, began, durable))
  end)
end)
