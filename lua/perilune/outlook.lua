--- perilune forecast F: one series of a file, a run or a Prometheus, and when it reaches a capacity or a floor.
local calendar = require "perilune.calendar"
local clock = require "perilune.core.clock"
local crossing = require "perilune.crossing"
local engine = require "perilune.core.engine"
local forecast = require "perilune.forecast"
local inputs = require "perilune.inputs"
local json = require "perilune.core.json"
local lines = require "perilune.lines"
local moment = require "perilune.moment"
local output = require "perilune.output"
local schema = require "perilune.schema"
local summary = require "perilune.summary"
local units = require "perilune.core.units"

local M = {}

local ROWS = 15 -- of the table
local COLUMNS = 80 -- of a line

local function usage(text, ...) error({ code = "usage", message = "forecast: " .. text:format(...) }, 0) end

--- A limit as people write it: 900, 64GiB, 500/s, 80%, or between two: 900..1100. Left as text, for what % is of depends on the series.
local function limit_of(text, name)
  local lo, hi = text:match "^%s*(.-)%s*%.%.%s*(.-)%s*$"
  for _, word in ipairs { lo or text, hi } do
    if not crossing.value(word) then usage("--%s %s: write a number such as 900, 64GiB, 500/s or 80%%, or an interval of 95 %% such as 900..1100", name, text) end
  end
  return lo and { lo = lo, hi = hi } or text
end

local function ceiling_of(text) return crossing.value(text) and text or usage("--ceiling %s: write a number such as 900, 64GiB or 80%%", text) end

--- "1d,7d" in seconds.
local function seasons_of(text)
  if not text then return nil end
  local out = {}
  for word in (text .. ","):gmatch "%s*([^,]-)%s*," do
    local seconds = units.parse("duration", word)
    if not seconds or seconds <= 0 then usage("--season %s: of one series write durations, such as 1d or 1d,7d", text) end
    out[#out + 1] = seconds
  end
  if #out > 4 then usage("--season %s: at most 4", text) end
  return out
end

--- "80,95" as ratios.
local function levels_of(text)
  local out = {}
  for word in (tostring(text or "95") .. ","):gmatch "%s*([^,]-)%%?%s*," do
    local p = tonumber(word)
    if not p or p < 1 or p >= 100 then usage("--level %s: write percentages from 1 to 99.9, such as 95 or 80,95", text) end
    out[#out + 1] = p / 100
  end
  return out
end

--- The series, and what was refused of it.
local function read(o)
  local got = inputs.series(o[1], { column = o.column, missing = true, lenient = true, single = true, db = o.db, query = o.query, start = o.start, ["end"] = o["end"], step = o.step })
  if not got.times then error({ code = "corrupt", message = ("forecast: %s has no times: a header timestamp,value is needed"):format(o[1]) }, 0) end
  local first, several = nil, false
  for i, ns in ipairs(got.times) do
    if got.values[i] == got.values[i] then first, several = first or ns, several or (first ~= nil and first ~= ns) end
    got.times[i] = ns / 1e9
  end
  if not several then inputs.too_few(o[1], inputs.known(got.values), "value", "a forecast needs two at different times") end
  return got
end

--- Says at how many moments values that differ are taken for their mean: they may be of several series.
local function tell_repeated(F, got)
  local n = inputs.contradictions(got.times, got.values)
  if n > 0 then output.tell(("perilune: %s: note: at %s there are several values that differ; their mean is taken. If they are of several series, keep the rows of one"):format(F, lines.counted(n, "moment"))) end
end

--- The steps that tell something: without those at the end in which all is 0, the first of these excepted.
local function telling(r)
  local n = #r.time
  while n > 1 and r.mean[n] == 0 and r.lo[n] == 0 and r.hi[n] == 0 and r.mean[n - 1] == 0 and r.lo[n - 1] == 0 and r.hi[n - 1] == 0 do n = n - 1 end
  return n
end

--- The rows of the table: every step of a short horizon, else some evenly, the last one that tells something among them.
local function table_of(r, unit)
  local percent, of = lines.share(r.level, 4), telling(r)
  local rows, n = { { "time", "mean", "lo " .. percent, "hi " .. percent } }, math.min(ROWS, of)
  for k = 1, n do
    local i = n == of and k or math.floor(1 + (k - 1) * (of - 1) / (n - 1) + 0.5)
    rows[#rows + 1] = { moment.iso(r.time[i]), crossing.shown(r.mean[i], unit), crossing.shown(r.lo[i], unit), crossing.shown(r.hi[i], unit) }
  end
  return table.concat(summary.columns(rows, { true, false, false, false }), "\n")
end

--- What a table of some of the steps leaves out; empty where it has all.
local function left_out(r)
  local n, of, hidden = #r.time, telling(r), false
  local zero = of < n and ("From %s to the end, %s, all is 0.\n"):format(moment.iso(r.time[of]), moment.iso(r.time[n])) or ""
  if of <= ROWS then return zero end
  local apart = (r.time[of] - r.time[1]) / (ROWS - 1)
  for _, season in ipairs(r.seasons) do hidden = hidden or season < 4 * apart end
  return ("%s%d of %d steps%s; --json - has all.\n"):format(zero, ROWS, of, hidden and ", too far apart to show each season" or "")
end

--- Sentences that no terminal breaks within a word, nor between a number and its unit.
local function wrapped(text)
  local joined = text:gsub("(%d) (%%)", "%1\u{A0}%2"):gsub("(%d) (%a%a?%a?%f[%A])", "%1\u{A0}%2")
  return (joined:gsub("[^\n]+", function(line) return lines.wrap(line, COLUMNS, "  ") end):gsub("\u{A0}", " "))
end

local function json_of(r, crosses, got)
  local facts, refused = forecast.json(r, crosses), {}
  for i, row in ipairs(got.refused) do refused[i] = { line = row.line, why = row.why } end
  facts.refused, facts.refused_count = json.array(refused), got.refused_count
  return facts
end

--- Forecasts one series.
---@param o table values of the command line: [1], horizon, capacity, floor, season, level, of, events, ceiling, json, and those of inputs
---@return integer exit code
function M.main(o)
  if o.capacity and o.floor then usage "--capacity is passed from below, --floor from above: give one of them" end
  if not o.horizon then usage "give --horizon, how far to look ahead, such as 30d" end
  local limit = o.capacity and limit_of(o.capacity, "capacity") or o.floor and limit_of(o.floor, "floor") or nil
  local asked = { horizon = schema.value("duration", o.horizon, "--horizon"), season = seasons_of(o.season), levels = levels_of(o.level), of = o.of,
    ceiling = o.ceiling and ceiling_of(o.ceiling), now = clock.wall() / 1e9, events = calendar.events(o.events and { calendar = o.events }) }
  if asked.horizon <= 0 then usage "--horizon is longer than nothing" end
  local got = read(o)
  inputs.tell_refused(o[1], got)
  tell_repeated(o[1], got)
  local r = forecast.ahead(got.times, got.values, asked)
  local crosses = limit and r:crosses(limit, { floor = o.floor ~= nil }) or nil
  if o.json and output.json(o, json_of(r, crosses, got)) then return 0 end
  engine.write("result", ("%s\n\n%s\n%s"):format(wrapped(r:explain(crosses and crosses.unit)), table_of(r, crosses and crosses.unit), left_out(r)))
  if crosses then engine.write("result", "\n" .. wrapped(crosses.text) .. "\n") end
  return 0
end

return M
