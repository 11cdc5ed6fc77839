--- The runs of a timeline as people and programs see them: one description of a row of the table of runs.
local clock = require "perilune.core.clock"
local database = require "perilune.database"
local timeline = require "perilune.core.timeline"

local M = {}

--- The one word for how a run ended: as in perilune.run/1, or interrupted, or running.
local VERDICT = { passed = "pass", failed = "fail" }

--- "pass", "fail", "inconclusive", "error", "cancelled", "interrupted" or "running".
---@param row table
---@return string
function M.verdict(row)
  if row.state == "running" and not timeline.alive(row.boot_id, row.pid, row.process_start) then return "interrupted" end
  return VERDICT[row.state] or row.state
end

--- When it ended, ns; now of one that goes on.
local function end_of(row)
  return row.ended_ns or M.verdict(row) == "running" and clock.wall() or row.started_ns
end

--- Begin and end of what a report draws, wall ns: its own time; of a run that imported and loaded nothing the time of its rows.
---@param row table
---@return integer from_ns
---@return integer to_ns
function M.drawn_range(row)
  local result = database.decoded(row.result) or {}
  local has_load = type(result.loads) == "table" and next(result.loads) ~= nil
  if type(result.imports) == "table" and not has_load then return database.range(row) end
  return row.started_ns, end_of(row)
end

local function number(v)
  return type(v) == "number" and v or nil
end

--- The most that a step of a search was answered; nil where none was.
local function highest_answered(steps)
  local most
  for _, step in ipairs(steps or {}) do most = math.max(most or 0, number(step.achieved) or 0) end
  return most
end

--- Where a run sent its load, its highest rate, or the one that a search found, and the worst p99 of its loads.
local function figures_of(row)
  local result = database.decoded(row.result) or {}
  local url, rate, p99 = type(result.url) == "string" and result.url or nil, nil, nil
  for _, s in ipairs(result.searches or {}) do
    local r = number(s.rate_per_s) or number(s.lo) or highest_answered(s.steps)
    rate = r and math.max(rate or 0, r) or rate
  end
  for _, l in ipairs(result.loads or {}) do
    url = url or (type(l.url) == "string" and l.url or nil)
    local r, p = number(l.rate_per_s and l.rate_per_s.achieved), number(l.latency_s and l.latency_s.p99)
    rate, p99 = r and math.max(rate or 0, r) or rate, p and math.max(p99 or 0, p) or p99
  end
  return url, rate, p99
end

--- Facts of a run; what is not known is absent.
---@param row table of the table of runs
---@return table { run_id, name, verdict, exit_code, started_at, ended_at, age_s, took_s, url, rate_per_s, p99_s }
function M.describe(row)
  local url, rate, p99 = figures_of(row)
  return {
    run_id = row.ulid, name = row.name, verdict = M.verdict(row), exit_code = row.exit_code, started_at = clock.iso(row.started_ns),
    ended_at = row.ended_ns and clock.iso(row.ended_ns), age_s = M.age(row.ended_ns or row.started_ns), took_s = row.ended_ns and (row.ended_ns - row.started_ns) / 1e9,
    url = url, rate_per_s = rate, p99_s = p99,
  }
end

--- Seconds since a wall time.
---@param at_ns integer
---@return number
function M.age(at_ns) return math.max(0, (clock.wall() - at_ns) / 1e9) end

--- "12 min ago".
---@param seconds number
---@return string
function M.ago(seconds)
  for _, step in ipairs { { 86400, "d" }, { 3600, "h" }, { 60, "min" } } do
    if seconds >= step[1] then return ("%d %s ago"):format(seconds // step[1], step[2]) end
  end
  return ("%d s ago"):format(seconds // 1)
end

--- "127.0.0.1:8080" of a URL; "unix:/run/shop.sock" of one of a socket; "-" of none.
---@param url string|nil
---@return string
function M.place(url)
  return url and (url:match("^%a+://[^/?#]*@([^/?#]+)") or url:match("^%a+://([^/?#]+)") or url:match("^unix:[^:]+")) or "-"
end

--- The shortest length, at least 10, at which all these ids differ.
---@param ids string[]
---@return integer
function M.prefix_length(ids)
  for length = 10, 25 do
    local seen, unique = {}, true
    for _, id in ipairs(ids) do
      local prefix = id:sub(1, length)
      unique = unique and not seen[prefix]
      seen[prefix] = true
    end
    if unique then return length end
  end
  return 26
end

return M
