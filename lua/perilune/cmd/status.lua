--- perilune status: one line for a monitor; exit code of the last run.
local clock = require "perilune.core.clock"
local database = require "perilune.database"
local engine = require "perilune.core.engine"

return {
  name = "status", about = "The last run in one line, with its exit code.", usage = "perilune status [NAME]", min = 0, max = 1, examples = { "perilune status", "perilune status checkout" }, options = {},
  main = function(o)
    local reader = database.open(o.db)
    local rows, err = reader:record("status_last", { name = o[1] })
    if not rows then error(err, 0) end
    local r = rows[1]
    if not r then error({ code = "not_found", message = o[1] and ("there is no run of %q yet"):format(o[1]) or "there is no run yet" }, 0) end
    engine.write("result", ("%s %s at %s, run %s\n"):format(r.name, r.state, clock.iso(r.started_ns):sub(1, 19):gsub("T", " "), r.ulid:lower()))
    return r.exit_code or 0
  end,
}
