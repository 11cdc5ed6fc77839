--- What changed in a history, when, by how much, and how sure that is.
local core = require "perilune.core.change"
local json = require "perilune.core.json"

local M = {}

M.METHODS = { "levels", "otava" }

--- The changes of a history.
---@param values number[] NaN: missing
---@param o table|nil { method = "levels" (default) or "otava"; of otava: window = 50, max_pvalue = 0.001, min_magnitude = 0 }
---@return table[] changes { index: from 0, the first value of the new level; before, after: means; effect: their difference, lo, hi: with 95 % confidence;
--- relative: to before; p }
function M.find(values, o)
  o = o or {}
  local found, err
  if o.method == "otava" then
    found, err = core.divisive(values, { window = o.window or 50, max_pvalue = o.max_pvalue or 0.001, min_magnitude = o.min_magnitude or 0 })
  else
    found, err = core.shifts(values)
  end
  if not found then error(err, 0) end
  return found
end

--- Changes as `perilune changes` writes them.
---@param list table[] of M.find
---@param iso nil|fun(index: integer): string|nil the time of a value
---@return table array
function M.facts(list, iso)
  local out = json.array {}
  for i, c in ipairs(list) do
    out[i] = { index = c.index, before = c.before, after = c.after, change = c.effect, relative = c.relative, ci = json.array { c.lo, c.hi }, p = c.p, time = iso and iso(c.index) or nil }
  end
  return out
end

return M
