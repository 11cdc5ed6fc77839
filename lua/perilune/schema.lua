--- Option tables against a declared schema: one place for defaults, types, units and near names.
---
--- A schema is { name = { kind, default = v, required = true, choices = {...} } }; kinds: string, number, integer, boolean,
--- table, function, any, text (a string or a secret), and the units duration, size, rate, ratio (written as people write them, read to base units).
local guard = require "perilune.core.guard"
local suggest = require "perilune.suggest"
local units = require "perilune.core.units"

local M = {}

local UNITS = { duration = true, size = true, rate = true, ratio = true }

--- Reads a value with a unit. Durations need theirs; a bare ratio above 1 is refused, for "5" is more likely 5 % than 500 %.
---@param kind string
---@param text string
---@return number|nil
---@return string|nil why the whole message
function M.parse(kind, text)
  local number, err = units.parse(kind, text)
  if not number then return nil, err.message end
  if kind == "ratio" and number > 1 and not text:find("%", 1, true) then
    return nil, ("%q is not a ratio: above 1 the unit is needed; write %s%%"):format(text, text)
  end
  return number
end

--- The value, or nil, why not, and whether that is a whole message.
local function read(kind, value)
  if UNITS[kind] then
    if type(value) == "number" then
      if value ~= value or value == math.huge or (value < 0 and kind ~= "ratio") then return nil, ("a %s from 0 on"):format(kind) end
      return value
    end
    if type(value) ~= "string" then return nil, ("a %s such as %s"):format(kind, M.examples[kind]) end
    local number, why = M.parse(kind, value)
    return number, why, true
  end
  if kind == "any" then return value end
  if kind == "text" then
    if type(value) == "string" or guard.is_secret(value) then return value end
    return nil, "text"
  end
  if kind == "integer" then
    local whole = math.tointeger(value)
    if whole then return whole end
    return nil, "a whole number"
  end
  if type(value) == kind then return value end
  return nil, "a " .. kind
end

M.examples = { duration = '"30s"', size = '"64MiB"', rate = '"500/s"', ratio = '"5%"' }

local function names_of(schema)
  local names = {}
  for name in pairs(schema) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

--- Checks one value; raises a message that names it.
---@param kind string
---@param value any
---@param what string shown in the message
---@return any
function M.value(kind, value, what)
  local v, why, whole = read(kind, value)
  if v == nil and value ~= nil then
    error({ code = "invalid", message = whole and ("%s: %s"):format(what, why) or ("%s: %s is not %s"):format(what, M.show(value), why) }, 0)
  end
  return v
end

--- A value as it may stand in a message.
---@param value any
---@return string
function M.show(value)
  if type(value) == "string" then return ("%q"):format(value) end
  if type(value) == "table" or type(value) == "function" then return "a " .. type(value) end
  return tostring(value)
end

--- A text, or a list of texts joined by commas; nil for none.
---@param value any
---@param what string
---@return string|nil
function M.joined(value, what)
  local list = type(value) == "table" and value or { value }
  for _, text in ipairs(list) do
    if type(text) ~= "string" then error({ code = "invalid", message = ("%s: a text or a list of texts, not %s"):format(what, M.show(text)) }, 0) end
  end
  return #list > 0 and table.concat(list, ",") or nil
end

--- Raises unless labels are names with texts, or nil.
---@param labels table|nil
---@param what string
function M.labels(labels, what)
  for name, value in pairs(labels or {}) do
    if type(name) ~= "string" or type(value) ~= "string" then
      error({ code = "invalid", message = ('%s: labels are { name = "text" }; %s = %s is not'):format(what, tostring(name), M.show(value)) }, 0)
    end
  end
end

--- Checks an option table and returns a new one with defaults and base units.
---@param schema table
---@param options table|nil
---@param what string the word it belongs to, for messages
---@return table
function M.check(schema, options, what)
  options = options or {}
  if type(options) ~= "table" then
    error({ code = "invalid", message = ("%s: options are a table, not %s"):format(what, M.show(options)) }, 0)
  end
  for name in pairs(options) do
    if not schema[name] then
      local known = names_of(schema)
      error({ code = "invalid", message = ("%s: unknown option %s%s (known: %s)"):format(
        what, M.show(name), suggest.hint(tostring(name), known), table.concat(known, ", ")) }, 0)
    end
  end
  local out = {}
  for name, rule in pairs(schema) do
    local value = options[name]
    if value == nil then value = rule.default end
    if value == nil and rule.required then
      error({ code = "invalid", message = ("%s: option %s is missing"):format(what, name) }, 0)
    end
    if value ~= nil then value = M.value(rule[1], value, what .. ": " .. name) end
    if rule.choices and value ~= nil then M.choice(rule.choices, value, what .. ": " .. name) end
    out[name] = value
  end
  return out
end

--- Checks that value is one of the choices.
---@param choices string[]
---@param value string
---@param what string
---@return string
function M.choice(choices, value, what)
  for _, c in ipairs(choices) do
    if c == value then return value end
  end
  error({ code = "invalid", message = ("%s: %s is none of %s%s"):format(
    what, M.show(value), table.concat(choices, ", "), suggest.hint(tostring(value), choices)) }, 0)
end

return M
