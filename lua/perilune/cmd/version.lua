--- perilune version
local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local output = require "perilune.output"

return {
  name = "version", section = "About", about = "The version; with --json also of what it was built with.", usage = "perilune version [--json]",
  completes = {},
  examples = { "perilune version", "perilune version --json" }, common = { "json" },
  main = function(o)
    local facts = json.decode(engine.build_info())
    facts.schema, facts.timeline_schema = "perilune.version/1", facts.schema
    if output.json(o, facts) then return end
    engine.write("result", ("perilune %s\n"):format(engine.version()))
  end,
}
