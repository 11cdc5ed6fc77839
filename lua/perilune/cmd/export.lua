--- perilune export FORMAT RUN: what a run has on the timeline, as a file for other tools.
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local export = require "perilune.core.export"
local file = require "perilune.core.file"
local output = require "perilune.output"
local suggest = require "perilune.suggest"
local units = require "perilune.core.units"

local M = {
  name = "export", section = "Look back", about = "Write what a run has on the timeline for other tools.", usage = "perilune export FORMAT [RUN] [--metric NAME] [--output FILE]",
  words = { "the format", "the run" }, min = 1, max = 2, completes = { "openmetrics", "csv", "ndjson", "influx", "hdr" },
  examples = { "perilune export csv last --output run.csv", "perilune export openmetrics last --metric node_load1", "perilune export hdr last --output latency.hlog" },
  common = { "db", "json" },
  options = {
    { name = "metric", value = "NAME", help = "only this one" },
    { name = "output", short = "o", value = "FILE", help = "where to; - (or nothing) is standard output" },
  },
  more = [[
Formats:
  openmetrics  samples, with their times
  csv          timestamp,metric,value and a column for each label
  ndjson       a line: {"timestamp":T,"metric":M,"labels":{...},"value":V}
  influx       lines of InfluxDB: metric,label=value value=V NANOSECONDS
  hdr          distributions, a log of HdrHistogram with a line a second; tags
               are the series: NAME;LABEL=VALUE;...
All of them come back with perilune import, with the same values, bit for bit;
all but influx with the same names, too. What a format has not is left out,
and said.]],
}

local FORMATS = { "openmetrics", "csv", "ndjson", "influx", "hdr" }

local function check_format(format)
  if format == "run" then error({ code = "unsupported", message = "export run is not in this version" }, 0) end
  for _, name in ipairs(FORMATS) do
    if name == format then return end
  end
  error({ code = "usage", message = ("export: there is no format %q%s (known: %s)"):format(format, suggest.hint(format, FORMATS), table.concat(FORMATS, ", ")) }, 0)
end

--- Takes pieces: the first one makes the file anew, further ones go behind it.
local function sink_of(place)
  if place == "-" then return function(text) return engine.write("result", text) end end
  local write = file.write
  return function(text)
    local ok, err = write(place, text)
    if not ok then error(err, 0) end
    write = file.append
    return true
  end
end

local function say(counts, format, place, metric)
  local what = format == "hdr" and "histograms" or "samples"
  local line = ("%s %s of %s series"):format(units.format("number", counts.samples), what, units.format("number", counts.series))
  if place ~= "-" then line = line .. " in " .. place end
  if counts.left_out > 0 then line = line .. ("; %s left out: %s has neither NaN nor infinities"):format(units.format("number", counts.left_out), format) end
  if counts.other > 0 then
    line = line .. ("; %s series left out: %s"):format(units.format("number", counts.other), format == "hdr" and "they are no distributions" or "distributions are in the format hdr")
  end
  if metric and counts.series + counts.other == 0 then line = line .. ("; the run has no metric %q"):format(metric) end
  engine.write("progress", line .. "\n")
end

--- Writes the run.
---@param o table
---@return integer
function M.main(o)
  check_format(o[1])
  local place = o.output or "-"
  if place == "-" and o.json == "-" then error({ code = "usage", message = "the export and --json - both want standard output: give one a file" }, 0) end
  output.check("output", place)
  local reader = database.open(o.db)
  local run = database.run(reader, o[2] or "last")
  local write = sink_of(place)
  if place ~= "-" then write "" end
  local counts, err = export.write(reader, { format = o[1], run = run.id, metric = o.metric }, write)
  if not counts then error(err, 0) end
  output.json(o, { schema = "perilune.export/1", run_id = run.ulid, format = o[1], samples = counts.samples, series = counts.series, left_out = counts.left_out, other = counts.other })
  say(counts, o[1], place, o.metric)
  return 0
end

return M
