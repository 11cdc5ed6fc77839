--- Pieces of SVG: text, axes, ticks. Colours are CSS classes, so that one drawing serves light, dark and print.
local units = require "perilune.core.units"

local M = {}

--- The drawing area of every chart, in user units.
M.WIDTH, M.HEIGHT = 560, 204
M.LEFT, M.RIGHT, M.TOP, M.BOTTOM = 62, 10, 26, 24

-- The line of phases above the plot, and about how wide a letter of their names is.
local PHASES, PHASE_LETTER = 12, 5.6

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

--- Text as it may stand in HTML and SVG.
---@param text any
---@return string
function M.escape(text)
  return (tostring(text):gsub("[&<>\"']", ESCAPES))
end

--- A coordinate: one digit behind the point is a tenth of a pixel.
local function n(v)
  return (("%.1f"):format(v):gsub("%.0$", ""))
end
M.n = n

--- A scale from values to coordinates.
---@param from number
---@param to number
---@param low number coordinate of from
---@param high number coordinate of to
---@param log boolean|nil
---@return fun(v: number): number
function M.scale(from, to, low, high, log)
  local f = log and math.log or function(v) return v end
  local a, b = f(from), f(to)
  local width = b > a and b - a or 1
  return function(v) return low + (f(v) - a) / width * (high - low) end
end

--- A round number at or above v: 1, 2, 2.5, 5 times a power of ten.
local function round_up(v)
  if v <= 0 then return 1 end
  local power = 10 ^ math.floor(math.log(v, 10))
  for _, m in ipairs { 1, 2, 2.5, 5, 10 } do
    if v <= m * power * (1 + 1e-9) then return m * power end
  end
end

--- Of bytes: a power of two, for people read KiB and MiB.
local function round_up_bytes(v)
  return v <= 1 and 1 or 2.0 ^ math.ceil(math.log(v, 2) - 1e-9)
end

--- Ticks from 0, or from a round value at or below one that is less, to a round maximum at or above top.
---@param top number
---@param unit string|nil "size" steps by powers of two
---@param low number|nil the lowest value
---@return number[]
function M.linear_ticks(top, unit, low)
  low = math.min(0, low or 0)
  local step = (unit == "size" and round_up_bytes or round_up)((top - low) / 4)
  local ticks, i = {}, math.floor(low / step + 1e-9)
  repeat
    ticks[#ticks + 1] = i * step
    i = i + 1
  until #ticks > 1 and ticks[#ticks] >= top - step * 1e-9
  return ticks
end

--- Powers of ten from at or below low to at or above high.
---@param low number above 0
---@param high number
---@return number[]
function M.log_ticks(low, high)
  local ticks = {}
  for e = math.floor(math.log(low, 10) + 1e-9), math.ceil(math.log(high, 10) - 1e-9) do ticks[#ticks + 1] = 10.0 ^ e end
  if #ticks == 1 then ticks[2] = ticks[1] * 10 end
  return ticks
end

local DAY, YEAR = 86400, 365 * 86400
local STEPS = { 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200,
  DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY, 180 * DAY, YEAR, 2 * YEAR, 5 * YEAR }

--- Ticks of elapsed seconds: at most ten beside 0, at round times, and the step between them.
---@param seconds number
---@return number[] ticks
---@return number step
function M.time_ticks(seconds)
  local step = STEPS[#STEPS]
  for _, s in ipairs(STEPS) do
    if seconds / s <= 10 then step = s break end
  end
  while seconds / step > 10 do step = step * 2 end
  local ticks = {}
  for t = 0, seconds, step do ticks[#ticks + 1] = t end
  return ticks, step
end

--- "0:05", "1:02:00".
---@param t number seconds
---@return string
function M.elapsed(t)
  t = math.floor(t + 0.5)
  if t >= 3600 then return ("%d:%02d:%02d"):format(t // 3600, t // 60 % 60, t % 60) end
  return ("%d:%02d"):format(t // 60, t % 60)
end

--- The same for a tick: in whole days or years where the ticks are so far apart, "60 d".
local function tick_text(t, step)
  if step < DAY or t == 0 then return M.elapsed(t) end
  return step % YEAR == 0 and ("%d y"):format(t // YEAR) or ("%d d"):format(t // DAY)
end

--- A text.
---@param x number
---@param y number
---@param class string of the stylesheet
---@param text any is escaped
---@param anchor string|nil "middle", "end"
---@return string
function M.text(x, y, class, text, anchor)
  return ('<text x="%s" y="%s" class="%s"%s>%s</text>'):format(n(x), n(y), class, anchor and (' text-anchor="%s"'):format(anchor) or "", M.escape(text))
end

--- A straight line.
---@param x1 number
---@param y1 number
---@param x2 number
---@param y2 number
---@param class string of the stylesheet
---@return string
function M.line(x1, y1, x2, y2, class)
  return ('<path d="M%s %sL%s %s" class="%s"/>'):format(n(x1), n(y1), n(x2), n(y2), class)
end

local PREFIXES = { { 1e12, "T" }, { 1e9, "G" }, { 1e6, "M" } }

--- Whether each tick is written as what it is, not rounded to another.
local function are_exact(unit, ticks, step)
  for _, v in ipairs(ticks) do
    local written = tonumber((units.format(unit, v):gsub(",", "")))
    if not written or math.abs(written - v) > step / 100 then return false end
  end
  return true
end

-- Numbers of a million and more, to 1e15, are written with a prefix, all of an axis with the same; those that are larger, or all below a hundredth, in
-- powers of ten: the room to the left of a plot is that of nine letters.
local function ticks_text(unit, ticks)
  local largest, step = 0, math.abs((ticks[2] or 0) - (ticks[1] or 0))
  for _, v in ipairs(ticks) do largest = math.max(largest, math.abs(v)) end
  if unit ~= "number" or largest == 0 or largest >= 1e-2 and largest < 1e6 and are_exact(unit, ticks, step) then return function(v) return units.format(unit, v) end end
  local digits = step > 0 and math.min(12, math.max(3, math.ceil(math.log(largest / step, 10)) + 2)) or 3
  local one, sign = 1, ""
  for _, p in ipairs(PREFIXES) do
    if largest >= p[1] and largest < 1e15 then one, sign = p[1], " " .. p[2] break end
  end
  return function(v) return v == 0 and "0" or (("%%.%dg"):format(digits)):format(v / one) .. sign end
end

--- Horizontal grid lines with their values.
---@param out string[]
---@param ticks number[]
---@param y fun(v: number): number
---@param unit string
function M.y_axis(out, ticks, y, unit)
  local text = ticks_text(unit, ticks)
  for _, v in ipairs(ticks) do
    out[#out + 1] = M.line(M.LEFT, y(v), M.WIDTH - M.RIGHT, y(v), "grid")
    out[#out + 1] = M.text(M.LEFT - 6, y(v) + 3.5, "tick", text(v), "end")
  end
end

--- Elapsed time below.
---@param out string[]
---@param seconds number
---@param x fun(t: number): number
function M.time_axis(out, seconds, x)
  local base = M.HEIGHT - M.BOTTOM
  local ticks, step = M.time_ticks(seconds)
  for _, t in ipairs(ticks) do
    out[#out + 1] = M.line(x(t), base, x(t), base + 4, "axis")
    local at_edge = x(t) > M.WIDTH - M.RIGHT - 12
    out[#out + 1] = M.text(at_edge and M.WIDTH - 2 or x(t), base + 16, "tick", tick_text(t, step), at_edge and "end" or "middle")
  end
  out[#out + 1] = M.line(M.LEFT, base, M.WIDTH - M.RIGHT, base, "axis")
end

--- Whether the chart has a band of what was measured.
---@param events table[]
---@return boolean
function M.has_band(events)
  for _, e in ipairs(events) do
    if e.kind == "measured" then return true end
  end
  return false
end

--- The measured parts, those that overlap as one: { from, to, text }.
local function measured_bands(events)
  local parts, bands = {}, {}
  for _, e in ipairs(events) do
    if e.kind == "measured" then parts[#parts + 1] = { from = e.at, to = e.at + e.seconds, text = e.text or "" } end
  end
  table.sort(parts, function(a, b) return a.from < b.from end)
  for _, part in ipairs(parts) do
    local last = bands[#bands]
    if last and part.from < last.to then
      last.to, last.text = math.max(last.to, part.to), last.text .. ", " .. part.text
    else
      bands[#bands + 1] = part
    end
  end
  return bands
end

--- The phases that lie in no other one, above the plot: a line as long as each lasted, with its name where there is room.
local function phases(out, events, x)
  local is_phase, written = {}, -math.huge
  for _, e in ipairs(events) do is_phase[e.id or e] = e.kind == "phase" end
  for _, e in ipairs(events) do
    if e.kind == "phase" and not is_phase[e.parent] then
      local from, to, name = x(e.at), x(e.at + e.seconds), e.text or "phase"
      out[#out + 1] = ('<path d="M%s %sv-5H%sv5" class="phase"><title>phase: %s</title></path>'):format(n(from), n(PHASES + 5), n(math.max(from + 1, to)), M.escape(name))
      local width = (utf8.len(name) or #name) * PHASE_LETTER
      if from >= written and from + width <= math.max(to, M.WIDTH - M.RIGHT) and to - from >= width then
        out[#out + 1] = M.text(from, PHASES - 3, "phase-text", name)
        written = from + width
      end
    end
  end
end

local MARK_ROWS, MARK_LINE, MARK_LETTER, MARK_LONGEST = 3, 14, 7, 24 -- as wide and high as they are in small charts

--- The start of a text, in whole letters.
local function shortened(text)
  local stop = utf8.len(text) and utf8.offset(text, MARK_LONGEST + 1) or MARK_LONGEST + 1
  return text:sub(1, stop - 1)
end

--- The lines of events with their texts, each in the first row that has room where it stands; one that has it in none is told by its line alone.
local function marks(out, list, x)
  local top, base, ends, place = M.TOP, M.HEIGHT - M.BOTTOM, {}, {}
  for i, e in ipairs(list) do place[e] = i end
  table.sort(list, function(a, b) return a.at < b.at or (a.at == b.at and place[a] < place[b]) end)
  for _, e in ipairs(list) do
    local at, text, row = x(e.at) + 3, shortened(e.text or e.kind), 1
    out[#out + 1] = ('<path d="M%s %sV%s" class="mark"><title>%s: %s</title></path>'):format(n(x(e.at)), n(top), n(base), M.escape(e.kind), M.escape(e.text or ""))
    while row <= MARK_ROWS and ends[row] and at < ends[row] do row = row + 1 end
    if row <= MARK_ROWS then
      out[#out + 1] = M.text(at, top + 8 + (row - 1) * MARK_LINE, "mark-text", text)
      ends[row] = at + (utf8.len(text) or #text) * MARK_LETTER
    end
  end
end

--- Marks of events on the time axis: the measured parts as one band, phases above, others but requests to other systems as lines.
---@param out string[]
---@param events table[]
---@param x fun(t: number): number
function M.events(out, events, x)
  local top, base = M.TOP, M.HEIGHT - M.BOTTOM
  phases(out, events, x)
  for _, band in ipairs(measured_bands(events)) do
    out[#out + 1] = ('<rect x="%s" y="%s" width="%s" height="%s" class="band"><title>measured: %s</title></rect>'):format(n(x(band.from)), n(top),
      n(math.max(0.5, x(band.to) - x(band.from))), n(base - top), M.escape(band.text))
  end
  local list = {}
  for _, e in ipairs(events) do
    local within = x(e.at) >= M.LEFT - 1 and x(e.at) <= M.WIDTH - M.RIGHT + 1 -- an import's own time is not that of its rows
    if within and e.kind ~= "measured" and e.kind ~= "phase" and e.kind ~= "http" then list[#list + 1] = e end
  end
  marks(out, list, x)
end

--- The whole drawing.
---@param title string what is read aloud
---@param parts string[]
---@return string
function M.drawing(title, parts)
  return ('<svg viewBox="0 0 %d %d" role="img" aria-label="%s">%s</svg>'):format(M.WIDTH, M.HEIGHT, M.escape(title), table.concat(parts))
end

return M
