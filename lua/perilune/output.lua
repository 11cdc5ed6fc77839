--- Where a result goes: a file, or standard output for "-"; and how people are told what is none. What reports and all commands share.
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local json = require "perilune.core.json"
local lines = require "perilune.lines"
local program = require "perilune.core.program"

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

--- The columns of the terminal that the result goes to; nil where it goes elsewhere, and its lines stay whole.
---@return integer|nil
function M.columns()
  local host = engine.options()
  return (host.color or (host.tty and host.one_place)) and host.columns or nil
end

--- Tells people beside the result, on standard error: folded to the width of a terminal; whole elsewhere, for programs that look for a line.
---@param text string one line or several, without the last one's end
function M.tell(text)
  local host = engine.options()
  if host.tty then text = lines.folded(text, host.columns, "    ") end
  engine.write("progress", text .. "\n")
end

--- Raises when an option's place cannot be written; asked before anything is sent.
---@param option string its name
---@param place string path, or "-" for standard output
function M.check(option, place)
  if place == "-" then return end
  local ok, err = file.writable(place)
  if not ok then error({ code = "denied", message = ("--%s: %s"):format(option, err.message) }, 0) end
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

--- Writes what programs read as JSON and people as a table: as --json asks; without it as JSON, unless standard output is a terminal.
---@param o table values of the command line
---@param object table
---@return boolean written to standard output
function M.json_or_table(o, object)
  local host = engine.options()
  local person = host.tty and host.one_place
  return M.json({ json = o.json or (not person and "-" or nil) }, object)
end

--- The option that writes to standard output; more than one is an error.
---@param o table values of the command line
---@return string|nil name
function M.one_stdout(o)
  local taker
  for _, name in ipairs { "html", "junit", "markdown", "json", "events" } do
    if o[name] == "-" then
      if taker then error({ code = "usage", message = ("--%s - and --%s - both want standard output: give one a file"):format(taker, name) }, 0) end
      taker = name
    end
  end
  return taker
end

--- Shows a file with the desktop's program for it.
---@param path string
---@return boolean shown false where there is no such program
function M.open(path)
  return program.start("xdg-open", assert(file.absolute(path))) ~= nil
end

return M
