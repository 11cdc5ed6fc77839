--- perilune baseline
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local summary = require "perilune.summary"

return {
  name = "baseline", about = "List the pinned baselines.", usage = "perilune baseline", max = 0, min = 0,
  examples = { "perilune baseline", "perilune baseline --json -" }, options = {},
  main = function(o)
    local reader = database.open(o.db)
    local rows, err = reader:record("baselines_all", {})
    if not rows then error(err, 0) end
    if o.json then
      local out = json.array {}
      for i, r in ipairs(rows) do out[i] = { name = r.name, playbook = r.playbook, run_id = r.ulid } end
      engine.write("result", json.encode { schema = "perilune.baselines/1", baselines = out } .. "\n")
      return
    end
    if #rows == 0 then
      engine.write("result", "no baseline is pinned; a playbook pins its run with run:pin_baseline()\n")
      return
    end
    local lines = { { "playbook", "name", "run" } }
    for _, r in ipairs(rows) do lines[#lines + 1] = { r.playbook, r.name, r.ulid:lower() } end
    engine.write("result", table.concat(summary.columns(lines), "\n") .. "\n")
  end,
}
