--- The interval that a scheduled run is for: START/END, two moments or days; with its playbook it is the run's key.
local clock = require "perilune.core.clock"
local moment = require "perilune.moment"

local M = {}

local function fail(text, why)
  error({ code = "usage", message = ("--for-interval %s: %s; write START/END, for instance 2026-11-22T06:00Z/2026-11-29T06:00Z"):format(text, why) }, 0)
end

--- Reads an interval.
---@param text string
---@return table { key, from, to } seconds since 1970; the key is the same however the moments were written
function M.read(text)
  local a, b = text:match("^%s*([^/]+)/([^/]+)%s*$")
  if not a then fail(text, "there is no / in it") end
  local from, to = moment.fixed(a), moment.fixed(b)
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
