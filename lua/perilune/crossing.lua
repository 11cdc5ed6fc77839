--- When a forecast reaches a limit: what a limit is, what a crossing says, and its text.
local lines = require "perilune.lines"
local moment = require "perilune.moment"
local schema = require "perilune.schema"
local units = require "perilune.core.units"

local M = {}

local PERCENT_FROM = 2 -- values that are larger are no shares of 1

local function fail(code, text, ...) error({ code = code, message = "forecast: " .. text:format(...) }, 0) end

local iso = moment.iso

local function duration(seconds) return units.format("duration", seconds) end

local share = lines.whole_share

local function is_number(v) return type(v) == "number" and v == v and math.abs(v) ~= math.huge end

--- A number as people read it.
---@param v number
---@return string
function M.number(v)
  if v == 0 or (math.abs(v) >= 1e-3 and math.abs(v) < 1e7) then return (("%.5g"):format(v)) end
  return ("%.4g"):format(v)
end

local PREFIXES = { k = 1e3, K = 1e3, M = 1e6, G = 1e9, T = 1e12, P = 1e15, Ki = 2 ^ 10, Mi = 2 ^ 20, Gi = 2 ^ 30, Ti = 2 ^ 40, Pi = 2 ^ 50 }

--- The unit that a size is written in: "20GiB" gives "GiB" and 2^30; nil of all else, whose values are numbers as they are.
---@param word any
---@return { name: string, of: number }|nil
function M.unit(word)
  local name = type(word) == "string" and word:match "^%s*[%d.]+%s*(%a+)%s*$"
  local of = name and name:match "B$" and PREFIXES[name:sub(1, -2)]
  return of and units.parse("size", word) and { name = name, of = of } or nil
end

--- A number as people read it, in the unit of a limit where that has one: "19.53 GiB".
---@param v number
---@param unit table|nil of M.unit
---@return string
function M.shown(v, unit)
  return unit and ("%s %s"):format(M.number(v / unit.of), unit.name) or M.number(v)
end

--- A limit as people write it: 900, "64GiB", "500/s", "80%". Percent are shares of 1, unless the series has values that no share has, 0 to 100.
---@param word any
---@param largest number|nil of the series' sizes
---@return number|nil
function M.value(word, largest)
  if type(word) == "number" then return is_number(word) and word or nil end
  if type(word) ~= "string" then return nil end
  local percent = word:match "^%s*([%d.eE+-]+)%s*%%%s*$"
  if percent and largest and largest > PERCENT_FROM then return tonumber(percent) end
  for _, kind in ipairs { "number", "size", "rate", "ratio" } do
    local v = units.parse(kind, word)
    if v then return v end
  end
  return nil
end

--- The limit as lo and hi.
local function bounds(r, limit)
  local lo, hi = limit, limit
  if type(limit) == "table" then
    lo, hi = limit.lo or limit.rate or limit.value, limit.hi or limit.rate or limit.value
    if limit.known == false then fail("invalid", "crosses: the limit is not known: %s", tostring(limit.why)) end
  end
  lo, hi = M.value(lo, r.largest), M.value(hi, r.largest)
  if not lo or not hi then fail("invalid", "crosses takes a number, { lo = 780, hi = 820 }, or what run:search gave, not %s", schema.show(limit)) end
  return math.min(lo, hi), math.max(lo, hi)
end

--- A moment, and how far it is: from now, or of a history that ended long ago, from its last value.
local function date_text(c, at)
  if not at then return "not within the horizon" end
  return ("%s (%s)"):format(iso(at), (c.stale and "%s after the last value" or "in %s"):format(duration(math.max(60, math.floor((at - c.since) / 60 + 0.5) * 60))))
end

local function limit_text(lo, hi, unit) return lo == hi and M.shown(lo, unit) or ("%s to %s"):format(M.shown(lo, unit), M.shown(hi, unit)) end

--- The unit of a limit, or of both its ends if it is the same one.
local function unit_of(limit)
  if type(limit) ~= "table" then return M.unit(limit) end
  local lo, hi = M.unit(limit.lo), M.unit(limit.hi)
  return lo and hi and lo.name == hi.name and lo or nil
end

local function text_of(c, last)
  local what = limit_text(c.lo, c.hi, c.unit)
  local side = last == (c.floor and c.lo or c.hi) and "at" or c.floor and "below" or "above"
  if c.already and c.stale then return ("At its last value, of %s, it was already %s %s."):format(iso(c.since), side, what) end
  if c.already then return ("It is already %s %s."):format(side, what) end
  local verb = c.floor and "fall to" or "reach"
  if not c.p10 then return ("It does not %s %s within the horizon of %s (chance %s)."):format(verb, what, duration(c.horizon), share(c.chance)) end
  return ("It %s %s, p10 %s, p50 %s, p90 %s; chance within the horizon %s."):format(c.floor and "falls to" or "reaches", what, date_text(c, c.p10), date_text(c, c.p50), date_text(c, c.p90), share(c.chance))
end

--- When the series crosses a limit: dates, nil where not within the horizon, and the chance within a time from the last value on. What is
--- at the limit already, or beyond it, crosses at its last value.
---@param r table a forecast
---@param outlook userdata its paths
---@param limit number|string|table
---@param options table|nil { floor }
---@return table { known, lo, hi, floor, unit: M.unit of the limit or nil, already, stale, since, chance, p10, p50, p90, text, :chance_within(d), :explain() }
function M.of(r, outlook, limit, options)
  local lo, hi = bounds(r, limit)
  local floor = options and options.floor and true or false
  local crossing, err = outlook:crosses(lo, hi, floor)
  if not crossing then fail(err.code, "%s", err.message) end
  local facts = crossing:facts()
  local c = { known = true, lo = lo, hi = hi, floor = floor, chance = facts.chance, horizon = #r.mean * r.step, since = r.to, stale = r.stale, unit = unit_of(limit) }
  c.already = floor and r.last <= lo or not floor and r.last >= hi
  for _, p in ipairs { "p10", "p50", "p90" } do c[p] = c.already and r.to or facts[p] and r.to + facts[p] * r.step end
  if c.already then c.chance = 1 end
  function c.chance_within(_, d)
    local seconds = schema.value("duration", d, "chance_within")
    return c.already and 1 or crossing:within(seconds / r.step)
  end
  c.text = text_of(c, r.last)
  function c.explain() return c.text end
  return c
end

--- The answer of a forecast that is not known: no moments and no chance.
---@param why string
---@param limit number|string|table
---@param options table|nil { floor }
---@return table { known = false, why, lo, hi, floor, already = false, text, :chance_within(d): nil, :explain() }
function M.unknown(why, limit, options)
  local lo, hi = bounds({}, limit)
  local floor = options and options.floor and true or false
  local c = { known = false, why = why, lo = lo, hi = hi, floor = floor, already = false }
  c.text = ("When it %s %s is not known: %s."):format(floor and "falls to" or "reaches", limit_text(lo, hi, unit_of(limit)), why)
  function c.chance_within() return nil end
  function c.explain() return c.text end
  return c
end

return M
