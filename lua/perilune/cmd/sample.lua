--- perilune sample: samples this machine for a while, as the playbook playbooks/sample.lua, and tells what it saw.
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local options = require "perilune.options"
local output = require "perilune.output"
local report = require "perilune.report"
local session = require "perilune.session"
local summary = require "perilune.summary"
local unbegun = require "perilune.unbegun"

local M = {
  name = "sample", section = "Measure", about = "Sample this machine for a while.", usage = "perilune sample [--duration D] [--every D] [--process NAME]", min = 0, max = 0,
  examples = { "perilune sample --duration 1m", "perilune sample --process nginx --html machine.html" },
  common = options.RUN,
  options = {
    { name = "duration", value = "D", help = "how long (default 10s)" }, { name = "every", value = "D", help = "interval (default 1s, at least 100ms)" },
    { name = "process", value = "NAME", help = "a process to look at as well" },
  },
}

--- The figures of the run that a perilune.run/1 is about, as perilune.sample/1.
local function sampled(o, text)
  local run, reader = json.decode(text), database.open(o.db)
  local row = database.run(reader, run.run_id).id
  local figures = json.array(report.machine.figures(reader, row))
  for _, f in ipairs(report.machine.process_figures(reader, row)) do figures[#figures + 1] = f end
  return { schema = "perilune.sample/1", run_id = run.run_id, verdict = run.verdict, exit = run.exit, interval = run.interval, figures = figures }
end

local function show(o, facts)
  local rows = { { "sampled", "min", "mean", "max", "samples" } }
  for _, f in ipairs(facts.figures) do
    rows[#rows + 1] = { f.name, report.machine.shown(f.unit, f.min), report.machine.shown(f.unit, f.mean), report.machine.shown(f.unit, f.max), tostring(f.samples) }
  end
  if #rows == 1 then rows = { { "nothing was sampled: two samples make the first figure; sample for longer" } } end
  engine.write(output.one_stdout(o) and "progress" or "result", table.concat(summary.columns(rows), "\n") .. "\n")
end

--- Samples, and shows the figures.
---@param o table
---@return integer
function M.main(o)
  local facts
  local function select_figures(text)
    facts = sampled(o, text)
    return json.encode(facts)
  end
  local code, ended = session.run(o, { playbook = "sample", text = assert(engine.source("playbooks/sample.lua")), folder = ".", select = select_figures,
    args = { duration = o.duration, every = o.every, process = o.process }, options = { from_options = {} } })
  if not facts and ended.json then select_figures(ended.json) end
  if facts and not o.quiet then show(o, facts) end
  return code
end

--- What is left of a run that could not begin.
---@param o table
---@param err any
function M.unbegun(o, err) unbegun.report(o, M.name, err) end

return M
