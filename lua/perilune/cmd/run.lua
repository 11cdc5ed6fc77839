--- perilune run FILE
local file = require "perilune.core.file"
local session = require "perilune.session"

return {
  name = "run", about = "Run a playbook: its load, checks, comparison and report.", usage = "perilune run FILE [--ARG VALUE...] [OPTION...]",
  words = { "the playbook's file" }, min = 1, max = 1, open = true,
  examples = { "perilune run review.lua --target http://127.0.0.1:8080", "perilune run review.lua --html report.html --label commit=abc",
    "perilune run review.lua --once browse" },
  options = {
    { name = "arg", value = "NAME=VALUE", many = true, help = "argument of the playbook; --NAME VALUE works too" },
    { name = "once", value = "SCENARIO", help = "walk one user through one iteration and print every request, answer and check" },
    { name = "workers", value = "N", kind = "integer", help = "load workers (default: one a CPU)" },
  },
  main = function(o)
    local args = o.args
    for _, pair in ipairs(o.arg or {}) do
      local name, value = pair:match("^([^=]+)=(.*)$")
      if not name then error({ code = "usage", message = ("--arg %s: write NAME=VALUE"):format(pair) }, 0) end
      args[name] = value
    end
    local text, err = file.read(o[1])
    if not text then error({ code = "not_found", message = ("playbook: %s"):format(err.message) }, 0) end
    return session.run(o, {
      playbook = o[1], text = text, args = args, folder = o[1]:match("^(.*)/[^/]*$") or ".", workers = o.workers, options = { once = o.once },
    })
  end,
}
