--- A prepared playbook's text read closely before anything is sent: `perilune lint` tells all that is wrong, a run does not begin.
local lines = require "perilune.lines"
local lint = require "perilune.lint"
local load = require "perilune.load"
local metrics = require "perilune.metrics"
local pl = require "perilune"
local query = require "perilune.core.query"
local Run = require "perilune.run"
local words = require "perilune.words"

local M = {}

local function set_of(t)
  local set = {}
  for name in pairs(t) do set[name] = true end
  return set
end

--- The options of the words on run, with those that run:load takes of a scenario.
local function options_of()
  local options = {}
  for name, rules in pairs(words.options) do options[name] = rules end
  options.load = load.OPTIONS
  return options
end

--- Why an expression is wrong, or nil.
local function expression_of(world)
  return function(expr, is_condition)
    local facts, err = (is_condition and query.parse or query.expression)(expr)
    if not facts then return err.message end
    local ok, why = pcall(metrics.check, facts, world, ("%q"):format(expr))
    return not ok and why.message or nil
  end
end

--- The text that a person wrote, and its file: of `perilune load` that is the script's.
local function written(prepared)
  local script = prepared.options.script
  if not prepared.options.from_options then return prepared.spec.text, prepared.spec.playbook end
  if script then return script.text, script.name end
end

--- Reads the text; raises the first finding, but for lint, which gets all.
---@param prepared table
---@return table[] findings
function M.text(prepared)
  local text, name = written(prepared)
  if not text then return {} end
  local findings = lint.check(text, { words = { run = Run.implemented(), pl = set_of(pl) }, scenarios = set_of(prepared.scenarios), feeders = set_of(prepared.book.feeders), options = options_of(),
    expression = expression_of(prepared.world), returns = prepared.options.from_options and "user" or nil })
  if #findings == 0 or prepared.options.only == "lint" then return findings end
  local shown = lint.show(name, text, findings[1])
  if #findings > 1 then shown = ("%s\n%s more; perilune lint shows all"):format(shown, lines.counted(#findings - 1, "problem")) end
  error({ code = "script", message = shown }, 0)
end

return M
