--- perilune query EXPR
local clock = require "perilune.core.clock"
local copy = require "perilune.copy"
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local lines = require "perilune.lines"
local moment = require "perilune.moment"
local output = require "perilune.output"
local promql = require "perilune.promql"
local summary = require "perilune.summary"

local M = {
  name = "query", section = "Look back", about = "Ask the timeline in PromQL, at a moment or at steps of time.", usage = "perilune query EXPR [--time T | --start A --end B --step D]", words = { "the expression" }, min = 1, max = 1,
  common = { "db", "json" },
  options = {
    { name = "time", value = "T", help = "the moment: 2026-11-22T18:00:00Z, -15m (before now), or seconds since 1970 (default: now, with --run its end)" },
    { name = "start", value = "A", help = "the first step, written likewise (with --run its begin)" },
    { name = "end", value = "B", help = "the last step (default as of --time)" },
    { name = "step", value = "D", kind = "duration", positive = true, help = "from step to step, such as 15s" },
    { name = "run", value = "RUN", help = "samples of one run and of none: an id, last, last~2, NAME@last, a baseline (default: all)" },
  },
  examples = { "perilune query 'sum by (job) (rate(http_requests_total[1m]))'", "perilune query node_load1 --run last", "perilune query 'rate(node_cpu_seconds_total[30s])' --run last --step 10s" },
  more = [[
PromQL as in Prometheus 3, with the same results:
  selectors     name{label="v", label!="v", label=~"re", label!~"re"}[5m]
                offset 5m, @ 1700000000, @ start(), @ end()
  subqueries    max_over_time(rate(name[1m])[1h:30s])
  over a range  rate irate increase delta deriv changes resets
                avg_ sum_ min_ max_ count_ last_ present_ absent_ stddev_
                stdvar_ quantile_ ... over_time
  aggregations  sum avg min max count group stddev quantile topk bottomk
                by (label) without (label)
  functions     abs ceil floor round sqrt exp ln clamp clamp_min clamp_max
                label_replace time vector histogram_quantile
  operators     + - * / % ^ atan2 == != > < >= <= and or unless,
                bool, on, ignoring, group_left, group_right
All other functions are refused.

Every series has the labels source, instance, role and origin. Of
distributions, such as load_latency_seconds, histogram_quantile takes a
value:
  perilune query 'histogram_quantile(0.99,
    sum by (name) (rate(load_latency_seconds[10s])))' --run last

--json - writes what Prometheus's HTTP API has under data.]],
}

local function usage(why) error({ code = "usage", message = "query: " .. why }, 0) end

--- Wall milliseconds of an option; nil where it was not given.
local function moment_ms(o, name)
  if not o[name] then return nil end
  local at = moment.at(o[name], clock.wall() / 1e9)
  if not at then usage(("--%s %s is no moment; %s"):format(name, o[name], moment.FORMS)) end
  return at * 1000
end

--- Which moments are asked about, wall milliseconds.
local function times_of(o, row)
  local first, last = nil, clock.wall()
  if row then first, last = database.range(row) end
  if not (o.start or o["end"] or o.step) then return { at = moment_ms(o, "time") or last / 1e6 } end
  if o.time then usage "--time is one moment; --start, --end and --step are several" end
  if not o.step then usage "--start and --end need --step" end
  local from = moment_ms(o, "start") or first and first / 1e6
  if not from then usage "--step needs --start" end
  local to = moment_ms(o, "end") or last / 1e6
  if to < from then usage "--end is before --start" end
  return { from = from, to = to, step = o.step * 1000 }
end

local function iso(ms) return clock.iso(math.floor(ms * 1e6)) end

local PLACE = { "instance", "origin", "role", "source" } -- labels that every series has

--- The series without those labels of PLACE that all of them share, and these as a line; on a terminal alone, whose lines are short.
local function apart(series)
  if not output.columns() then return series, nil end
  local shared, out = {}, {}
  for _, name in ipairs(PLACE) do
    shared[name] = series[1].labels[name]
    for _, s in ipairs(series) do shared[name] = s.labels[name] == shared[name] and shared[name] or nil end
  end
  if not next(shared) then return series, nil end
  for i, s in ipairs(series) do
    out[i] = { labels = copy.shallow(s.labels), times = s.times, values = s.values }
    for name in pairs(shared) do out[i].labels[name] = nil end
  end
  return out, lines.wrap("all of " .. promql.series_text(shared), output.columns(), "  ")
end

--- One moment: a row a series.
local function as_list(found)
  local rows, list, of_all = {}, apart(found.series)
  for i, series in ipairs(list) do rows[i] = { promql.series_text(series.labels), promql.value_text(series.values[1]) } end
  return (of_all and of_all .. "\n" or "") .. table.concat(summary.columns(rows, { true }), "\n") .. "\n"
end

--- Several moments: the series, and its values below it.
local function as_blocks(found)
  local list, of_all = apart(found.series)
  local out = { of_all }
  for _, series in ipairs(list) do
    out[#out + 1] = promql.series_text(series.labels)
    for i, time in ipairs(series.times) do out[#out + 1] = ("  %s  %s"):format(iso(time * 1000), promql.value_text(series.values[i])) end
  end
  return table.concat(out, "\n") .. "\n"
end

--- What to ask instead where a series that the expression names is kept by the hour in this time, or just beside it.
local function hourly(reader, expr, times)
  local function ns(ms) return math.floor(ms * 1e6) end
  local row = assert(reader:record("hourly_names", { names = promql.words_of(expr), from_ns = ns(times.at or times.from), to_ns = ns(times.at or times.to) }))[1]
  return row and ("%s is kept by the hour there: ask for longer, such as last_over_time(%s[2h])"):format(row.name, row.name)
end

--- Where the newest value is of what the expression names, unless it is after the times asked for.
local function newest(reader, expr, times)
  local row = assert(reader:record("series_newest", { names = promql.words_of(expr), run = times.run }))[1]
  if not row or row.ns > (times.at or times.from) * 1e6 then return nil end
  return ("the newest value of %s is of %s%s"):format(row.name, clock.iso(row.ns), times.at and (": --time %s"):format(clock.iso(row.ns)) or "")
end

--- Why there is no answer, and what to ask instead.
local function nothing(reader, expr, times)
  local advice = hourly(reader, expr, times) or newest(reader, expr, times)
  if not times.at then return "nothing in that time" .. (advice and "; " .. advice or "") .. "\n" end
  return ("nothing at %s; %s\n"):format(iso(times.at), advice or "--time names another moment, --run a run's end")
end

local function as_text(found, times)
  if found.type == "string" then return found.string .. "\n" end
  if found.type == "scalar" then return promql.value_text(found.series[1].values[1]) .. "\n" end
  return found.type == "vector" and as_list(found) or as_blocks(found)
end

--- Asks and shows the answer.
---@param o table
function M.main(o)
  local reader = database.open(o.db)
  local row = o.run and database.run(reader, o.run)
  local times = times_of(o, row)
  times.run = row and row.id
  local found = promql.ask_for_command(reader, o[1], times)
  if output.json(o, promql.answer(found, (times.at or times.from) / 1000)) then return end
  local empty = found.type ~= "string" and #found.series == 0
  local unnamed = empty and promql.unnamed(reader, o[1])
  engine.write("result", empty and (unnamed and unnamed .. "\n" or nothing(reader, o[1], times)) or as_text(found, times))
end

return M
