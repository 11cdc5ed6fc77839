--- perilune run FILE
local clock = require "perilune.core.clock"
local engine = require "perilune.core.engine"
local interval = require "perilune.interval"
local options = require "perilune.options"
local output = require "perilune.output"
local session = require "perilune.session"
local source = require "perilune.source"
local unbegun = require "perilune.unbegun"

local M = {
  name = "run", section = "Measure", about = "Run a playbook: its load, checks, comparison and report.", usage = "perilune run FILE [--ARG VALUE...] [OPTION...]",
  words = { "the playbook's file" }, min = 1, max = 1, open = true, common = options.RUN,
  examples = { "perilune run review.lua --target http://127.0.0.1:8080", "perilune run review.lua --html report.html --label commit=abc",
    "perilune run review.lua --once visit", "perilune run review.lua --help" },
  options = {
    { name = "arg", value = "NAME=VALUE", many = true, help = "argument of the playbook; --NAME VALUE works too" },
    { name = "once", value = "SCENARIO", help = "walk one user through one iteration and print every request, answer and check" },
    options.WORKERS,
    { name = "for-interval", value = "START/END", help = "run once for this interval: repeated, it gives the first one's code and says reused, and which arguments differ; after an error, a cancel or an interruption it runs again" },
    { name = "catch-up", value = "WHICH", choices = { "last", "all", "skip" },
      help = "missed intervals: last (default) runs the given one, skip leaves one out that was missed; all is not in this version" },
  },
  more = "One run of a playbook at a time on one database: a second one exits with 75.",
}

--- The interval of the command line or the environment; nil without one, false for one that is left out.
local function interval_of(o)
  local text = o.for_interval or engine.options().settings.for_interval
  if o.catch_up == "all" then error({ code = "unsupported", message = "--catch-up all is not in this version: run the playbook once for each interval" }, 0) end
  if not text then
    if o.catch_up then error({ code = "usage", message = "--catch-up goes with --for-interval START/END" }, 0) end
    return nil
  end
  local read = interval.read(text)
  if o.catch_up == "skip" and interval.is_missed(read, clock.wall() / 1e9) then
    output.tell(("skipped: the interval %s was missed"):format(read.key))
    return false
  end
  return read.key
end

--- Runs the playbook.
---@param o table
---@return integer
function M.main(o)
  local key = interval_of(o)
  if key == false then return 0 end
  return session.run(o, source.playbook(o, { once = o.once, interval = key, exclusive = not o.once or nil }))
end

--- What --help says of the playbook's own arguments.
---@param o table
function M.help(o)
  if o[1] then session.run(o, source.playbook(o, { only = "args" })) end
end

--- What is left of a run that could not begin.
---@param o table
---@param err any
function M.unbegun(o, err) unbegun.report(o, (o[1]:match "([^/]*)$":gsub("%.lua$", "")), err) end

return M
