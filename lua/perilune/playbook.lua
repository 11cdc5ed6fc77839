--- The table that a playbook returns: its fields checked once, with near names.
local copy = require "perilune.copy"
local schema = require "perilune.schema"
local suggest = require "perilune.suggest"

local M = {}

local FIELDS = {
  name = { "string", required = true }, about = { "string" }, args = { "table", default = {} },
  needs = { "table", default = {} }, feeders = { "table", default = {} }, objectives = { "any" },
  scenarios = { "any" }, run = { "function", required = true }, cleanup = { "function" }, errors = { "string", choices = { "ignore" } },
}

local NEEDS = { load = true, fetch = true, scale = true, secrets = true, exec = true, files = true }

local function wrong(text)
  error({ code = "script", message = "pl.playbook: " .. text }, 0)
end

--- Marks and checks a playbook: `return pl.playbook { ... }`.
---@param t table
---@return table
function M.declare(t)
  if type(t) ~= "table" then wrong "it takes one table" end
  local checked = schema.check(FIELDS, t, "pl.playbook")
  if not checked.name:match("^[%w][%w%-_ .]*$") or #checked.name > 100 then wrong "name is letters, digits, - _ . and spaces, at most 100" end
  for name, a in pairs(checked.args) do
    if type(a) ~= "table" or a.perilune ~= "arg" then
      wrong(("args.%s: declare it with pl.arg, for instance %s = pl.arg.string { \"x\" }"):format(name, name))
    end
  end
  for kind in pairs(checked.needs) do
    if not NEEDS[kind] then wrong(("needs.%s is unknown%s"):format(kind, suggest.hint(kind, NEEDS))) end
  end
  checked.perilune = "playbook"
  return checked
end

--- Checks what a chunk returned.
---@param value any
---@param name string file name for the message
---@return table
function M.check(value, name)
  if type(value) == "table" and value.perilune == "playbook" then return value end
  error({ code = "script", message = ("%s: a playbook returns pl.playbook { ... }; this one returned %s"):format(name, schema.show(value)) }, 0)
end

--- The objectives of a playbook for these args.
---@param playbook table
---@param args table
---@return table rows
function M.objectives(playbook, args)
  local rows = playbook.objectives
  if type(rows) == "function" then rows = rows(copy.deep(args)) end
  return rows or {}
end

--- The scenarios of a playbook; data is what run:load passes.
---@param playbook table
---@param args table
---@param data table|nil
---@return table name -> scenario
function M.scenarios(playbook, args, data)
  local scenarios = playbook.scenarios
  if type(scenarios) == "function" then scenarios = scenarios(copy.deep(args), data or {}) end
  if scenarios ~= nil and type(scenarios) ~= "table" then
    error({ code = "script", message = "scenarios(args, data) returns a table { name = { ... } }" }, 0)
  end
  return scenarios or {}
end

return M
