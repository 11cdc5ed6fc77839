--- perilune config: what is set, and where it comes from.
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local summary = require "perilune.summary"

return {
  name = "config", about = "Show the settings and where each comes from.", usage = "perilune config [--show-origin]", min = 0, max = 0, examples = { "perilune config --show-origin" },
  options = { { name = "show-origin", help = "where each setting comes from" } },
  main = function(o)
    local settings = engine.options()
    local path, origin = database.path(o.db)
    local rows = { { "db", path, origin }, { "policy", settings.policy_path or "none", settings.policy_path and "host" or "default" },
      { "lua-dir", settings.lua_dir or "embedded", settings.lua_dir and "option" or "default" } }
    for name, value in pairs(settings.settings) do
      if name ~= "db" and name ~= "home" and name ~= "state_home" then rows[#rows + 1] = { name, value, "environment" } end
    end
    for i, row in ipairs(rows) do rows[i] = o.show_origin and row or { row[1], row[2] } end
    for _, row in ipairs(rows) do engine.write("result", ("%-12s %s%s\n"):format(row[1], summary.plain(row[2]), row[3] and ("   (" .. row[3] .. ")") or "")) end
  end,
}
