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
    notes[1] = "does not settle: the latency of its seconds still moves in its second half; a longer duration shows its level, if it has one"
  elseif apart and apart > 0 and seconds then
    local left_out = math.ceil(apart + (number(s.warmup_s) or 0))
    notes[1] = ('begins with what looks like warm-up: the latency of its first %d of %d seconds lies apart; warmup = "%ds" in the scenario (--warmup %ds) leaves that out'):format(apart, seconds, left_out, left_out)
  end
  local change, p = number(trend.change), number(trend.p)
  if change and p and p < NOTICED and math.abs(change) >= MATTERS then
    notes[#notes + 1] = ("has a trend: the latency of its seconds moves by %+.1f %% from begin to end (p = %.2g): its figures are those of no one level; look for what grows meanwhile (a queue, a cache, memory), and compare runs of one length"):format(change * 100, p)
  end
  return notes
end

--- What makes the figures of one load of some runs doubtful: of the first of them that are doubted in full, of the others how many there are.
---@param loads table[] that load of each run
---@param whose string "load 1 of this run"
---@return string[] sentences
function M.of_runs(loads, whose)
  local out, more = {}, 0
  for _, l in ipairs(loads) do
    local notes = M.notes(l)
    if #out > 0 then
      more = more + (#notes > 0 and 1 or 0)
    else
      for i, text in ipairs(notes) do out[i] = whose .. " " .. text end
    end
  end
  if more > 0 then out[#out + 1] = ("so it is, or likewise, of %d more of these runs"):format(more) end
  return out
end

return M
