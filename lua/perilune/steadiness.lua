--- Whether a load holds its level while it is measured: a beginning that lies apart, a level that still moves, a trend.
local M = {}

local NOTICED = 0.001 -- below this p a trend is told
local MATTERS = 0.02 -- of the mean, from begin to end; less is told nobody

local function number(v) return type(v) == "number" and v or nil end

--- What in a load's seconds makes its figures doubtful, each behind "load 1 of this run".
---@param l table|nil perilune.load/1; one without these figures is not doubted
---@return string[]
function M.notes(l)
  local s, notes = l and l.steadiness or {}, {}
  local seconds, apart, trend = number(s.seconds), number(s.begins_apart_s), type(s.trend) == "table" and s.trend or {}
  if s.unsettled == true then
    notes[1] = "does not settle: the latency of its seconds still moves in its second half"
  elseif apart and apart > 0 and seconds then
    notes[1] = ('begins with what looks like warm-up: the latency of its first %d of %d seconds lies apart; warmup = "%ds" leaves that out'):format(apart, seconds, apart + (number(s.warmup_s) or 0))
  end
  local change, p = number(trend.change), number(trend.p)
  if change and p and p < NOTICED and math.abs(change) >= MATTERS then
    notes[#notes + 1] = ("has a trend: the latency of its seconds moves by %+.1f %% from begin to end (p = %.2g)"):format(change * 100, p)
  end
  return notes
end

return M
