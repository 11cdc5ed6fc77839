--- perilune scrape URL: asks a target of Prometheus for a while, as the playbook playbooks/scrape.lua, and tells what it exposes.
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local lines = require "perilune.lines"
local options = require "perilune.options"
local output = require "perilune.output"
local promql = require "perilune.promql"
local session = require "perilune.session"
local summary = require "perilune.summary"
local unbegun = require "perilune.unbegun"

local M = {
  name = "scrape", section = "Measure", about = "Ask a target of Prometheus for a while and keep what it exposes.", usage = "perilune scrape URL [--duration D] [--every D] [--job NAME] [--all]",
  words = { "the URL" }, min = 1, max = 1,
  examples = { "perilune scrape http://127.0.0.1:9100", "perilune scrape http://127.0.0.1:8080/metrics --every 5s --job shop" },
  common = options.RUN,
  options = {
    { name = "duration", value = "D", help = "how long (default 10s)" }, { name = "every", value = "D", help = "interval (default 1s, at least 100ms)" },
    { name = "job", value = "NAME", help = "label job of its series" },
    { name = "all", help = "show each series with its last value" },
  },
  more = [[
It shows a row a metric, how many series it has and where their last values
lie; of many metrics those with the same first two words are one row.
Exit code 3 says that the last scrape failed, 6 that none was answered.
The values are those of:
  perilune query '{source="scrape"}' --run last]],
}

local ROWS = 40 -- more metrics than these are shown by the beginnings of their names

--- Every series with its last value: { name, labels, value }, by their names and labels.
local function series_of(reader, row)
  local found, out = promql.ask(reader, '{source="scrape"}', { run = row.id, at = row.ended_ns / 1e6 }).series, json.array {}
  for _, s in ipairs(found) do s.text = promql.series_text(s.labels) end
  table.sort(found, function(a, b) return a.text < b.text end)
  for i, s in ipairs(found) do
    local labels = {}
    for name, value in pairs(s.labels) do labels[name] = name ~= "__name__" and value or nil end
    out[i] = { name = s.labels.__name__, labels = labels, value = s.values[1] }
  end
  return out
end

--- How often the target was asked, and how often in vain.
local function asked(reader, row)
  local times, failed = 0, 0
  for _, up in ipairs(reader:series("up", row.id, { source = "scrape" })) do
    local _, values = reader:samples(up.id, row.id)
    for _, value in ipairs(values) do times, failed = times + 1, failed + (value == 0 and 1 or 0) end
  end
  return times, failed
end

--- The run that a perilune.run/1 is about, as perilune.scrape/1.
local function scraped(o, text)
  local run, reader = json.decode(text), database.open(o.db)
  local row = database.run(reader, run.run_id)
  local times, failed = asked(reader, row)
  return { schema = "perilune.scrape/1", run_id = run.run_id, verdict = run.verdict, exit = run.exit, interval = run.interval, scrapes = times, failed = failed, series = series_of(reader, row) }
end

--- The metrics of series that are in order: { name, series, text: where their last values lie }.
local function metrics_of(series)
  local metrics, m, least, most = {}, nil, nil, nil
  for _, s in ipairs(series) do
    if not m or m.name ~= s.name then
      m, least, most = { name = s.name, series = 0 }, s.value, s.value
      metrics[#metrics + 1] = m
    end
    least, most = math.min(least, s.value), math.max(most, s.value)
    m.series, m.text = m.series + 1, least == most and promql.value_text(least) or ("%s to %s"):format(promql.value_text(least), promql.value_text(most))
  end
  return metrics
end

--- Metrics with the same first two words as one.
local function folded(metrics)
  local out, last, n = {}, nil, 0
  for _, m in ipairs(metrics) do
    local words = m.name:match "^[^_]+_[^_]+" or m.name
    if last and last.words == words then
      n = n + 1
      last.name, last.series, last.text = words .. "*", last.series + m.series, lines.counted(n, "metric")
    else
      n, last = 1, { words = words, name = m.name, series = m.series, text = m.text }
      out[#out + 1] = last
    end
  end
  return out
end

--- The table that is shown, and what it is of.
local function table_of(series)
  local metrics, rows = metrics_of(series), { { "metric", "series", "last values" } }
  for _, m in ipairs(#metrics > ROWS and folded(metrics) or metrics) do rows[#rows + 1] = { m.name, tostring(m.series), m.text } end
  local shown = summary.columns(rows)
  shown[#shown + 1] = ("%s of %s; --all shows each with its last value"):format(lines.count(#series) .. " series", lines.counted(#metrics, "metric"))
  return shown
end

--- Each series with its last value.
local function list_of(series)
  local rows = {}
  for i, s in ipairs(series) do
    local labels = { __name__ = s.name }
    for name, value in pairs(s.labels) do labels[name] = value end
    rows[i] = ("%s %s"):format(promql.series_text(labels), promql.value_text(s.value))
  end
  return rows
end

local function show(o, facts)
  local text = table.concat((o.all and list_of or table_of)(facts.series), "\n") .. "\n"
  engine.write(output.one_stdout(o) and "progress" or "result", text)
end

--- Scrapes, and shows what there is.
---@param o table
---@return integer
function M.main(o)
  local facts
  local function select_series(text)
    facts = scraped(o, text)
    return json.encode(facts)
  end
  local code, ended = session.run(o, { playbook = "scrape", text = assert(engine.source("playbooks/scrape.lua")), folder = ".", select = select_series,
    args = { url = o[1], duration = o.duration, every = o.every, job = o.job }, options = { from_options = { url = "the URL" } } })
  if not facts and ended.json then select_series(ended.json) end
  if facts and not o.quiet then show(o, facts) end
  return code
end

--- What is left of a run that could not begin.
---@param o table
---@param err any
function M.unbegun(o, err) unbegun.report(o, M.name, err) end

return M
