--- perilune baseline
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local output = require "perilune.output"
local summary = require "perilune.summary"

return {
  name = "baseline", section = "Look back", about = "List the pinned baselines.", usage = "perilune baseline [--json]", max = 0, min = 0,
  completes = {},
  examples = { "perilune baseline", "perilune baseline --json" }, common = { "db", "json" }, options = {},
  main = function(o)
    local rows, list = database.records(database.open(o.db), "baselines_all", {}), json.array {}
    for i, r in ipairs(rows) do list[i] = { name = r.name, playbook = r.playbook, run_id = r.ulid } end
    if output.json(o, { schema = "perilune.baselines/1", baselines = list }) then return end
    if #rows == 0 then
      engine.write("result", "no baseline is pinned; a playbook pins its run with run:pin_baseline()\n")
      return
    end
    local lines = { { "playbook", "name", "run" } }
    for _, r in ipairs(rows) do lines[#lines + 1] = { r.playbook, r.name, r.ulid } end
    engine.write("result", table.concat(summary.columns(lines), "\n") .. "\n")
  end,
}
