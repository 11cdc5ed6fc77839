--- Load models as data: rates and users over time.
---
--- A constructor only keeps what was written; M.arrivals and M.read turn it into stages {{seconds, level, jump}} when the scenario's
--- duration is known. A constant has one stage without a duration, which takes the scenario's.
local schema = require "perilune.schema"
local stream = require "perilune.stream"
local trace = require "perilune.core.trace"

local M = {}

--- What people call a law.
M.NAMES = { even = "even", poisson = "Poisson", trace = "traced" }

local STAGE_KEYS = { [1] = true, [2] = true, to = true, at = true }

local function level(kind, value, what)
  if value == nil then error({ code = "invalid", message = ("%s: a %s is missing"):format(what, kind == "rate" and "rate" or "number of users") }, 0) end
  if kind == "rate" then return schema.value("rate", value, what) end
  local users = math.tointeger(tonumber(value))
  if not users or users < 0 then
    error({ code = "invalid", message = ("%s: %s is not a number of users"):format(what, schema.show(value)) }, 0)
  end
  return users
end

--- "30s:100/s,1m@500/s" as a list of stages: ':' ramps to the level, '@' jumps to it and holds.
local function written(text)
  local list = {}
  for part in text:gmatch("[^,]+") do
    local duration, sign, to = part:match("^%s*([%w.]+)([:@])([%w./]+)%s*$")
    if not duration then error({ code = "invalid", message = ("stages: %q is no stage; write 30s:100/s,1m@500/s"):format(part) }, 0) end
    list[#list + 1] = sign == ":" and { duration, to = to } or { duration, at = to }
  end
  return list
end

--- Stages of a level: { {"30s", to="100/s"}, {"5m", at="100/s"} }, a bare second value means `to`; or "30s:100/s,5m@100/s".
---@param list table|string
---@return table
function M.stages(list)
  if type(list) == "string" then list = written(list) end
  if type(list) ~= "table" or #list == 0 then
    error({ code = "invalid", message = 'pl.stages: a list such as { {"30s", to="100/s"}, {"5m", at="100/s"} }' }, 0)
  end
  for i, stage in ipairs(list) do
    if type(stage) ~= "table" or stage[1] == nil then
      error({ code = "invalid", message = ('pl.stages: stage %d: a table such as {"30s", to="100/s"}'):format(i) }, 0)
    end
    for key in pairs(stage) do
      if not STAGE_KEYS[key] then
        error({ code = "invalid", message = ("pl.stages: stage %d: unknown key %s (known: to, at)"):format(i, schema.show(key)) }, 0)
      end
    end
    if (stage.at and (stage.to or stage[2])) or not (stage.at or stage.to or stage[2]) then
      error({ code = "invalid", message = ("pl.stages: stage %d: give either `to` (ramp) or `at` (jump and hold)"):format(i) }, 0)
    end
  end
  return { perilune = "stages", list = list }
end

local function invalid(what, why)
  error({ code = "invalid", message = what .. ": " .. why }, 0)
end

local CURVE = { step = { "duration" } }
local CURVE_STEP, CURVE_STEPS = 1, 100 -- seconds at most, and parts of the duration at least, where no step is given

--- A level as a function of time: fn(seconds) gives a rate ("100/s" or a number) or a number of users; between the steps it runs
--- straight: 1 s, less in a scenario that is shorter than 100 s. Takes the scenario's duration.
---@param fn fun(seconds: number): number|string
---@param options table|nil { step = "1s" }
---@return table
function M.curve(fn, options)
  if type(fn) ~= "function" then invalid("pl.curve", "a function of the time in seconds") end
  return { perilune = "curve", fn = fn, step = schema.check(CURVE, options, "pl.curve").step }
end

local STAGES_MAX = 100000

local function curve_stages(curve, kind, what, duration)
  if not duration then invalid(what, "a curve needs the scenario's duration") end
  local whole = curve.step or math.min(CURVE_STEP, duration / CURVE_STEPS)
  if duration / whole > STAGES_MAX then invalid(what, ("a curve has at most %d steps: give pl.curve a longer step"):format(STAGES_MAX)) end
  local stages = { { 0, level(kind, curve.fn(0), what), true } }
  local at = 0
  for i = 1, math.ceil(duration / whole - 1e-9) do -- a rounded quotient makes no step of nothing
    local to = math.min(i * whole, duration)
    stages[#stages + 1] = { to - at, level(kind, curve.fn(to), what), false }
    at = to
  end
  return stages, duration
end

--- Stages in base units: array of {seconds, level, jump}.
---@param value any a rate, a number of users, pl.stages or pl.curve
---@param kind "rate"|"users"
---@param what string
---@param duration number|nil of the scenario
---@return table stages
---@return number|nil seconds of all stages; nil for a constant level
function M.read(value, kind, what, duration)
  if type(value) ~= "table" then
    if value == nil then invalid(what, kind == "rate" and 'a rate such as "500/s" is missing' or "a number of users is missing") end
    local constant = level(kind, value, what)
    if constant <= 0 then invalid(what, schema.show(value) .. " sends nothing; more than 0 is needed") end
    return { { 0, constant, true } }, nil
  end
  if value.perilune == "curve" then return curve_stages(value, kind, what, duration) end
  if value.perilune ~= "stages" then invalid(what, "a constant, pl.stages{...} or pl.curve(fn)") end
  local stages, total, peak = {}, 0, 0
  for i, stage in ipairs(value.list) do
    local where = ("%s: stage %d"):format(what, i)
    local seconds = schema.value("duration", stage[1], where)
    local to = stage.at or stage.to or stage[2]
    stages[i] = { seconds, level(kind, to, where), stage.at ~= nil }
    total, peak = total + seconds, math.max(peak, stages[i][2])
  end
  if peak <= 0 then error({ code = "invalid", message = what .. ": no stage sends anything" }, 0) end
  return stages, total
end

local function arrivals(law)
  return function(rate)
    if type(rate) ~= "table" or rate.perilune ~= "curve" then M.read(rate, "rate", "pl." .. law) end -- a mistake is found where it stands
    return { perilune = "arrivals", law = law, rate = rate }
  end
end

--- Even arrivals: start i comes i/rate after the first.
M.even = arrivals "even"
--- Poisson arrivals: independent users; the seed decides the exact times.
M.poisson = arrivals "poisson"

local BURSTY = {
  base = { "any", required = true }, burst = { "any", required = true },
  every = { "duration", required = true }, lasts = { "duration", required = true },
}

--- The rates of one state of bursty arrivals, as stages; it may send nothing.
local function state_stages(rate, what, duration)
  if type(rate) == "table" then return (M.read(rate, "rate", what, duration)) end
  return { { 0, level("rate", rate, what), true } }
end

--- Bursts: Poisson arrivals whose rate jumps between two levels and stays at each for an exponential time (a Markov-modulated
--- Poisson process with two states). The seed decides when. A level is a rate, pl.stages or pl.curve.
---@param options table { base = "100/s", burst = "1000/s", every = "30s" mean time between bursts, lasts = "5s" mean time of one }
---@return table
function M.bursty(options)
  local o = schema.check(BURSTY, options, "pl.bursty")
  for _, state in ipairs { "base", "burst" } do
    local rate = o[state]
    if type(rate) ~= "table" or rate.perilune ~= "curve" then state_stages(rate, "pl.bursty: " .. state) end
  end
  if o.every <= 0 or o.lasts <= 0 then invalid("pl.bursty", "every and lasts are longer than 0") end
  return { perilune = "arrivals", law = "poisson", bursty = o }
end

--- A function that appends what stages are between two times to a list, called in the order of time. Behind their end the last level
--- holds.
local function cutter(stages)
  local i, at, before = 1, 0, 0
  return function(list, from, to)
    while i <= #stages do
      local seconds, target, jump = table.unpack(stages[i])
      local begin, a, b = jump and target or before, math.max(from, at), math.min(to, at + seconds)
      if b > a then
        local slope = (target - begin) / seconds
        if slope ~= 0 then list[#list + 1] = { 0, begin + slope * (a - at), true } end
        list[#list + 1] = { b - a, begin + slope * (b - at), slope == 0 }
      end
      if at + seconds > to then return end
      i, at, before = i + 1, at + seconds, target
    end
    if to > from and to > at then list[#list + 1] = { to - math.max(from, at), before, true } end
  end
end

local function bursty_stages(o, duration, what, context, name)
  if not duration then invalid(what, "bursty arrivals need the scenario's duration") end
  local base = cutter(state_stages(o.base, what .. ": base", duration))
  local bursts = cutter(state_stages(o.burst, what .. ": burst", duration))
  local draw, stages, at, burst = stream.new(context.seed or 1, "bursty " .. name), {}, 0, false
  while at < duration do
    local stay = math.min(draw:exponential(burst and o.lasts or o.every), duration - at);
    (burst and bursts or base)(stages, at, at + stay)
    if #stages > STAGES_MAX then invalid(what, ("more than %d bursts and stages"):format(STAGES_MAX)) end
    at, burst = at + stay, not burst
  end
  return stages, duration
end

local function check_series(points)
  if #points < 2 then invalid("pl.trace", "a series has at least two points { time = ..., value = ... }") end
  for i, p in ipairs(points) do
    local whole = type(p) == "table" and type(p.time) == "number" and type(p.value) == "number"
    if not whole or not (p.value >= 0 and p.value < math.huge) then invalid("pl.trace", ("point %d: { time = seconds, value = starts a second, from 0 on }"):format(i)) end
    if i > 1 and p.time < points[i - 1].time then invalid("pl.trace", ("point %d lies before the one ahead of it: a series of one label set, in order of time"):format(i)) end
  end
end

local TRACE = { speed = { "number", default = 1 }, loop = { "boolean", default = false }, shard = { "string", default = "1/1" } }

--- "2/4" -> 2, 4
local function shard_of(text)
  local part, parts = text:match "^(%d%d?%d?%d?)/(%d%d?%d?%d?)$"
  part, parts = tonumber(part), tonumber(parts)
  if not (part and 1 <= part and part <= parts) then invalid("pl.trace", ("shard: %q is no part of a whole; the second of four is \"2/4\""):format(text)) end
  return part, parts
end

--- Replays when requests were once sent. A file of the playbook's folder (CSV, NDJSON, HAR, or an access log; by its ending) gives
--- each start its own time; a series, as run:query gives it, a rate over time. Workers share the schedule: each takes its part. So do
--- generators that each have a shard of their own: every fourth start, or a fourth of the rate.
---@param source string|table path, or list of { time = seconds, value = starts per second }
---@param options table|nil { speed = 2 (twice as fast), loop = true (again from the begin, as long as the scenario lasts), shard = "2/4" }
---@return table
function M.trace(source, options)
  local o = schema.check(TRACE, options, "pl.trace")
  if not (o.speed > 0) then invalid("pl.trace", "speed is a number above 0") end
  local part, parts = shard_of(o.shard)
  if type(source) == "table" then
    check_series(source)
    return { perilune = "arrivals", law = "poisson", series = source, speed = o.speed, loop = o.loop, part = part, parts = parts }
  end
  if type(source) ~= "string" then invalid("pl.trace", "a file's path, or a series") end
  return { perilune = "arrivals", law = "trace", path = source, speed = o.speed, loop = o.loop, part = part, parts = parts }
end

local function series_stages(a, duration, what)
  local points, scale = a.series, a.speed / a.parts
  local stages = { { 0, points[1].value * scale, true } }
  local span, total = (points[#points].time - points[1].time) / a.speed, 0
  repeat
    for i = 2, #points do
      stages[#stages + 1] = { (points[i].time - points[i - 1].time) / a.speed, points[i].value * scale, false }
    end
    total = total + span
    if a.loop and duration then stages[#stages + 1] = { 0, points[1].value * scale, true } end
  until not (a.loop and duration) or total >= duration or #stages > STAGES_MAX
  if a.loop and duration and total < duration then
    invalid(what, ("the series has %g s, and its repeats more than %d points before the scenario ends: give fewer points, or a longer series"):format(span, STAGES_MAX))
  end
  return stages, total
end

--- A trace's file, read once.
local function read_trace(a, what, context)
  if a.times then return end
  local folder = require "perilune.folder" -- files are read on the control side alone
  local times, seconds, n = trace.read(folder.path(context.folder or ".", a.path, what .. ": trace"), a.part, a.parts)
  if not times then error({ code = seconds.code, message = ("%s: trace %s: %s"):format(what, a.path, seconds.message) }, 0) end
  if times == "" then invalid(what, ("trace %s: its %d starts are fewer than %d shards"):format(a.path, n, a.parts)) end
  a.times, a.seconds, a.count = times, seconds, n
end

--- What a plan needs of arrivals: { law, stages, seconds, shard (its number from 0) } and for a trace { trace, speed, trace_period }.
---@param a table what a constructor gave
---@param duration number|nil of the scenario
---@param what string
---@param context table { folder, seed }
---@param name string of the scenario
---@return table
function M.arrivals(a, duration, what, context, name)
  if a.law == "trace" then
    read_trace(a, what, context)
    local seconds = a.seconds / a.speed
    local period = a.count > 1 and seconds * a.count / (a.count - 1) or 1 -- the mean gap stands between the last start and the first again
    local mean = a.count / period / a.parts
    local total = a.loop and duration or math.min(duration or math.huge, seconds + period / a.count)
    return { law = "trace", trace = a.times, speed = a.speed, trace_period = a.loop and period or nil,
      stages = { { total, mean, true } }, seconds = total, shard = a.part - 1 }
  end
  local stages, seconds
  if a.bursty then
    stages, seconds = bursty_stages(a.bursty, duration, what, context, name)
  elseif a.series then
    stages, seconds = series_stages(a, duration, what)
  else
    stages, seconds = M.read(a.rate, "rate", what .. ": arrivals", duration)
  end
  return { law = a.law, stages = stages, seconds = seconds, shard = a.part and a.part - 1 }
end

return M
