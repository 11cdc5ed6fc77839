--- The latency heat map: how often which latency was seen, second by second; logarithmic both in latency and in shade.
local frame = require "perilune.report.chart.frame"
local svg = require "perilune.report.chart.svg"
local units = require "perilune.core.units"

local M = {}

local ROWS_A_DECADE = 12
local LEVELS = 8

--- Counts by column and row; a row is a twelfth of a decade.
local function cells_of(grid, hists)
  local cells, low, high, most = {}, math.huge, -math.huge, 0
  for c = 1, grid.columns do
    local h = hists[c]
    if h and h:count() > 0 then
      cells[c] = {}
      local lows, highs, counts = h:cells()
      for i = 1, #counts do
        local middle = math.max(1e-9, (lows[i] + highs[i]) / 2)
        local r = math.floor(math.log(middle, 10) * ROWS_A_DECADE)
        cells[c][r] = (cells[c][r] or 0) + counts[i]
        low, high, most = math.min(low, r), math.max(high, r), math.max(most, cells[c][r])
      end
    end
  end
  return cells, low, high, most
end

--- Rectangles by shade: of the cells of a row of time, one path for each level.
local function paths_of(o, cells, most, x, y)
  local paths = {}
  local height = math.abs(y(0) - y(1))
  for c, rows in pairs(cells) do
    local left = x((c - 1) * o.grid.step)
    local width = x(c * o.grid.step) - left
    for r, count in pairs(rows) do
      local level = most > 1 and 1 + math.floor((LEVELS - 1) * math.log(count) / math.log(most) + 0.5) or LEVELS
      paths[level] = paths[level] or {}
      table.insert(paths[level], ("M%s %sh%sv%sh-%sz"):format(svg.n(left), svg.n(y(r + 1)), svg.n(width), svg.n(height), svg.n(width)))
    end
  end
  return paths
end

local function draw_cells(out, paths)
  for level = 1, LEVELS do
    if paths[level] then
      table.sort(paths[level])
      out[#out + 1] = ('<path d="%s" class="heat" fill-opacity="%.2f"/>'):format(table.concat(paths[level]), 0.12 + 0.88 * (level - 1) / (LEVELS - 1))
    end
  end
end

--- Ticks of latency that fall between the lowest and the highest row: 1, 2 and 5 of each decade where that is few, else 1.
local function ticks_of(low, high)
  local ticks, few = {}, high - low < 2 * ROWS_A_DECADE
  for e = low // ROWS_A_DECADE, high // ROWS_A_DECADE + 1 do
    for _, m in ipairs(few and { 1, 2, 5 } or { 1 }) do
      local row = (e + math.log(m, 10)) * ROWS_A_DECADE
      if row >= low - 1e-9 and row <= high + 1 + 1e-9 then ticks[#ticks + 1] = m * 10.0 ^ e end
    end
  end
  return ticks
end

--- The latency at which a row begins.
local function duration_of(row) return units.format("duration", 10.0 ^ (row / ROWS_A_DECADE)) end

--- Draws the map.
---@param o table { title, note, grid, events, hists = { [column] = hist } }
---@return string html; empty when there is no value
function M.draw(o)
  local cells, low, high, most = cells_of(o.grid, o.hists)
  if most == 0 then return "" end
  local out, x = {}, frame.time_scale(o.grid)
  local y = svg.scale(low, high + 1, svg.HEIGHT - svg.BOTTOM, svg.TOP)
  draw_cells(out, paths_of(o, cells, most, x, y))
  svg.y_axis(out, ticks_of(low, high), function(v) return y(math.log(v, 10) * ROWS_A_DECADE) end, "duration")
  svg.time_axis(out, o.grid.columns * o.grid.step, x)
  svg.events(out, o.events, x)
  local spoken = ("requests from %s to %s"):format(duration_of(low), duration_of(high + 1))
  return frame.figure({ title = o.title, note = o.note, spoken = spoken }, out)
end

return M
