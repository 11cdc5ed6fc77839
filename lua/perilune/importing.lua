--- run:import: files of other tools onto the timeline. Rows are read in C (core/ingest/import.c); here is what people write, and what they
--- are told.
local clock = require "perilune.core.clock"
local core = require "perilune.core.import"
local folder = require "perilune.folder"
local import_text = require "perilune.import_text"
local json = require "perilune.core.json"
local moment = require "perilune.moment"
local schema = require "perilune.schema"
local suggest = require "perilune.suggest"
local task = require "perilune.task"
local words = require "perilune.words"

local M = {}

local OPTIONS = words.options.import

--- How long standard input may have nothing before it is looked at again.
local PAUSE_SECONDS = 0.01

local UNIT_NS = { ns = 1, us = 1000, ms = 1000000, s = 1000000000 }

--- Formats whose values may have no name.
local NAMELESS = { csv = true, ndjson = true }

local function invalid(why) error({ code = "invalid", message = "import: " .. why }, 0) end

--- Raises what is wrong with a file. What is malformed in it is no mistake of the playbook.
local function fail(code, path, why)
  error({ code = code == "syntax" and "corrupt" or code, message = ("import: %s: %s"):format(import_text.source(path), why) }, 0)
end

--- The time of samples that have none, in ns since 1970.
local function moment_ns(at)
  if at == nil then return nil end
  local seconds = moment.at(at, clock.wall() / 1e9)
  if not seconds or seconds < 0 then invalid(("at = %s is no moment; %s"):format(schema.show(at), moment.FORMS)) end
  return math.floor(seconds * 1e9 + 0.5)
end

local function check_format(format)
  if words.find(words.imports, format) then return end
  local names = words.names(words.imports)
  invalid(("there is no format %s%s (known: %s)"):format(schema.show(format), suggest.hint(tostring(format), names), table.concat(names, ", ")))
end

--- Why nothing was taken. Where every value of a format that may leave out names lacks one, that is the option's to say.
---@param typed boolean the option is one of the command line
local function why_none(facts, metric, typed)
  if not NAMELESS[facts.format] or facts.reasons.name ~= facts.refused then
    return ("nothing was taken as %s: %s"):format(facts.format, import_text.reasons(facts))
  end
  if metric then return ("%s%s is no metric's name"):format(typed and "--metric " or "metric = ", schema.show(metric)) end
  return "no metric name: give " .. (typed and "--metric NAME" or 'metric = "NAME"')
end

--- What became of the rows, as scripts and results have it: times in seconds since 1970.
local function told(import, format, path)
  local t = import:told()
  return { format = format, path = path, taken = t.taken, replaced = t.replaced, refused = t.refused, series = t.series, bytes = t.bytes,
    reasons = next(t.reasons) and t.reasons or json.object {}, examples = json.array(t.examples),
    from = t.first_ns and t.first_ns / 1e9, to = t.last_ns and t.last_ns / 1e9 }
end

--- Takes a file onto the timeline: plain, or gzip.
---@param run perilune.Run
---@param format string
---@param path string of the playbook's folder; "-" is standard input
---@param options table|nil
---@return table { format, path, taken, replaced, refused, series, bytes, from, to, reasons = { name = number }, examples = { { line, reason, text } } }
function M.run(run, format, path, options)
  check_format(format)
  local o = schema.check(OPTIONS, options, "import")
  local real = path == "-" and path or folder.path(run.prepared.spec.folder, path, "import")
  local import, err = core.open { format = format, path = real, metric = o.metric, unit_ns = UNIT_NS[o.unit],
    time_ns = moment_ns(o.at), instance = o.instance, role = o.role, origin = o.origin }
  if not import then error(err, 0) end
  local more, why
  repeat
    more, why = import:step()
    if more == "later" then task.sleep(PAUSE_SECONDS) end
  until not more
  local facts = told(import, format, path)
  import:close()
  if more == nil then fail(why.code, path, why.message) end
  if facts.taken == 0 and facts.refused > 0 then
    fail("syntax", path, why_none(facts, o.metric, run.options.from_options ~= nil))
  end
  run.imports[#run.imports + 1] = facts
  run:note(import_text.note(facts))
  return facts
end

return M
