--- Areas on top of each other over time: parts of a whole.
local frame = require "perilune.report.chart.frame"
local svg = require "perilune.report.chart.svg"

local M = {}

local function highest_sum(series, columns)
  local top = 0
  for c = 1, columns do
    local sum = 0
    for _, s in ipairs(series) do sum = sum + (s.values[c] or 0) end
    top = math.max(top, sum)
  end
  return top
end

--- The outline of one area on what lies below it, which grows by its values.
local function outline(grid, values, below, x, y)
  local up, down = {}, {}
  for c = 1, grid.columns do
    local base, left, right = below[c] or 0, x((c - 1) * grid.step), x(c * grid.step)
    local sum = base + (values[c] or 0)
    up[#up + 1] = ("L%s %sH%s"):format(svg.n(left), svg.n(y(sum)), svg.n(right))
    table.insert(down, 1, ("L%s %sH%s"):format(svg.n(right), svg.n(y(base)), svg.n(left)))
    below[c] = sum
  end
  return (table.concat(up) .. table.concat(down)):sub(2)
end

--- Draws the areas, the first one lowest.
---@param o table { title, note, unit, grid, events, top, series = {{ name, class, values }} }
---@return string html; empty when there is no value
function M.draw(o)
  if not frame.any(o.series) then return "" end
  local out, below = {}, {}
  local ticks = svg.linear_ticks(math.max(o.top or 0, highest_sum(o.series, o.grid.columns)), o.unit)
  local x, y = frame.time_scale(o.grid), svg.scale(ticks[1], ticks[#ticks], svg.HEIGHT - svg.BOTTOM, svg.TOP)
  frame.axes(out, o, ticks, x, y)
  for _, s in ipairs(o.series) do
    out[#out + 1] = ('<path d="M%s" class="area %s"/>'):format(outline(o.grid, s.values, below, x, y), s.class)
  end
  return frame.figure(o, out)
end

return M
