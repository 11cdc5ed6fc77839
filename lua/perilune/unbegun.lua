--- A run that could not begin: its error in every report that was asked for, so that none of an earlier run stays in its place.
local later = require "perilune.later"
local clock = require "perilune.core.clock"
local engine = require "perilune.core.engine"
local exit_codes = require "perilune.exit_codes"
local json = require "perilune.core.json"
local output = require "perilune.output"
local redact = require "perilune.redact"
local report = later "perilune.report"

local M = {}

--- The perilune.run/1 of a run that was never stored.
local function result_of(name, err, now)
  local reason = type(err) == "table" and exit_codes.reason_of(err) or "internal"
  local at, none = clock.iso(now), json.array {}
  return {
    schema = "perilune.run/1", run_id = json.null, name = name, verdict = exit_codes.verdict(reason), exit = { code = exit_codes.CODE[reason], reason = reason },
    interval = { at, at }, labels = json.object {}, url = json.null, objectives = none, searches = none, comparisons = none, findings = none, loads = none, plans = none,
    paths = json.object {}, error = { code = type(err) == "table" and err.code or reason, message = redact.url(tostring(type(err) == "table" and err.message or err)) },
  }
end

--- A reader of a timeline on which nothing is but this run's row.
local function reader_of(row)
  return {
    record = function(_, name) return name == "run_by_id_prefix" and { row } or {} end,
    series = function() return {} end,
  }
end

local function model_of(result, now)
  local row = { id = 0, ulid = "none", name = result.name, state = exit_codes.state(result.verdict), exit_code = result.exit.code, started_ns = now, ended_ns = now,
    result = json.encode(result), version = engine.version() }
  return report.model(reader_of(row), row.ulid)
end

--- Writes what was asked for; a place that cannot be written is told, and keeps no other from being.
---@param o table values of the command line
---@param name string of the run
---@param err any why it did not begin
function M.report(o, name, err)
  local now, model = clock.wall(), nil
  local result = result_of(name, err, now)
  for _, format in ipairs { "json", "html", "junit", "markdown" } do
    if o[format] then
      local ok, why = pcall(function()
        if format == "json" then return output.write(o.json, json.encode(result) .. "\n") end
        model = model or model_of(result, now)
        output.write(o[format], report[format](model))
      end)
      local told = not ok and ("--%s: %s"):format(format, type(why) == "table" and why.message or tostring(why))
      local is_reason = type(err) == "table" and err.message == told
      if told and not is_reason then output.tell("perilune: " .. told) end
    end
  end
end

return M
