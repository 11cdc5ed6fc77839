--- Settings beside the command line: perilune.yml and the environment. Order: default < perilune.yml < environment < option;
--- of a playbook's arguments, perilune.yml stands between the playbook's defaults and the command line.
---
--- perilune.yml holds common options by their names, `args` for playbooks, and `env`: sections that --env NAME puts on top.
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local json = require "perilune.core.json"
local options = require "perilune.options"
local suggest = require "perilune.suggest"

local M = {}

M.FILE = "perilune.yml"

--- Options that a file may set; paths among them lie beside it.
local PATH = { db = true, json = true, events = true, html = true, junit = true, markdown = true }
local IN_FILE = { label = true, seed = true, deadline = true, strict = true, quiet = true, color = true, args = true, env = true }
for name in pairs(PATH) do IN_FILE[name] = true end

--- What only the one who starts a run may say: a file beside a playbook comes with the playbook.
local NEVER = { policy = true, apply = true }

local function bad(path, message)
  error({ code = "corrupt", message = ("%s: %s"):format(path, message) }, 0)
end

local function check(path, name, value)
  if NEVER[name] then bad(path, ("%s is given on the command line only"):format(name)) end
  if not IN_FILE[name] then bad(path, ("unknown setting %q%s"):format(name, suggest.hint(name, IN_FILE))) end
  local mapping = name == "label" or name == "args" or name == "env"
  if value == json.null then return end
  if mapping and not (type(value) == "table" and #value == 0) then bad(path, ("%s holds name: value lines"):format(name)) end
  if not mapping and type(value) ~= "string" then bad(path, ("%s is one value"):format(name)) end
  if name == "label" or name == "args" then
    for k, v in pairs(value) do
      if type(v) ~= "string" then bad(path, ("%s: %s is one value"):format(name, k)) end
    end
  end
end

--- One level of the file on another: label and args by their names.
local function lay(path, into, level)
  for name, value in pairs(level) do
    check(path, name, value)
    if value == json.null then
      into[name] = nil
    elseif name == "label" or name == "args" then
      into[name] = into[name] or {}
      for k, v in pairs(value) do into[name][k] = v end
    else
      into[name] = value
    end
  end
end

--- The nearest file: upward from the playbook, else from here.
local function find(folder)
  return file.find_upward(M.FILE, folder) or file.find_upward(M.FILE, ".")
end

--- Settings of a text of perilune.yml.
---@param text string
---@param env string|nil name of a section
---@param path string for messages
---@return table name -> text; label and args: name -> text
function M.parse(text, env, path)
  local converted, err = json.from_yaml(text)
  if not converted then bad(path, err.message) end
  local tree = json.decode(converted)
  if type(tree) ~= "table" or #tree > 0 then bad(path, "name: value lines, such as seed: 7") end
  local out = {}
  lay(path, out, tree)
  local sections = out.env or {}
  out.env = nil
  if env and next(sections) then
    local names = {}
    for name in pairs(sections) do names[#names + 1] = name end
    table.sort(names)
    if not sections[env] then bad(path, ("there is no environment %q%s (it has %s)"):format(env, suggest.hint(env, names), table.concat(names, ", "))) end
    if type(sections[env]) ~= "table" then bad(path, ("env: %s holds name: value lines"):format(env)) end
    if sections[env].env then bad(path, ("env: %s: an environment holds no other"):format(env)) end
    lay(path, out, sections[env])
  end
  return out
end

local function beside(path, name, value)
  if not PATH[name] or value == "-" or value:match("^/") then return value end
  return (path:match("^(.*)/[^/]*$") or ".") .. "/" .. value
end

--- The settings that apply to a folder: name -> { values = texts, origin }; and the arguments of playbooks, and the file.
---@param folder string
---@param env string|nil
---@return table
---@return table args name -> text
---@return string|nil path of the file
function M.read(folder, env)
  local out, path = {}, find(folder)
  local text, err = nil, nil
  if path then text, err = file.read(path) end
  if err then error(err, 0) end
  local from_file = text and M.parse(text, env, path) or {}
  for name, value in pairs(from_file) do
    if name == "label" then
      local pairs_of = {}
      for k, v in pairs(value) do pairs_of[#pairs_of + 1] = k .. "=" .. v end
      table.sort(pairs_of)
      out.label = { values = pairs_of, origin = path }
    elseif name ~= "args" then
      out[name] = { values = { beside(path, name, value) }, origin = path }
    end
  end
  for _, o in ipairs(options.COMMON) do
    local value = engine.options().settings[(o.name:gsub("-", "_"))]
    if value and value ~= "" then
      local values = {}
      for word in value:gmatch(o.many and "[^,]+" or ".+") do values[#values + 1] = word end
      if o.many and out[o.name] then table.move(values, 1, #values, #out[o.name].values + 1, out[o.name].values) end
      out[o.name] = { values = o.many and out[o.name] and out[o.name].values or values, origin = "environment" }
    end
  end
  return out, from_file.args or {}, path
end

local function folder_of(command, values)
  local name = command.open and values[1]
  return name and name:match("^(.*)/[^/]*$") or "."
end

--- Fills in what the command line leaves open; values.args_beside are arguments for playbooks.
---@param command table
---@param values table of options.parse
function M.fill(command, values)
  local env = values.env or engine.options().settings.env
  local settings, args = M.read(folder_of(command, values), env)
  values.args_beside = args
  for _, o in ipairs(options.shared(command)) do
    local key, s = o.name:gsub("-", "_"), settings[o.name]
    if s and (values[key] == nil or o.many) then
      local given = values[key]
      values[key] = nil
      for _, text in ipairs(s.values) do
        local ok, err = pcall(options.set, values, o, text)
        if not ok then error({ code = "corrupt", message = ("%s: %s"):format(s.origin, err.message) }, 0) end
      end
      if given then table.move(given, 1, #given, #values[key] + 1, values[key]) end
    end
  end
end

return M
