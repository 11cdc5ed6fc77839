--- What specs share: the message of an error table.
local M = {}

--- Calls fn and gives the message of the error table that it raises.
function M.message(fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok, "nothing was raised")
  return type(err) == "table" and err.message or tostring(err), type(err) == "table" and err.code or nil
end

return M
