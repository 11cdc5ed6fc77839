--- The playbook vocabulary: what `require "perilune"` gives. Scripts read it and cannot change it.
local arg = require "perilune.arg"
local arrivals = require "perilune.arrivals"
local later = require "perilune.later"
local calendar = later "perilune.calendar"
local feeder = require "perilune.feeder"
local guard = require "perilune.core.guard"
local law = require "perilune.law"
local json = require "perilune.core.json"
local playbook = require "perilune.playbook"
local predicted = later "perilune.predicted"
local scenario = require "perilune.scenario"
local suggest = require "perilune.suggest"

--- A word that there is not is an error, with the near one.
local function strict(t, what)
  return setmetatable(t, { __index = function(_, name)
    error({ code = "script", message = ("%s.%s: there is no such word%s"):format(what, tostring(name), suggest.hint(tostring(name), t)) }, 0)
  end })
end

--- Workers send load, and ask nobody.
local function http(options)
  local there, module = pcall(require, "perilune.http")
  if not there then error({ code = "script", message = "pl.http: only run(run) and its tasks can do this" }, 0) end
  return module.request(options)
end

--- pl.stats: its words are loaded when the first of them is asked for.
local function of_stats(_, name)
  local there, module = pcall(require, "perilune.stats")
  if not there then error({ code = "script", message = "pl.stats: only run(run) and its tasks can do this" }, 0) end
  return module[name] or error({ code = "script", message = ("pl.stats.%s: there is no such word%s"):format(tostring(name), suggest.hint(tostring(name), module)) }, 0)
end

return guard.read_only(strict({
  arg = guard.read_only(strict(arg.KINDS, "pl.arg"), "pl.arg"),
  even = arrivals.even,
  poisson = arrivals.poisson,
  bursty = arrivals.bursty,
  trace = arrivals.trace,
  curve = arrivals.curve,
  predicted = function(forecast, options) return predicted.arrivals(forecast, options) end,
  stages = arrivals.stages,
  uniform = law.uniform,
  exponential = law.exponential,
  lognormal = law.lognormal,
  empirical = law.empirical,
  csv = feeder.csv,
  ndjson = feeder.ndjson,
  json_file = feeder.json_file,
  sqlite = feeder.sqlite,
  generated = feeder.generated,
  calendar = function(path) return calendar.declare(path) end,
  headers = scenario.header_lines,
  http = http,
  stats = guard.read_only(setmetatable({}, { __index = of_stats }), "pl.stats"),
  playbook = playbook.declare,
  json = guard.read_only(json, "pl.json"),
  api = 1, -- level of the Lua API
}, "pl"), "pl")
