--- A run for an interval that was judged already: the first one's verdict, code, JSON and reports, without sending anything.
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local history = require "perilune.history"
local json = require "perilune.core.json"
local likeness = require "perilune.likeness"
local output = require "perilune.output"
local report = require "perilune.report"

local M = {}

--- What is asked for now and was not then: arguments, the script's text, the machine; empty where nothing is.
local function differences(row, now)
  return likeness.differences(row, { name = row.name, result = row.result, labels = now.labels, args = now.args, args_hash = now.args_hash, script_hash = now.script_hash })
end

local function result_of(row, unlike)
  local value = database.decoded(row.result) or { schema = "perilune.run/1", run_id = row.ulid }
  value.reused = true
  if #unlike > 0 then value.reused_unlike = json.array(unlike) end
  return json.encode(value)
end

--- A report's model with one note more, before the others.
local function noted(model, note)
  if note then table.insert(model.findings, 1, { kind = "note", severity = "info", text = note }) end
  return model
end

local function write_reports(run, row, text, note)
  local model
  for _, format in ipairs { "html", "junit", "markdown", "json" } do
    local place = (run.options.reports or {})[format]
    if place and format == "json" and place ~= "-" then
      output.write(place, text .. "\n")
    elseif place and format ~= "json" then
      model = model or noted(report.model(run:reader(), row.ulid), note)
      output.write(place, report[format](model))
    end
  end
end

--- Ends this run as the earlier one ended. What differs between what was asked for then and now is told: the interval alone is the key.
---@param run perilune.Run
---@param row table of the earlier run
---@param now table { args, args_hash, labels, script_hash } of this one, as its row would have them
function M.finish(run, row, now)
  local unlike = differences(row, now)
  local text, verdict = result_of(row, unlike), history.verdict(row)
  local note = #unlike > 0 and ("this is run %s, which was for this interval; it was asked for again otherwise: %s"):format(row.ulid, table.concat(unlike, "; ")) or nil
  write_reports(run, row, text, note)
  if note then
    output.tell(("perilune: %s: note: %s. A playbook is judged once for an interval, whatever else it is given; --db, or another name in the playbook, keeps runs apart"):format(row.name, note))
  end
  if not run.prepared.spec.quiet then
    engine.write(run.options.stdout_taken and "progress" or "result", ("%s: reused: run %s was for this interval, %s (exit %d); nothing was sent\n"):format(row.name, row.ulid, verdict, row.exit_code or 0))
  end
  engine.finish { exit = row.exit_code or 0, verdict = verdict, json = text }
end

return M
