--- The playbook vocabulary: what `require "perilune"` gives.
local arg = require "perilune.arg"
local arrivals = require "perilune.arrivals"
local feeder = require "perilune.feeder"
local json = require "perilune.core.json"
local playbook = require "perilune.playbook"

local M = {
  arg = arg,
  even = arrivals.even,
  poisson = arrivals.poisson,
  bursty = arrivals.bursty,
  trace = arrivals.trace,
  curve = arrivals.curve,
  predicted = arrivals.predicted,
  stages = arrivals.stages,
  csv = feeder.csv,
  playbook = playbook.declare,
  json = json,
  api = 1, -- level of the Lua API
}

return M
