--- perilune lint FILE
local source = require "perilune.source"
local session = require "perilune.session"

return {
  name = "lint", section = "Prepare", about = "Check a playbook without running it.", usage = "perilune lint FILE [--ARG VALUE...]", words = { "the playbook's file" }, min = 1, max = 1, open = true,
  common = { "json", "env", "policy" }, examples = { "perilune lint review.lua" },
  options = { { name = "arg", value = "NAME=VALUE", many = true, help = "argument of the playbook; missing ones get a harmless value" } },
  main = function(o) return session.run(o, source.playbook(o, { only = "lint" })) end,
}
