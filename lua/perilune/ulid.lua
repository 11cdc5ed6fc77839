--- Run ids: ULIDs (26 characters, sorted by time, Crockford's base 32).
local engine = require "perilune.core.engine"

local M = {}

local DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

--- A new id for a wall time in nanoseconds; the random half is hashed from the time, this process and a counter.
---@param wall_ns integer
---@return string
function M.new(wall_ns)
  local out, ms = {}, wall_ns // 1000000
  for i = 10, 1, -1 do
    out[i] = DIGITS:sub(ms % 32 + 1, ms % 32 + 1)
    ms = ms // 32
  end
  local hex = engine.sha256(("%d %s %s"):format(wall_ns, tostring(out), engine.unique()))
  for i = 1, 16 do
    local d = tonumber(hex:sub(2 * i - 1, 2 * i), 16) % 32
    out[10 + i] = DIGITS:sub(d + 1, d + 1)
  end
  return table.concat(out)
end

return M
