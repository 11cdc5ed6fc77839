--- run:replicas: how many replicas carry a demand that is forecast, from when on, and why.
local core = require "perilune.core.rightsize"
local moment = require "perilune.moment"
local percent = require "perilune.lines".share
local schema = require "perilune.schema"
local units = require "perilune.core.units"
local words = require "perilune.words"

local M = {}

local STEPS_MOST = 1000000
local STEPS_TOLD = 6

local function fail(text, ...) error({ code = "invalid", message = "replicas: " .. text:format(...) }, 0) end

local function is_number(v) return type(v) == "number" and v == v and math.abs(v) ~= math.huge end

local function number_of(v)
  if type(v) == "string" then return units.parse("rate", v) end
  return is_number(v) and v or nil
end

--- What one replica carries: a rate, { value | rate, lo, hi, level }, or what run:search and run:capacity give. nil and why where that is not known.
local function capacity_of(v)
  local t = type(v) == "table" and v or { value = v }
  if t.known == false then return nil, tostring(t.why or "what a replica carries is not known") end
  local value = number_of(t.rate or t.value)
  if not value then fail("per_replica is a rate such as \"120/s\", or { rate, lo, hi }, not %s", schema.show(v)) end
  if value <= 0 then return nil, "a replica carries nothing" end
  local of = is_number(t.replicas) and t.replicas > 0 and t.replicas or 1 -- run:search may have measured several
  local lo, hi = number_of(t.lo) or value, number_of(t.hi) or value
  if lo > value or hi < value then fail("per_replica: %.6g does not lie between its lo, %.6g, and its hi, %.6g", value, lo, hi) end
  return { value = value / of, lo = lo / of, hi = hi / of, level = is_number(t.level) and t.level or 0.95 }
end

--- The demand as steps: a forecast { time, mean, lo, hi }, a list of numbers (a step each), or one number.
local function demand_of(v)
  if type(v) ~= "table" then v = { number_of(v) } end
  local mean = v.mean or v
  if v.known == false then return nil, tostring(v.why or "the demand is not known") end
  if type(mean) ~= "table" or #mean == 0 then fail "demand is a forecast { time, mean, lo, hi }, a list of numbers, or one" end
  if #mean > STEPS_MOST then error({ code = "limit", message = ("replicas: a demand of %d steps; at most %d"):format(#mean, STEPS_MOST) }, 0) end
  local out = { level = is_number(v.level) and v.level or 0.95, time = v.time or {}, last = v.last, stale = v.stale, from = v.to or v.time and v.time[1], mean = mean, lo = v.lo or mean, hi = v.hi or mean }
  for i = 1, #mean do
    if not (is_number(mean[i]) and is_number(out.lo[i]) and is_number(out.hi[i])) then fail("demand: step %d is no number", i) end
    if v.time and not is_number(v.time[i]) then fail("demand: step %d has no time", i) end
    if v.time and i > 1 and v.time[i] <= v.time[i - 1] then fail("demand: step %d is not later than the one before", i) end
  end
  return out
end

local function need_of(demand, i, each, o)
  return core.replicas { demand = { value = demand.mean[i], lo = math.min(demand.lo[i], demand.mean[i]), hi = math.max(demand.hi[i], demand.mean[i]), level = demand.level },
    per_replica = each, headroom = o.headroom, survive = o.survive, chance = o.chance }
end

local iso = moment.iso

local function amount(v) return ("%.5g"):format(v) end

local function share(v) return percent(v, 4) end

local function count(n) return n == 1 and "1 replica" or ("%d replicas"):format(n) end

--- When more are needed than ever before: the running most.
local function steps_text(r)
  local out = {}
  for i = 2, math.min(#r.steps, STEPS_TOLD) do
    local s = r.steps[i]
    out[#out + 1] = ("%d from %s on"):format(s.replicas, s.time and iso(s.time) or ("step %d"):format(s.step))
  end
  if #r.steps > STEPS_TOLD then out[#out + 1] = ("… %d in the end"):format(r.replicas) end
  return table.concat(out, ", ")
end

local function explain(r)
  if not r.known then return "How many replicas are needed is not known: " .. r.why .. "." end
  local o, top, each = r.options, r.top, r.per_replica
  local lines = { ("%s %s, at most %d%s."):format(r.stale_since and ("At the demand's last value, of %s,"):format(iso(r.stale_since)) or "Now", count(r.now), r.replicas, #r.steps > 1 and (": " .. steps_text(r)) or "") }
  local bounded, certain = each.lo < each.value, top.hi <= top.mean and each.lo >= each.value
  lines[2] = ("That carries a demand of %s%s%s%s, where a replica carries %s%s."):format(amount(top.mean), top.hi > top.mean and (", up to %s with %s,"):format(amount(top.hi), share(r.level)) or "",
    o.headroom > 0 and (" and %s more"):format(share(o.headroom)) or "", certain and "" or (" with a chance of %s"):format(share(top.chance)),
    amount(each.value), bounded and (" (%s to %s)"):format(amount(each.lo), amount(each.hi)) or certain and ", both taken as certain" or "")
  if o.survive > 0 then lines[3] = ("%s of them may be lost at a time."):format(o.survive == 1 and "1" or tostring(o.survive)) end
  return table.concat(lines, "\n")
end

local function unknown(why, o)
  local r = { known = false, why = why, now = 0, replicas = 0, steps = {}, options = o }
  function r.at() return 0 end
  function r.explain() return explain(r) end
  return r
end

--- The most that is needed until so long after the last value that was seen. What lies behind the forecast's end is not known: then it is the most
--- until that end, and a text that says so.
local function at(r, demand, when)
  local seconds = schema.value("duration", when, "at")
  if not seconds then fail "at takes a duration, such as \"14d\"" end
  if not demand.time[1] then fail "at needs a demand with times: a forecast { time, mean, lo, hi }" end
  local until_s, most, last = demand.from + seconds, r.now, demand.time[#demand.time]
  for _, s in ipairs(r.steps) do
    if s.time <= until_s then most = math.max(most, s.replicas) end
  end
  if until_s <= last + 1 then return most end
  return most, ("the forecast ends at %s, before %s: the count is of its end"):format(iso(last), iso(until_s))
end

--- How many replicas carry a demand.
---@param o table checked options: demand, per_replica, headroom, survive, chance
---@param note fun(text: string)|nil told of what lies beyond the forecast
---@return table { known, why, now, replicas, steps: { step, time, replicas } each, :at(duration), :explain() }
function M.plan(o, note)
  local each, why = capacity_of(o.per_replica)
  local demand, none = demand_of(o.demand)
  if not each or not demand then return unknown(none or why, o) end
  local r = { known = true, steps = {}, replicas = 0, options = o, level = demand.level, per_replica = each }
  for i = 1, #demand.mean do
    local need = need_of(demand, i, each, o)
    if not need.known then
      return unknown(need.capacity <= 0 and ("what a replica carries is known too loosely (%s to %s) for a chance of %s"):format(amount(each.lo), amount(each.hi), share(o.chance))
        or ("a demand of up to %s takes more replicas than can be counted"):format(amount(demand.hi[i])), o)
    end
    if need.replicas > r.replicas then
      r.replicas = need.replicas
      r.steps[#r.steps + 1] = { step = i, time = demand.time[i], replicas = need.replicas }
      r.top = { mean = demand.mean[i], hi = demand.hi[i], chance = need.chance }
    end
  end
  r.now = r.steps[1].replicas
  if is_number(demand.last) then
    r.now = core.replicas({ demand = { value = demand.last }, per_replica = each, headroom = o.headroom, survive = o.survive, chance = o.chance }).replicas
  end
  r.stale_since = demand.stale and demand.from or nil
  function r.at(_, when)
    local most, beyond = at(r, demand, when)
    if beyond and note then note(beyond) end
    return most, beyond
  end
  function r.explain() return explain(r) end
  return r
end

--- run:replicas(options). Where the answer is not known, `known` is false, `why` says why, and the numbers are 0. `now` is for the last value that
--- was seen; `:at("14d")` is the most that is needed until then; beyond the forecast's end the most until that end, with a note.
---
---     local need = run:replicas { demand = run:forecast(demand, { horizon = "90d" }), per_replica = "120/s", headroom = "30%", survive = 1 }
---     if need:at "14d" > need.now then run:event("capacity", need:explain()) end
---@param run perilune.Run
---@param options table { demand, per_replica, headroom, survive, chance }
---@return table
function M.run(run, options)
  local o = schema.check(words.options.replicas, options, "replicas")
  if o.survive < 0 then fail "survive is 0 or more replicas" end
  if not (o.chance >= 0.5 and o.chance < 1) then fail "chance lies from 50%% to below 100%%" end
  if o.headroom < 0 then fail "headroom is 0%% or more" end
  return M.plan(o, function(text) run:note("replicas: " .. text) end)
end

return M
