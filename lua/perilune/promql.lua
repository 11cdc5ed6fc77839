--- Questions in PromQL and their answers, as people and as programs of Prometheus read them.
local clock = require "perilune.core.clock"
local core = require "perilune.core.promql"
local json = require "perilune.core.json"
local query = require "perilune.core.query"
local suggest = require "perilune.suggest"

local M = {}

--- Whether an expression is PromQL: what PromQL can read is, but for the short names of objectives, which keep their meaning.
---@param expr string without the comparison of an objective
---@return boolean|nil nil: it is nothing
---@return table|nil err what PromQL says of it
function M.claims(expr)
  local facts = query.expression(expr)
  if facts and facts.uses[1].short then return false end
  local type, err = core.check(expr)
  if not type and not facts then return nil, err end
  return type ~= nil
end

--- Asks a timeline; raises what is wrong.
---@param reader any
---@param expr string
---@param o table { run: number of the run whose samples count, beside those of none (default: all); at, or from, to and step: wall milliseconds }
---@return table { type, series = { { labels, times: seconds, values } }, string }
function M.ask(reader, expr, o)
  local function ms(value) return value and math.tointeger(math.floor(value + 0.5)) end
  local found, err
  if o.at then
    found, err = core.run(reader, expr, o.run or 0, ms(o.at))
  else
    found, err = core.run(reader, expr, o.run or 0, ms(o.from), ms(o.to), math.max(1, ms(o.step)))
  end
  if not found then error(err, 0) end
  return found
end

--- That an expression is one of objectives, and what PromQL has for it: of a quantile or a rate.
local function of_objectives(expr)
  if not query.expression(expr) then return "" end
  local word, name = expr:match "^%s*([%w.]+)%s*%(%s*([%a_][%w_]*)%s*%)%s*$"
  local full, p = query.names()[name] or name, word and tonumber(word:match "^p([%d.]+)$")
  local said = p and ("histogram_quantile(%g, sum(rate(%s[10s])))"):format(p / 100, full) or word == "rate" and ("sum(rate(%s[10s]))"):format(full)
  return "\n  it is one of objectives, which playbooks read; here it is PromQL" .. (said and ": " .. said or "")
end

--- What is wrong with an expression; other errors are the timeline's.
local MISTAKE = { syntax = true, invalid = true, limit = true, unsupported = true }

--- Asks for a command, where an expression that is wrong is a command line that is wrong; else as M.ask.
---@param reader any
---@param expr string
---@param o table
---@return table
function M.ask_for_command(reader, expr, o)
  local ok, found = pcall(M.ask, reader, expr, o)
  if ok then return found end
  if type(found) ~= "table" or not MISTAKE[found.code] then error(found, 0) end
  error({ code = "usage", message = found.message .. of_objectives(expr) }, 0)
end

--- Why a mere selector finds nothing at any time: no series has its name; nil where it is not that.
---@param reader any
---@param expr string
---@return string|nil
function M.unnamed(reader, expr)
  local name = expr:match "^%s*([%a_:][%w_:]*)%s*%f[\0{%[]"
  return name and M.unstored(reader, name)
end

--- That no series has a name, and which near ones there are; nil where one has.
---@param reader any
---@param name string
---@return string|nil
function M.unstored(reader, name)
  local rows, stored = assert(reader:record("series_names", {})), {}
  for _, row in ipairs(rows) do stored[row.name] = true end
  if stored[name] then return nil end
  local full = query.names()[name]
  return ("no series is named %q%s"):format(name, full and ("; it is a short name of objectives, which read %s"):format(full) or suggest.hint(name, stored))
end

local LOOKBACK_S = 300 -- Prometheus's: a value that is older than this is none
local SPANS = { { 86400, "d" }, { 3600, "h" }, { 60, "m" } }

--- A duration as PromQL writes it, "1d"; to milliseconds.
local function span(seconds)
  for _, one in ipairs(SPANS) do
    if seconds % one[1] == 0 then return ("%d%s"):format(seconds // one[1], one[2]) end
  end
  return ("%dms"):format(math.floor(seconds * 1000 + 0.5))
end

--- What to ask instead of a plain series at steps between which its values are too old for the next: nil of other expressions and of short steps.
local function wide_step(expr, step)
  local series = (expr .. " "):match "^%s*([%a_:][%w_:]*%s*%b{})%s*$" or expr:match "^%s*([%a_:][%w_:]*)%s*$"
  if not series or (step or 0) <= LOOKBACK_S then return nil end
  return ("a step takes a value that is at most 5 minutes old; last_over_time(%s[%s]) takes the last one since the step before"):format(series, span(step))
end

--- The words of an expression as JSON; names of series are among them.
---@param expr string
---@return string
function M.words_of(expr)
  local list = json.array {}
  for word in expr:gmatch "[%a_:][%w_:]*" do list[#list + 1] = word end
  return json.encode(list)
end

--- Where all values of what an expression names are from before a run, as imported ones are: what its own time does not show.
local function before_run(reader, expr, began_ns)
  local row = began_ns and assert(reader:record("series_newest", { names = M.words_of(expr) }))[1]
  if not row or not row.ns or row.ns >= began_ns then return nil end
  return ("the newest value of %s is of %s, before the run began: give from, in seconds since 1970, and to"):format(row.name, clock.iso(row.ns))
end

--- That an expression has no values, and why where that is plain.
---@param reader any
---@param expr string
---@param step number|nil seconds, where it was asked for at steps
---@param began_ns integer|nil where it was asked from the begin of a run on, which nobody named: that moment
---@return string
function M.nothing(reader, expr, step, began_ns)
  local why = M.unnamed(reader, expr) or before_run(reader, expr, began_ns) or wide_step(expr, step)
  return ("there are no values of %s%s"):format(expr, why and ": " .. why or "")
end

local UNITS = { _seconds = "duration", _bytes = "size", _ratio = "ratio" }

--- The unit of values, by the name that they still have.
---@param labels table<string, string>
---@return string
function M.unit(labels)
  return UNITS[(labels.__name__ or ""):match("_%a+$") or ""] or "number"
end

--- name{label="value", ...}, the labels in order of their names.
---@param labels table<string, string>
---@return string
function M.series_text(labels)
  local names, parts = {}, {}
  for name in pairs(labels) do
    if name ~= "__name__" then names[#names + 1] = name end
  end
  table.sort(names)
  for i, name in ipairs(names) do parts[i] = ('%s="%s"'):format(name, (labels[name]:gsub('[\\"]', "\\%0"):gsub("\n", "\\n"))) end
  return (labels.__name__ or "") .. (#parts > 0 and "{" .. table.concat(parts, ", ") .. "}" or labels.__name__ and "" or "{}")
end

--- A value as Prometheus writes it: the shortest text that reads back as it.
---@param v number
---@return string
function M.value_text(v)
  if v ~= v then return "NaN" end
  if v == math.huge or v == -math.huge then return v > 0 and "+Inf" or "-Inf" end
  if v == math.floor(v) and math.abs(v) < 1e15 then return ("%.0f"):format(v) end
  for digits = 15, 17 do
    local text = ("%%.%dg"):format(digits):format(v)
    if tonumber(text) == v then return text end
  end
end

local function pair(time, value) return json.array { time, value } end

--- { resultType, result } of Prometheus's HTTP API.
---@param found table of M.ask
---@param at number the moment that was asked about, seconds since 1970
---@return table
function M.answer(found, at)
  local result = json.array {}
  if found.type == "string" then return { resultType = found.type, result = pair(at, found.string) } end
  for i, series in ipairs(found.series) do
    local values = json.array {}
    for k, time in ipairs(series.times) do values[k] = pair(time, M.value_text(series.values[k])) end
    if found.type == "scalar" then return { resultType = found.type, result = values[1] } end
    result[i] = { metric = series.labels, [found.type == "matrix" and "values" or "value"] = found.type == "matrix" and values or values[1] }
  end
  return { resultType = found.type, result = result }
end

return M
