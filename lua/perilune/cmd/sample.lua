--- perilune sample: samples this machine for a while, as the playbook playbooks/sample.lua.
local engine = require "perilune.core.engine"
local options = require "perilune.options"
local session = require "perilune.session"

return {
  name = "sample", section = "Measure", about = "Sample this machine for a while.", usage = "perilune sample [--duration D] [--every D] [--process NAME]", min = 0, max = 0,
  examples = { "perilune sample --duration 1m", "perilune sample --process nginx --html machine.html" },
  common = options.RUN,
  options = {
    { name = "duration", value = "D", help = "how long (default 10s)" }, { name = "every", value = "D", help = "interval (default 1s, at least 100ms)" },
    { name = "process", value = "NAME", help = "a process to look at as well" },
  },
  main = function(o)
    return session.run(o, { playbook = "sample", text = assert(engine.source("playbooks/sample.lua")), folder = ".",
      args = { duration = o.duration, every = o.every, process = o.process } })
  end,
}
