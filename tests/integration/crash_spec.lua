local json = require "perilune.core.json"
local support = require "integration.support"
local task = require "perilune.task"

-- SIGKILL at any moment leaves a database that opens, with what was durable, and the run marked by the next one.
describe("kill -9", function()
  local SLOTS = 10
  -- PERILUNE_TEST_KILLS=200 takes about two minutes.
  local ROUNDS = (tonumber(os.getenv "PERILUNE_TEST_KILLS") or 50) // SLOTS
  local PATIENCE = 60 -- seconds, of a busy machine

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

  local COUNTS = "SELECT (SELECT count(*) FROM runs) AS runs, (SELECT count(*) FROM events WHERE kind = 'tick') AS events,"
    .. " (SELECT count(*) FROM sample_list WHERE name = 'tick') AS samples"

  -- What a database has; nil while that cannot be had. By our own program: another one would copy what a killed run left in the log.
  local function counts(slot)
    local code, out = support.run(("sql \"%s\" --json - --db %s"):format(COUNTS, slot.db))
    return code == 0 and json.decode(out).rows[1] or nil
  end

  -- How many ticks came, events and samples both, since a count.
  local function since(now, before) return math.min(now.events - before.events, now.samples - before.samples) end

  -- Waits until the database has as many ticks of this run as it told of just now: what is there survives whatever moment comes.
  local function note(slot)
    support.wait_for(function() return ticks_in(events_of(slot)) > 0 end, PATIENCE, "a tick")
    task.sleep(math.random())
    local told = ticks_in(events_of(slot))
    support.wait_for(function()
      local now = counts(slot)
      return now and since(now, slot.counts) >= told
    end, PATIENCE, "ticks in the database")
    slot.durable = told
  end

  -- Kills the run of a slot at a random moment; every other time it notes what the database has before.
  local function crash(slot, round)
    os.remove(("%s/%d.events"):format(folder, slot.number))
    local process = support.start(("%s run %s --target %s --db %s --quiet --events %s/%d.events"):format(
      support.perilune, playbook, shop.url, slot.db, folder, slot.number))
    slot.durable = nil
    if (slot.number + round) % 2 == 0 then note(slot) end
    task.sleep(0.02 + math.random() * (slot.durable and 0.3 or 1.5))
    process:stop("KILL")
    local text = events_of(slot)
    slot.began = slot.began + (text:find('"run_begin"', 1, true) and 1 or 0)
  end

  local function check(slot)
    if slot.began == 0 then return end
    local code, out, err = support.run("db check --db " .. slot.db)
    assert.equal(0, code, ("seed %d: %s%s"):format(seed, out, err))
    local before, now = slot.counts, counts(slot)
    slot.counts = now
    assert.is_true(now.runs >= slot.began, ("seed %d: a run that began is not there"):format(seed))
    if not slot.durable then return end
    assert.is_true(since(now, before) >= slot.durable, ("seed %d: %d ticks were there, %d are"):format(seed, slot.durable, since(now, before)))
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

  it(("at %d random moments"):format(SLOTS * ROUNDS), function()
    local slots, durable, interrupted, began = {}, 0, 0, 0
    for i = 1, SLOTS do slots[i] = { number = i, db = ("%s/%d.db"):format(folder, i), began = 0, counts = { events = 0, samples = 0 }, durable_all = 0 } end
    for round = 1, ROUNDS do
      local crashes = {}
      for i, slot in ipairs(slots) do crashes[i] = function() crash(slot, round) end end
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
      end
      durable, began = durable + slot.durable_all, began + slot.began
    end
    assert.is_true(interrupted >= began, ("seed %d: %d runs began, %d are marked as interrupted"):format(seed, began, interrupted))
    assert.is_true(began >= SLOTS * ROUNDS / 2 and durable >= SLOTS * ROUNDS / 2, ("seed %d: too few runs got anywhere: %d, %d ticks"):format(seed, began, durable))
  end)
end)
