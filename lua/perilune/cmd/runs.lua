--- perilune runs
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local summary = require "perilune.summary"

local M = {
  name = "runs", about = "List the runs of a timeline, newest first.", usage = "perilune runs [NAME] [--limit N]", max = 1, min = 0,
  examples = { "perilune runs", "perilune runs checkout --limit 5", "perilune runs --json -" },
  options = { { name = "limit", value = "N", kind = "integer", help = "how many (default 20)" } },
}

local function as_json(rows)
  local out = json.array {}
  for i, r in ipairs(rows) do
    out[i] = { run_id = r.ulid, name = r.name, state = r.state, exit_code = r.exit_code, started_ns = r.started_ns, ended_ns = r.ended_ns }
  end
  return json.encode { schema = "perilune.runs/1", runs = out }
end

--- Lists runs.
---@param o table
function M.main(o)
  local reader = database.open(o.db)
  local rows, err = reader:record("runs_recent", { limit = o.limit or 20, name = o[1] })
  if not rows then error(err, 0) end
  if o.json then
    engine.write("result", as_json(rows) .. "\n")
    return
  end
  local table_rows = { { "run", "name", "state", "exit", "started", "took" } }
  local clock = require "perilune.core.clock"
  for _, r in ipairs(rows) do
    local took = r.ended_ns and summary.seconds((r.ended_ns - r.started_ns) / 1e9) or "-"
    table_rows[#table_rows + 1] = { r.ulid:lower(), r.name, r.state, tostring(r.exit_code or "-"), clock.iso(r.started_ns):sub(1, 19):gsub("T", " "), took }
  end
  for _, row in ipairs(table_rows) do
    for c = 1, #row do row[c] = tostring(row[c]) end
  end
  engine.write("result", table.concat(summary.columns(table_rows), "\n") .. "\n")
end

return M
