--- perilune report [RUN]
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local output = require "perilune.output"
local report = require "perilune.report"

local M = {
  name = "report", section = "Look back", about = "Write the report of a run: HTML, Markdown, JUnit or JSON.", usage = "perilune report [RUN] [--html FILE] [--markdown FILE] [--junit FILE] [--json]", max = 1, min = 0,
  completes = { "last" },
  examples = { "perilune report last --open", "perilune report last --html report.html", "perilune report last~1 --markdown -" },
  common = { "db", "json", "html", "junit", "markdown" },
  options = {
    { name = "open", help = "show the HTML report with xdg-open; where there is none, print its path" },
    { name = "with-script", help = "include the playbook's text" },
  },
}

--- The stored perilune.run/1 of a run; one that has not ended has none.
local function result_of(row)
  return database.decoded(row.result) or { schema = "perilune.run/1", run_id = row.ulid, name = row.name, verdict = json.null }
end

local function write(o, row, reader)
  local model = (o.html or o.junit or o.markdown) and report.model(reader, row.ulid, { with_script = o.with_script })
  for _, format in ipairs { "html", "markdown", "junit" } do
    if o[format] then output.write(o[format], report[format](model)) end
    if o[format] and o[format] ~= "-" then engine.write("progress", ("%-8s %s\n"):format(format, o[format])) end
  end
  if o.json then output.json(o, result_of(row)) end
end

--- Writes the formats that were asked for; HTML to report-ID.html, of the id that perilune runs shows the begin of, when none was.
---@param o table
function M.main(o)
  output.one_stdout(o)
  local reader = database.open(o.db)
  local row = database.run(reader, o[1] or "last")
  if not (o.html or o.markdown or o.junit or o.json) or (o.open and (not o.html or o.html == "-")) then o.html = ("report-%s.html"):format(row.ulid) end
  write(o, row, reader)
  if o.open and not output.open(o.html) then engine.write("result", o.html .. "\n") end
end

return M
