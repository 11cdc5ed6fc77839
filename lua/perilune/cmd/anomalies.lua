--- perilune anomalies F
local anomalies = require "perilune.anomalies"
local clock = require "perilune.core.clock"
local engine = require "perilune.core.engine"
local exit_codes = require "perilune.exit_codes"
local inputs = require "perilune.inputs"
local json = require "perilune.core.json"
local output = require "perilune.output"

local M = {
  name = "anomalies", section = "Look back", about = "Score each row of a series by how odd it is, and name what is odd.", usage = "perilune anomalies F [--alerts] [--columns A,B]",
  words = { "F" }, min = 1, max = 1,
  examples = { "perilune anomalies cpu.csv", "perilune anomalies cpu.csv.gz --alerts", "perilune anomalies host.csv --columns cpu,memory,disk --alerts", "perilune anomalies run:last/node_load1 --alerts", "perilune anomalies prom:http://localhost:9090 --query node_load1 --start -7d", "perilune anomalies cpu.csv --json -" },
  common = { "db", "json" },
  options = { { name = "alerts", help = "only what is odd, in words, in place of CSV; the first 24 rows are learnt from, and not judged" },
    { name = "columns", value = "A,B", help = "of a CSV: columns that are judged together, as those of one host: one score for all (default: all, where there are several and none is named value)" } },
}
M.about_input = inputs.ABOUT
for _, option in ipairs(inputs.OPTIONS) do M.options[#M.options + 1] = option end
M.options[#M.options + 1] = inputs.SKIP_BAD

local CHUNK = 4096 -- rows that are written at once
local UNJUDGED = 24 -- rows from which the detector learns before it judges one

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

--- The columns that are judged together, or nil: those that were named, or all of a CSV that has several.
local function columns_of(o)
  local F = o[1]
  if o.column or F:find "^run:" or F:find "^prom:" then
    if o.columns then error({ code = "usage", message = "--columns is of a CSV, without --column" }, 0) end
    return nil
  end
  local text, names = inputs.text(F), {}
  if o.columns then
    for name in o.columns:gmatch "[^,]+" do names[#names + 1] = name end
  else
    names = inputs.columns(text)
  end
  if not o.columns and #names < 2 then return nil, text end
  local t = inputs.together(F, text, names, { lenient = o.skip_bad, skippable = true })
  inputs.tell_refused(F, t)
  inputs.tell_order(F, t.times)
  return t
end

--- Says where there are too few values for a score.
local function tell_few(F, n)
  if n <= UNJUDGED then output.tell(("perilune: %s: too few values for a score: %d, and the first %d are learnt from"):format(F, n, UNJUDGED)) end
end

--- Rows of several columns: one score, and the column that contributed most to an alert.
local function write_columns(t, scores, alerts)
  engine.write("result", ("timestamp,%s,anomaly_score,alert,series\n"):format(table.concat(t.names, ",")))
  local lines = {}
  for i = 1, t.n do
    local row = { stamp(t, i) }
    for k, values in ipairs(t.columns) do row[k + 1] = number(values[i]) end
    lines[#lines + 1] = ("%s,%.6f,%d,%s\n"):format(table.concat(row, ","), scores[i], alerts[i] and 1 or 0, alerts[i] and t.names[alerts[i].series] or "")
    if #lines == CHUNK or i == t.n then
      engine.write("result", table.concat(lines))
      lines = {}
    end
  end
end

--- Scores the rows of several columns together.
local function of_columns(o, t)
  local scores, alerts = anomalies.group_scores(t.times, t.columns)
  local list = {}
  for i, a in pairs(alerts) do
    list[#list + 1] = { row = i, at = stamp(t, i), series = t.names[a.series], share = a.share, value = t.columns[a.series][i], score = scores[i], kind = a.kind }
  end
  table.sort(list, function(a, b) return a.row < b.row end)
  for _, a in ipairs(list) do a.value = a.value == a.value and a.value or nil end
  tell_few(o[1], t.n)
  if output.json(o, { schema = "perilune.anomalies/1", rows = t.n, series = json.array(t.names), alerts = json.array(list), scores = json.array(scores) }) then return exit_codes.CODE.pass end
  if not o.alerts then
    write_columns(t, scores, alerts)
    return exit_codes.CODE.pass
  end
  for _, a in ipairs(list) do
    engine.write("result", ("%s  row %d  %-12s  %s%s, score %.2f, %.0f %% of it\n"):format(a.at, a.row, a.kind, a.series, a.value and (" %.6g"):format(a.value) or "", a.score, a.share * 100))
  end
  engine.write("result", ("%d of %d rows of %d series begin an alert\n"):format(#list, t.n, #t.names))
  return exit_codes.CODE.pass
end

--- Scores the rows in their order: a row's score depends on those up to it alone.
---@param o table
---@return integer
function M.main(o)
  local several, text = columns_of(o)
  if several then return of_columns(o, several) end
  local series = inputs.series(o[1], { text = text, single = true, missing = true, spelled = true, lenient = o.skip_bad, skippable = true, column = o.column, db = o.db, query = o.query, start = o.start, ["end"] = o["end"], step = o.step })
  inputs.tell_refused(o[1], series)
  inputs.tell_order(o[1], series.times)
  local scores, alerts = anomalies.scores(series.times, series.values)
  local list = {}
  for i, kind in pairs(alerts) do
    list[#list + 1] = { row = i, at = stamp(series, i), value = series.values[i], score = scores[i], kind = kind }
  end
  table.sort(list, function(a, b) return a.row < b.row end)
  tell_few(o[1], inputs.known(series.values))
  if output.json(o, { schema = "perilune.anomalies/1", rows = #series.values, alerts = json.array(list), scores = json.array(scores) }) then return exit_codes.CODE.pass end
  if o.alerts then write_alerts(list, #series.values) else write_rows(series, scores, alerts) end
  return exit_codes.CODE.pass
end

return M
