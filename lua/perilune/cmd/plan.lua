--- perilune plan FILE
local source = require "perilune.source"
local session = require "perilune.session"

return {
  name = "plan", section = "Prepare", about = "Say what a playbook would send; send nothing.", usage = "perilune plan FILE [--ARG VALUE...]",
  words = { "the playbook's file" }, min = 1, max = 1, open = true, common = { "json", "env", "policy" }, examples = { "perilune plan review.lua", "perilune plan review.lua --target http://127.0.0.1:8080 --json" },
  options = { { name = "arg", value = "NAME=VALUE", many = true, help = "argument of the playbook; --NAME VALUE works too" } },
  main = function(o) return session.run(o, source.playbook(o, { only = "plan" })) end,
}
