--- perilune db stats|check|backup
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local json = require "perilune.core.json"
local output = require "perilune.output"
local suggest = require "perilune.suggest"
local timeline = require "perilune.core.timeline"
local units = require "perilune.core.units"

local M = {
  name = "db", section = "Look back", about = "Look after the database: stats, check, backup.", usage = "perilune db stats|check|backup [--repair] [FILE]", words = { "stats, check or backup" }, min = 1, max = 2,
  completes = { "stats", "check", "backup" },
  examples = { "perilune db stats", "perilune db check", "perilune db check --repair", "perilune db backup copy.db" }, common = { "db", "json" },
  options = { { name = "repair", help = "check: move what is damaged into the table damaged; nothing is deleted" } },
}

local actions = {}

function actions.stats(o)
  local reader, path = database.open(o.db)
  local s = database.records(reader, "db_stats", {})[1]
  if output.json(o, { schema = "perilune.db/1", path = path, samples = s.samples, distributions = s.distributions, series = s.series, runs = s.runs, bytes = s.bytes }) then return 0 end
  local number = function(n) return units.format("number", n) end
  engine.write("result", ("%s\n  samples        %s\n  distributions  %s\n  series         %s\n  runs           %s\n  size           %s\n"):format(path, number(s.samples),
    number(s.distributions), number(s.series), number(s.runs), units.format("size", s.bytes)))
  return 0
end

--- What is wrong: pages and indexes of the file first; then each piece of samples and each histogram, by its checksum.
local function find(reader)
  local findings = json.array {}
  for _, record in ipairs { "db_check", "db_check_samples" } do
    for _, row in ipairs(database.records(reader, record, {})) do
      local _, text = next(row)
      if text ~= "ok" then findings[#findings + 1] = text end
    end
  end
  return findings
end

--- Moves aside what is damaged: what was done, and what is wrong still.
local function repair(path)
  local repaired, err = timeline.repair(path)
  if not repaired then error(err, 0) end
  local reader = database.open(path)
  return repaired, find(reader), database.records(reader, "db_stats", {})[1].samples
end

local function show_repair(path, repaired, samples)
  engine.write("result", ("%s: moved into the table damaged: %d chunks, %d batches, %d histograms; rows corrected: %d; samples that are there: %s\n"):format(path,
    repaired.chunks, repaired.batches, repaired.histograms, repaired.rows, units.format("number", samples)))
end

function actions.check(o)
  local reader, path = database.open(o.db)
  local findings = find(reader)
  local left, repaired, samples = findings, nil, nil
  if o.repair and #findings > 0 then repaired, left, samples = repair(path) end
  local shown = output.json(o, { schema = "perilune.db.check/1", path = path, ok = #left == 0, findings = findings, repaired = repaired, left = repaired and left })
  for _, text in ipairs(shown and {} or findings) do engine.write("result", text .. "\n") end
  if repaired and not shown then show_repair(path, repaired, samples) end
  if #left > 0 then
    local advice = repaired and "restore a backup, or read what is left with sqlite3 .recover" or "perilune db check --repair moves aside what cannot be read"
    error({ code = "corrupt", message = ("%s is damaged (%d findings): %s"):format(path, #left, advice) }, 0)
  end
  if not shown and not repaired then engine.write("result", path .. ": no damage found\n") end
  return 0
end

function actions.backup(o)
  if not o[2] then error({ code = "usage", message = "db backup: the copy's file is missing" }, 0) end
  if file.exists(o[2]) then error({ code = "denied", message = ("db backup: %s exists already; nothing was written"):format(o[2]) }, 0) end
  local reader, path = database.open(o.db)
  local ok, err = reader:backup(o[2])
  if not ok then error(err, 0) end
  if not output.json(o, { schema = "perilune.db.backup/1", path = path, copy = o[2] }) then engine.write("result", o[2] .. "\n") end
  return 0
end

--- Runs the action.
---@param o table
---@return integer
function M.main(o)
  if o[1] == "gc" then error({ code = "unsupported", message = "db gc is not in this version: delete runs with sqlite3, or keep one file a project" }, 0) end
  local action = actions[o[1]]
  if not action then error({ code = "usage", message = ("db: unknown action %q%s (stats, check, backup)"):format(o[1], suggest.hint(o[1], actions)) }, 0) end
  return action(o)
end

return M
