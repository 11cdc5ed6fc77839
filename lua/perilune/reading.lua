--- A prepared playbook's text read closely before anything is sent: `perilune lint` tells all that is wrong, a run does not begin.
local later = require "perilune.later"
local lexer = require "perilune.lexer"
local lines = require "perilune.lines"
local lint = later "perilune.lint"
local load = require "perilune.load"
local metrics = require "perilune.metrics"
local pl = require "perilune"
local promql = later "perilune.promql"
local query = require "perilune.core.query"
local Run = require "perilune.run"
local words = require "perilune.words"

local M = {}

--- The text of a literal as %q writes it.
local function load_text(quoted)
  local token = lexer.tokens(quoted)[1]
  return token and token.kind == "string" and token.value or nil
end

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
    local is_promql, mistake
    if not is_condition then is_promql, mistake = promql.claims(expr) end
    if is_promql or mistake then return mistake and mistake.message end
    local facts, err = (is_condition and query.parse or query.expression)(expr)
    if not facts then return err.message end
    local ok, why = pcall(metrics.check, facts, world, ("%q"):format(expr))
    return not ok and why.message or nil
  end
end

--- The option that a message of schema.lua does not know, or nil.
local function unknown_option(message) return message:match('unknown option "([^"]+)"') end

--- The line that an error about a scenario, a feeder or an objective speaks of, or nil.
local function line_of(message, text)
  local objective = message:match('^objective %d+: (".-"), column') or message:match('^objective %d+: (".-")')
  local literal = objective and load_text(objective)
  if literal then return lint.line_with(text, literal) end
  local of_book = message:match("^pl%.playbook: (.*)$")
  if of_book then return lint.line_of(text, unknown_option(of_book) or of_book:match("^args%.([%w_]+)") or of_book:match("^[%w_]+") or "") or lint.line_of_call(text, "playbook") end
  if message:match("^objective %d+: ") and unknown_option(message) then return lint.line_of(text, unknown_option(message)) end
  local kind, name, rest = message:match("^(%l+) ([%w_%-]+): (.*)$")
  if kind ~= "scenario" and kind ~= "feeder" then return nil end
  return lint.line_of(text, name, unknown_option(rest) or rest:match("^[%w_]+"))
end

--- An error of a playbook's text with its file, its line and what stands there, where that can be found.
---@param err table
---@param text string
---@param name string file
---@return table err
function M.placed(err, text, name)
  local message = type(err) == "table" and err.message
  if type(message) ~= "string" or message:sub(1, #name + 1) == name .. ":" then return err end
  local line = line_of(message, text)
  if line then err.message = lint.show(name, text, { line = line, what = message }) end
  return err
end

--- A placed error as a finding of lint.
---@param err table
---@return table { line, what }
function M.finding(err)
  local message = type(err) == "table" and err.message or tostring(err)
  local line, what = message:match("^[^\n]-:(%d+): ([^\n]*)")
  return { line = tonumber(line), what = what or message }
end

--- The text that a person wrote, and its file: of `perilune load` that is the script's.
local function written(prepared)
  local script = prepared.options.script
  if not prepared.options.from_options then return prepared.spec.text, prepared.spec.playbook end
  if script then return script.text, script.name end
end

--- Reads the text; raises the first finding, but for lint, which gets all.
---@param prepared table
function M.text(prepared)
  local text, name = written(prepared)
  if not text then return end
  local findings = lint.check(text, { words = { run = Run.implemented(), pl = set_of(pl) }, scenarios = prepared.scenarios_known and set_of(prepared.scenarios) or nil,
    feeders = set_of(prepared.book.feeders), options = options_of(), protocol = load.protocol, among_names = load.among_names, expression = expression_of(prepared.world),
    returns = prepared.options.from_options and "user" or nil })
  table.move(findings, 1, #findings, #prepared.findings + 1, prepared.findings)
  local problems = lint.problems(findings)
  if #problems == 0 or prepared.options.only == "lint" then return end
  local shown = lint.show(name, text, problems[1])
  if #problems > 1 then shown = ("%s\nat least %s more; perilune lint shows all"):format(shown, lines.counted(#problems - 1, "problem")) end
  error({ code = "script", message = shown }, 0)
end

--- Warnings as notes of the run.
---@param prepared table
---@return string[]
function M.warnings(prepared)
  local notes = {}
  for _, finding in ipairs(prepared.findings) do
    if finding.warning then notes[#notes + 1] = ("%s:%d: %s"):format(prepared.spec.playbook, finding.line, finding.what) end
  end
  return notes
end

return M
