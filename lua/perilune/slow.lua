--- The slowest requests of a load, each with its phases and trace id: from its handle for the result, from the timeline for reports.
local json = require "perilune.core.json"

local M = {}

local MOST = 50

local function slower(a, b)
  if a.latency ~= b.latency then return a.latency > b.latency end
  return a.at_ns < b.at_ns
end

--- The slowest requests of a load that has ended, at most 50; those of each name that are among its five slowest.
---@param load table
---@return table { { scenario, key, at_ns, latency, service, lag, phases, status, error, trace_id } }
function M.of(load)
  local list = {}
  for i, name in ipairs(load.names) do
    for _, e in ipairs(load.handle:slow(i)) do
      e.scenario = name
      list[#list + 1] = e
    end
  end
  table.sort(list, slower)
  return table.move(list, 1, math.min(MOST, #list), 1, {})
end

--- "checkout {kind=big}": a key with its tags for people.
local function shown(key)
  local name, tags = key:match("^([^\x1f]*)\x1f?(.*)$")
  return tags == "" and name or ("%s {%s}"):format(name, (tags:gsub("\x1f", ", ")))
end

local function null(v)
  if v == nil then return json.null end
  return v
end

--- What the length of its trace was made of; nil: nobody sent spans of it.
local function path_json(path)
  if not path then return nil end
  local out = json.array {}
  for i, p in ipairs(path) do out[i] = { service = p.service, operation = p.operation, kind = p.kind, seconds = p.critical } end
  return out
end

--- The list as perilune.load/1 has it; `iso` writes a moment.
---@param list table
---@param iso fun(ns: integer): string
---@return table
function M.json(list, iso)
  local out = json.array {}
  for i, e in ipairs(list) do
    out[i] = { scenario = e.scenario, name = shown(e.key), intended_at = iso(e.at_ns), latency_s = e.latency, service_s = e.service, lag_s = null(e.lag),
      phases_s = next(e.phases) and e.phases or json.object {}, status = e.status, error = null(e.error), trace_id = null(e.trace_id), critical_path = path_json(e.path) }
  end
  return out
end

return M
