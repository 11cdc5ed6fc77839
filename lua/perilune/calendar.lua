--- Holidays and business events: when they were and will be, by name. What earlier ones did, a forecast expects of those to come.
local file = require "perilune.core.file"
local folder = require "perilune.folder"
local moment = require "perilune.moment"
local schema = require "perilune.schema"

local M = {}

local DAY = 86400
local MOST = 10000 -- events
local NAMES_MOST = 12

local function invalid(text, ...) error({ code = "invalid", message = "calendar: " .. text:format(...) }, 0) end

local function at_of(value, what)
  return moment.fixed(tostring(value)) or invalid("%s: %s is no moment; write 2026-12-24, 2026-12-24T18:00 or seconds since 1970", what, schema.show(value))
end

--- One event, as { name, from, to } in seconds since 1970; without `to` a day lasts until midnight, a moment an hour.
local function event_of(name, from, to, what)
  local begins = at_of(from, what)
  local whole = not tostring(from):find "[T ]%d" and begins % DAY == 0
  local ends = to and to ~= "" and at_of(to, what) or begins + (whole and DAY or 3600)
  local date = to and tostring(to):find "^%d+%-%d+%-%d+$" -- no moment of it, nor seconds since 1970, which may well be a midnight
  if date and whole then ends = ends + DAY end -- the last day counts
  if ends <= begins then invalid("%s: it ends before it begins", what) end
  return { name = name, from = begins, to = ends }
end

--- The fields of a line of CSV; quotes are as in RFC 4180.
local function fields_of(line)
  local out, at = {}, 1
  while at <= #line + 1 do
    if line:sub(at, at) == '"' then
      local stop = at + 1
      while true do
        stop = line:find('"', stop, true) or #line + 1
        if line:sub(stop + 1, stop + 1) ~= '"' then break end
        stop = stop + 2
      end
      out[#out + 1], at = line:sub(at + 1, stop - 1):gsub('""', '"'), (line:find(",", stop, true) or #line + 1) + 1
    else
      local stop = line:find(",", at, true) or #line + 1
      out[#out + 1], at = line:sub(at, stop - 1):match "^%s*(.-)%s*$", stop + 1
    end
  end
  return out
end

local COLUMNS = { date = "from", from = "from", start = "from", to = "to", ["end"] = "to", name = "name", event = "name" }

local function header_of(line, path)
  local places = {}
  for i, word in ipairs(fields_of(line)) do
    local means = COLUMNS[word:lower()]
    if means then places[means] = i end
  end
  if not places.from or not places.name then invalid("%s, line 1: the header is date,name or from,to,name", path) end
  return places
end

local function read(text, path)
  local out, places, number = {}, nil, 0
  for line in (text:gsub("^\xEF\xBB\xBF", "") .. "\n"):gmatch "(.-)\r?\n" do
    number = number + 1
    if line:match "%S" and not line:match "^#" then
      if not places then
        places = header_of(line, path)
      else
        local fields = fields_of(line)
        local what = ("%s, line %d"):format(path, number)
        local name = fields[places.name]
        if not name or name == "" then invalid("%s: it has no name", what) end
        out[#out + 1] = event_of(name, fields[places.from] or "", places.to and fields[places.to], what)
        if #out > MOST then invalid("%s: more than %d events", path, MOST) end
      end
    end
  end
  if not places then invalid("%s: it is empty; its header is date,name or from,to,name", path) end
  table.sort(out, function(a, b) return a.from < b.from end)
  return out
end

--- Events of a text: `date,name` or `from,to,name`, one a line below that header. Raises "corrupt", with the line that is wrong.
---@param text string
---@param path string for messages
---@return table[] { name, from, to } each, in order
function M.parse(text, path)
  local ok, got = pcall(read, text, path)
  if ok then return got end
  if type(got) == "table" and got.code == "invalid" then got.code = "corrupt" end
  error(got, 0)
end

--- pl.calendar(file): a calendar that is read where a forecast asks for it.
---
---     local ahead = run:forecast(demand, { horizon = "90d", events = pl.calendar("holidays.csv") })
---@param path string a CSV in the playbook's folder, `date,name` or `from,to,name`
---@return table calendar
function M.declare(path)
  if type(path) ~= "string" or path == "" then invalid("pl.calendar takes the path of a CSV, not %s", schema.show(path)) end
  return { calendar = path }
end

--- The events of an option: a calendar, or a list of { name, from, to } or of dates.
---@param value table|nil
---@param place string|nil the playbook's folder; nil: paths are as they stand
---@return table[] { name, from, to } each
function M.events(value, place)
  if value == nil then return {} end
  if value.calendar then
    if place then return M.parse(folder.read(place, value.calendar, "calendar"), value.calendar) end
    local text, err = file.read(value.calendar)
    if not text then error(err, 0) end
    return M.parse(text, value.calendar)
  end
  local out = {}
  for i, e in ipairs(value) do
    local what = ("event %d"):format(i)
    if type(e) ~= "table" then e = { name = "event", from = e } end
    out[i] = event_of(tostring(e.name or "event"), e.from or e.date or invalid("%s: it has no from", what), e.to, what)
  end
  return out
end

--- For each name the steps (from 1) that its events cover, of n known ones and h to come; those that no known step or none to come has teach nothing.
---@param events table[]
---@param grid table { start, step, n }
---@param h integer
---@return table[] columns lists of steps
---@return string[] names of the columns
---@return string[] unknown names of events to come that were never before
function M.columns(events, grid, h)
  local steps, order = {}, {}
  for _, e in ipairs(events) do
    if not steps[e.name] then
      steps[e.name], order[#order + 1] = { known = 0, ahead = 0 }, e.name
    end
    local s = steps[e.name]
    -- A step is covered where its begin is; a day's value by an event on that day.
    local first = math.max(1, math.floor(math.max(-1, (e.from - grid.start) / grid.step)) + ((e.from - grid.start) % grid.step > 0 and grid.step < DAY and 2 or 1))
    for i = first, grid.n + h do
      if grid.start + (i - 1) * grid.step >= e.to then break end
      if s[#s] ~= i then s[#s + 1] = i end
      local part = i <= grid.n and "known" or "ahead"
      s[part] = s[part] + 1
    end
  end
  local columns, names, unknown = {}, {}, {}
  for _, name in ipairs(order) do
    local s = steps[name]
    local known, ahead = s.known, s.ahead
    s.known, s.ahead = nil, nil
    if known > 0 then columns[#columns + 1], names[#names + 1] = s, name elseif ahead > 0 then unknown[#unknown + 1] = name end
  end
  if #columns > NAMES_MOST then invalid("%d kinds of events; at most %d are told apart: give several one name", #columns, NAMES_MOST) end
  return columns, names, unknown
end

return M
