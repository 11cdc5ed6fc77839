--- Where the timeline is: --db, PERILUNE_DB, the one of the program that runs the command, the nearest perilune.db upward from a folder, else the state folder.
local clock = require "perilune.core.clock"
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local json = require "perilune.core.json"
local timeline = require "perilune.core.timeline"

local M = {}

--- The path of the database.
---@param option string|nil what --db said
---@param folder string|nil where the search upward begins
---@return string
---@return string origin "option", "environment", "host", "project", "default"
function M.path(option, folder)
  local o = engine.options()
  if option then return assert(file.absolute(option)), "option" end
  if o.settings.db then return assert(file.absolute(o.settings.db)), "environment" end
  if o.db_path then return assert(file.absolute(o.db_path)), "host" end
  local near = file.find_upward("perilune.db", folder or ".") or file.find_upward("perilune.db", ".")
  if near then return near, "project" end
  local state = o.settings.state_home ~= "" and o.settings.state_home or ((o.settings.home or "/tmp") .. "/.local/state")
  local ok, err = file.make_folder(state .. "/perilune")
  if not ok then error({ code = err.code, message = err.message .. "; choose a place with --db" }, 0) end
  return state .. "/perilune/perilune.db", "default"
end

--- The path of a database that is there.
---@param option string|nil
---@return string
function M.existing(option)
  local path, origin = M.path(option)
  if not file.exists(path) then
    local why = (origin == "option" or origin == "environment" or origin == "host") and ("there is no database %s"):format(path)
      or ("there is no run yet: %s does not exist; perilune run and perilune load make it, --db names another"):format(path)
    error({ code = "not_found", message = why }, 0)
  end
  return path
end

--- Opens the database for reading.
---@param option string|nil
---@param mending boolean|nil a page with a flipped bit is no error
---@return any reader
---@return string path
function M.open(option, mending)
  local path = M.existing(option)
  local reader, err = timeline.open(path, mending)
  if not reader then error(err, 0) end
  return reader, path
end

--- Rows of a named operation (core/store/records.c); raises its error.
---@param reader any
---@param operation string
---@param fields table
---@return table[]
function M.records(reader, operation, fields)
  local rows, err = reader:record(operation, fields)
  if not rows then error(err, 0) end
  return rows
end

--- The table of a column that holds JSON; nil for an empty one, and for what is no table.
---@param text string|nil
---@return table|nil
function M.decoded(text)
  local ok, value = pcall(json.decode, text or "null")
  return ok and type(value) == "table" and value or nil
end

--- The time of what a run imported, wall nanoseconds in whole milliseconds; nothing where it imported nothing.
local function imported_range(row)
  local from, to
  for _, facts in ipairs((M.decoded(row.result) or {}).imports or {}) do
    if type(facts.from) == "number" and type(facts.to) == "number" then
      from, to = math.min(from or math.maxinteger, math.floor(facts.from * 1e3) * 1000000), math.max(to or 0, math.ceil(facts.to * 1e3) * 1000000)
    end
  end
  return from, to
end

--- Begin and end of what a run has on the timeline, wall nanoseconds: its own time, which covers what it imported; of one of `perilune import`
--- the time of the rows alone.
---@param row table of the table of runs
---@return integer from_ns
---@return integer to_ns
function M.range(row)
  local from, to = imported_range(row)
  local began, ended = row.started_ns, row.ended_ns or clock.wall()
  if not from then return began, ended end
  if row.name == "import" and (row.playbook or ""):find "/import$" then return from, to end
  return math.min(from, began), math.max(to, ended)
end

--- Where a label stands in the labels of a run.
---@param label string
---@return string
function M.label_path(label) return ('$."%s"'):format((label:gsub('"', ""))) end

--- The runs that a word names: of label:commit=abc all that ended with a verdict, newest first, else the one of M.run.
---@param reader any
---@param word string
---@param except integer|nil number of a run that is not meant: the one that asks
---@return table[] rows
function M.runs(reader, word, except)
  local label, value = word:match("^label:([^=]+)=(.*)$")
  if not label then return { M.run(reader, word, except) } end
  local rows = M.records(reader, "runs_with_label", { label = M.label_path(label), value = value, except = except })
  if #rows == 0 then error({ code = "not_found", message = ("there is no run %q; see perilune runs"):format(word) }, 0) end
  return rows
end

--- An id prefix that several runs begin with is no name.
local function refuse_ambiguous(word, rows)
  local lines = { ("%q could mean several runs; write more of the id:"):format(word) }
  for _, row in ipairs(rows) do lines[#lines + 1] = ("  %s  %s  %s"):format(row.ulid, row.name, clock.iso(row.started_ns):sub(1, 16):gsub("T", " ")) end
  error({ code = "invalid", message = table.concat(lines, "\n") }, 0)
end

--- The id of the run that is pinned as `gold`, or as `PLAYBOOK@gold` where several playbooks have that name.
local function pinned(reader, word)
  local ids, names = {}, {}
  for _, b in ipairs(M.records(reader, "baselines_all", {})) do
    local full = b.playbook .. "@" .. b.name
    if word == b.name or word == full then ids[#ids + 1], names[#names + 1] = b.ulid, full end
  end
  if #ids > 1 then error({ code = "invalid", message = ("%q is a baseline of several playbooks; write %s"):format(word, table.concat(names, " or ")) }, 0) end
  return ids[1]
end

--- Of last~2 and NAME@last~2 the playbook's name, nil of the first, and how many runs back that is; nothing of other words.
local function newest_of(word)
  local name, text = word:match "^(.-)@last(.*)$"
  text = text or word:match "^last(.*)$"
  local back = text == "" and 0 or text and math.tointeger(tonumber(text:match "^~(%d%d?%d?%d?%d?%d?)$"))
  if back then return name, back end
end

--- The run that a word names: last, last~2 (of those that measured something: no import, no serve, unless there are no others), an id prefix, NAME@last, NAME@last~2, label:commit=abc, the name of a baseline.
---@param reader any
---@param word string
---@param except integer|nil number of a run that is not meant: the one that asks, which has its own baselines from baseline.lua
---@return table row
function M.run(reader, word, except)
  local operation, params
  local name, back = newest_of(word)
  local label, value = word:match("^label:([^=]+)=(.*)$")
  if name then
    operation, params = "runs_recent", { limit = back + 2, name = name }
  elseif back then
    operation, params = "runs_measured", { limit = back + 1, except = except }
  elseif label then
    operation, params = "run_find", { label = M.label_path(label), value = value }
  else
    operation, params = "run_by_id_prefix", { prefix = not except and pinned(reader, word) or word:upper() }
  end
  local rows, err = reader:record(operation, params)
  if not rows then error(err, 0) end
  if rows[1] and rows[1].id == except then table.remove(rows, 1) end
  if operation == "run_by_id_prefix" and #rows > 1 then refuse_ambiguous(word, rows) end
  local row = rows[(back or 0) + 1]
  if not row then error({ code = "not_found", message = ("there is no run %q; see perilune runs"):format(word) }, 0) end
  return row
end

return M
