--- The logs that a run received: how many of each severity, when, and the messages that came most, those alike but for numbers as one.
local facts = require "perilune.report.facts"
local stored = require "perilune.report.stored"

local M = {}

-- Messages that are shown, and logs that are read for them, the most severe first.
local MESSAGES, READ = 20, 5000

--- Counts by severity, the most severe first, and its rate a second on the grid.
local function read_severities(timeline)
  local by_name, list = {}, {}
  local grid = timeline.grid
  for _, r in ipairs(stored.checked(timeline.reader:record("logs_by_time", { run = timeline.run, from_ms = grid.from, step_ms = grid.step * 1000 }))) do
    local s = by_name[r.severity]
    if not s then
      s = { name = r.severity, number = r.number, count = 0, traced = 0, first_ns = r.first_ns, last_ns = r.last_ns, values = {} }
      by_name[r.severity], list[#list + 1] = s, s
    end
    s.count, s.traced, s.number = s.count + r.n, s.traced + r.traced, math.max(s.number, r.number)
    s.first_ns, s.last_ns = math.min(s.first_ns, r.first_ns), math.max(s.last_ns, r.last_ns)
    if r.step >= 0 and r.step < grid.columns then s.values[r.step + 1] = r.n / grid.step end
  end
  table.sort(list, function(a, b)
    if a.number ~= b.number then return a.number > b.number end
    return a.name < b.name
  end)
  return list
end

--- A message without what differs each time: numbers, and ids that have a digit.
local function pattern_of(text)
  text = text:gsub("%x%x%x%x%x%x%x+", function(id) return id:find "%d" and "#" or nil end)
  return (text:gsub("%d[%d.,:]*", "#"))
end

--- The messages, in the order in which the most severe came first; of one severity the most frequent first.
local function read_messages(timeline, rank)
  local by_key, list = {}, {}
  local rows = stored.checked(timeline.reader:record("logs_worst", { run = timeline.run, limit = READ }))
  for _, r in ipairs(rows) do
    local text = facts.cut(r.text or "")
    local key = table.concat({ r.severity, r.service or "", pattern_of(text) }, "\0")
    local m = by_key[key]
    if not m then
      m = { severity = r.severity, service = r.service or "", count = 0, first = text, first_ns = r.ts_ns }
      by_key[key], list[#list + 1] = m, m
    end
    m.count, m.last, m.last_ns = m.count + 1, text, r.ts_ns
  end
  table.sort(list, function(a, b)
    if rank[a.severity] ~= rank[b.severity] then return rank[a.severity] < rank[b.severity] end
    if a.count ~= b.count then return a.count > b.count end
    return a.first_ns < b.first_ns
  end)
  return table.move(list, 1, math.min(#list, MESSAGES), 1, {}), math.max(0, #list - MESSAGES), #rows
end

--- The logs.
---@param timeline table report/timeline.lua
---@return table { total, traced, severities = { { name, count, first_ns, last_ns, values } }, messages = { { severity, service, count, first, last, first_ns, last_ns } }, more = messages that are not in it, read = logs that messages are of }
function M.read(timeline)
  local severities, rank = read_severities(timeline), {}
  local out = { total = 0, traced = 0, severities = severities }
  for i, s in ipairs(severities) do
    rank[s.name] = i
    out.total, out.traced = out.total + s.count, out.traced + s.traced
  end
  out.messages, out.more, out.read = read_messages(timeline, rank)
  return out
end

return M
