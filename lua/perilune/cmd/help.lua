--- perilune help [COMMAND]
local engine = require "perilune.core.engine"
local options = require "perilune.options"

local M = {
  name = "help", about = "Help for Perilune or one of its commands.", usage = "perilune help [COMMAND]", max = 1, min = 0,
  examples = { "perilune help", "perilune help load" },
}

local HEAD = [[
Perilune: performance engineering, automated.

  $ perilune load http://127.0.0.1:8080/ --rate 5000/s --duration 10s
  $ perilune init review.lua
  $ perilune run review.lua --target http://127.0.0.1:8080
  $ perilune report last --html report.html

Usage: perilune COMMAND [OPTION...]
]]

--- Shows the overview, or one command's help.
---@param o table
function M.main(o)
  local cmd = require "perilune.cmd"
  if o[1] then
    engine.write("result", options.help(cmd.find(o[1])))
    return
  end
  local lines = { HEAD }
  for _, name in ipairs(cmd.NAMES) do
    lines[#lines + 1] = ("  %-10s %s"):format(name, (cmd.find(name).about:gsub("\n.*", "")))
  end
  lines[#lines + 1] = "\nperilune COMMAND --help tells more. Exit codes: 0 pass, 3 failed, 4 inconclusive, 5 script error, 6 no answer.\n"
  engine.write("result", table.concat(lines, "\n"))
end

return M
