--- perilune runs
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local history = require "perilune.history"
local json = require "perilune.core.json"
local lines = require "perilune.lines"
local output = require "perilune.output"
local suggest = require "perilune.suggest"
local summary = require "perilune.summary"
local units = require "perilune.core.units"

local M = {
  name = "runs", section = "Look back", about = "List the runs of a timeline, newest first.", usage = "perilune runs [NAME] [--limit N]", max = 1, min = 0,
  completes = {},
  examples = { "perilune runs", "perilune runs checkout --limit 5", "perilune runs --json" }, common = { "db", "json" },
  options = { { name = "limit", value = "N", kind = "integer", positive = true, help = "how many (default 20)" } },
}

local function names_of(reader)
  local names = {}
  for i, row in ipairs(database.records(reader, "runs_last", {})) do names[i] = row.name end
  return names
end

local function none(reader, path, name)
  local names = names_of(reader)
  if not name or #names == 0 then return ("there is no run in %s yet"):format(path) end
  return ("there is no run named %q in %s%s (names: %s)"):format(name, path, suggest.hint(name, names), table.concat(names, ", "))
end

local function as_text(list)
  local ids, kept = {}, 0
  for i, r in ipairs(list) do ids[i], kept = r.run_id, kept + r.artifacts end
  local length, rows = history.prefix_length(ids), { { "run", "name", "target", "rate", "p99", "verdict", "age", kept > 0 and "artifacts" or nil } }
  for _, r in ipairs(list) do
    rows[#rows + 1] = { r.run_id:sub(1, length), r.name, history.place(r.url), r.rate_per_s and units.format("rate", r.rate_per_s) or "-",
      r.p99_s and units.format("duration", r.p99_s) or "-", r.verdict, history.ago(r.age_s), kept > 0 and (r.artifacts > 0 and tostring(r.artifacts) or "-") or nil }
  end
  return table.concat(summary.columns(lines.fitted(rows, output.columns()) or rows, { [2] = true, [3] = true, [6] = true }), "\n") .. "\n"
end

--- Lists runs.
---@param o table
function M.main(o)
  local reader, path = database.open(o.db)
  local list = json.array {}
  for i, row in ipairs(database.records(reader, "runs_recent", { limit = o.limit or 20, name = o[1] })) do
    list[i] = history.describe(row)
    list[i].artifacts = database.records(reader, "artifacts_sum", { run = row.id })[1].n
  end
  if #list == 0 and o[1] then error({ code = "not_found", message = none(reader, path, o[1]) }, 0) end
  if output.json(o, { schema = "perilune.runs/1", runs = list }) then return end
  engine.write("result", #list == 0 and none(reader, path) .. "\n" or as_text(list))
end

return M
