--- perilune help [COMMAND | TOPIC | WORD]
local dispatch = require "perilune.cmd.dispatch"
local engine = require "perilune.core.engine"
local options = require "perilune.options"
local topics = require "perilune.topics"

local M = {
  name = "help", section = "About", about = "Help for Perilune, a command, a topic, or a playbook's word.", usage = "perilune help [COMMAND | TOPIC | WORD]",
  max = 1, min = 0, examples = { "perilune help", "perilune help load", "perilune help objectives", "perilune help receive" },
}

local HEAD = [[
Perilune: performance engineering, automated.

  $ perilune load http://127.0.0.1:8080/ --rate 5000/s --duration 10s
  $ perilune init review.lua
  $ perilune run review.lua --target http://127.0.0.1:8080
  $ perilune report last --open

Usage: perilune COMMAND [OPTION...]
]]

--- Sections in the order of the overview; a command of another one comes after them.
local SECTIONS = { "Measure", "Look back", "Look ahead", "Prepare", "About" }

--- Lines by section, and the sections in order.
local function by_section()
  local lines, order = {}, table.move(SECTIONS, 1, #SECTIONS, 1, {})
  for _, section in ipairs(SECTIONS) do lines[section] = {} end
  for _, name in ipairs(dispatch.names()) do
    local command = dispatch.find(name)
    local section = command.section or "More"
    if not lines[section] then
      lines[section] = {}
      order[#order + 1] = section
    end
    table.insert(lines[section], ("  %-11s %s"):format(name, command.about))
  end
  return lines, order
end

local function is_command(name)
  for _, known in ipairs(dispatch.names()) do
    if known == name then return true end
  end
  return false
end

--- All that bears the name: a command, a topic or else a word of playbooks.
local function show(name)
  local text, parts = topics.text(name) or topics.word(name), {}
  if not text or is_command(name) then parts[1] = options.help(dispatch.find(name)) end
  parts[#parts + 1] = text
  engine.write("result", table.concat(parts, "\n"))
end

--- Shows the overview, or the help of one name.
---@param o table
function M.main(o)
  if o[1] then return show(o[1]) end
  local sections, order = by_section()
  local lines = { HEAD }
  for _, section in ipairs(order) do lines[#lines + 1] = ("%s\n%s\n"):format(section, table.concat(sections[section], "\n")) end
  lines[#lines + 1] = "Topics (perilune help TOPIC)"
  for _, name in ipairs(topics.NAMES) do lines[#lines + 1] = ("  %-11s %s"):format(name, topics.ABOUT[name]) end
  lines[#lines + 1] = "\nperilune COMMAND --help tells more. Exit codes: 0 pass, 3 failed,\n4 inconclusive, 5 script error, 6 no answer came.\n"
  engine.write("result", table.concat(lines, "\n"))
end

return M
