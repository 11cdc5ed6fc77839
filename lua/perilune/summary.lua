--- The final summary: what ended the run, objectives, each load, comparisons, notes, the verdict, paths.
local effect = require "perilune.effect"
local later = require "perilune.later"
local block = later "perilune.block"
local lines = require "perilune.lines"
local sides = later "perilune.sides"
local sla = require "perilune.sla"
local steps = require "perilune.steps"

local M = { seconds = lines.seconds, count = lines.count, columns = lines.columns }

local COLOR = { pass = "\27[32m", fail = "\27[31m", inconclusive = "\27[33m", error = "\27[31m", cancelled = "\27[33m", bold = "\27[1m", dim = "\27[2m" }

local function painter(color)
  return function(name, text)
    if not color or not COLOR[name] then return text end
    return COLOR[name] .. text .. "\27[0m"
  end
end

local function append(out, list)
  table.move(list, 1, #list, #out + 1, out)
end

--- A line without colour.
---@param text string
---@return string
function M.plain(text)
  return (tostring(text):gsub("\27%[[%d;]*m", ""))
end

--- A trace that is the message's own place once more says nothing.
local function has_news(trace, message)
  for line in trace:gmatch("[^\n]+") do
    local place = line:match("([^%s:]+:%d+):")
    if place and not message:find(place, 1, true) then return true end
  end
  return false
end

local function error_lines(err, paint)
  local message = tostring(err.message)
  local out = { paint("error", message) }
  if err.trace and has_news(err.trace, message) then out[2] = err.trace end
  return out
end

--- What ended the run, or broke it, before everything else.
local function reason_lines(run, paint)
  if run.error then return error_lines(run.error, paint) end
  local out = {}
  for _, l in ipairs(run.loads) do
    local e = l.script_broke and l.script_errors[1]
    if e then out[#out + 1] = paint("error", ("Iterations of %s fail in the script: %s"):format(e.scenario, e.text)) end
  end
  return out
end

--- The verdicts; after an error those without data say nothing.
local function objective_lines(run, paint)
  local out, broken, width = {}, run.exit.reason == "script_error" or run.error, sla.width(run.verdicts)
  for _, o in ipairs(run.verdicts) do
    if not (broken and o.samples == 0) then out[#out + 1] = paint(o.verdict, sla.line(o, width)) end
  end
  return out
end

local COMPARISON_COLUMNS = 80 -- of a comparison that no terminal shows

--- Comparisons, folded also where nothing else is.
local function comparison_lines(run, paint, columns)
  local out, groups, of = {}, {}, {}
  for _, c in ipairs(run.comparisons) do
    local against = tostring(c.against)
    if not of[against] then
      of[against] = {}
      groups[#groups + 1] = against
    end
    table.insert(of[against], c)
  end
  for _, against in ipairs(groups) do
    local pair = run.sides and run.sides[against]
    if pair then append(out, { "" }) append(out, sides.lines(pair)) end
    append(out, { "", pair and ("%s compared with %s:"):format(pair[2].name, against) or ("Compared with %s:"):format(against) })
    effect.each_line(of[against], function(c, line)
      if not columns then line = lines.wrap(line, COMPARISON_COLUMNS, "    ") end
      for part in line:gmatch "[^\n]+" do out[#out + 1] = paint(c.noise_known and c.verdict or "dim", part) end
    end)
  end
  return out
end

--- "load: error (exit 124): the deadline passed".
local function verdict_line(run, paint)
  return paint(run.verdict, ("%s: %s (exit %d)"):format(run.name, run.verdict, run.exit.code)) .. (run.because and ": " .. run.because or "")
end

local function last_lines(run, paint)
  local out = { "", verdict_line(run, paint) .. ("   run %s"):format(run.id) }
  for _, format in ipairs { "html", "junit", "markdown", "json" } do
    if run.paths and run.paths[format] then out[#out + 1] = ("%-8s %s"):format(format, run.paths[format]) end
  end
  if run.options.db_shown then out[#out + 1] = ("%-8s %s"):format("db", run.options.db_shown) end
  return out
end

--- What was found, and by which steps unless they were told.
local function search_lines(found, paint, told)
  local out = { "", paint("bold", steps.found(found)) }
  for _, step in ipairs(told and {} or found.steps) do out[#out + 1] = steps.line(step) end
  return out
end

local function note_lines(run)
  local out = #run.notes > 0 and { "" } or {}
  for _, note in ipairs(run.notes) do out[#out + 1] = "note: " .. note end
  return out
end

--- Lines as text, wrapped.
local function ended(out, options)
  for i, line in ipairs(out) do out[i] = lines.wrap(line, options.columns, "    ") .. "\n" end
  return table.concat(out)
end

--- What ended the run, or broke it; "" where nothing did.
---@param run perilune.Run
---@param options table as M.text's
---@return string
function M.reason(run, options)
  local paint = painter(options.color)
  local out = reason_lines(run, paint)
  if #out == 0 and (run.verdict == "error" or run.verdict == "cancelled") then out[1] = verdict_line(run, paint) end
  return ended(out, options)
end

--- The whole summary.
---@param run perilune.Run
---@param options table { color, columns = nil: lines are not wrapped, told = notes and steps of searches stand above already }
---@return string
function M.text(run, options)
  local paint, out = painter(options.color), {}
  append(out, reason_lines(run, paint))
  append(out, objective_lines(run, paint))
  for _, l in ipairs(run.loads) do
    local of_load = run.options.once and block.walk(l) or block.lines(run, l)
    of_load[1] = paint("bold", of_load[1])
    append(out, { "" })
    append(out, of_load)
  end
  for _, found in ipairs(run.searches or {}) do append(out, search_lines(found, paint, options.told)) end
  append(out, comparison_lines(run, paint, options.columns))
  if not options.told then append(out, note_lines(run)) end
  append(out, last_lines(run, paint))
  return ended(out, options)
end

return M
