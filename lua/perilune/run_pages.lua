--- Pages about the runs of a timeline: / lists them, /runs/ID is the report of one (the HTML of `perilune report`; .md and .json likewise).
local database = require "perilune.database"
local json = require "perilune.core.json"
local pages = require "perilune.pages"
local report = require "perilune.report"
local writer = require "perilune.core.writer"

local M = {}

local SHOWN = 200
local HTML = "text/html; charset=utf-8"

local FORMS = {
  [""] = function(reader, row) return HTML, report.html(report.model(reader, row.ulid)) end,
  md = function(reader, row) return "text/markdown; charset=utf-8", report.markdown(report.model(reader, row.ulid)) end,
  json = function(_, row) return "application/json", row.result or json.encode { schema = "perilune.run/1", run_id = row.ulid, name = row.name, verdict = json.null } end,
}

--- The answer to a request for one of these pages.
---@param reader any
---@param path string
---@return integer status
---@return string type
---@return string body
function M.answer(reader, path)
  if path == "/" then return 200, HTML, report.list(database.records(reader, "runs_recent", { limit = SHOWN })) end
  local id, form = path:match "^/runs/(%w+)%.?(%l*)$"
  if not id or not FORMS[form] then return 404, pages.TEXT, "there is no such page; the runs are at /, their newest values at /metrics\n" end
  return 200, FORMS[form](reader, database.run(reader, id))
end

--- A function that answers requests for them.
---@return fun(asked: { path: string }): integer, string, string
function M.new()
  local reader
  return function(asked)
    reader = reader or assert(writer.reader())
    return M.answer(reader, asked.path)
  end
end

return M
