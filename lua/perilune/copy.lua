--- Copies of plain values, so that nobody changes what others read.
local M = {}

--- A copy of a table alone; what it holds is the same.
---@param t table
---@return table
function M.shallow(t)
  local out = {}
  for k, v in pairs(t) do out[k] = v end
  return out
end

--- A deep copy; functions and userdata stay the same.
---@param value any
---@param replace nil|fun(table): any what stands for a table instead of a copy, or nil
---@return any
function M.deep(value, replace)
  if type(value) ~= "table" then return value end
  local other = replace and replace(value)
  if other ~= nil then return other end
  local out = {}
  for k, v in pairs(value) do out[k] = M.deep(v, replace) end
  return out
end

return M
