--- The phases of one slow request as a bar: what it waited before its send, then its phases in their order.
local svg = require "perilune.report.chart.svg"
local units = require "perilune.core.units"

local M = {}

local WIDTH, HEIGHT = 240, 12

--- Pieces in the order of time, with their colours.
local PIECES = { { "queue", "c6" }, { "dns", "c3" }, { "connect", "c2" }, { "tls", "c4" }, { "send", "c7" }, { "wait", "c1" }, { "receive", "c5" } }

--- Seconds of each piece of a request. Before the send: look-up, connecting and handshake, and what is left of the lag, the queue; of one
--- that was never sent, of its latency.
local function seconds_of(e)
  local s = { queue = e.lag_s or e.latency_s or 0 }
  for phase, seconds in pairs(e.phases_s or {}) do s[phase] = seconds end
  for _, phase in ipairs { "dns", "connect", "tls" } do s.queue = s.queue - (s[phase] or 0) end
  s.queue = math.max(0, s.queue)
  return s
end

--- An SVG of the bar; `most` seconds are as wide as it can be.
---@param e table { lag_s, latency_s, phases_s }
---@param most number
---@return string
function M.draw(e, most)
  local seconds, at, out, spoken = seconds_of(e), 0, {}, {}
  for _, piece in ipairs(PIECES) do
    local width = (seconds[piece[1]] or 0) / most * WIDTH
    if width > 0 then
      out[#out + 1] = ('<rect class="%s" fill="currentColor" x="%s" y="0" width="%s" height="%d"><title>%s</title></rect>'):format(piece[2], svg.n(at), svg.n(math.max(width, 0.5)), HEIGHT, piece[1])
      at, spoken[#spoken + 1] = at + width, ("%s %s"):format(piece[1], units.format("duration", seconds[piece[1]]))
    end
  end
  return ('<svg class="bar" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">%s</svg>'):format(WIDTH, HEIGHT, WIDTH, HEIGHT, table.concat(spoken, ", "), table.concat(out))
end

--- Which colour is which piece.
---@return string
function M.legend()
  local out = {}
  for i, piece in ipairs(PIECES) do out[i] = ('<span class="key %s">%s</span>'):format(piece[2], piece[1]) end
  return '<p class="legend">' .. table.concat(out) .. "</p>"
end

return M
