--- run:query: values of an expression over the measured part of a run, or over any stretch of its time, whole or in steps; or of PromQL
--- at a moment or at steps. What PromQL can read is PromQL, but for the short names of objectives.
local clock = require "perilune.core.clock"
local copy = require "perilune.copy"
local database = require "perilune.database"
local judge = require "perilune.judge"
local moment = require "perilune.moment"
local promql = require "perilune.promql"
local query = require "perilune.core.query"
local schema = require "perilune.schema"
local task = require "perilune.task"
local words = require "perilune.words"
local writer = require "perilune.core.writer"

local M = {}

local STEPS_IN_A_ROW = 16 -- steps that are asked before others may go on: each reads its stretch of the timeline
local STEPS_MAX = 10000

local function invalid(why) error({ code = "invalid", message = "query: " .. why }, 0) end

--- A point in time in wall milliseconds.
local function point(value, row, what)
  return moment.in_run(value, row.started_ns, "query: " .. what) / 1e6
end

--- The labels that tell the values of an expression apart, in the order in which a scope names them.
local function labels_of(use)
  local list, named = {}, false
  for _, m in ipairs(use.matchers) do named = named or m.label == "scenario" end
  if use.of_load and not named then list[1] = "scenario" end
  for _, label in ipairs(use.by) do
    if not (label == "scenario" and list[1] == label) then list[#list + 1] = label end
  end
  return list
end

--- The labels of a scope such as "scenario=browse,name=a,b": a value ends where the next label begins.
local function read_scope(scope, names)
  local labels, at = {}, 1
  for i, name in ipairs(names) do
    local from = at + #name + 1
    local stop = names[i + 1] and scope:find("," .. names[i + 1] .. "=", from, true) or #scope + 1
    labels[name], at = scope:sub(from, stop - 1), stop + 1
  end
  return labels
end

local function append(out, found, err, names, time)
  if not found then error(err, 0) end
  for _, v in ipairs(found) do out[#out + 1] = { labels = read_scope(v.scope, names), time = time, value = v.value, unit = v.unit, samples = v.samples } end
end

--- When the run was first measured, in seconds since 1970.
local function measured_from(run, reader, row)
  local first = math.huge
  for _, part in ipairs(database.records(reader, "parts_of", { run = row.id })) do first = math.min(first, part.from_ms) end
  for _, part in pairs(row.id == run.row and run.open_parts or {}) do first = math.min(first, part.from_ms) end
  return first < math.huge and first / 1000 or row.started_ns / 1e9
end

--- Whether series that belong to no run, as fetched ones do, have values of an expression anywhere in a stretch. A mistake, or too much at once: they may.
local function is_ambient(reader, expr, from_ms, to_ms)
  local found = query.scopes(reader, 0, expr, from_ms, to_ms)
  return not found or #found > 0
end

--- What asks for values over a part of a stretch: the run's own, and where it has none those of no run, which are asked only where the stretch has any: of many
--- short steps most have no value of the run's.
local function asker(reader, row, expr, from_ms, to_ms)
  local ambient
  return function(begin, stop)
    local found, err = query.scopes(reader, row.id, expr, begin, stop)
    if not found or #found > 0 then return found, err end
    if ambient == nil and (begin > from_ms or stop < to_ms) then ambient = is_ambient(reader, expr, from_ms, to_ms) end
    if ambient == false then return found end
    return query.scopes(reader, 0, expr, begin, stop)
  end
end

local function over_range(reader, row, expr, o, names)
  local from = math.floor(o.from and point(o.from, row, "from") or row.started_ns / 1e6)
  local to = math.ceil(o.to and point(o.to, row, "to") or (row.ended_ns or clock.wall()) / 1e6)
  if from >= to then invalid "from is not before to" end
  local step, out = o.step and o.step * 1000 or to - from, {}
  if (to - from) / step > STEPS_MAX then invalid(("more than %d steps; give a longer step"):format(STEPS_MAX)) end
  local ask = asker(reader, row, expr, from, to)
  for i = 0, math.ceil((to - from) / step - 1e-9) - 1 do
    local begin, stop = math.floor(from + i * step), math.floor(math.min(from + (i + 1) * step, to))
    local found, err = ask(begin, stop)
    append(out, found, err, names, begin / 1000)
    if i % STEPS_IN_A_ROW == STEPS_IN_A_ROW - 1 then task.yield() end
  end
  return out
end

--- What of an answer of PromQL's a playbook gets: a row a value.
local function rows_of(found)
  local out = {}
  for _, series in ipairs(found.series) do
    for i, time in ipairs(series.times) do
      out[#out + 1] = { labels = copy.shallow(series.labels), time = time, value = series.values[i], unit = promql.unit(series.labels) }
    end
  end
  return out
end

local function ask_promql(reader, row, expr, o)
  local o_end = (row.ended_ns or clock.wall()) / 1e6
  if not (o.from or o.to or o.step) then return rows_of(promql.ask(reader, expr, { run = row.id, at = o.at and point(o.at, row, "at") or o_end })) end
  if o.at then invalid "at stands without from, to and step" end
  if not o.step then invalid "PromQL takes from and to with step, or at" end
  local from, to = o.from and point(o.from, row, "from") or row.started_ns / 1e6, o.to and point(o.to, row, "to") or o_end
  if from > to then invalid "from is not before to" end
  return rows_of(promql.ask(reader, expr, { run = row.id, from = from, to = to, step = o.step * 1000 }))
end

--- Values over the measured part of a run; of series that belong to no run over all its time.
local function over_measured(run, reader, row, expr, names)
  local out, found, err = {}, query.scopes(reader, row.id, expr, row.id == run.row and run.open_parts or {})
  if found and #found == 0 then found, err = query.scopes(reader, 0, expr, math.floor(row.started_ns / 1e6), math.ceil((row.ended_ns or clock.wall()) / 1e6)) end
  append(out, found, err, names, measured_from(run, reader, row))
  return out
end

--- Notes of an expression without values why, once.
local function tell_nothing(run, expr, why)
  if not why or run.unanswered[expr] then return end
  run.unanswered[expr] = true
  run:note(("query %q: %s"):format(expr, why))
end

--- Another run, with the time of what it has.
local function other_run(reader, word, mine)
  local row = database.run(reader, word, mine)
  local from_ns, to_ns = database.range(row)
  return { id = row.id, started_ns = from_ns, ended_ns = to_ns }
end

--- When another run began, in ns since 1970.
---@param run perilune.Run
---@param word string last, NAME@last, an id
---@return integer
function M.began(run, word) return other_run(run:reader(), word, run.row).started_ns end

--- The rows of an expression, and where there are none why, which is told to nobody.
---@param run perilune.Run
---@param expr string
---@param options table|nil as M.run
---@return table[] rows, string|nil why
function M.ask(run, expr, options)
  local o = schema.check(words.options.query, options, "query")
  if o.step and o.step <= 0 then invalid "step is more than 0" end
  assert(writer.sync())
  local reader = run:reader()
  local row = o.run and other_run(reader, o.run, run.row) or { id = run.row, started_ns = run.started_ns, ended_ns = run.ended_ns }
  local is_promql, mistake = promql.claims(expr)
  if mistake then error(mistake, 0) end
  if is_promql then
    local rows = ask_promql(reader, row, expr, o)
    return rows, #rows == 0 and promql.unnamed(reader, expr) or nil
  end
  if o.at then invalid "at belongs to PromQL; write from and to" end
  local names = labels_of(judge.check_stored(run, expr, row.id).uses[1])
  local rows = (o.from or o.to or o.step) and over_range(reader, row, expr, o, names) or over_measured(run, reader, row, expr, names)
  return rows, #rows == 0 and "nothing was stored of it in that time" or nil
end

--- run:query(expr, options). Without from, to and step a value is over the measured part of the run.
---
---     for _, v in ipairs(run:query("p99(latency) by (name)", { step = "10s" })) do print(v.time, v.labels.name, v.value) end
---@param run perilune.Run
---@param expr string without a comparison, such as "p99(latency)", or PromQL, such as "sum by (job) (rate(http_requests_total[1m]))"
---@param options table|nil { at (PromQL), from, to: seconds since 1970, or a text such as "30s" after the run's begin; step = "10s"; run = RUN }
---@return table[] { labels, time: seconds since 1970 at which the stretch begins, value, unit, samples }; a stretch without data has none
function M.run(run, expr, options)
  local rows, why = M.ask(run, expr, options)
  tell_nothing(run, expr, why)
  return rows
end

return M
