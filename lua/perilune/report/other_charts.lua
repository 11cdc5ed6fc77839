--- Small charts of the metrics that were scraped, received or recorded, those that moved most first.
local lines = require "perilune.lines"
local svg = require "perilune.report.chart.svg"
local time_series = require "perilune.report.chart.time_series"

local M = {}

local CLASSES = { "c1", "c2", "c3", "c4" }

--- Events are marked in the larger charts; here the measured part alone.
local function measured(events)
  local out = {}
  for _, e in ipairs(events) do
    if e.kind == "measured" then out[#out + 1] = e end
  end
  return out
end

local function chart(model, m, events)
  local notes, series = { m.note }, {}
  if m.of > #m.series then notes[#notes + 1] = ("%d of %s series"):format(#m.series, lines.count(m.of)) end
  for i, s in ipairs(m.series) do series[i] = { name = s.name, class = CLASSES[i], values = s.values } end
  return time_series.draw { title = m.name, note = #notes > 0 and table.concat(notes, "; ") or nil, unit = m.unit, grid = model.grid, events = events, series = series }
end

--- How many there are, and where the others are.
local function told(model)
  local metrics = model.metrics
  local shown = metrics.moved == 0 and "none changed in the run's time" or #metrics < metrics.moved and ("the %d that moved most, with the load or by themselves"):format(#metrics) or "those that changed"
  return ('<p>Of %s that %s scraped, received or recorded: %s. Counters are rates. <code>perilune query NAME --run %s</code> has every one.</p>'):format(svg.escape(lines.counted(metrics.names, "metric")),
    metrics.names == 1 and "was" or "were", shown, svg.escape(model.row.ulid))
end

--- The section.
---@param model table { metrics, grid, events, row }
---@return string|nil html
function M.draw(model)
  if model.metrics.names == 0 then return nil end
  local out, events = {}, measured(model.events)
  for i, m in ipairs(model.metrics) do out[i] = chart(model, m, events) end
  return ('%s<div class="charts small">%s</div>'):format(told(model), table.concat(out))
end

return M
