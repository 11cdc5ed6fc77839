--- The interval that a scheduled run is for: START/END, two moments or days; with its playbook it is the run's key.
local clock = require "perilune.core.clock"

local M = {}

local function fail(text, why)
  error({ code = "usage", message = ("--for-interval %s: %s; write START/END, for instance 2026-11-22T06:00Z/2026-11-29T06:00Z"):format(text, why) }, 0)
end

--- Days since 1970-01-01 of a date of the Gregorian calendar (Hinnant's days_from_civil).
local function days(y, m, d)
  y = m <= 2 and y - 1 or y
  local era = y // 400
  local yoe = y - era * 400
  local doy = (153 * (m + (m > 2 and -3 or 9)) + 2) // 5 + d - 1
  return era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468
end

local LENGTHS = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

--- Seconds since 1970 of "2026-11-22", "2026-11-22T06:00", "...:30", with Z or +01:00 (UTC without one), or of a number of seconds.
---@param text string
---@return number|nil
function M.moment(text)
  if text:match("^%d+%.?%d*$") and #text > 8 then return tonumber(text) end
  local y, mo, d, rest = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$")
  y, mo, d = tonumber(y), tonumber(mo), tonumber(d)
  if not y or mo < 1 or mo > 12 or d < 1 or d > LENGTHS[mo] then return nil end
  local at = days(y, mo, d) * 86400
  if rest == "" then return at end
  local h, mi, s, zone = rest:match("^[T ](%d%d):(%d%d):?([%d.]*)(.*)$")
  h, mi, s = tonumber(h), tonumber(mi), s == "" and 0 or tonumber(s)
  if not h or h > 24 or mi > 59 or not s or s >= 61 then return nil end
  at = at + h * 3600 + mi * 60 + s
  if zone == "" or zone == "Z" then return at end
  local sign, zh, zm = zone:match("^([+-])(%d%d):?(%d%d)$")
  if not sign then return nil end
  return at - (sign == "+" and 1 or -1) * (tonumber(zh) * 3600 + tonumber(zm) * 60)
end

--- Reads an interval.
---@param text string
---@return table { key, from, to } seconds since 1970; the key is the same however the moments were written
function M.read(text)
  local a, b = text:match("^%s*([^/]+)/([^/]+)%s*$")
  if not a then fail(text, "there is no / in it") end
  local from, to = M.moment(a), M.moment(b)
  if not from then fail(text, a .. " is no moment") end
  if not to then fail(text, b .. " is no moment") end
  if to <= from then fail(text, "it ends before it begins") end
  return { key = ("%s/%s"):format(clock.iso(math.floor(from * 1e9)), clock.iso(math.floor(to * 1e9))), from = from, to = to }
end

--- Whether an interval was missed: its successor has ended too.
---@param interval table
---@param now number seconds since 1970
---@return boolean
function M.is_missed(interval, now)
  return now >= interval.to + (interval.to - interval.from)
end

return M
