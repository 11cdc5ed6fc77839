--- The machines in figures: of one all that was sampled; of several a row each, how much of what it used, the busiest first.
local machine = require "perilune.report.machine"
local svg = require "perilune.report.chart.svg"
local table_of = require "perilune.report.html_table"

local M = {}

local escape = svg.escape

--- Columns of the comparison: title, names of the figures that it is of.
local COLUMNS = {
  { "CPU", "^cpu$" }, { "load1", "^load1$" }, { "memory", "^memory$" }, { "busiest disk", "^disk busy " },
  { "network", "^network received$", "^network sent$" }, { "pressure", "^pressure " },
}

local function figures_of(figures, title)
  local rows = {}
  for i, f in ipairs(figures) do
    rows[i] = { escape(f.name), escape(machine.shown(f.unit, f.min)), escape(machine.shown(f.unit, f.mean)), escape(machine.shown(f.unit, f.max)) }
  end
  return table_of({ title, "min", "mean", "max" }, rows)
end

--- The figure with the highest mean whose name matches one of a column's patterns.
local function highest(figures, column)
  local found
  for i = 2, #column do
    for _, f in ipairs(figures) do
      if f.name:find(column[i]) and (not found or f.mean > found.mean) then found = f end
    end
  end
  return found
end

--- "85 % (97 %)": mean and most.
local function cell(f)
  return f and ("%s <small>(%s)</small>"):format(escape(machine.shown(f.unit, f.mean)), escape(machine.shown(f.unit, f.max))) or ""
end

local function compared(machines)
  local head, rows = { "machine", "busiest" }, {}
  for c, column in ipairs(COLUMNS) do head[c + 2] = column[1] end
  for i, m in ipairs(machines) do
    rows[i] = { escape(m.name), escape(m.busiest or "") }
    for c, column in ipairs(COLUMNS) do rows[i][c + 2] = cell(highest(m.figures, column)) end
  end
  return table_of(head, rows, { [2] = true })
end

--- The section.
---@param model table { machines, processes }
---@return string|nil html
function M.draw(model)
  local machines, processes = model.machines, model.processes.figures
  if #machines < 2 then
    local all = table.move(processes, 1, #processes, #(machines[1] or { figures = {} }).figures + 1, { table.unpack((machines[1] or { figures = {} }).figures) })
    return figures_of(all, "machine")
  end
  local out = { compared(machines), '<p class="meta">The mean, and the most in brackets; of traffic and pressure the highest. The busiest machine is first: its CPU, a disk or a pressure has the highest mean of all.</p>' }
  if machines.more > 0 then out[#out + 1] = ('<p class="meta">%d more machines were not read; <code>perilune query</code> has them.</p>'):format(machines.more) end
  for _, m in ipairs(machines) do out[#out + 1] = ("<details><summary>%s</summary>%s</details>"):format(escape(m.name), figures_of(m.figures, "figure")) end
  out[#out + 1] = figures_of(processes, "process")
  return table.concat(out)
end

return M
