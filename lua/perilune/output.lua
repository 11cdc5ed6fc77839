--- Where a result goes: a file, or standard output for "-". What reports and the --json of every command share.
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local json = require "perilune.core.json"

local M = {}

--- Writes text to a place; raises when that cannot be done.
---@param place string path, or "-" for standard output
---@param text string
function M.write(place, text)
  if place == "-" then
    engine.write("result", text)
    return
  end
  local ok, err = file.write(place, text)
  if not ok then error(err, 0) end
end

--- Writes one object as a line of JSON, when --json asks for it.
---@param o table values of the command line
---@param object table with a schema
---@return boolean written
function M.json(o, object)
  if not o.json then return false end
  M.write(o.json, json.encode(object) .. "\n")
  return o.json == "-"
end

return M
