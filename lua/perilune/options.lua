--- Command-line options as data: parsing, help and completion from one table.
---
--- An option is { name = "rate", value = "R", kind = "rate", help = "...", short = "q", many = true, hidden = true };
--- without `value` it is a switch.
local suggest = require "perilune.suggest"
local schema = require "perilune.schema"

local M = {}

--- Options of every command.
M.COMMON = {
  { name = "db", value = "FILE", help = "timeline to use" },
  { name = "json", value = "FILE", help = "write the result as JSON; - is stdout" },
  { name = "events", value = "FILE", help = "write events as NDJSON while they happen; - is stdout" },
  { name = "html", value = "FILE", help = "write the HTML report" },
  { name = "junit", value = "FILE", help = "write a JUnit report" },
  { name = "markdown", value = "FILE", help = "write a Markdown report" },
  { name = "label", value = "K=V", many = true, help = "label of the run; may be repeated" },
  { name = "env", value = "NAME", help = "environment label of the run" },
  { name = "seed", value = "N", kind = "integer", help = "seed of all random streams (default 1)" },
  { name = "deadline", value = "D", kind = "duration", help = "end the run after this time, exit 124" },
  { name = "strict", help = "a marginal objective is inconclusive" },
  { name = "apply", help = "allow actions that a policy grants" },
  { name = "policy", value = "FILE", help = "policy file with grants" },
  { name = "quiet", short = "q", help = "no progress and no summary" },
  { name = "verbose", help = "log more" },
  { name = "color", value = "WHEN", choices = { "auto", "always", "never" }, help = "auto, always or never" },
  { name = "lua-dir", value = "DIR", hidden = true, help = "take the Lua modules from this folder" },
  { name = "help", short = "h", help = "show this help" },
}

local function fail(message)
  error({ code = "usage", message = message }, 0)
end

local function index_of(command)
  local by_name, by_short = {}, {}
  for _, list in ipairs { M.COMMON, command.options or {} } do
    for _, o in ipairs(list) do
      by_name[o.name] = o
      if o.short then by_short[o.short] = o end
    end
  end
  return by_name, by_short
end

local function names_of(by_name)
  local names = {}
  for name in pairs(by_name) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function store(values, o, text)
  local value = text
  if not o.value then
    value = true
  elseif o.choices then
    local ok, err = pcall(schema.choice, o.choices, text, "--" .. o.name)
    if not ok then fail(err.message) end
  elseif o.kind then
    local ok, read = pcall(schema.value, o.kind, o.kind == "integer" and tonumber(text) or text, "--" .. o.name)
    if not ok then fail(read.message) end
    if read == nil then fail(("--%s: %q is not %s"):format(o.name, text, "a whole number")) end
    value = read
  end
  local key = o.name:gsub("-", "_")
  if o.many then
    values[key] = values[key] or {}
    table.insert(values[key], value)
  else
    values[key] = value
  end
end

--- Parses argv[first ...] for a command.
---@param command table { name, options, positional = {min, max}, open = true (unknown --name VALUE go to values.args) }
---@param argv string[]
---@param first integer
---@return table values by option name with _; values[1..] positionals; values.args; values.rest after --
function M.parse(command, argv, first)
  local by_name, by_short = index_of(command)
  local values, i = { args = {} }, first
  while i <= #argv do
    local word = argv[i]
    if word == "--" then
      values.rest = table.move(argv, i + 1, #argv, 1, {})
      break
    end
    local name, inline = word:match("^%-%-([%w%-_]+)=?(.*)$")
    if name then inline = word:find("=", 1, true) and inline or nil end
    local o = name and by_name[name]
    if not name and #word > 1 and word:sub(1, 1) == "-" and not tonumber(word) then
      o = by_short[word:sub(2, 2)]
      if not o then fail(("unknown option %s; see perilune %s --help"):format(word, command.name)) end
      name = o.name
      inline = #word > 2 and word:sub(3) or nil
    end
    if o and o.value then
      if not inline then
        i = i + 1
        inline = argv[i] or fail(("--%s needs a value: --%s %s"):format(name, name, o.value))
      end
      store(values, o, inline)
    elseif o then
      store(values, o)
    elseif name and command.open then
      if not inline and argv[i + 1] and not argv[i + 1]:match("^%-%-") then
        i = i + 1
        inline = argv[i]
      end
      values.args[name] = inline or "true"
    elseif name then
      fail(("unknown option --%s%s"):format(name, suggest.hint(name, names_of(by_name)):gsub('"(.+)"', "--%1")))
    else
      values[#values + 1] = word
    end
    i = i + 1
  end
  return values
end

--- Checks the number of positional words.
function M.check_positional(command, values)
  local min, max = command.min or 0, command.max or command.min or 0
  if #values < min then fail(("%s is missing; usage: %s"):format(command.words and command.words[#values + 1] or "an argument", command.usage)) end
  if #values > max then fail(("one word too many: %q; usage: %s"):format(values[max + 1], command.usage)) end
end

local function option_line(o)
  local left = ("--%s%s"):format(o.name, o.value and " " .. o.value or "")
  if o.short then left = ("-%s, %s"):format(o.short, left) end
  return ("  %-26s %s"):format(left, o.help or "")
end

--- The help of a command: examples first.
---@param command table
---@return string
function M.help(command)
  local out = { command.about, "" }
  for _, example in ipairs(command.examples or {}) do out[#out + 1] = "  $ " .. example end
  out[#out + 1] = ""
  out[#out + 1] = "Usage: " .. command.usage
  if command.options and #command.options > 0 then
    out[#out + 1] = ""
    for _, o in ipairs(command.options) do
      if not o.hidden then out[#out + 1] = option_line(o) end
    end
  end
  out[#out + 1] = "\nCommon options:"
  for _, o in ipairs(M.COMMON) do
    if not o.hidden then out[#out + 1] = option_line(o) end
  end
  return table.concat(out, "\n") .. "\n"
end

return M
