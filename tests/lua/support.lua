--- What specs share: the message of an error table, and what stands for the modules that only a run has.
local M = {}

--- Calls fn and gives the message of the error table that it raises.
function M.message(fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok, "nothing was raised")
  return type(err) == "table" and err.message or tostring(err), type(err) == "table" and err.code or nil
end

--- Lets modules that need a run be required: theirs are empty here, or hold these functions.
---@param modules table<string, table>|nil by the name behind perilune.core.
function M.without_run(modules)
  for _, name in ipairs { "writer", "load", "sampler", "watch" } do
    local full = "perilune.core." .. name
    package.loaded[full] = package.loaded[full] or {}
    for key, fn in pairs(modules and modules[name] or {}) do package.loaded[full][key] = fn end
  end
end

return M
