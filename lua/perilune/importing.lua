--- run:import: files of other tools onto the timeline. Rows are read in C (core/ingest/import.c); here is what people write, and what they
--- are told.
local core = require "perilune.core.import"
local folder = require "perilune.folder"
local import_text = require "perilune.import_text"
local interval = require "perilune.interval"
local json = require "perilune.core.json"
local schema = require "perilune.schema"
local suggest = require "perilune.suggest"
local words = require "perilune.words"

local M = {}

local OPTIONS = words.options.import

local UNIT_NS = { ns = 1, us = 1000, ms = 1000000, s = 1000000000 }

--- Formats whose values may have no name.
local NAMELESS = { csv = true, ndjson = true }

local function invalid(why) error({ code = "invalid", message = "import: " .. why }, 0) end

--- Raises what is wrong with a file. What is malformed in it is no mistake of the playbook.
local function fail(code, path, why) error({ code = code == "syntax" and "corrupt" or code, message = ("import: %s: %s"):format(path, why) }, 0) end

--- The time of samples that have none, in ns since 1970.
local function moment_ns(at)
  if at == nil then return nil end
  local seconds = type(at) == "number" and at or interval.moment(tostring(at))
  if not seconds or seconds < 0 or seconds > 9e9 then invalid(("at = %s is no moment; write 2026-11-22T06:00Z, or seconds since 1970"):format(schema.show(at))) end
  return math.floor(seconds * 1e9 + 0.5)
end

local function check_format(format)
  if words.find(words.imports, format) then return end
  local names = words.names(words.imports)
  invalid(("there is no format %s%s (known: %s)"):format(schema.show(format), suggest.hint(tostring(format), names), table.concat(names, ", ")))
end

--- What the option metric has to do with it where every value lacks a name.
local function advice(facts, metric)
  if not NAMELESS[facts.format] or facts.reasons.name ~= facts.refused then return "" end
  return metric and ("; metric = %s"):format(schema.show(metric)) or "; the option metric names values that have no name"
end

--- What became of the rows, as scripts and results have it: times in seconds since 1970.
local function told(import, format, path)
  local t = import:told()
  return { format = format, path = path, taken = t.taken, refused = t.refused, series = t.series, bytes = t.bytes,
    reasons = next(t.reasons) and t.reasons or json.object {}, examples = json.array(t.examples),
    from = t.first_ns and t.first_ns / 1e9, to = t.last_ns and t.last_ns / 1e9 }
end

--- Takes a file onto the timeline.
---@param run perilune.Run
---@param format string
---@param path string of the playbook's folder
---@param options table|nil
---@return table { format, path, taken, refused, series, bytes, from, to, reasons = { name = number }, examples = { { line, reason, text } } }
function M.run(run, format, path, options)
  check_format(format)
  local o = schema.check(OPTIONS, options, "import")
  local import, err = core.open { format = format, path = folder.path(run.prepared.spec.folder, path, "import"), metric = o.metric, unit_ns = UNIT_NS[o.unit],
    time_ns = moment_ns(o.at), instance = o.instance, role = o.role, origin = o.origin }
  if not import then error(err, 0) end
  local more, why
  repeat more, why = import:step() until not more
  local facts = told(import, format, path)
  import:close()
  if more == nil then fail(why.code, path, why.message) end
  if facts.taken == 0 and facts.refused > 0 then
    fail("syntax", path, ("nothing was taken as %s: %s%s"):format(format, table.concat(import_text.lines(facts), "; "), advice(facts, o.metric)))
  end
  run.imports[#run.imports + 1] = facts
  run:note("imported " .. import_text.text(facts))
  return facts
end

return M
