--- perilune report [RUN]
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local output = require "perilune.output"
local report = require "perilune.report"

local M = {
  name = "report", about = "Write the report of a run: HTML, Markdown or JUnit.", usage = "perilune report [RUN] [--html FILE] [--markdown FILE] [--junit FILE]", max = 1, min = 0,
  examples = { "perilune report last --html report.html", "perilune report last~1 --markdown -" },
  options = { { name = "with-script", help = "include the playbook's text" } },
}

--- Writes the formats that were asked for; HTML to report-ID.html when none was.
---@param o table
function M.main(o)
  local reader = database.open(o.db)
  local row = database.run(reader, o[1] or "last")
  local model = report.model(reader, row.ulid, { with_script = o.with_script })
  if not (o.html or o.markdown or o.junit) then o.html = ("report-%s.html"):format(row.ulid:sub(-8):lower()) end
  for _, format in ipairs { "html", "markdown", "junit" } do
    if o[format] then output.write(o[format], report[format](model)) end
    if o[format] and o[format] ~= "-" then engine.write("progress", ("%-8s %s\n"):format(format, o[format])) end
  end
end

return M
