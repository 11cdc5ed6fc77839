--- Whose use of a machine was sampled beside the whole machine's: processes and containers, by their share of its CPUs and memory.
local grid = require "perilune.grid"
local percent = require "perilune.lines".share
local units = require "perilune.core.units"

local M = {}

M.MOST = 6 -- of a resource; the largest are told

local KINDS = { -- metric of CPU seconds, metric of bytes, the name of whose it is, or nil: another cgroup
  { "process_cpu_seconds_total", "process_resident_memory_bytes", function(labels) return (labels.process or "") ~= "" and labels.process or labels.source == "self" and "perilune" or "the sampled process" end },
  { "container_cpu_usage_seconds_total", "container_memory_working_set_bytes", function(labels) return (labels.name or "") ~= "" and "container " .. labels.name or nil end },
}

local function read(view, metric, instance, name_of, counter)
  local out = {}
  for _, s in ipairs(grid.series(view.reader, { metric = metric, matchers = {} }, view.row)) do
    local name = (s.labels.instance or "") == instance and name_of(s.labels)
    if name then
      local values = {}
      view.grid[counter and "growth" or "gauge"](view.grid, view.reader, s, view.row, values)
      out[#out + 1] = { name = name, role = s.labels.role, values = values }
    end
  end
  return out
end

--- Those of a machine, by its label instance: cpu, with values in CPUs used, and memory, in bytes, a step each.
---@param view table { reader, row, grid }
---@param instance string
---@return table[] cpu, table[] memory: { name, role, values } each
function M.of(view, instance)
  local cpu, memory = {}, {}
  for _, kind in ipairs(KINDS) do
    for _, one in ipairs(read(view, kind[1], instance, kind[3], true)) do
      for i, v in pairs(one.values) do one.values[i] = v / (view.grid.step / 1000) end
      cpu[#cpu + 1] = one
    end
    for _, one in ipairs(read(view, kind[2], instance, kind[3], false)) do memory[#memory + 1] = one end
  end
  return cpu, memory
end

--- Shares of a whole in the steps of a load, the largest first. One that two samplers saw (same name and role) is told once.
---@param list table[] of M.of
---@param whole fun(step: integer): number|nil what there is in all
---@param steps integer[]
---@param x number[]|nil requests a second of each step: then also what one costs, in the unit of the values times a second
---@return table[] { name, role, mean, max, demand } shares of the whole
function M.shares(list, whole, steps, x)
  local out, seen = {}, {}
  for _, one in ipairs(list) do
    local n, sum, most, used, requests = 0, 0, 0, 0, 0
    for _, i in ipairs(steps) do
      local all, v = whole(i), one.values[i]
      if all and all > 0 and v then n, sum, most, used, requests = n + 1, sum + v / all, math.max(most, v / all), used + v, requests + (x and x[i] or 0) end
    end
    local key = ("%s\0%s"):format(one.name, one.role or "")
    if n > 0 and not seen[key] then
      seen[key] = true
      out[#out + 1] = { name = one.name, role = one.role, mean = sum / n, max = most, demand = requests > 0 and used / requests or nil }
    end
  end
  table.sort(out, function(a, b) return a.mean > b.mean or a.mean == b.mean and a.name < b.name end)
  return table.move(out, 1, math.min(#out, M.MOST), 1, {})
end

--- "by python3 4.5 % (0.93 ms a request), by perilune 1.1 % (it sends the load)"; nil where none was sampled.
---@param shares table[] of M.shares
---@return string|nil
function M.text(shares)
  local parts = {}
  for i, one in ipairs(shares) do
    local cost = one.demand and one.role ~= "generator" and (" (%s a request)"):format(units.format("duration", one.demand)) or ""
    parts[i] = ("by %s %s%s%s"):format(one.name, percent(one.mean, 3), cost, one.role == "generator" and " (it sends the load)" or "")
  end
  return #parts > 0 and table.concat(parts, ", ") or nil
end

--- The largest share of those that the load is for; nil where none was sampled.
---@param shares table[] of M.shares
---@return table|nil
function M.target(shares)
  for _, one in ipairs(shares) do
    if one.role == "target" or one.role == "both" then return one end
  end
end

return M
