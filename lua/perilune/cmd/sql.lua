--- perilune sql SELECT
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local json = require "perilune.core.json"
local lines = require "perilune.lines"
local output = require "perilune.output"
local promql = require "perilune.promql"
local sql_text = require "perilune.sql_text"

local M = {
  name = "sql", section = "Look back", about = "Run one SELECT on the timeline, read-only, with its own functions.", usage = "perilune sql SELECT", words = { "the statement, or - for that of standard input" }, min = 1, max = 1, common = { "db", "json" },
  options = { { name = "run", value = "RUN", help = "what :run stands for: an id, last, last~2, NAME@last, NAME@last~2, a baseline (default last)" } },
  examples = { 'perilune sql "SELECT * FROM run_list LIMIT 5"', "perilune sql \"SELECT ts, value FROM samples('node_load1', :run)\" --run last", "perilune sql - <report.sql" },
  more = [[
On a terminal long cells are cut (…), and a row of too many cells is a line a
cell; elsewhere, and with --json, they are whole.
For people:
  run_list           run, name, state, exit_code, started, seconds
  sample_list        name, labels, instance, role, run, ts, value
  samples(NAME, RUN, LABELS)
                     ts, value, labels, instance, role, run_id (LABELS: those
                     that the series have, '{"mode":"idle"}'; it and RUN may
                     be left out or NULL; :run is the run of --run; RUN may
                     be written as there, 'last~2', 'NAME@last')
  distributions      name, labels, ts, hist, count, instance, role, run,
                     resolution_s (a row a second; of what db gc has rolled
                     up one a minute or an hour)
  distribution_list  name, labels, instance, run, resolution_s, ts, count,
                     mean_seconds, max_seconds, hist
                     (resolution_s 0: a whole load)
  span_list          trace_id, span_id, parent_id, service, operation, kind,
                     status, ts, seconds, attributes, events, links, run
  artifact_list      name, type, labels, bytes, sha256, ts, seconds, run
                     (perilune artifacts writes their bytes)
Behind them:
  runs objectives findings events artifacts baselines series sources
  histograms run_sources control retention sisters
  points             series_id, run_id, ts_ns, value: every sample, out of
                     chunks and batches, which hold them compressed; run_id is
                     id of runs, where ulid is the run that :run stands for
Functions on a histogram, in seconds:
  quantile(hist, p) hist_count(hist) hist_mean(hist) hist_min(hist)
  hist_max(hist)
  hist_merge(hist), an aggregate: one histogram of many
On a counter:
  rate(ts, value), an aggregate: growth a second, restarts counted from 0
Other programs with SQLite load lib/perilune/perilune_sqlite.so
(examples/sql).

The p99 of every second of the last run, and of all loads together:
  perilune sql "SELECT ts, quantile(hist, 0.99) AS p99 FROM distributions
    WHERE name = 'load_latency_seconds' AND run = :run"
  perilune sql "SELECT quantile(hist_merge(hist), 0.99) AS p99
    FROM distribution_list
    WHERE name = 'load_latency_seconds' AND resolution_s = 0"]],
}

--- Errors of the statement; others are the database's.
local MISTAKE = { invalid = true, read_only = true, limit = true }

local ESCAPES = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

--- A cell in one line: lines of text are apart by \n, of bytes there is their number.
local function text_of(v)
  if v == nil then return "" end
  local s = tostring(v)
  if not s:find "%c" then return s end
  local shown = s:gsub("[\n\r\t]", ESCAPES)
  return (shown:find "%c" or not utf8.len(s)) and ("%d bytes"):format(#s) or shown
end

--- Which columns hold text: they are aligned to the left.
local function texts_of(rows, columns)
  local left = {}
  for c, name in ipairs(columns) do
    for _, row in ipairs(rows) do left[c] = left[c] or type(row[name]) == "string" end
  end
  return left
end

--- A row as lines of a name and a value, for rows that have too many cells for a line.
local function blocks_of(shown, columns)
  local out, width = {}, 0
  for _, name in ipairs(shown[1]) do width = math.max(width, utf8.len(name) or #name) end
  for i = 2, #shown do
    if i > 2 then out[#out + 1] = "" end
    for c, name in ipairs(shown[1]) do
      local line = ("  %s%s  %s"):format(name, (" "):rep(width - (utf8.len(name) or #name)), lines.shortened(shown[i][c], math.max(8, columns - width - 4)))
      out[#out + 1] = (line:gsub("%s+$", ""))
    end
  end
  return out
end

--- The table; on a terminal its long cells are cut.
local function lines_of(shown, left)
  local columns = output.columns()
  local fitted = lines.fitted(shown, columns)
  return fitted and lines.columns(fitted, left) or blocks_of(shown, columns)
end

--- What is to be run: the words of the command line, or standard input.
local function statement(text)
  if text ~= "-" then return text end
  local read, err = file.read "/dev/stdin"
  if not read then error(err, 0) end
  return read
end

--- The statement with the ids of the runs that its calls of samples() name as people do; tells of series that are none.
local function resolved(reader, text)
  local parts, at, told = {}, 1, {}
  for _, call in ipairs(sql_text.samples(text)) do
    local why = call.name and promql.unstored(reader, call.name.text)
    if why and not told[why] then output.tell("perilune: sql: " .. why) end
    told[why or ""] = true
    if call.run then
      parts[#parts + 1] = text:sub(at, call.run.from - 1) .. sql_text.quoted(database.run(reader, call.run.text).ulid)
      at = call.run.to + 1
    end
  end
  return table.concat(parts) .. text:sub(at)
end

--- What :run stands for; a run that nothing would ask about is a mistake.
local function params_of(reader, text, o)
  if text:find(":run%f[^%w_]") then return { run = database.run(reader, o.run or "last").ulid } end
  if o.run then
    error({ code = "usage", message = ("sql: --run %s says what :run stands for, which the statement does not have: write samples('NAME', :run), or WHERE run = :run"):format(o.run) }, 0)
  end
end

--- Shows the rows as a table, or as JSON.
---@param o table
function M.main(o)
  local reader = database.open(o.db)
  local text = statement(o[1])
  local rows, columns = reader:sql(resolved(reader, text), params_of(reader, text, o))
  if not rows then error(MISTAKE[columns.code] and { code = "usage", message = columns.message } or columns, 0) end
  if output.json(o, { schema = "perilune.sql/1", columns = json.array(columns), rows = json.array(rows) }) then return end
  if #rows == 0 then
    engine.write("result", "no rows\n")
    return
  end
  local shown = { columns }
  for _, row in ipairs(rows) do
    local cells = {}
    for c, name in ipairs(columns) do cells[c] = text_of(row[name]) end
    shown[#shown + 1] = cells
  end
  engine.write("result", table.concat(lines_of(shown, texts_of(rows, columns)), "\n") .. "\n")
end

return M
