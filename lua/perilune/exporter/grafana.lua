--- Grafana's annotations: the events of a run, each a mark or, where it lasted, a region.
local guard = require "perilune.core.guard"
local json = require "perilune.core.json"

local M = {}

M.NOUN = "annotation"

local UNTOLD = { http = true } -- calls of our own to other systems

local Events = {}
Events.__index = Events

--- The events of a run as a source of parcels, in the order of their times; a phase goes once it has ended.
---@param o { labels: table<string, string>?, dashboard: string? }
---@param from { run: integer, from_ns: integer }
---@return table source has next, done and left, as an outlet
function M.open(o, from)
  local tags = {}
  for name, value in pairs(o.labels or {}) do tags[#tags + 1] = ("%s:%s"):format(name, value) end
  table.sort(tags)
  return setmetatable({ run = from.run, from_ns = from.from_ns, dashboard = o.dashboard, tags = tags, given = {}, done_ns = from.from_ns }, Events)
end

local function is_open(event) return event.kind == "phase" and event.duration_ns == 0 end

--- The events before a moment that were not given yet.
function Events:waiting(reader, to_ns)
  local rows, err = reader:record("events_of", { run = self.run })
  if not rows then error(err, 0) end
  local list = {}
  for _, row in ipairs(rows) do
    if row.ts_ns >= self.from_ns and row.ts_ns < to_ns and not self.given[row.id] and not UNTOLD[row.kind] then list[#list + 1] = row end
  end
  return list
end

local function milliseconds(ns) return ns // 1000000 end

--- The next event as the body of a request.
function Events:next(reader, to_ns)
  local waiting = self:waiting(reader, to_ns)
  for _, event in ipairs(waiting) do
    if not is_open(event) then
      self.given[event.id] = true
      local tags = table.move(self.tags, 1, #self.tags, 3, { "perilune", event.kind })
      local ended = event.duration_ns > 0 and milliseconds(event.ts_ns + event.duration_ns) or nil
      local body = json.encode { dashboardUID = self.dashboard, time = milliseconds(event.ts_ns), timeEnd = ended, tags = json.array(tags), text = event.text or event.kind }
      return body, { samples = 1, series = 1, left_out = 0, from = event.ts_ns, to = event.ts_ns }
    end
  end
  self.done_ns = waiting[1] and waiting[1].ts_ns or to_ns
  return nil
end

--- Everything before this time was given.
function Events:done() return self.done_ns end

--- How many were not given, those apart that have no end.
function Events:left(reader, to_ns)
  local n = 0
  for _, event in ipairs(self:waiting(reader, to_ns)) do n = n + (is_open(event) and 0 or 1) end
  return n
end

--- An annotation on its way.
---@param o { url: string }
---@param body string
---@return table options of a request
function M.build_request(o, body)
  local url = guard.is_secret(o.url) and guard.reveal(o.url) or o.url
  return { url = url:gsub("/+$", "") .. "/api/annotations", method = "POST", body = body, headers = { ["content-type"] = "application/json" } }
end

--- Why it was not taken, in Grafana's words.
---@param answer table
---@return string|nil
function M.why(answer)
  local why = answer:json "message"
  return type(why) == "string" and why or nil
end

return M
