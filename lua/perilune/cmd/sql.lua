--- perilune sql SELECT
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local summary = require "perilune.summary"

local M = {
  name = "sql", about = "Run one SELECT on the timeline, read-only, with its own functions.", usage = "perilune sql SELECT", words = { "the statement" }, min = 1, max = 1,
  examples = { 'perilune sql "SELECT name, state FROM runs"',
    "perilune sql \"SELECT ts_ms, quantile(hist, 0.99) FROM distributions JOIN series ON series.id = series_id WHERE name = 'load_latency_seconds'\"" },
}

local function text_of(v)
  if v == nil then return "" end
  local s = tostring(v)
  return s:find("[%c]") and ("%d bytes"):format(#s) or s
end

--- Shows the rows as a table, or as JSON.
---@param o table
function M.main(o)
  local reader = database.open(o.db)
  local rows, columns = reader:sql(o[1])
  if not rows then error({ code = "usage", message = columns.message }, 0) end
  if o.json then
    local out = json.array {}
    for i, row in ipairs(rows) do out[i] = row end
    engine.write("result", json.encode { schema = "perilune.sql/1", columns = json.array(columns), rows = out } .. "\n")
    return
  end
  local shown = { columns }
  for _, row in ipairs(rows) do
    local cells = {}
    for c, name in ipairs(columns) do cells[c] = text_of(row[name]) end
    shown[#shown + 1] = cells
  end
  engine.write("result", table.concat(summary.columns(shown), "\n") .. "\n")
end

return M
