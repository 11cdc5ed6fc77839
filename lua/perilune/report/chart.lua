--- Charts over time: lines, stacked areas, the latency heat map, and the distribution on an axis of nines.
local svg = require "perilune.report.svg"
local units = require "perilune.core.units"

local M = {}

local function highest(series, stacked, columns)
  local top = 0
  for c = 1, columns do
    local sum = 0
    for _, s in ipairs(series) do
      local v = s.values[c] or 0
      sum = stacked and sum + v or math.max(sum, v)
    end
    top = math.max(top, sum)
  end
  return top
end

local function lowest_positive(series, columns)
  local low
  for c = 1, columns do
    for _, s in ipairs(series) do
      local v = s.values[c]
      if v and v > 0 and (not low or v < low) then low = v end
    end
  end
  return low
end

--- A line with gaps where a column has no value; a lonely value is a short dash.
local function line_path(grid, values, x, y)
  local parts, pen = {}, false
  for c = 1, grid.columns do
    local v = values[c]
    if v then
      local at = x((c - 0.5) * grid.step)
      parts[#parts + 1] = ("%s%s %s"):format(pen and "L" or "M", svg.n(at), svg.n(y(v)))
      if not pen and not values[c + 1] then parts[#parts + 1] = "h2" end
    end
    pen = v ~= nil
  end
  return table.concat(parts)
end

local function legend(series)
  local parts = {}
  for _, s in ipairs(series) do parts[#parts + 1] = ('<span class="key %s">%s</span>'):format(s.class, svg.escape(s.name)) end
  return ('<p class="legend">%s</p>'):format(table.concat(parts))
end

local function figure(title, note, series, drawing)
  return ('<figure><figcaption>%s%s</figcaption>%s%s</figure>'):format(svg.escape(title), note and (" <small>%s</small>"):format(svg.escape(note)) or "",
    drawing, series and legend(series) or "")
end

local function time_scale(grid)
  return svg.scale(0, grid.columns * grid.step, svg.LEFT, svg.WIDTH - svg.RIGHT)
end

--- Limits of objectives as dashed lines, where they fall into the chart.
local function draw_limits(out, limits, y, top)
  for _, limit in ipairs(limits or {}) do
    if limit.value <= top then
      out[#out + 1] = svg.line(svg.LEFT, y(limit.value), svg.WIDTH - svg.RIGHT, y(limit.value), "limit")
      out[#out + 1] = svg.text(svg.WIDTH - svg.RIGHT - 4, y(limit.value) - 4, "limit-text", limit.name, "end")
    end
  end
end

--- Whether there is anything to draw.
local function any(series)
  for _, s in ipairs(series) do
    if next(s.values) then return true end
  end
  return false
end

--- Lines over time.
---@param o table { title, note, unit, grid, events, log, top, limits, series = {{ name, class, values }} }
---@return string html; empty when there is no value
function M.lines(o)
  if not any(o.series) then return "" end
  local grid, out = o.grid, {}
  local top = math.max(o.top or 0, highest(o.series, false, grid.columns))
  for _, limit in ipairs(o.limits or {}) do
    if limit.value <= top * 3 then top = math.max(top, limit.value) end
  end
  local low = o.log and lowest_positive(o.series, grid.columns)
  local ticks = low and svg.log_ticks(low, math.max(top, low * 1.01)) or svg.linear_ticks(top)
  local y = svg.scale(ticks[1], ticks[#ticks], svg.HEIGHT - svg.BOTTOM, svg.TOP, low ~= nil and low ~= false)
  local x = time_scale(grid)
  svg.events(out, o.events, x)
  svg.y_axis(out, ticks, y, o.unit)
  svg.time_axis(out, grid.columns * grid.step, x)
  draw_limits(out, o.limits, y, ticks[#ticks])
  for _, s in ipairs(o.series) do
    local values = s.values
    if low then
      values = {}
      for c, v in pairs(s.values) do values[c] = v > 0 and v or nil end
    end
    out[#out + 1] = ('<path d="%s" class="line %s"/>'):format(line_path(grid, values, x, y), s.class)
  end
  return figure(o.title, o.note, o.series, svg.drawing(o.title, out))
end

--- Stacked areas over time.
---@param o table as M.lines
---@return string
function M.areas(o)
  if not any(o.series) then return "" end
  local grid, out = o.grid, {}
  local ticks = svg.linear_ticks(math.max(o.top or 0, highest(o.series, true, grid.columns)))
  local y, x = svg.scale(ticks[1], ticks[#ticks], svg.HEIGHT - svg.BOTTOM, svg.TOP), time_scale(grid)
  svg.events(out, o.events, x)
  svg.y_axis(out, ticks, y, o.unit)
  svg.time_axis(out, grid.columns * grid.step, x)
  local below = {}
  for _, s in ipairs(o.series) do
    local up, down = {}, {}
    for c = 1, grid.columns do
      local base, left, right = below[c] or 0, x((c - 1) * grid.step), x(c * grid.step)
      local sum = base + (s.values[c] or 0)
      up[#up + 1] = ("L%s %sH%s"):format(svg.n(left), svg.n(y(sum)), svg.n(right))
      down[#down + 1] = ("L%s %sH%s"):format(svg.n(right), svg.n(y(base)), svg.n(left))
      below[c] = sum
    end
    local back = {}
    for i = #down, 1, -1 do back[#back + 1] = down[i] end
    out[#out + 1] = ('<path d="M%s" class="area %s"/>'):format((table.concat(up) .. table.concat(back)):sub(2), s.class)
  end
  return figure(o.title, o.note, o.series, svg.drawing(o.title, out))
end

-- ---- Heat map -------------------------------------------------------------------------------------

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

--- How often which latency was seen, second by second: logarithmic both in latency and in shade.
---@param o table { title, note, grid, events, hists }
---@return string
function M.heat_map(o)
  local cells, low, high, most = cells_of(o.grid, o.hists)
  if most == 0 then return "" end
  local out, paths, x = {}, {}, time_scale(o.grid)
  local y = svg.scale(low, high + 1, svg.HEIGHT - svg.BOTTOM, svg.TOP)
  local height = math.abs(y(low) - y(low + 1))
  for c, rows in pairs(cells) do
    local left = x((c - 1) * o.grid.step)
    local width = x(c * o.grid.step) - left
    for r, count in pairs(rows) do
      local level = most > 1 and 1 + math.floor((LEVELS - 1) * math.log(count) / math.log(most) + 0.5) or LEVELS
      paths[level] = paths[level] or {}
      table.insert(paths[level], ("M%s %sh%sv%sh-%sz"):format(svg.n(left), svg.n(y(r + 1)), svg.n(width), svg.n(height), svg.n(width)))
    end
  end
  local ticks = svg.log_ticks(10 ^ (low / ROWS_A_DECADE), 10 ^ ((high + 1) / ROWS_A_DECADE))
  for level = 1, LEVELS do
    if paths[level] then
      table.sort(paths[level])
      out[#out + 1] = ('<path d="%s" class="heat" fill-opacity="%.2f"/>'):format(table.concat(paths[level]), 0.12 + 0.88 * (level - 1) / (LEVELS - 1))
    end
  end
  local function at(v) return y(math.log(v, 10) * ROWS_A_DECADE) end
  local inside = {}
  for _, v in ipairs(ticks) do
    if at(v) <= svg.HEIGHT - svg.BOTTOM + 1 and at(v) >= svg.TOP - 1 then inside[#inside + 1] = v end
  end
  svg.y_axis(out, inside, at, "duration")
  svg.time_axis(out, o.grid.columns * o.grid.step, x)
  svg.events(out, o.events, x)
  return figure(o.title, o.note, nil, svg.drawing(o.title, out))
end

-- ---- Distribution on an axis of nines -----------------------------------------------------------------

--- Latency at 0 %, 90 %, 99 %, 99.9 % ...: each nine is as wide as the one before.
---@param o table { title, note, series = {{ name, class, hist }} }
---@return string
function M.nines(o)
  local most, top = 0, 0
  for _, s in ipairs(o.series) do
    most, top = math.max(most, s.hist:count()), math.max(top, s.hist:count() > 0 and s.hist:max() or 0)
  end
  if most < 10 then return "" end
  local out, nines = {}, math.max(1, math.min(6, math.floor(math.log(most, 10))))
  local x = svg.scale(0, nines, svg.LEFT, svg.WIDTH - svg.RIGHT)
  local ticks = svg.linear_ticks(top)
  local y = svg.scale(0, ticks[#ticks], svg.HEIGHT - svg.BOTTOM, svg.TOP)
  svg.y_axis(out, ticks, y, "duration")
  for i = 0, nines do
    local label = i == 0 and "0 %" or ("%s %%"):format(("%.6f"):format(100 - 100 / 10 ^ i):gsub("0+$", ""):gsub("%.$", ""))
    out[#out + 1] = svg.line(x(i), svg.TOP, x(i), svg.HEIGHT - svg.BOTTOM, "grid")
    out[#out + 1] = svg.text(x(i), svg.HEIGHT - svg.BOTTOM + 16, "tick", label, i == nines and "end" or "middle")
  end
  for _, s in ipairs(o.series) do
    local parts = {}
    for i = 0, nines * 24 do
      local p = 1 - 10 ^ (-i / 24)
      if s.hist:count() * (1 - p) >= 1 - 1e-9 then
        parts[#parts + 1] = ("%s%s %s"):format(#parts == 0 and "M" or "L", svg.n(x(i / 24)), svg.n(y(s.hist:quantile(p))))
      end
    end
    out[#out + 1] = ('<path d="%s" class="line %s"/>'):format(table.concat(parts), s.class)
  end
  return figure(o.title, o.note, o.series, svg.drawing(o.title, out))
end

M.seconds = function(v) return units.format("duration", v) end

return M
