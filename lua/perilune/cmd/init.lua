--- The command line: finds the command, reads its options, runs it, gives the exit code.
local engine = require "perilune.core.engine"
local exit = require "perilune.exit"
local options = require "perilune.options"
local suggest = require "perilune.suggest"

local M = {}

--- Commands of this version, in the order of the help. Each is perilune.cmd.NAME: { name, about, usage, examples, options, main }.
M.NAMES = { "run", "load", "sample", "runs", "sql", "report", "compare", "baseline", "db", "plan", "lint", "init", "config", "doctor", "status", "version", "help" }

--- Promised, not in this version.
local LATER = { "scrape", "query", "forecast", "anomalies", "changes", "capacity", "rightsize", "cost", "import", "export",
  "control", "serve", "approve", "apply", "audit", "completion" }

local HIDDEN = { test = true }

--- Commands whose module has another name: init.lua is this file.
local MODULE = { init = "scaffold" }

local function contains(list, name)
  for _, v in ipairs(list) do
    if v == name then return true end
  end
  return false
end

local function usage(message)
  error({ code = "usage", message = message }, 0)
end

--- The module of a command, or a usage error.
---@param name string
---@return table
function M.find(name)
  if contains(LATER, name) then
    error({ code = "unsupported", message = ("perilune %s is not in this version"):format(name) }, 0)
  end
  if not contains(M.NAMES, name) and not HIDDEN[name] then
    usage(("unknown command %q%s; see perilune help"):format(name, suggest.hint(name, M.NAMES)))
  end
  return require("perilune.cmd." .. (MODULE[name] or name))
end

local REASON = { usage = "usage", unsupported = "usage", invalid = "usage", refused = "refused", busy = "locked", script = "script_error", syntax = "script_error" }

--- The exit code of an error that ended a command.
---@param err any
---@return integer
function M.exit_code(err)
  if type(err) ~= "table" then return exit.CODE.internal end
  return exit.CODE[REASON[err.code] or exit.reason_of(err)] or exit.CODE.internal
end

local function show(err)
  if type(err) ~= "table" then
    engine.write("progress", "perilune: internal error: " .. tostring(err) .. "\n")
    return
  end
  engine.write("progress", "perilune: " .. tostring(err.message) .. "\n")
  if err.trace then engine.write("progress", err.trace .. "\n") end
end

local function run(argv)
  local name = argv[1] or "help"
  if name == "--help" or name == "-h" then name = "help" end
  if name == "--version" then name = "version" end
  local command = M.find(name)
  local values = options.parse(command, argv, 2)
  if values.help then
    engine.write("result", options.help(command))
    return 0
  end
  options.check_positional(command, values)
  return command.main(values) or 0
end

--- The root task of pl_command.
---@param argv table the program's name at 0
function M.main(argv)
  local ok, code = xpcall(run, function(e) return type(e) == "table" and e or debug and debug.traceback(tostring(e), 2) or tostring(e) end, argv)
  if not ok then
    show(code)
    code = M.exit_code(code)
  end
  local signal_number = engine.cancelled()
  if signal_number and signal_number > 0 and code == 0 then code = 128 + signal_number end
  engine.finish { exit = code, verdict = code == 0 and "pass" or "fail" }
end

return M
