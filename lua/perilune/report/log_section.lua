--- The section on logs: how many of each severity over time, and the messages, the most severe first.
local facts = require "perilune.report.facts"
local lines = require "perilune.lines"
local stacked_areas = require "perilune.report.chart.stacked_areas"
local svg = require "perilune.report.chart.svg"
local table_of = require "perilune.report.html_table"
local units = require "perilune.core.units"

local M = {}

local escape, number = svg.escape, facts.number

local CLASSES = { fatal = "c7", error = "c5", warn = "c2", info = "c1", debug = "c4", trace = "c3" }
-- Severities that are marked as verdicts are.
local MARKS = { fatal = "fail", error = "fail", warn = "inconclusive" }

local function severity(name)
  return MARKS[name] and ('<span class="%s">%s</span>'):format(MARKS[name], escape(name)) or escape(name)
end

--- Elapsed time of the run, or how long before its begin.
local function at(grid, ns)
  local seconds = (ns / 1e6 - grid.from) / 1000
  return seconds < 0 and units.format("duration", -seconds) .. " before" or svg.elapsed(seconds)
end

local function chart(model)
  local series = {}
  for i, s in ipairs(model.logs.severities) do series[i] = { name = s.name, class = CLASSES[s.name] or "c6", values = s.values } end
  return stacked_areas.draw { title = "Logs by severity", note = "per second", unit = "rate", grid = model.grid, events = model.events, series = series }
end

local function by_severity(model)
  local rows = {}
  for i, s in ipairs(model.logs.severities) do
    rows[i] = { severity(s.name), number(s.count), s.traced > 0 and number(s.traced) or "", at(model.grid, s.first_ns), at(model.grid, s.last_ns) }
  end
  return table_of({ "severity", "logs", "of a trace", "first", "last" }, rows)
end

--- The first message, and the last one where it reads differently.
local function example(m)
  return m.first == m.last and escape(m.first) or ("%s<br><small>last: %s</small>"):format(escape(m.first), escape(m.last))
end

local function messages(model)
  local rows = {}
  for i, m in ipairs(model.logs.messages) do
    rows[i] = { example(m), severity(m.severity), escape(m.service), number(m.count), at(model.grid, m.first_ns), at(model.grid, m.last_ns) }
  end
  return table_of({ "message", "severity", "service", "times", "first", "last" }, rows, { [2] = true, [3] = true })
end

--- What is not in the table.
local function rest(logs)
  local out = {}
  if logs.read < logs.total then out[1] = ("Messages are of the %s most severe logs."):format(number(logs.read)) end
  if logs.more > 0 then out[#out + 1] = ("%s not shown."):format(lines.counted(logs.more, "more message")) end
  out[#out + 1] = "Messages that differ in numbers alone are one."
  return ("<p class=\"meta\">%s <code>perilune sql \"SELECT * FROM events WHERE kind = 'log'\"</code> has all.</p>"):format(escape(table.concat(out, " ")))
end

--- The section; nil where no log came.
---@param model table { logs, grid, events }
---@return string|nil html
function M.draw(model)
  if model.logs.total == 0 then return nil end
  return ('<div class="charts">%s%s</div>%s%s'):format(chart(model), by_severity(model), messages(model), rest(model.logs))
end

return M
