--- perilune control: says a word to a run on its way.
local clock = require "perilune.core.clock"
local control = require "perilune.control"
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local history = require "perilune.history"
local output = require "perilune.output"
local task = require "perilune.task"
local timeline = require "perilune.core.timeline"

local WAIT_SECONDS = 3

local function outcome(reader, row, id)
  local until_s = clock.now() + WAIT_SECONDS
  while clock.now() < until_s do
    local done = database.records(reader, "control_get", { id = id })[1]
    if done and done.done_ns then
      local rows = reader:sql("SELECT text FROM events WHERE run_id = :run AND kind = 'control' ORDER BY id DESC LIMIT 1", { run = row.id })
      return rows and rows[1] and rows[1].text or "taken"
    end
    task.sleep(0.05)
  end
  return nil
end

return {
  name = "control", section = "Measure", about = "Change the load of a run on its way.", usage = "perilune control RUN WORD", min = 2, max = 2,
  words = { "RUN", "WORD" },
  examples = { "perilune control last rate=800/s", "perilune control last rate=+10%", "perilune control last browse:users=50",
    "perilune control last pause", "perilune control last resume", "perilune control last stop" },
  common = { "db", "json" }, options = {},
  main = function(o)
    control.parse(o[2])
    local reader, path = database.open(o.db)
    local row = database.run(reader, o[1])
    if history.describe(row).verdict ~= "running" then
      error({ code = "invalid", message = ("run %s is not on its way: it is %s"):format(row.ulid, history.describe(row).verdict) }, 0)
    end
    local id, err = timeline.put(path, "control_put", { run = row.id, command = o[2], ts_ns = clock.wall() })
    if not id then error(err, 0) end
    local text = outcome(reader, row, id)
    if not text then error({ code = "timeout", message = ("run %s did not take it within %d s: no load is on its way"):format(row.ulid, WAIT_SECONDS) }, 0) end
    local refused = text:match("^refused: (.*)")
    if refused then error({ code = "invalid", message = refused }, 0) end
    if not output.json(o, { schema = "perilune.control/1", run_id = row.ulid, outcome = text }) then engine.write("result", text .. "\n") end
    return 0
  end,
}
