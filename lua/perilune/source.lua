--- A playbook's file and its arguments as the command line gives them: what run, plan and lint share.
local file = require "perilune.core.file"

local M = {}

--- The spec of a session for the file o[1].
---@param o table values of the command line
---@param options table|nil options of the run
---@return table
function M.playbook(o, options)
  local args = o.args
  for _, pair in ipairs(o.arg or {}) do
    local name, value = pair:match("^([^=]+)=(.*)$")
    if not name then error({ code = "usage", message = ("--arg %s: write NAME=VALUE"):format(pair) }, 0) end
    args[name] = value
  end
  local text, err = file.read(o[1])
  if not text then error({ code = "not_found", message = ("playbook: %s"):format(err.message) }, 0) end
  options = options or {}
  options.args_beside = next(o.args_beside or {}) and o.args_beside or nil
  return { playbook = o[1], text = text, args = args, folder = o[1]:match("^(.*)/[^/]*$") or ".", workers = o.workers, options = options }
end

return M
