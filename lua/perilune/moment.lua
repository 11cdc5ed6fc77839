--- Moments as people write them: a date with its time, seconds since 1970, or how long before now.
local clock = require "perilune.core.clock"
local schema = require "perilune.schema"
local units = require "perilune.core.units"

local M = {}

--- Days since 1970-01-01 of a date of the Gregorian calendar (Hinnant's days_from_civil).
local function days(y, m, d)
  y = m <= 2 and y - 1 or y
  local era = y // 400
  local yoe = y - era * 400
  local doy = (153 * (m + (m > 2 and -3 or 9)) + 2) // 5 + d - 1
  return era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468
end

--- The days of a month.
local function length(y, m) return m < 12 and days(y, m + 1, 1) - days(y, m, 1) or 31 end

local FARTHEST = 9e9 -- seconds: nanoseconds since 1970 are stored in 64 bits

--- A moment that can be stored, or nil.
local function storable(at) return at and math.abs(at) <= FARTHEST and at or nil end

local function read(text)
  if text:match("^%d+%.?%d*$") and #text > 8 then return tonumber(text) end
  local y, mo, d, rest = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$")
  y, mo, d = tonumber(y), tonumber(mo), tonumber(d)
  if not y or mo < 1 or mo > 12 or d < 1 or d > length(y, mo) then return nil end
  local at = days(y, mo, d) * 86400
  if rest == "" then return at end
  local h, mi, s, zone = rest:match("^[T ](%d%d):(%d%d):?([%d.]*)(.*)$")
  h, mi, s = tonumber(h), tonumber(mi), s == "" and 0 or tonumber(s)
  if not h or h > 24 or mi > 59 or not s or s >= 61 or (h == 24 and mi + s > 0) then return nil end
  at = at + h * 3600 + mi * 60 + s
  if zone == "" or zone == "Z" then return at end
  local sign, zh, zm = zone:match("^([+-])(%d%d):?(%d%d)$")
  if not sign then return nil end
  return at - (sign == "+" and 1 or -1) * (tonumber(zh) * 3600 + tonumber(zm) * 60)
end

--- Seconds since 1970 of "2026-11-22", "2026-11-22T06:00", "...:30", with Z or +01:00 (UTC without one), or of a number of seconds.
---@param text string
---@return number|nil
function M.fixed(text) return storable(read(text)) end

--- How moments are written, for messages.
M.FORMS = "write 2026-11-22T06:00Z, -15m (before now), now, or seconds since 1970"

--- The seconds since 1970 of any form: "now", "-15m" and "now-15m" before it, what M.fixed reads, or a number.
---@param value any
---@param now number seconds since 1970
---@return number|nil
function M.at(value, now)
  local text = tostring(value)
  local ago = type(value) == "string" and (text:match("^now%s*%-%s*(%S+)$") or text:match("^%-%s*(%d%S*)$"))
  local before = ago and units.parse("duration", ago)
  local at = text == "now" and now or before and now - before or not ago and (read(text) or tonumber(text)) or nil
  return storable(at)
end

--- "2026-11-22T06:00:00Z": a moment in UTC, to the second, as M.fixed reads it.
---@param seconds number since 1970
---@return string
function M.iso(seconds) return (clock.iso(math.floor(seconds) * 1000000000):gsub("%.%d+Z$", "Z")) end

--- "2026-11-22 06:00:00": the same for people.
---@param seconds number since 1970
---@return string
function M.text(seconds) return (M.iso(seconds):sub(1, 19):gsub("T", " ")) end

--- A moment that a playbook names, in nanoseconds since 1970: a number is seconds since then, a text how long after its run's begin.
---@param value number|string
---@param started_ns integer when the run began
---@param what string whose value it is, in messages: "traces: from"
---@return integer
function M.in_run(value, started_ns, what)
  if type(value) ~= "number" then return started_ns + math.floor(schema.value("duration", value, what) * 1e9) end
  local at = storable(value)
  if not at then error({ code = "invalid", message = ("%s: %g is no moment; write seconds since 1970, or a text such as \"30s\""):format(what, value) }, 0) end
  return math.floor(at * 1e9)
end

return M
