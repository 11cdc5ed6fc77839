--- How much of the machine's CPUs is used, by anybody: /proc/stat.
local clock = require "perilune.core.clock"
local file = require "perilune.core.file"

local M = {}

local IDLE, IOWAIT = 4, 5 -- fields of the line "cpu": user nice system idle iowait irq softirq steal

--- Reads the text of /proc/stat.
---@param text string
---@return table { busy, total, cpus } in ticks
function M.parse(text)
  local counts, cpus = {}, 0
  for number in text:match("^cpu%s+([%d ]+)"):gmatch("%d+") do counts[#counts + 1] = tonumber(number) end
  for _ in text:gmatch("\ncpu%d+ ") do cpus = cpus + 1 end
  local total = 0
  for i = 1, math.min(8, #counts) do total = total + counts[i] end
  return { busy = total - counts[IDLE] - (counts[IOWAIT] or 0), total = total, cpus = cpus }
end

--- The counters now, or nil where there is no /proc.
---@return table|nil
function M.now()
  local text = file.read("/proc/stat")
  local ok, counters = pcall(M.parse, text or "")
  if not ok then return nil end
  counters.at = clock.now()
  return counters
end

--- Cores that were busy between two readings.
---@param before table|nil
---@param after table|nil
---@return table|nil { cpus, busy }
function M.between(before, after)
  if not before or not after or after.total <= before.total then return nil end
  return { cpus = after.cpus, busy = (after.busy - before.busy) / (after.total - before.total) * after.cpus }
end

return M
