--- perilune config: what is set, and where it comes from.
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local json = require "perilune.core.json"
local output = require "perilune.output"
local settings = require "perilune.settings"
local summary = require "perilune.summary"

local M = {
  name = "config", section = "Prepare", about = "Show the settings and where each comes from.", usage = "perilune config [--show-origin] [--env NAME] [--json]", min = 0, max = 0,
  completes = {},
  examples = { "perilune config --show-origin", "perilune config --env staging", "perilune config --json" }, common = { "db", "json", "env" },
  options = { { name = "show-origin", help = "where each setting comes from" } },
  more = [[
A file perilune.yml beside the playbook, or above it, holds settings:

  db: reviews.db            # a path lies beside the file
  label: { team: shop }
  args: { peak: 50/s }      # arguments of playbooks that declare them
  env:
    staging:                # with --env staging
      args: { peak: 500/s }

Order: default < perilune.yml < environment (PERILUNE_DB, PERILUNE_SEED ...) <
option. Known: db, json, events, html, junit, markdown, label, seed, deadline,
strict, quiet, color, args, env.]],
}

local function settings_of(o)
  local host, list = engine.options(), json.array {}
  local found, args, path = settings.read(".", o.env)
  local function add(name, value, origin) list[#list + 1] = { name = name, value = value, origin = origin } end
  local db, origin = database.path(o.db)
  add("db", db, found.db and db == assert(file.absolute(found.db.values[1])) and found.db.origin or origin)
  add("lua-dir", host.lua_dir or "embedded", host.lua_dir and "option" or "default")
  for name, s in pairs(found) do
    if name ~= "db" then add(name, table.concat(s.values, ", "), s.origin) end
  end
  for name, value in pairs(args) do add("args." .. name, value, path) end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

--- Shows them.
---@param o table
function M.main(o)
  local list = settings_of(o)
  if output.json(o, { schema = "perilune.config/1", settings = list }) then return end
  local rows = {}
  for i, s in ipairs(list) do rows[i] = { s.name, summary.plain(s.value), o.show_origin and ("(%s)"):format(s.origin) or nil } end
  engine.write("result", table.concat(summary.columns(rows, { [2] = true, [3] = true }), "\n") .. "\n")
end

return M
