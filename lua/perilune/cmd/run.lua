--- perilune run FILE
local options = require "perilune.options"
local source = require "perilune.source"
local session = require "perilune.session"

return {
  name = "run", section = "Measure", about = "Run a playbook: its load, checks, comparison and report.", usage = "perilune run FILE [--ARG VALUE...] [OPTION...]",
  words = { "the playbook's file" }, min = 1, max = 1, open = true,
  examples = { "perilune run review.lua --target http://127.0.0.1:8080", "perilune run review.lua --html report.html --label commit=abc",
    "perilune run review.lua --once visit" },
  common = options.RUN,
  options = {
    { name = "arg", value = "NAME=VALUE", many = true, help = "argument of the playbook; --NAME VALUE works too" },
    { name = "once", value = "SCENARIO", help = "walk one user through one iteration and print every request, answer and check" },
    { name = "workers", value = "N", kind = "integer", help = "load workers (default: one a CPU)" },
  },
  main = function(o) return session.run(o, source.playbook(o, { once = o.once })) end,
}
