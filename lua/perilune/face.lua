--- What scripts hold of our objects (run, loads, samplers): a face with a fixed list of words and fields. The object itself stays
--- on this side; a face can neither be changed nor looked through.
local copy = require "perilune.copy"
local guard = require "perilune.core.guard"
local suggest = require "perilune.suggest"
local task = require "perilune.task"

local M = {}

local INNER = setmetatable({}, { __mode = "k" }) -- face -> object
local FACE = setmetatable({}, { __mode = "k" }) -- object -> face

--- Stands for a field that is nil and yet known.
M.NONE = {}

local function face_of(value)
  local meta = getmetatable(value)
  if FACE[value] then return FACE[value] end
  if not meta then return nil end
  if meta.face then return meta.face(value) end
  return value.code and value.message and value or nil -- an error
end

--- A deep copy of plain values; objects become their faces, errors, functions and userdata stay.
---@param value any
---@return any
function M.export(value) return copy.deep(value, face_of) end

local function is_kind(kind, value)
  if kind == "any" then return true end
  if kind == "text" then return type(value) == "string" or type(value) == "number" end
  if kind == "names" then return type(value) == "string" or type(value) == "table" end
  return type(value) == kind
end

local NAMES = { text = "text or a number", names = "a name or a list of names", ["function"] = "a function", table = "a table", string = "a string", number = "a number" }

--- Raises when the arguments of a word are not what it takes: "what:name" or "what:name?" each.
local function check(word, signature, ...)
  for i, rule in ipairs(signature) do
    local kind, name, optional = rule:match("^(%a+):([%w_]+)(%??)$")
    local value = select(i, ...)
    if not (value == nil and optional == "?") and not is_kind(kind, value) then
      error({ code = "invalid", message = ("%s: %s must be %s, not %s"):format(word, name, NAMES[kind] or kind, value == nil and "missing" or "a " .. type(value)) }, 0)
    end
  end
end

--- The options without `try`, and whether it was there.
local function take_try(n, ...)
  local args = table.pack(...)
  local options = args[n]
  if not (n > 0 and type(options) == "table" and options.try ~= nil) then return false, args end
  local rest = copy.shallow(options)
  rest.try = nil
  args[n] = rest
  return options.try and true or false, args
end

local function results_of(try, raw, ok, ...)
  if ok and raw then return ... end
  if ok then
    local out = table.pack(...)
    for i = 1, out.n do out[i] = M.export(out[i]) end
    return table.unpack(out, 1, out.n)
  end
  local err = ...
  if try and not (type(err) == "table" and err.code == "cancelled") then return nil, err end
  error(err, 0)
end

--- A word of a face: fn is called with the object behind it. Its failure is an error table, or nil, err with try = true.
local function word(what, name, fn, signature, raw)
  local options_at = 0
  for i, rule in ipairs(signature) do
    if rule:match("^table:options") then options_at = i end
  end
  local shown = ("%s:%s"):format(what, name)
  return function(self, ...)
    local inner = INNER[self]
    if not inner then error(("%s: call it with a colon, %s(...)"):format(shown, shown), 2) end
    local try, args = take_try(options_at, ...)
    return results_of(try, raw, task.try(function()
      check(shown, signature, table.unpack(args, 1, args.n))
      return fn(inner, table.unpack(args, 1, args.n))
    end))
  end
end

--- Declares a kind of faces.
---@param what string "run", "load": its name in messages
---@param words table name -> { function, "kind:argument" ..., raw = true: gives values of the script's own }
---@return fun(object: table, fields: table|nil): any face of an object, the same one each time
function M.kind(what, words)
  local members, names = {}, {}
  for name, w in pairs(words) do
    members[name] = word(what, name, w[1], { table.unpack(w, 2) }, w.raw)
    names[name] = true
  end
  return function(object, fields)
    if FACE[object] then return FACE[object] end
    local own = fields or {}
    for name in pairs(own) do names[name] = true end
    local face = guard.object(what, function(_, name)
      local value = own[name]
      if value == nil then value = members[name] end
      if value == M.NONE then return nil end
      if value == nil and not names[name] then
        error(("%s has no word or field %q%s"):format(what, tostring(name), suggest.hint(tostring(name), names)), 2)
      end
      return value
    end)
    INNER[face], FACE[object] = object, face
    return face
  end
end

return M
