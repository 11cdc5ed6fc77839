--- Artifacts: files that a run keeps beside its series, such as profiles, plans, logs and dumps.
local clock = require "perilune.core.clock"
local engine = require "perilune.core.engine"
local folder = require "perilune.folder"
local json = require "perilune.core.json"
local moment = require "perilune.moment"
local schema = require "perilune.schema"
local units = require "perilune.core.units"
local words = require "perilune.words"
local writer = require "perilune.core.writer"

local M = {}

-- Of one, of all of a run, and how many these may be.
local EACH, ALL, NUMBER = 16 << 20, 256 << 20, 1000

-- What a file's name says of it.
local TYPES = { txt = "text/plain", log = "text/plain", md = "text/markdown", csv = "text/csv", html = "text/html", json = "application/json", ndjson = "application/x-ndjson", xml = "application/xml",
  yaml = "application/yaml", yml = "application/yaml", svg = "image/svg+xml", png = "image/png", gz = "application/gzip", sql = "application/sql", lua = "text/x-lua" }

--- The media type of a file: as it was given, else by its name.
---@param path string
---@param given string|nil
---@return string
function M.type_of(path, given)
  if given and not given:match "^[%w!#$&^_.+-]+/[%w!#$&^_.+-]+[ ;=%w._\"-]*$" then
    error({ code = "invalid", message = ("attach: type %q is no media type; write one such as text/plain"):format(given) }, 0)
  end
  return given or TYPES[(path:match "%.(%w+)$" or ""):lower()] or "application/octet-stream"
end

--- Raises where a run has too many of them already.
local function check_room(run, bytes)
  local sum, err = run:reader():record("artifacts_sum", { run = run.row })
  if not sum then error(err, 0) end
  if sum[1].n >= NUMBER then error({ code = "limit", message = ("attach: a run keeps %d files at most"):format(NUMBER) }, 0) end
  if sum[1].bytes + bytes > ALL then error({ code = "limit", message = ("attach: a run keeps %s at most, and has %s"):format(units.format("size", ALL), units.format("size", sum[1].bytes)) }, 0) end
end

--- Labels as they are stored: a JSON object of texts, or nothing.
local function labels_of(labels)
  if not next(labels) then return nil end
  local out = {}
  for k, v in pairs(labels) do
    if type(k) ~= "string" or type(v) == "table" or type(v) == "function" then error({ code = "invalid", message = "attach: labels are names with texts" }, 0) end
    out[k] = tostring(v)
  end
  return json.encode(out)
end

--- run:attach(path, options): keeps a file of the playbook's folder.
---@param run perilune.Run
---@param path string
---@param options table|nil { type, from, to, labels }
function M.attach(run, path, options)
  local o = schema.check(words.options.attach, options, "attach")
  local now = clock.wall()
  local to = o.to and moment.in_run(o.to, run.started_ns, "attach: to") or now
  local from = o.from and moment.in_run(o.from, run.started_ns, "attach: from") or to
  if from > to then error({ code = "invalid", message = "attach: from is not before to" }, 0) end
  local type_, labels = M.type_of(path, o.type), labels_of(o.labels)
  local data = folder.read(run.prepared.spec.folder, path, "attach", EACH)
  check_room(run, #data)
  local row, why = writer.record("artifact_put", { run = run.row, name = path, type = type_, ts_ns = from, duration_ns = to - from, labels = labels, bytes = #data, sha256 = engine.sha256(data), data = data })
  if not row then error(why, 0) end
end

return M
