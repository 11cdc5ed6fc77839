--- What the timeline gives to a report: values or errors, and JSON of its columns.
local json = require "perilune.core.json"

local M = {}

--- The value, or raises the error beside it.
---@param value any
---@param err any
---@return any
function M.checked(value, err)
  if value == nil then error(err, 0) end
  return value
end

--- A decoded value in which null is nil.
local function without_null(value)
  if value == json.null then return nil end
  if type(value) ~= "table" then return value end
  for k, v in pairs(value) do value[k] = without_null(v) end
  return value
end

--- The table of a column that holds JSON; an empty one where there is none.
---@param text string|nil
---@return table
function M.decoded(text)
  local ok, value = pcall(json.decode, text or "null")
  return ok and type(value) == "table" and without_null(value) or {}
end

return M
