--- perilune anomalies F
local anomalies = require "perilune.anomalies"
local clock = require "perilune.core.clock"
local engine = require "perilune.core.engine"
local exit_codes = require "perilune.exit_codes"
local inputs = require "perilune.inputs"
local json = require "perilune.core.json"
local output = require "perilune.output"

local M = {
  name = "anomalies", section = "Look back", about = "Score each row of a series by how odd it is, and name what is odd.", usage = "perilune anomalies F [--alerts]",
  words = { "F" }, min = 1, max = 1,
  examples = { "perilune anomalies cpu.csv", "perilune anomalies cpu.csv.gz --alerts", "perilune anomalies run:last/node_load1 --alerts", "perilune anomalies prom:http://localhost:9090 --query node_load1 --start -7d", "perilune anomalies cpu.csv --json -" },
  common = { "db", "json" },
  options = { { name = "alerts", help = "only what is odd, in words, in place of CSV" } },
}
M.about_input = inputs.ABOUT
for _, option in ipairs(inputs.OPTIONS) do M.options[#M.options + 1] = option end

local CHUNK = 4096 -- rows that are written at once

--- A number as CSV has it, as short as it can be; a missing value is empty.
local function number(v)
  if v ~= v then return "" end
  local short = ("%.15g"):format(v)
  return tonumber(short) == v and short or ("%.17g"):format(v)
end

--- A stamp as the file has it, or the number of the row where there are none.
local function stamp(series, i)
  if series.spelled then return series.spelled[i] end
  return series.times and clock.iso(series.times[i]) or tostring(i)
end

local function write_rows(series, scores, alerts)
  engine.write("result", "timestamp,value,anomaly_score,alert\n")
  local lines = {}
  for i, value in ipairs(series.values) do
    lines[#lines + 1] = ("%s,%s,%.6f,%d\n"):format(stamp(series, i), number(value), scores[i], alerts[i] and 1 or 0)
    if #lines == CHUNK or i == #series.values then
      engine.write("result", table.concat(lines))
      lines = {}
    end
  end
end

local function write_alerts(list, rows)
  for _, a in ipairs(list) do
    engine.write("result", ("%s  row %d  %-12s  value %.6g, score %.2f\n"):format(a.at, a.row, a.kind, a.value, a.score))
  end
  engine.write("result", ("%d of %d rows begin an alert\n"):format(#list, rows))
end

--- Scores the rows in their order: a row's score depends on those up to it alone.
---@param o table
---@return integer
function M.main(o)
  local series = inputs.series(o[1], { missing = true, spelled = true, column = o.column, db = o.db, query = o.query, start = o.start, ["end"] = o["end"], step = o.step })
  local scores, alerts = anomalies.scores(series.times, series.values)
  local list = {}
  for i, kind in pairs(alerts) do
    list[#list + 1] = { row = i, at = stamp(series, i), value = series.values[i], score = scores[i], kind = kind }
  end
  table.sort(list, function(a, b) return a.row < b.row end)
  if output.json(o, { schema = "perilune.anomalies/1", rows = #series.values, alerts = json.array(list), scores = json.array(scores) }) then return exit_codes.CODE.pass end
  if o.alerts then write_alerts(list, #series.values) else write_rows(series, scores, alerts) end
  return exit_codes.CODE.pass
end

return M
