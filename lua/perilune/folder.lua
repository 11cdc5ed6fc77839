--- Files of a playbook's folder: what its text names must really lie there, symbolic links resolved.
local file = require "perilune.core.file"

local M = {}

--- The path of a file of the folder, or raises.
---@param folder string
---@param path string as the playbook wrote it
---@param word string what it is for, in the message
---@return string
function M.path(folder, path, word)
  local found, err = file.within(folder, path)
  if not found then error({ code = err.code, message = ("%s: %s"):format(word, err.message) }, 0) end
  return found
end

--- The text of a file of the folder, or raises.
---@param folder string
---@param path string
---@param word string
---@param most integer|nil bytes that it may have
---@return string
function M.read(folder, path, word, most)
  local text, err = file.read(M.path(folder, path, word), most)
  if not text then error({ code = err.code, message = ("%s: %s"):format(word, err.message) }, 0) end
  return text
end

return M
