--- perilune import FORMAT FILE: a file of another tool, or standard input, as a run, by the playbook import.lua.
local clock = require "perilune.core.clock"
local csv_header = require "perilune.csv_header"
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local import_text = require "perilune.import_text"
local json = require "perilune.core.json"
local moment = require "perilune.moment"
local options = require "perilune.options"
local output = require "perilune.output"
local session = require "perilune.session"
local suggest = require "perilune.suggest"
local words = require "perilune.words"

local M = {
  name = "import", section = "Measure", about = "Take a file of another tool onto the timeline.", usage = "perilune import FORMAT FILE [--metric NAME]", words = { "the format", "the file (or -)" }, min = 2, max = 2,
  examples = { "perilune import csv history.csv --metric orders_total", "perilune import openmetrics metrics.txt --instance web-1", "perilune import hdr latency.hlog --unit us", "LC_ALL=C sar 1 60 | perilune import sar -" },
  common = options.RUN,
  options = {
    { name = "metric", value = "NAME", help = "csv, ndjson: name of values that have none; hdr: of the distributions (default hdr_seconds)" },
    { name = "unit", value = "U", choices = { "ns", "us", "ms", "s" }, help = "hdr: what the histograms count in; influx: what timestamps do (default ns)" },
    { name = "at", value = "MOMENT", help = "time of samples that have none: 2026-11-22T06:00Z, now, -15m; without it they are refused" },
    { name = "instance", value = "NAME", help = "label of series that have none" },
    { name = "role", value = "ROLE", choices = { "generator", "target", "both", "other" }, help = "whose figures these are (default other)" },
    { name = "origin", value = "O", choices = { "synthetic", "production" }, help = "of a test or of real users (default production)" },
  },
  more = [[
FILE is plain or gzip, which its first bytes tell; - is standard input.
Formats:
  csv          a header: timestamp,value or timestamp,metric,value,LABEL...;
               without a column value every column is a metric
  ndjson       a line: {"timestamp":T,"metric":M,"value":V,"labels":{...}}
  openmetrics  OpenMetrics, or Prometheus text with timestamps: gzip and
               standard input are taken for OpenMetrics
  prometheus   Prometheus text, whatever its end looks like
  hdr          a log of HdrHistogram, V0 to V2
  influx       lines of InfluxDB; the field value is the measurement itself
  graphite     lines of Graphite: path value timestamp
  sar iostat vmstat
               what these printed (LC_ALL=C, times as UTC; iostat and vmstat
               with -t)
Times are ISO 8601, or seconds (from 1e11 on milliseconds) since 1970. Lines
that are malformed are refused one by one; the others are taken. Of rows of one
series and time the last one stays.]],
}

--- What became of the rows, as perilune.import/1.
local function imported(text)
  local run = json.decode(text)
  local facts = run.imports and run.imports[1] or { taken = 0, replaced = 0, refused = 0, series = 0, reasons = {}, examples = json.array {} }
  facts.schema, facts.run_id, facts.exit = "perilune.import/1", run.run_id, run.exit
  return facts
end

--- The refused lines; how many rows were taken stands in the summary.
local function show(o, facts)
  local lines = import_text.lines(facts)
  if #lines > 0 then engine.write(output.one_stdout(o) and "progress" or "result", table.concat(lines, "\n") .. "\n") end
end

--- The folder of a file, with its slash, and the path that the playbook finds it by there.
local function place(path)
  local folder, name = assert(file.absolute(path)):match "^(.*/)([^/]+)$"
  if path == "-" then return folder, path end
  local kind = file.exists(folder .. name)
  if kind ~= "file" then error({ code = "not_found", message = ("import: %s: %s"):format(path, kind and "it is a folder; name a file in it" or "there is no such file") }, 0) end
  return folder, name == "-" and "./-" or name
end

local LOOKED_AT = 16 << 20 -- bytes of a CSV whose header is read beforehand; of a larger one its run tells

--- A CSV without names of metrics needs --metric: that is said before there is a run.
local function check_named(o)
  if o[1] ~= "csv" or o.metric or o[2] == "-" then return end
  local text = file.read(o[2], LOOKED_AT)
  local roles = text and csv_header.roles(text)
  if roles and roles.value and roles.rows and not roles.metric then
    error({ code = "usage", message = ("import: %s has values and no names of metrics: give --metric NAME"):format(o[2]) }, 0)
  end
end

--- Imports, and tells what became of the rows.
---@param o table
---@return integer
function M.main(o)
  local names = words.names(words.imports)
  if not words.find(words.imports, o[1]) then
    error({ code = "usage", message = ("import: there is no format %q%s (known: %s)"):format(o[1], suggest.hint(o[1], names), table.concat(names, ", ")) }, 0)
  end
  if o.at and not moment.at(o.at, clock.wall() / 1e9) then
    error({ code = "usage", message = ("import: --at %s is no moment; %s"):format(o.at, moment.FORMS) }, 0)
  end
  local folder, name = place(o[2])
  check_named(o)
  local facts
  local function select_figures(text)
    facts = imported(text)
    return json.encode(facts)
  end
  local code, ended = session.run(o, { playbook = folder .. "import", text = assert(engine.source("playbooks/import.lua")), folder = ".", select = select_figures,
    args = { format = o[1], file = name, metric = o.metric, unit = o.unit, at = o.at, instance = o.instance, role = o.role, origin = o.origin }, options = { from_options = { format = "the format", file = "the file" } } })
  if not facts and ended.json then select_figures(ended.json) end
  if facts and not o.quiet then show(o, facts) end
  return code
end

return M
