--- perilune status: the last run of each playbook, for a monitor or a dead-man switch.
local clock = require "perilune.core.clock"
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local exit_codes = require "perilune.exit_codes"
local history = require "perilune.history"
local json = require "perilune.core.json"
local output = require "perilune.output"
local summary = require "perilune.summary"

local M = {
  name = "status", section = "Look back", about = "The last run of each playbook, with the exit code of the newest.", usage = "perilune status [NAME] [--json]", min = 0, max = 1,
  completes = {},
  examples = { "perilune status", "perilune status checkout", "perilune status --json" }, common = { "db", "json" }, options = {},
  more = [[
Runs of perilune import and perilune serve do not count, but where NAME names
them.]],
}

--- Playbooks, the newest run first: what history describes of the last run, and when one last passed.
local function playbooks_of(reader, name)
  local passed, list = {}, json.array {}
  for _, row in ipairs(database.records(reader, "runs_last_passed", { name = name })) do passed[row.name] = row.ended_ns or row.started_ns end
  for i, row in ipairs(database.records(reader, "runs_last_measured", { name = name })) do
    local p = history.describe(row)
    local at = passed[row.name]
    list[i] = { name = p.name, run_id = p.run_id, verdict = p.verdict, exit_code = p.exit_code or json.null, started_at = p.started_at, ended_at = p.ended_at or json.null,
      age_s = p.age_s, last_pass_at = at and clock.iso(at) or json.null, last_pass_age_s = at and history.age(at) or json.null }
  end
  return list
end

--- Shows them; the exit code is that of the newest run.
---@param o table
---@return integer
function M.main(o)
  local reader, path = database.open(o.db)
  local list = playbooks_of(reader, o[1])
  if #list == 0 then error({ code = "not_found", message = (o[1] and ("there is no run of %q in %s yet"):format(o[1], path) or ("there is no run of a playbook or a load in %s yet"):format(path)) }, 0) end
  local code = math.tointeger(list[1].exit_code) or (list[1].verdict == "interrupted" and exit_codes.CODE.internal or exit_codes.CODE.pass)
  if output.json(o, { schema = "perilune.status/1", at = clock.iso(clock.wall()), verdict = list[1].verdict, exit_code = list[1].exit_code, playbooks = list }) then return code end
  local rows = { { "playbook", "verdict", "exit", "age", "last pass", "run" } }
  for _, p in ipairs(list) do
    rows[#rows + 1] = { p.name, p.verdict, p.exit_code == json.null and "-" or tostring(p.exit_code), history.ago(p.age_s),
      p.last_pass_age_s == json.null and "never" or history.ago(p.last_pass_age_s), p.run_id }
  end
  engine.write("result", table.concat(summary.columns(rows, { [2] = true }), "\n") .. "\n")
  return code
end

return M
