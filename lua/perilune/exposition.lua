--- /metrics: the newest values of runs under their native names, as OpenMetrics 1.0 or Prometheus' text 0.0.4, whichever is asked for.
local clock = require "perilune.core.clock"
local core = require "perilune.core.exposition"
local database = require "perilune.database"
local history = require "perilune.history"
local writer = require "perilune.core.writer"

local M = {}

local SETTLE_NS = 3000000000 -- seconds of distributions that are younger may still change
local CURRENT_NS = 300000000000 -- for so long a sample tells of now, as in Prometheus
local OPENMETRICS, TEXT = "application/openmetrics-text; version=1.0.0; charset=utf-8", "text/plain; version=0.0.4; charset=utf-8"

--- Whether an Accept header wants OpenMetrics rather than text; what it does not name it does not want.
---@param accept string
---@return boolean
function M.wants_openmetrics(accept)
  local best = { openmetrics = 0, text = 0 }
  for part in accept:gmatch "[^,]+" do
    local kind = part:match "^%s*([^;%s]+)"
    local version, q = part:match ";%s*version%s*=%s*\"?([^;%s\"]+)", tonumber(part:match ";%s*q%s*=%s*([%d.]+)") or 1
    if kind == "application/openmetrics-text" and (version or "1.0.0") <= "1.0.0" then best.openmetrics = math.max(best.openmetrics, q) end
    if kind == "text/plain" and (version or "0.0.4") == "0.0.4" then best.text = math.max(best.text, q) end
  end
  return best.openmetrics > 0 and best.openmetrics >= best.text
end

--- All runs that go on, then the last one of each name if it has ended, each newest first; as many as a page has.
local function rows_of(reader)
  local rows, going_on = {}, database.records(reader, "runs_running_of", {})
  for i = #going_on, 1, -1 do
    if history.verdict(going_on[i]) == "running" then rows[#rows + 1] = going_on[i] end
  end
  for _, row in ipairs(database.records(reader, "runs_last", {})) do
    if history.verdict(row) ~= "running" then rows[#rows + 1] = row end
  end
  return table.move(rows, 1, math.min(#rows, core.runs), 1, {})
end

local function quoted(text) return '"' .. tostring(text):gsub("[\\\"\n]", { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }) .. '"' end

--- What the runs themselves are, as two families.
local function about(rows)
  local out = { "# TYPE perilune_run_info gauge" }
  for _, row in ipairs(rows) do
    out[#out + 1] = ("perilune_run_info{name=%s,run=%s,verdict=%s} 1"):format(quoted(row.name), quoted(row.ulid), quoted(history.verdict(row)))
  end
  out[#out + 1] = "# TYPE perilune_run_started_seconds gauge"
  for _, row in ipairs(rows) do out[#out + 1] = ("perilune_run_started_seconds{name=%s,run=%s} %.3f"):format(quoted(row.name), quoted(row.ulid), row.started_ns / 1e9) end
  return table.concat(out, "\n") .. "\n"
end

--- Of which runs values are told: those that go on, and those that ended so lately that their totals are still of now.
local function sources_of(rows)
  local sources, now = {}, clock.wall()
  for _, row in ipairs(rows) do
    local running = history.verdict(row) == "running"
    if running or (row.ended_ns or row.started_ns) >= now - CURRENT_NS then
      sources[#sources + 1] = { row.id, running and now - SETTLE_NS or math.maxinteger, now - CURRENT_NS }
    end
  end
  return sources
end

--- A function that answers requests for /metrics.
---@param id string|nil of the only run that is told; nil: those that go on, and the last one of each name
---@return fun(asked: { accept: string }): integer, string, string
function M.new(id)
  local page, reader = core.open(), nil
  return function(asked)
    reader = reader or assert(writer.reader())
    local rows = id and database.records(reader, "run_by_id_prefix", { prefix = id }) or rows_of(reader)
    local openmetrics = M.wants_openmetrics(asked.accept)
    local text, err = page:page(reader, sources_of(rows), openmetrics)
    if not text then error(err, 0) end
    return 200, openmetrics and OPENMETRICS or TEXT, about(rows) .. text
  end
end

return M
