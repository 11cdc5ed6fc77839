--- Typed arguments of a playbook: declared in it, given on the command line, plain values in base units in the script.
local guard = require "perilune.core.guard"
local later = require "perilune.later"
local options = later "perilune.options" -- not in workers
local places = require "perilune.core.route"
local route = require "perilune.route"
local schema = require "perilune.schema"
local suggest = require "perilune.suggest"

local M = {}

local UNIT_KINDS = { ratio = "ratio", rate = "rate", duration = "duration", size = "size" }

local readers = {}

function readers.string(text) return text end
readers.file = readers.string

--- A value that scripts can send and nobody can see.
function readers.secret(text) return guard.secret(text) end

--- A URL that has the form of one, or what is wrong within it.
local function sendable(url)
  local good, err = places.url(url)
  if good then return url end
  return nil, err.message, true
end

function readers.url(text)
  if text:match("^https?://[^/%s]+") or text:match("^unix:/") then return sendable(text) end
  if not text:find("://", 1, true) and (text:match("^[%w%-]+%.?[%w%-.]*:%d+") or text:match("^[%w%-]+%.[%w%-.]+") or text:match("^localhost")) and not text:find("%s") then
    return sendable("http://" .. text)
  end
  local socket, target = text:match("^http%+unix://([^/]+)(.*)$")
  if socket then return nil, ("a URL here; a Unix socket is written unix:%s:%s"):format((socket:gsub("%%(%x%x)", function(x) return string.char(tonumber(x, 16)) end)), target == "" and "/" or target) end
  return nil, "a URL such as http://127.0.0.1:8080/"
end

function readers.reroute(text)
  local good, why = route.check(text)
  if good then return text end
  return nil, why, true
end

function readers.integer(text)
  local n = math.tointeger(tonumber(text))
  if n then return n end
  return nil, "a whole number"
end

function readers.number(text)
  local n, why = schema.parse("number", text)
  if n then return n end
  return nil, why, true
end

function readers.boolean(text)
  if text == "true" or text == "yes" or text == "1" or text == "" then return true end
  if text == "false" or text == "no" or text == "0" then return false end
  return nil, "true or false"
end

for kind, unit in pairs(UNIT_KINDS) do
  readers[kind] = function(text)
    local n, why = schema.parse(unit, text)
    if n then return n end
    return nil, why, true
  end
end

function readers.choice(text, arg)
  for _, c in ipairs(arg.choices) do
    if c == text then return text end
  end
  return nil, "one of " .. table.concat(arg.choices, ", ") .. suggest.hint(text, arg.choices)
end

local FIELDS = { [1] = true, help = true, optional = true, choices = true }

--- One declaration: pl.arg.rate { "500/s", help = "arrival rate at peak" }.
local function declare(kind, t)
  t = t or {}
  if type(t) ~= "table" then error(("pl.arg.%s: write pl.arg.%s { %s }"):format(kind, kind, schema.show(t)), 3) end
  for name in pairs(t) do
    if not FIELDS[name] then
      error(("pl.arg.%s: unknown field %s%s"):format(kind, schema.show(name), suggest.hint(tostring(name), { "help", "optional", "choices" })), 3)
    end
  end
  if kind == "choice" and type(t.choices) ~= "table" then error("pl.arg.choice: choices = { ... } is missing", 3) end
  return { perilune = "arg", kind = kind, default = t[1], help = t.help, optional = t.optional or false, choices = t.choices }
end

--- The constructors by kind: what playbooks see as pl.arg.
M.KINDS = {}
for kind in pairs(readers) do
  M.KINDS[kind] = function(t) return declare(kind, t) end
end

--- What users call an argument.
---@param name string
---@param from_options table|nil as of M.read
---@return string
local function called(name, from_options)
  if not from_options then return "argument --" .. name end
  return from_options[name] or "--" .. name:gsub("_", "-")
end

--- Reads one argument's text (or the default, which may be a plain value).
---@param what string it is called so
---@param arg table
---@param value any
---@return any
local function read_one(what, arg, value)
  if type(value) ~= "string" then return value end
  local v, why, whole = readers[arg.kind](value, arg)
  if v == nil then
    local text = whole and why or ("%q is not %s"):format(value, why)
    error({ code = "invalid", message = ("%s: %s"):format(what, text) }, 0)
  end
  return v
end

local PLACEHOLDERS = { url = "http://127.0.0.1/", integer = "1", number = "1", ratio = "1%", rate = "1/s", duration = "1s", size = "1B", boolean = "true" }

--- The given arguments, and of those in perilune.yml the ones that this playbook declares.
---@param declared table
---@param given table name -> text
---@param beside table|nil name -> text
---@return table
function M.beside(declared, given, beside)
  local out = {}
  for name, value in pairs(beside or {}) do
    if declared[name] then out[name] = value end
  end
  for name, value in pairs(given) do out[name] = value end
  return out
end

--- The given arguments, and a harmless value for each that is missing: for checks that send nothing.
---@param declared table
---@param given table
---@return table
---@return string[] what was filled in, in words
function M.filled(declared, given)
  local out, said = {}, {}
  for name, arg in pairs(declared) do
    if arg.default == nil and not arg.optional and given[name] == nil then
      out[name] = arg.choices and arg.choices[1] or PLACEHOLDERS[arg.kind] or "x"
      said[#said + 1] = ("--%s is missing: %s stands for it"):format(name, out[name])
    end
  end
  for name, value in pairs(given) do out[name] = value end
  table.sort(said)
  return out, said
end

--- Raises for an argument that the command line could not tell from an option.
---@param declared table
---@param taken string[]|nil names of options
function M.check_names(declared, taken)
  for _, name in ipairs(taken or {}) do
    if declared[name] then
      error({ code = "invalid", message = ("args.%s: --%s is an option of perilune; give the argument another name"):format(name, name) }, 0)
    end
  end
end

--- Reads all arguments of a playbook; raises for unknown, wrong and missing ones.
---@param declared table name -> declaration
---@param given table name -> text
---@param from_options table<string, string>|nil they were options of a command, which has - for _ in their names; what it calls those that
---were none
---@return table values plain values in base units
function M.read(declared, given, from_options)
  local names = {}
  for name in pairs(declared) do names[#names + 1] = name end
  table.sort(names)
  for name in pairs(given) do
    if not declared[name] then
      error({ code = "invalid", message = ("unknown argument --%s%s (the playbook takes: %s)"):format(
        name, suggest.hint(name, names), #names > 0 and table.concat(names, ", ") or "none") }, 0)
    end
  end
  local values = {}
  for _, name in ipairs(names) do
    local arg = declared[name]
    local value = given[name]
    if value == nil then value = arg.default end
    if value == nil and not arg.optional then
      error({ code = "invalid", message = ("%s is missing: %s"):format(called(name, from_options), arg.help or ("a " .. arg.kind)) }, 0)
    end
    if value ~= nil then values[name] = read_one(called(name, from_options), arg, value) end
  end
  return values
end

--- Lines of help for the arguments of a playbook.
---@param declared table
---@return string[]
function M.help(declared)
  local names, lines = {}, {}
  for name in pairs(declared) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local arg = declared[name]
    local default = arg.default ~= nil and ("default " .. tostring(arg.default)) or (arg.optional and "optional" or "required")
    local choices = arg.choices and (" (" .. table.concat(arg.choices, "|") .. ")") or ""
    for _, line in ipairs(options.entry(("--%s %s"):format(name, arg.kind:upper()), ("%s%s [%s]"):format(arg.help or "", choices, default))) do lines[#lines + 1] = line end
  end
  return lines
end

return M
