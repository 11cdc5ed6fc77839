--- Command-line options as data: parsing, help and completion from one table.
---
--- An option is { name = "rate", value = "R", kind = "rate", help = "...", short = "R", many = true, hidden = true, implied = "-",
--- what = "an objective" (its value, in words),
--- positive = true (numbers: more than 0), most = 256 (of numbers) };
--- without `value` it is a switch, with `implied` its value may be left out. A command names the common ones that do something
--- for it: { name, about, usage, examples, options, common = { "db", "json" }, words, min, max, open,
--- completes = { "last" } }: what a shell offers besides options; without it files.
local copy = require "perilune.copy"
local schema = require "perilune.schema"
local suggest = require "perilune.suggest"

local M = {}

local WIDTH = 80
local COLUMN = 27 -- where the help of an option begins

--- Options that several commands share, by what they are about.
M.COMMON = {
  { name = "db", value = "FILE", help = "the timeline to use; `perilune config` shows which one it is without this" },
  { name = "json", value = "FILE", implied = "-", help = "write the result as one JSON object; - (or nothing) is standard output" },
  { name = "events", value = "FILE", implied = "-", help = "append events as NDJSON to FILE while they happen; - (or nothing) is standard output" },
  { name = "html", value = "FILE", help = "write the HTML report; - is standard output" },
  { name = "junit", value = "FILE", help = "write a JUnit report" },
  { name = "markdown", value = "FILE", help = "write a Markdown report" },
  { name = "label", value = "K=V", many = true, help = "label of the run; may be repeated" },
  { name = "env", value = "NAME", help = "environment: a label of the run" },
  { name = "seed", value = "N", kind = "integer", positive = true, help = "seed of all random streams (default 1)" },
  { name = "deadline", value = "D", kind = "duration", positive = true, help = "end the run after this time, with exit code 124" },
  { name = "strict", help = "what is marginal is inconclusive" },
  { name = "apply", help = "allow actions that a policy grants" },
  { name = "policy", value = "FILE", help = "policy file: hosts that load may be sent to, and how much of it" },
  { name = "quiet", short = "q", help = "no progress and no summary; an error is told" },
  { name = "color", value = "WHEN", choices = { "auto", "always", "never" }, help = "auto, always or never" },
}

--- The option of commands that send load.
M.WORKERS = { name = "workers", value = "N", kind = "integer", positive = true, most = 256, help = "load workers (default: one a CPU)" }

--- Options of every command.
M.ALWAYS = {
  { name = "verbose", help = "log more" },
  { name = "lua-dir", value = "DIR", hidden = true, help = "take the Lua modules from this folder" },
  { name = "help", short = "h", help = "show this help" },
}

--- The common options of commands that start a run.
M.RUN = { "db", "json", "events", "html", "junit", "markdown", "label", "env", "seed", "deadline", "strict", "apply", "policy", "quiet", "color" }

local function fail(message)
  error({ code = "usage", message = message }, 0)
end

--- An option without its letter, where the command has that letter for another one.
local function yielding(o, command)
  for _, own in ipairs(command.options or {}) do
    if own.short and own.short == o.short then
      local without = copy.shallow(o)
      without.short = nil
      return without
    end
  end
  return o
end

--- The common options of a command, in the order of M.COMMON, then those of every command.
---@param command table
---@return table[]
function M.shared(command)
  local wanted, list = {}, {}
  for _, name in ipairs(command.common or {}) do wanted[name] = true end
  for _, o in ipairs(M.COMMON) do
    if wanted[o.name] then list[#list + 1] = yielding(o, command) end
  end
  return table.move(M.ALWAYS, 1, #M.ALWAYS, #list + 1, list)
end

local function index_of(command)
  local by_name, by_short = {}, {}
  for _, list in ipairs { M.shared(command), command.options or {} } do
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

local function unknown(command, word, by_name)
  local name = word:match("^%-%-([%w%-_]+)")
  for _, o in ipairs(name and M.COMMON or {}) do
    if o.name == name then fail(("perilune %s has no use for --%s; see perilune %s --help"):format(command.name, name, command.name)) end
  end
  local hint = name and suggest.hint(name, names_of(by_name)):gsub('"(.+)"', "--%1") or ""
  fail(("unknown option %s%s; see perilune %s --help"):format(word, hint, command.name))
end

local SWITCH = { ["true"] = true, yes = true, on = true, ["1"] = true, ["false"] = false, no = false, off = false, ["0"] = false }

local function switch(o, text)
  if text == nil then return true end
  if SWITCH[text] == nil then fail(("--%s: %q is neither true nor false"):format(o.name, text)) end
  return SWITCH[text] or nil
end

--- Takes an option's value from its text; a switch needs none.
---@param values table by name with _
---@param o table the option
---@param text string|nil
function M.set(values, o, text)
  local value = text
  if not o.value then
    value = switch(o, text)
  elseif o.choices then
    local ok, err = pcall(schema.choice, o.choices, text, "--" .. o.name)
    if not ok then fail(err.message) end
  elseif o.kind then
    local ok, read = pcall(schema.value, o.kind, o.kind == "integer" and tonumber(text) or text, "--" .. o.name)
    if not ok then fail(read.message) end
    if read == nil then fail(("--%s: %q is not %s"):format(o.name, text, "a whole number")) end
    value = read
    if o.positive and value <= 0 then fail(("--%s: %s is too little: more than 0"):format(o.name, text)) end
    if o.most and value > o.most then fail(("--%s: %s is too much: at most %d"):format(o.name, text, o.most)) end
  end
  local key = o.name:gsub("-", "_")
  if o.many then
    values[key] = values[key] or {}
    table.insert(values[key], value)
  else
    values[key] = value
  end
end

--- The option of a word, its name when it is a long one, and a value that stands in the same word.
local function read_word(command, word, by_name, by_short)
  local name, behind = word:match("^%-%-([%w%-_]+)(.*)$")
  if name and behind:find "^[^=]" then unknown(command, word, by_name) end
  if name then return by_name[name], name, behind:match "^=(.*)$" end
  if #word < 2 or word:sub(1, 1) ~= "-" or word:match "^%-%-%s" or tonumber(word) then return nil end -- SQL may begin with a comment
  local o = by_short[word:sub(2, 2)]
  if not o then unknown(command, word, by_name) end
  if not o.value and #word > 2 then fail(("%s: write the options apart"):format(word)) end
  return o, o.name, #word > 2 and word:sub(3):gsub("^=", "") or nil
end

--- Whether a word is an option of the command, rather than a value that begins with a dash, as text or a negative number may.
local function is_option(word, command, by_name, by_short)
  if #word ~= 2 and not word:find "^%-%-" then return false end
  local known, o = pcall(read_word, command, word, by_name, by_short)
  return word == "--" or known and o ~= nil
end

--- The value that follows argv[i]; nothing when it may be left out and is. An option is no value: a text that reads as one stands behind "=".
local function value_after(o, argv, i, is_value)
  local following = argv[i + 1]
  if o.implied and (following == nil or following:match("^%-.")) then return o.implied, i end
  if following == nil or not is_value(following) then fail(("--%s needs %s: --%s %s"):format(o.name, o.what or "a value", o.name, o.value)) end
  return following, i + 1
end

--- Takes an option's value, from its own word or the next; gives the place of the last word that it took.
local function take(values, o, inline, argv, i, is_value)
  if o.value and not inline then inline, i = value_after(o, argv, i, is_value) end
  if not o.value and inline then fail(("--%s takes no value"):format(o.name)) end
  M.set(values, o, inline)
  return i
end

--- Behind the mistake of a letter that means a common option in other commands: which one has no letter here.
local function yielded(command, o, word)
  for _, common in ipairs(word:find "^%-%-" and {} or M.COMMON) do
    if common.short and common.short == o.short and common.name ~= o.name then return ("; -%s is --%s here: write --%s, if that is meant"):format(o.short, o.name, common.name) end
  end
  return ""
end

--- Parses argv[first ...] for a command.
---@param command table with open = true: unknown --name VALUE go to values.args
---@param argv string[]
---@param first integer
---@return table values by option name with _; values[1..] positionals; values.args; values.rest after --; values.taken: names of all options
function M.parse(command, argv, first)
  local by_name, by_short = index_of(command)
  local values, i = { args = {}, taken = names_of(by_name) }, first
  local function is_value(word) return not is_option(word, command, by_name, by_short) end
  while i <= #argv do
    local word = argv[i]
    if word == "--" then
      values.rest = table.move(argv, i + 1, #argv, 1, {})
      break
    end
    local o, name, inline = read_word(command, word, by_name, by_short)
    if o then
      local ok, last = pcall(take, values, o, inline, argv, i, is_value)
      if not ok then fail(last.message .. yielded(command, o, word)) end
      i = last
    elseif name and command.open then
      if not inline and argv[i + 1] and not argv[i + 1]:match("^%-%-") then
        i = i + 1
        inline = argv[i]
      end
      values.args[name] = inline or "true"
    elseif name then
      unknown(command, word, by_name)
    else
      values[#values + 1] = word
    end
    i = i + 1
  end
  return values
end

--- Checks the number of positional words.
---@param command table
---@param values table
function M.check_positional(command, values)
  local min, max = command.min or 0, command.max or command.min or 0
  if #values < min then fail(("%s is missing; usage: %s"):format(command.words and command.words[#values + 1] or "an argument", command.usage)) end
  if #values > max then fail(("one word too many: %q; usage: %s"):format(values[max + 1], command.usage)) end
end

--- Text in lines of at most 80 columns; the lines after the first are indented.
---@param first string what the first line begins with
---@param text string
---@param indent integer
---@return string[] lines
function M.wrap(first, text, indent)
  local lines, line = {}, first
  for word in text:gmatch("%S+") do
    local fits = utf8.len(line) + 1 + utf8.len(word) <= WIDTH or line:match("^%s*$")
    if not fits then
      lines[#lines + 1] = line
      line = (" "):rep(indent - 1)
    end
    line = (line == "" and "" or line .. " ") .. word
  end
  lines[#lines + 1] = line
  return lines
end

local function append(out, lines)
  for _, line in ipairs(lines) do out[#out + 1] = line end
end

--- The lines of one option: how it is written, and what it is about.
---@param left string
---@param help string
---@return string[]
function M.entry(left, help)
  left = "  " .. left
  if #left < COLUMN - 1 then return M.wrap(left .. (" "):rep(COLUMN - 1 - #left), help, COLUMN) end
  local lines = M.wrap((" "):rep(COLUMN - 1), help, COLUMN)
  table.insert(lines, 1, left)
  return lines
end

local function append_options(out, list)
  for _, o in ipairs(list) do
    local left = ("--%s%s"):format(o.name, o.value and " " .. o.value or "")
    if o.short then left = ("-%s, %s"):format(o.short, left) end
    if not o.hidden then append(out, M.entry(left, o.help or "")) end
  end
end

--- The help of a command: examples first.
---@param command table
---@return string
function M.help(command)
  local out = M.wrap("", command.about, 1)
  out[#out + 1] = ""
  for _, example in ipairs(command.examples or {}) do out[#out + 1] = "  $ " .. example end
  out[#out + 1] = ""
  append(out, M.wrap("Usage:", command.usage, 8))
  if command.more then append(out, { "", command.more }) end
  if command.options and #command.options > 0 then
    out[#out + 1] = ""
    append_options(out, command.options)
  end
  append(out, { "", "Common options:" })
  append_options(out, M.shared(command))
  return table.concat(out, "\n") .. "\n"
end

return M
