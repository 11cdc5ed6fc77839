--- A history against the clock: its line, what comes after it as a fan, its levels, moments that are marked, and a limit.
local clock = require "perilune.core.clock"
local frame = require "perilune.report.chart.frame"
local svg = require "perilune.report.chart.svg"
local units = require "perilune.core.units"

local M = {}

local TIME_STEPS = { 1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400, 14 * 86400, 30 * 86400, 91 * 86400, 182 * 86400,
  365 * 86400, 730 * 86400, 1826 * 86400, 3652 * 86400 }

local function widen(range, list)
  for _, v in ipairs(list or {}) do range[1], range[2] = math.min(range[1], v), math.max(range[2], v) end
end

--- What both axes have to show: { least, greatest } of times and of values.
local function ranges(o)
  local x, y = { math.huge, -math.huge }, { math.huge, -math.huge }
  widen(x, o.times)
  widen(x, o.ahead)
  widen(y, o.values)
  widen(y, o.mean)
  for _, band in ipairs(o.intervals or {}) do widen(y, band.lo) widen(y, band.hi) end
  local span = y[2] - y[1]
  for _, limit in ipairs(o.limits or {}) do
    if limit.value <= y[2] + span and limit.value >= y[1] - span then widen(y, { limit.value }) end
  end
  return x, y
end

--- Round ticks that enclose a range, which need not begin at 0: differences of levels are what is looked at.
local function value_ticks(low, high)
  local room = high > low and (high - low) / 4 or math.max(math.abs(high), 1) / 4
  local step, power = nil, 10 ^ math.floor(math.log(room, 10))
  for _, m in ipairs { 1, 2, 2.5, 5, 10 } do step = step or (room <= m * power * (1 + 1e-9) and m * power or nil) end
  local ticks, i = {}, math.floor(low / step + 1e-9)
  repeat
    ticks[#ticks + 1] = i * step
    i = i + 1
  until ticks[#ticks] >= high and #ticks > 1 or #ticks > 12
  return ticks
end

--- A moment as short as its step allows: "11-28", "04:30", "04:30:05".
local function moment(at, step)
  local text = clock.iso(math.floor(at) * 1000000000)
  if step >= 86400 then return step >= 91 * 86400 and text:sub(1, 7) or text:sub(6, 10) end
  return step >= 60 and text:sub(12, 16) or text:sub(12, 19)
end

local function time_axis(out, from, to, x)
  local base, step = svg.HEIGHT - svg.BOTTOM, TIME_STEPS[#TIME_STEPS]
  for i = #TIME_STEPS, 1, -1 do
    if (to - from) / TIME_STEPS[i] <= 8 then step = TIME_STEPS[i] end
  end
  for t = math.ceil(from / step) * step, to, step do
    out[#out + 1] = svg.line(x(t), base, x(t), base + 4, "axis")
    local at_edge = x(t) > svg.WIDTH - svg.RIGHT - 20
    out[#out + 1] = svg.text(at_edge and svg.WIDTH - 2 or x(t), base + 16, "tick", moment(t, step), at_edge and "end" or "middle")
  end
  out[#out + 1] = svg.line(svg.LEFT, base, svg.WIDTH - svg.RIGHT, base, "axis")
end

local function path(times, values, x, y, pen)
  local parts = {}
  for i, t in ipairs(times) do parts[i] = ("%s%s %s"):format(i == 1 and (pen or "M") or "L", svg.n(x(t)), svg.n(y(values[i]))) end
  return table.concat(parts)
end

local function reversed(list)
  local out = {}
  for i = #list, 1, -1 do out[#out + 1] = list[i] end
  return out
end

--- The intervals, the widest first, so that they lie upon each other; the mean upon them.
local function fan(out, o, x, y)
  local bands = { table.unpack(o.intervals or {}) }
  table.sort(bands, function(a, b) return a.level > b.level end)
  for _, band in ipairs(bands) do
    out[#out + 1] = ('<path d="%s%sZ" class="fan c2"><title>%g %%</title></path>'):format(path(o.ahead, band.hi, x, y), path(reversed(o.ahead), reversed(band.lo), x, y, "L"), band.level * 100)
  end
  if o.mean then out[#out + 1] = ('<path d="%s" class="line c2"/>'):format(path(o.ahead, o.mean, x, y)) end
end

local LETTER, LINE = 7, 12 -- of names, at their largest

local function width_of(name) return (utf8.len(name) or #name) * LETTER end

--- Limits with their names, the highest first: one that is near another has its name beside the other's, above both lines.
local function limits(out, o, y, ticks)
  local sorted = { table.unpack(o.limits or {}) }
  table.sort(sorted, function(a, b) return a.value > b.value end)
  local last_y, stop, base = -math.huge, svg.LEFT, nil
  for _, limit in ipairs(sorted) do
    if limit.value >= ticks[1] and limit.value <= ticks[#ticks] then
      local at = y(limit.value)
      local is_near = at - last_y < LINE
      local left = is_near and stop + 2 * LETTER or svg.LEFT + 4
      base = is_near and base or at - 4
      out[#out + 1] = svg.line(svg.LEFT, at, svg.WIDTH - svg.RIGHT, at, "limit")
      out[#out + 1] = svg.text(left, base, "limit-text", limit.name)
      last_y, stop = at, left + width_of(limit.name)
    end
  end
end

local GAP = 13 -- so near beside another a name would be written upon it

--- The names of marks that are in range, from left to right: { x, row, name }, in two rows above the chart; where both have no room, upon the name before: "p10 p50".
--- A name that stands there already is not written again.
local function names(list, x, range)
  local out, ends, sorted = {}, { -math.huge, -math.huge }, { table.unpack(list) }
  table.sort(sorted, function(a, b) return a.at < b.at or (a.at == b.at and a.name < b.name) end)
  for _, mark in ipairs(sorted) do
    local at, half = x(mark.at), (width_of(mark.name) + GAP) / 2
    local row = at - half >= ends[1] and 1 or at - half >= ends[2] and 2 or nil
    local last = out[#out]
    local told = last and at - half < ends[last.row] and (" " .. last.name .. " "):find(" " .. mark.name .. " ", 1, true)
    if mark.at < range[1] or mark.at > range[2] or told then -- no name
    elseif row then
      out[#out + 1], ends[row] = { x = at, row = row, name = mark.name }, at + half
    else
      last.name = last.name .. " " .. mark.name
      ends[last.row] = last.x + (width_of(last.name) + GAP) / 2
    end
  end
  return out
end

local function marks(out, o, x, range)
  for _, mark in ipairs(o.marks or {}) do
    if mark.at >= range[1] and mark.at <= range[2] then
      local title = mark.of and ("%s of %s"):format(mark.name, mark.of) or mark.name
      out[#out + 1] = ('<path d="M%s %sV%s" class="mark"><title>%s</title></path>'):format(svg.n(x(mark.at)), svg.n(svg.TOP), svg.n(svg.HEIGHT - svg.BOTTOM), svg.escape(title))
    end
  end
  for _, name in ipairs(names(o.marks or {}, x, range)) do
    out[#out + 1] = svg.text(name.x, svg.TOP - (name.row == 2 and 14 or 4), "mark-text", name.name, "middle")
  end
end

--- Draws the history.
---@param o table { title, note, unit, times, values, name, ahead, mean, intervals = {{ level, lo, hi }}, levels = {{ from, to, value }}, limits = {{ value, name }}, marks = {{ at, name, of }} }
---@return string html; empty without values
function M.draw(o)
  if #o.values == 0 then return "" end
  local rx, ry = ranges(o)
  local out, ticks = {}, value_ticks(ry[1], ry[2])
  local x, y = svg.scale(rx[1], rx[2], svg.LEFT, svg.WIDTH - svg.RIGHT), svg.scale(ticks[1], ticks[#ticks], svg.HEIGHT - svg.BOTTOM, svg.TOP)
  svg.y_axis(out, ticks, y, o.unit or "number")
  time_axis(out, rx[1], rx[2], x)
  fan(out, o, x, y)
  out[#out + 1] = ('<path d="%s" class="line c1"/>'):format(path(o.times, o.values, x, y))
  for _, level in ipairs(o.levels or {}) do out[#out + 1] = svg.line(x(level.from), y(level.value), x(level.to), y(level.value), "line c2 level") end
  limits(out, o, y, ticks)
  marks(out, o, x, rx)
  local unit = o.unit or "number"
  local series = { { name = o.name or "history", class = "c1" }, (o.mean or o.levels) and { name = o.mean and "forecast" or "level", class = "c2" } or nil }
  local spoken = ("%s to %s"):format(units.format(unit, o.values[1]), units.format(unit, o.values[#o.values]))
  if o.mean then spoken = spoken .. (", forecast %s"):format(units.format(unit, o.mean[#o.mean])) end
  return '<div class="history">' .. frame.figure({ title = o.title, note = o.note, unit = unit, series = series, spoken = spoken }, out) .. "</div>"
end

return M
