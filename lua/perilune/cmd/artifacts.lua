--- perilune artifacts [RUN [NAME]]
local clock = require "perilune.core.clock"
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local output = require "perilune.output"
local suggest = require "perilune.suggest"
local summary = require "perilune.summary"
local units = require "perilune.core.units"

local M = {
  name = "artifacts", section = "Look back", about = "List the files that a run keeps (run:attach), or write one.", usage = "perilune artifacts [RUN [NAME]] [--output FILE]", max = 2, min = 0,
  completes = { "last" },
  examples = { "perilune artifacts", "perilune artifacts last plan.txt", "perilune artifacts checkout@last cpu.pprof --output cpu.pprof" }, common = { "db", "json" },
  options = { { name = "output", short = "o", value = "FILE", help = "where to; - (or nothing) is standard output" } },
  more = [[
NAME is a name of the list, or its number; of several of a name the last one.
Artifacts are kept 90 days, those of pinned runs for ever: perilune db keep.]],
}

--- The artifact of a name or number.
local function find(list, name, run)
  local found, names = nil, {}
  for _, row in ipairs(list) do
    if row.name == name or tostring(row.id) == name then found = row end
    names[row.name] = true
  end
  if not found then error({ code = "not_found", message = ("artifacts: the run %s keeps no %q%s"):format(run.ulid, name, suggest.hint(name, names)) }, 0) end
  return found
end

--- The bytes of an artifact, compared with its hash.
local function data_of(reader, row)
  local data = database.records(reader, "artifact_data", { id = row.id })[1].data
  if engine.sha256(data) ~= row.sha256 then error({ code = "corrupt", message = ("artifact %s: its bytes are not those of its SHA-256 %s"):format(row.name, row.sha256) }, 0) end
  return data
end

local function described(row)
  return { id = row.id, name = row.name, type = row.type, bytes = row.bytes, sha256 = row.sha256, from = clock.iso(row.ts_ns), to = clock.iso(row.ts_ns + row.duration_ns),
    labels = database.decoded(row.labels) or json.object {} }
end

local function as_text(list)
  local rows = { { "number", "name", "type", "size", "from", "lasts", "SHA-256" } }
  for _, row in ipairs(list) do
    rows[#rows + 1] = { tostring(row.id), row.name, row.type, units.format("size", row.bytes), clock.iso(row.ts_ns):sub(1, 19):gsub("T", " "), row.duration_ns > 0 and units.format("duration", row.duration_ns / 1e9) or "-",
      row.sha256:sub(1, 16) }
  end
  return table.concat(summary.columns(rows, { [2] = true, [3] = true, [5] = true, [7] = true }), "\n") .. "\n"
end

--- Lists artifacts, or writes one.
---@param o table
function M.main(o)
  local place = o.output or "-"
  if o[2] and place == "-" and o.json == "-" then error({ code = "usage", message = "the artifact and --json - both want standard output: give one a file" }, 0) end
  if o.output and not o[2] then error({ code = "usage", message = "artifacts: --output writes one: name it, perilune artifacts RUN NAME --output FILE" }, 0) end
  output.check("output", place)
  local reader = database.open(o.db)
  local run = database.run(reader, o[1] or "last")
  local list = database.records(reader, "artifacts_of", { run = run.id })
  if o[2] then
    local row = find(list, o[2], run)
    output.write(place, data_of(reader, row))
    output.json(o, { schema = "perilune.artifacts/1", run_id = run.ulid, artifacts = json.array { described(row) } })
    return
  end
  local all = json.array {}
  for i, row in ipairs(list) do all[i] = described(row) end
  if output.json(o, { schema = "perilune.artifacts/1", run_id = run.ulid, artifacts = all }) then return end
  engine.write("result", #list == 0 and ("the run %s keeps no artifacts\n"):format(run.ulid) or as_text(list))
end

return M
