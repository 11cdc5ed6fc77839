--- Arrivals as a forecast predicts them: the load of the next days, sent today. A forecast is what run:forecast gives, or plain
--- { time = { seconds… }, mean = { starts a second… }, lo, hi }, as in the data of run:load. Between its points the rate runs straight; a
--- point alone holds for a second; what a model predicts below 0 is 0.
local schema = require "perilune.schema"

local M = {}

local OPTIONS = { of = { "string", default = "mean", choices = { "mean", "lo", "hi" } }, within = { "duration" }, share = { "ratio", default = 1 } }
local POINTS_MAX = 100000

local function fail(why, ...) error({ code = "invalid", message = "pl.predicted: " .. why:format(...) }, 0) end

local function is_number(v) return type(v) == "number" and v == v and v < math.huge and v > -math.huge end

--- The forecast as points { time, value } on its own clock.
local function points_of(forecast, of, share)
  local times, values = forecast.time, forecast[of]
  if forecast.known == false then fail("the forecast is not known: %s", tostring(forecast.why)) end
  if type(times) ~= "table" or type(values) ~= "table" then fail("give a forecast: what run:forecast gave, or { time = { … }, %s = { … } }", of) end
  if #times == 0 or #times > POINTS_MAX then fail("a forecast of 1 to %d points, not %d", POINTS_MAX, #times) end
  local points = {}
  for i = 1, #times do
    if not (is_number(times[i]) and is_number(values[i])) then fail("point %d: a time and a number of %s", i, of) end
    if i > 1 and times[i] <= times[i - 1] then fail("point %d is not later than the one before", i) end
    points[i] = { time = times[i], value = math.max(values[i], 0) * share }
  end
  if not points[2] then points[2] = { time = points[1].time + 1, value = points[1].value } end
  return points
end

--- Poisson arrivals by the forecast's rate, a start a second for each unit of it. `within` runs through all of it in so long, at the
--- rates that it predicts: 14 days within ten minutes have the rates of the days, and not their count.
---@param forecast table
---@param options table|nil { of = "mean" | "lo" | "hi", within = "10m", share = "10%" }
---@return table
function M.arrivals(forecast, options)
  local o = schema.check(OPTIONS, options, "pl.predicted")
  local ok = type(forecast) == "table" or type(forecast) == "userdata"
  if not ok then fail("a forecast, what run:forecast gave, not %s", schema.show(forecast)) end
  if o.within and o.within <= 0 or o.share <= 0 then fail "within and share are above 0" end
  local points = points_of(forecast, o.of, o.share)
  local from, span = points[1].time, points[#points].time - points[1].time
  for _, p in ipairs(points) do p.time = (p.time - from) * (o.within and o.within / span or 1) end
  return { perilune = "arrivals", law = "poisson", series = points, speed = 1, loop = false, parts = 1 }
end

return M
