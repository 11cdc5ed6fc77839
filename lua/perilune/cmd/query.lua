--- perilune query EXPR
local clock = require "perilune.core.clock"
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local interval = require "perilune.interval"
local names = require "perilune.core.query".names
local output = require "perilune.output"
local promql = require "perilune.promql"
local suggest = require "perilune.suggest"
local summary = require "perilune.summary"

local M = {
  name = "query", section = "Look back", about = "Ask the timeline in PromQL, at a moment or at steps of time.", usage = "perilune query EXPR [--time T | --start A --end B --step D]", words = { "the expression" }, min = 1, max = 1,
  common = { "db", "json" },
  options = {
    { name = "time", value = "T", help = "the moment: seconds since 1970, or 2026-11-22T18:00:00Z (default: now, with --run its end)" },
    { name = "start", value = "A", help = "the first step, written likewise (with --run its begin)" },
    { name = "end", value = "B", help = "the last step (default as of --time)" },
    { name = "step", value = "D", kind = "duration", positive = true, help = "from step to step, such as 15s" },
    { name = "run", value = "RUN", help = "samples of one run and of none: an id, last, last~2, NAME@last (default: all)" },
  },
  examples = { "perilune query 'sum by (job) (rate(http_requests_total[1m]))'", "perilune query node_load1 --run last", "perilune query 'rate(node_cpu_seconds_total[30s])' --run last --step 10s" },
  more = [[
PromQL as in Prometheus 3, with the same results:
  selectors     name{label="v", label!="v", label=~"re", label!~"re"}[5m]
                offset 5m
  over a range  rate irate increase delta deriv changes resets
                avg_ sum_ min_ max_ count_ last_ present_ absent_ stddev_
                stdvar_ quantile_ ... over_time
  aggregations  sum avg min max count group stddev quantile topk bottomk
                by (label) without (label)
  functions     abs ceil floor round sqrt exp ln clamp clamp_min clamp_max
                label_replace time vector histogram_quantile
  operators     + - * / % ^ == != > < >= <=, bool, on, ignoring,
                group_left, group_right
Subqueries, @, and, or, unless and all other functions are refused.

Every series has the labels source, instance, role and origin. Of
distributions, such as load_latency_seconds, histogram_quantile takes a
value:
  perilune query 'histogram_quantile(0.99,
    sum by (name) (rate(load_latency_seconds[10s])))' --run last

--json - writes what Prometheus's HTTP API has under data.]],
}

local function usage(why) error({ code = "usage", message = "query: " .. why }, 0) end

--- Wall milliseconds of an option; nil where it was not given.
local function moment(o, name)
  if not o[name] then return nil end
  local at = tonumber(o[name]) or interval.moment(o[name])
  if not at or at ~= at or math.abs(at) > 9e9 then usage(("--%s %s is no moment; write seconds since 1970, or 2026-11-22T18:00:00Z"):format(name, o[name])) end
  return at * 1000
end

--- Which moments are asked about, wall milliseconds.
local function times_of(o, row)
  local last = row and row.ended_ns or clock.wall()
  if not (o.start or o["end"] or o.step) then return { at = moment(o, "time") or last / 1e6 } end
  if o.time then usage "--time is one moment; --start, --end and --step are several" end
  if not o.step then usage "--start and --end need --step" end
  local from = moment(o, "start") or row and row.started_ns / 1e6
  if not from then usage "--step needs --start" end
  local to = moment(o, "end") or last / 1e6
  if to < from then usage "--end is before --start" end
  return { from = from, to = to, step = o.step * 1000 }
end

local function iso(ms) return clock.iso(math.floor(ms * 1e6)) end

--- One moment: a row a series.
local function as_list(found)
  local rows = {}
  for i, series in ipairs(found.series) do rows[i] = { promql.series_text(series.labels), promql.value_text(series.values[1]) } end
  return table.concat(summary.columns(rows, { true }), "\n") .. "\n"
end

--- Several moments: the series, and its values below it.
local function as_blocks(found)
  local lines = {}
  for _, series in ipairs(found.series) do
    lines[#lines + 1] = promql.series_text(series.labels)
    for i, time in ipairs(series.times) do lines[#lines + 1] = ("  %s  %s"):format(iso(time * 1000), promql.value_text(series.values[i])) end
  end
  return table.concat(lines, "\n") .. "\n"
end

--- Why a mere selector finds nothing at any time: no series has its name.
local function unknown(reader, expr)
  local name = expr:match "^%s*([%a_:][%w_:]*)%s*%f[\0{%[]"
  if not name then return nil end
  local rows, stored = assert(reader:record("series_names", {})), {}
  for _, row in ipairs(rows) do stored[row.name] = true end
  if stored[name] then return nil end
  local full = names()[name]
  return ("no series is named %q%s\n"):format(name, full and ("; it is a short name of objectives, which read %s"):format(full) or suggest.hint(name, stored))
end

local function nothing(times)
  return times.at and ("nothing at %s; --time names another moment, --run a run's end\n"):format(iso(times.at)) or "nothing in that time\n"
end

local function as_text(found, times)
  if found.type == "string" then return found.string .. "\n" end
  if found.type == "scalar" then return promql.value_text(found.series[1].values[1]) .. "\n" end
  return found.type == "vector" and as_list(found) or as_blocks(found)
end

--- Errors of the expression; others are the database's.
local MISTAKE = { syntax = true, invalid = true, limit = true, unsupported = true }

--- Asks and shows the answer.
---@param o table
function M.main(o)
  local reader = database.open(o.db)
  local row = o.run and database.run(reader, o.run)
  local times = times_of(o, row)
  times.run = row and row.id
  local ok, found = pcall(promql.ask, reader, o[1], times)
  if not ok then error(MISTAKE[found.code] and { code = "usage", message = found.message } or found, 0) end
  if output.json(o, promql.answer(found, (times.at or times.from) / 1000)) then return end
  local empty = found.type ~= "string" and #found.series == 0
  engine.write("result", empty and (unknown(reader, o[1]) or nothing(times)) or as_text(found, times))
end

return M
