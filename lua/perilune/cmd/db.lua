--- perilune db stats|check|backup
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local units = require "perilune.core.units"

local M = {
  name = "db", about = "Look after the database: stats, check, backup.", usage = "perilune db stats|check|backup [FILE]", words = { "stats, check or backup" }, min = 1, max = 2,
  examples = { "perilune db stats", "perilune db check", "perilune db backup copy.db" }, options = {},
}

local actions = {}

local function one(reader, operation)
  local rows, err = reader:record(operation, {})
  if not rows then error(err, 0) end
  return rows
end

function actions.stats(o)
  local reader, path = database.open(o.db)
  local s = one(reader, "db_stats")[1]
  if o.json then
    engine.write("result", json.encode { schema = "perilune.db/1", path = path, samples = s.samples, distributions = s.distributions, series = s.series, runs = s.runs, bytes = s.bytes } .. "\n")
    return 0
  end
  engine.write("result", ("%s\n  samples        %s\n  distributions  %s\n  series         %s\n  runs           %s\n  size           %s\n"):format(path, units.format("number", s.samples),
    units.format("number", s.distributions), units.format("number", s.series), units.format("number", s.runs), units.format("size", s.bytes)))
  return 0
end

function actions.check(o)
  local reader, path = database.open(o.db)
  local findings = {}
  for _, row in ipairs(one(reader, "db_check")) do
    local _, text = next(row)
    if text ~= "ok" then findings[#findings + 1] = text end
  end
  for _, text in ipairs(findings) do engine.write("result", text .. "\n") end
  if #findings > 0 then error({ code = "corrupt", message = ("%s is damaged (%d findings): restore a backup, or read what is left with sqlite3 .recover"):format(path, #findings) }, 0) end
  engine.write("result", path .. ": no damage found\n")
  return 0
end

function actions.backup(o)
  if not o[2] then error({ code = "usage", message = "db backup: the copy's file is missing" }, 0) end
  local reader = database.open(o.db)
  local ok, err = reader:backup(o[2])
  if not ok then error(err, 0) end
  engine.write("result", o[2] .. "\n")
  return 0
end

--- Runs the action.
---@param o table
---@return integer
function M.main(o)
  local suggest = require "perilune.suggest"
  if o[1] == "gc" then error({ code = "unsupported", message = "db gc is not in this version: delete runs with sqlite3, or keep one file a project" }, 0) end
  local action = actions[o[1]]
  if not action then error({ code = "usage", message = ("db: unknown action %q%s (stats, check, backup)"):format(o[1], suggest.hint(o[1], actions)) }, 0) end
  return action(o)
end

return M
