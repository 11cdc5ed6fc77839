--- A run for an interval that was judged already: the first one's verdict, code, JSON and reports, without sending anything.
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local history = require "perilune.history"
local json = require "perilune.core.json"
local output = require "perilune.output"
local report = require "perilune.report"

local M = {}

local function result_of(row)
  local value = database.decoded(row.result) or { schema = "perilune.run/1", run_id = row.ulid }
  value.reused = true
  return json.encode(value)
end

local function write_reports(run, row, text)
  local model
  for _, format in ipairs { "html", "junit", "markdown", "json" } do
    local place = (run.options.reports or {})[format]
    if place and format == "json" and place ~= "-" then
      output.write(place, text .. "\n")
    elseif place and format ~= "json" then
      model = model or report.model(run:reader(), row.ulid)
      output.write(place, report[format](model))
    end
  end
end

--- Ends this run as the earlier one ended.
---@param run perilune.Run
---@param row table of the earlier run
function M.finish(run, row)
  local text, verdict = result_of(row), history.verdict(row)
  write_reports(run, row, text)
  if not run.prepared.spec.quiet then
    engine.write(run.options.stdout_taken and "progress" or "result", ("%s: reused: run %s was for this interval, %s (exit %d); nothing was sent\n"):format(row.name, row.ulid, verdict, row.exit_code or 0))
  end
  engine.finish { exit = row.exit_code or 0, verdict = verdict, json = text }
end

return M
