--- perilune config: what is set, and where it comes from.
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local output = require "perilune.output"
local summary = require "perilune.summary"

local M = {
  name = "config", section = "Prepare", about = "Show the settings and where each comes from.", usage = "perilune config [--show-origin] [--json]", min = 0, max = 0,
  examples = { "perilune config --show-origin", "perilune config --json" }, common = { "db", "json" },
  options = { { name = "show-origin", help = "where each setting comes from" } },
}

--- Variables that say where things are, and are no settings.
local PLACES = { db = true, home = true, state_home = true }

local function settings_of(o)
  local host = engine.options()
  local path, origin = database.path(o.db)
  local list = json.array { { name = "db", value = path, origin = origin } }
  list[2] = { name = "lua-dir", value = host.lua_dir or "embedded", origin = host.lua_dir and "option" or "default" }
  for name, value in pairs(host.settings) do
    if not PLACES[name] and name ~= "lua_dir" then list[#list + 1] = { name = (name:gsub("_", "-")), value = value, origin = "environment" } end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

--- Shows them.
---@param o table
function M.main(o)
  local list = settings_of(o)
  if output.json(o, { schema = "perilune.config/1", settings = list }) then return end
  local rows = {}
  for i, s in ipairs(list) do rows[i] = ("%-12s %s%s\n"):format(s.name, summary.plain(s.value), o.show_origin and ("   (%s)"):format(s.origin) or "") end
  engine.write("result", table.concat(rows))
end

return M
