--- perilune init [FILE]: a first playbook to change.
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"

return {
  name = "init", section = "Prepare", about = "Write a first playbook to change.", usage = "perilune init [FILE]", min = 0, max = 1, examples = { "perilune init", "perilune init checkout.lua" }, options = {},
  main = function(o)
    local path = o[1] or "review.lua"
    if file.exists(path) then error({ code = "usage", message = ("%s exists already: give another name"):format(path) }, 0) end
    local ok, err = file.write(path, assert(engine.source("playbooks/review.lua")))
    if not ok then error(err, 0) end
    engine.write("result", ("%s\nTry: perilune run %s --target http://127.0.0.1:8080\n"):format(path, path))
  end,
}
