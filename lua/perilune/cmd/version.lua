--- perilune version
local engine = require "perilune.core.engine"

return {
  name = "version", about = "Versions of Perilune and of what it was built with.", usage = "perilune version [--json -]",
  examples = { "perilune version", "perilune version --json -" },
  main = function(o)
    engine.write("result", o.json and engine.build_info() .. "\n" or ("perilune %s\n"):format(engine.version()))
  end,
}
