--- The command line: finds the command, reads its options, runs it, gives the exit code. A command is one module
--- perilune.cmd.NAME: { name, section, about, usage, more, examples, options, common, words, min, max, open, completes, hidden, help, main, unbegun }; nothing else lists it. unbegun(values, err), of
--- commands that start a run, is for errors before there is one.
local engine = require "perilune.core.engine"
local exit_codes = require "perilune.exit_codes"
local file = require "perilune.core.file"
local options = require "perilune.options"
local output = require "perilune.output"
local settings = require "perilune.settings"
local suggest = require "perilune.suggest"

local M = {}

local PREFIX = "perilune.cmd."

--- Promised, not in this version.
local LATER = { "capacity", "cost",
  "approve", "apply", "audit" }

local function contains(list, name)
  for _, v in ipairs(list) do
    if v == name then return true end
  end
  return false
end

--- The names of all commands, sorted; hidden ones are left out.
---@return string[]
function M.names()
  local names = {}
  for _, module in ipairs(engine.modules()) do
    local name = module:match("^perilune%.cmd%.([%w_%-]+)$")
    if name and name ~= "dispatch" and not require(module).hidden then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

--- Whether there is a module of that name, embedded or in the folder of --lua-dir.
local function exists(name)
  if name == "dispatch" or not name:match("^[%l][%w_%-]*$") then return false end
  local folder = engine.options().lua_dir
  return contains(engine.modules(), PREFIX .. name) or (folder ~= nil and file.exists(("%s/perilune/cmd/%s.lua"):format(folder, name)) ~= nil)
end

--- The module of a command, or a usage error.
---@param name string
---@return table
function M.find(name)
  if exists(name) then return require(PREFIX .. name) end
  if name:match "^%-." then error({ code = "usage", message = ("%s: the command comes first: perilune COMMAND %s; see perilune help"):format(name, name) }, 0) end
  if contains(LATER, name) then error({ code = "unsupported", message = ("the command %s is not in this version"):format(name) }, 0) end
  error({ code = "usage", message = ("unknown command %q%s (perilune help lists them)"):format(name, suggest.hint(name, M.names())) }, 0)
end

--- A text with control characters as \x1b, so that no terminal obeys what a file's first line or a name says.
local function harmless(text)
  return (text:gsub("[^\n\t\x20-\x7e\x80-\xff]", function(c) return ("\\x%02x"):format(c:byte()) end))
end

local function show(err)
  if type(err) ~= "table" then
    output.tell("perilune: internal error: " .. tostring(err))
    return
  end
  local redact = require "perilune.redact" -- a message may quote the playbook's line, and that a password in a URL
  output.tell("perilune: " .. harmless(redact.url(tostring(err.message))))
  if err.trace then output.tell(err.trace) end
end

--- argv as it is read: options may stand before the command, and --help alone is a command.
local function command_first(argv)
  local i = 1
  while argv[i] == "--verbose" or argv[i] == "--lua-dir" do i = i + (argv[i] == "--verbose" and 1 or 2) end
  local name = argv[i] or "help"
  if name == "--help" or name == "-h" then name = "help" end
  if name == "--version" or name == "-V" then name = "version" end
  return name, i + 1
end

--- An error with where it came from, unless it is one for people.
local function traced(err)
  return type(err) == "table" and err or debug and debug.traceback(tostring(err), 2) or tostring(err)
end

--- Runs the command; one that can leave reports of a run which did not begin is told why it did not.
local function call(command, values)
  if not command.unbegun then return command.main(values) or 0 end
  local ok, code = xpcall(command.main, traced, values)
  if ok then return code or 0 end
  local left = type(code) == "table" and code.code == "cancelled"
  if not values.ended and not left then command.unbegun(values, code) end
  error(code, 0)
end

local function run(argv)
  local name, first = command_first(argv)
  local command = M.find(name)
  local values = options.parse(command, argv, first)
  if values.help then
    engine.write("result", options.help(command))
    if command.help then command.help(values) end
    return 0
  end
  options.check_positional(command, values)
  settings.fill(command, values)
  return call(command, values)
end

--- The root task of pl_command.
---@param argv table the program's name at 0
function M.main(argv)
  local ok, code = xpcall(run, traced, argv)
  local signal_number = engine.cancelled()
  local by_signal = signal_number and signal_number > 0
  if not ok and by_signal and type(code) == "table" and code.code == "cancelled" then
    code = 0
  elseif not ok then
    show(code)
    code = exit_codes.code_of(code)
  end
  if by_signal and code == 0 then code = 128 + signal_number end
  engine.finish { exit = code, verdict = code == 0 and "pass" or "fail" }
end

return M
