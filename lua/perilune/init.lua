--- The playbook vocabulary: what `require "perilune"` gives. Scripts read it and cannot change it.
local arg = require "perilune.arg"
local arrivals = require "perilune.arrivals"
local feeder = require "perilune.feeder"
local guard = require "perilune.core.guard"
local law = require "perilune.law"
local json = require "perilune.core.json"
local playbook = require "perilune.playbook"
local scenario = require "perilune.scenario"

return guard.read_only({
  arg = guard.read_only(arg.KINDS, "pl.arg"),
  even = arrivals.even,
  poisson = arrivals.poisson,
  bursty = arrivals.bursty,
  trace = arrivals.trace,
  curve = arrivals.curve,
  predicted = arrivals.predicted,
  stages = arrivals.stages,
  uniform = law.uniform,
  exponential = law.exponential,
  lognormal = law.lognormal,
  empirical = law.empirical,
  csv = feeder.csv,
  headers = scenario.header_lines,
  playbook = playbook.declare,
  json = guard.read_only(json, "pl.json"),
  api = 1, -- level of the Lua API
}, "pl")
