--- perilune forecast: what comes after a series, and when it reaches a limit (outlook.lua); or after each of many, with --batch.
local core = require "perilune.core.forecast"
local csv_header = require "perilune.csv_header"
local engine = require "perilune.core.engine"
local exit_codes = require "perilune.exit_codes"
local inputs = require "perilune.inputs"
local json = require "perilune.core.json"
local outlook = require "perilune.outlook"
local output = require "perilune.output"
local task = require "perilune.task"

local M = {
  name = "forecast", section = "Look ahead", about = "Forecast series, with intervals tried on their own past.",
  usage = "perilune forecast F --horizon 30d [--capacity X | --floor X], or: perilune forecast --batch F.csv --horizon H [--season M[,M2]] [--level 95]", words = { "F" }, min = 0, max = 1,
  common = { "db", "json", "quiet" },
  options = {
    { name = "horizon", value = "H", help = "how far to look: a duration such as 30d; with --batch steps" },
    { name = "capacity", value = "X", help = "when the series reaches X: 900, 64GiB, 500/s, 80%, or an interval 900..1100" },
    { name = "floor", value = "X", help = "when it falls to X, such as free disk" },
    { name = "season", value = "S[,S2]", help = "seasons, such as 1d,7d; with --batch in steps (default: they are found)" },
    { name = "level", value = "P", help = "percent of what comes that intervals hold (default 95); of one series several, 80,95" },
    { name = "of", value = "WHAT", choices = { "daily_max", "daily_p95", "daily_mean", "daily_min" }, help = "forecast that of each day (UTC) instead" },
    { name = "events", value = "FILE", help = "holidays and events, a CSV with date,name or from,to,name" },
    { name = "ceiling", value = "X", help = "growth towards X, which cannot be passed, is among the models" },
    { name = "batch", value = "F", help = "many series, one a line: id,v1,v2,...; also gzip, or - (standard input)" },
    { name = "workers", value = "N", kind = "integer", positive = true, most = 64, help = "threads (default: one a CPU)" },
  },
  examples = { "perilune forecast disk.csv --horizon 90d --floor 20GiB", "perilune forecast run:last/node_load1 --horizon 1h --capacity 8", "perilune forecast requests.csv --horizon 30d --of daily_max --json -",
    "perilune forecast --batch series.csv --horizon 13", "perilune forecast --batch hourly.csv.gz --horizon 48 --season 24" },
  more = [[
F is a file (also gzip), - (standard input), run:RUN/EXPR, or prom:URL with
--query. Times may have gaps, be irregular, unsorted or repeated; bad rows are
left out and told with their lines. The answer has the mean, its interval and
a back-test; with --capacity or --floor the dates of the first crossing: of
the paths that the future may take a tenth, half and nine tenths have crossed
by p10, p50 and p90. What --batch says (the combination), a level, trends over
all, half and a quarter of the values, growth, and growth towards a ceiling are
mixed by their errors from moments of the past. A series that is shifted or
scaled has its forecast shifted or scaled, but that one which was never
negative stays so, and that growth towards a ceiling begins at 0. With --of
the one value of a day counts as the day's; days of less than half their
values have none. Where the data do not tell what comes, the exit code is 4.

With --batch each line of the answer is id,f1..fH,lo1..loH,hi1..hiH. A value
that is missing is left empty (or NA): it is bridged, in the shape of the
season; a series without a value gives a line of empty fields. So does a line
with a field that is no number: it is told, the others are forecast, and the
exit code is 8. The combination is of exponential smoothing (ETS), complex
smoothing (CES), ARIMA and the theta method (DOTM), each on the series without
its seasons; where there is none also of the standard theta method and an
autoregression; where there is one of seasonal ETS (Holt and Winters),
seasonal ARIMA, an autoregression over seasons, the seasonal naive forecast,
and for seasons of more than 12 steps STL (MSTL for several). Orders and
parameters are found for each series; the models are weighted by their errors
from its past, or their median is taken, of few values without a season. With
one --season, multiples of it (168 of 24) are looked for, too. Widths of
intervals come from forecasts of the series' own past; --json has how good
these were: mase, in errors of the naive forecast within the series, and
mase_naive, the naive forecast's own.]],
}
table.move(inputs.OPTIONS, 1, #inputs.OPTIONS, #M.options + 1, M.options)

local OF_ONE = { "capacity", "floor", "of", "events", "ceiling", "column", "query", "start", "end", "step" }

local PARCEL = 1000 -- series that become text at once

local function usage(message, ...) error({ code = "usage", message = "forecast: " .. message:format(...) }, 0) end

local function whole(text, most, what)
  local n = math.tointeger(tonumber(text))
  if not n or n < 1 or n > most then usage("%s %s: write a whole number of steps, 1 to %d", what, text, most) end
  return n
end

--- "24,168" as numbers, ascending.
local function seasons_of(text)
  local list = {}
  for word in ((text or "") .. ","):gmatch "([^,]*)," do
    if text then list[#list + 1] = whole(word, 8192, "--season") end
  end
  if #list > 4 then usage("--season %s: at most 4", text) end
  table.sort(list)
  return list
end

--- "95" as 0.95.
local function level_of(text)
  local p = tonumber((tostring(text or 95):gsub("%%$", "")))
  if not p or p < 1 or p >= 100 then usage("--level %s: write a percentage, 1 to 99.9, such as 95", text) end
  return p / 100
end

--- Waits for all; the loop goes on meanwhile, so that a signal or a deadline ends it.
local function await(job)
  local ok, err = pcall(function()
    while not job:wait(20) do task.yield() end
  end)
  if not ok then
    job:cancel()
    error(err, 0)
  end
end

local TOLD = 100 -- series without a forecast that are named

--- Tells of series without a forecast; how many there are, and whether a line cannot be read.
local function tell_missing(job, n, path)
  local missing, bad = 0, false
  for i = 1, n do
    local why = job:why(i)
    if why then
      missing = missing + 1
      bad = bad or why.bad
      if missing <= TOLD then output.tell(("perilune: %s, %s"):format(path, why.bad and why.message or ("line %d: no forecast of %q: %s"):format(why.line, why.id, why.message))) end
    end
  end
  if missing > TOLD then output.tell(("perilune: %s: and %d series more without a forecast"):format(path, missing - TOLD)) end
  return missing, bad
end

--- Tells of seasons that were asked for and are in no value: too short a series, or none of that length in it.
local function tell_seasons(job, n, o)
  local without = o.season and job:left_out() or 0
  if without > 0 then
    output.tell(("perilune: %s: %d of %d series are forecast without a season: they do not show one of %s steps, or are shorter than three of it"):format(o.batch, without, n, o.season))
  end
end

local function as_json(job, n, level)
  local list = json.array {}
  for i = 1, n do
    local r = job:at(i)
    if r then
      list[#list + 1] = { id = r.id, model = r.model, seasons = json.array(r.seasons), mean = json.array(r.mean), lo = json.array(r.lo[1]), hi = json.array(r.hi[1]),
        mase = r.mase, mase_naive = r.mase_naive, coverage = r.coverage, origins = r.origins, n = r.n, missing = r.missing }
    end
  end
  return { schema = "perilune.forecasts/1", level = level, series = list }
end

--- What stands in F; rows of a time and values are no series a line.
local function text_of(F)
  local text = inputs.text(F)
  local roles = csv_header.roles(text)
  if roles and roles.time == 1 and #roles.names > 1 then
    error({ code = "corrupt", message = ("%s: it has rows of %s, and --batch takes a series a line, id,v1,v2,...; without --batch it is forecast as one series"):format(F, table.concat(roles.names, ",", 1, math.min(4, #roles.names))) }, 0)
  end
  return text
end

local function batch(o)
  if not o.horizon then usage "--batch needs --horizon H, how many steps" end
  local level = level_of(o.level)
  local asked = { horizon = whole(o.horizon, 20000, "--horizon"), seasons = seasons_of(o.season), levels = { level }, workers = o.workers }
  local job, n = core.batch(text_of(o.batch), asked)
  if not job then error({ code = n.code == "syntax" and "corrupt" or n.code, message = ("%s, %s"):format(o.batch, n.message) }, 0) end
  if n == 0 then error({ code = "corrupt", message = o.batch .. ": there is no series in it; a line is id,v1,v2,..." }, 0) end
  await(job)
  local missing, bad = tell_missing(job, n, o.batch)
  tell_seasons(job, n - missing, o)
  if missing == n then error({ code = "corrupt", message = o.batch .. (bad and ": no line can be forecast" or ": no series has a value") }, 0) end
  if not (o.json and output.json(o, as_json(job, n, level))) then
    for from = 1, n, PARCEL do engine.write("result", job:lines(from, math.min(from + PARCEL - 1, n))) end
  end
  return bad and exit_codes.CODE.bad_file or 0
end

--- Forecasts.
---@param o table
---@return integer
function M.main(o)
  if not o.batch then
    if not o[1] then usage "give F, a file or - or run:RUN/EXPR, or give --batch F.csv" end
    if o.workers then usage "--workers goes with --batch" end
    return outlook.main(o)
  end
  if o[1] then usage("%s stands beside --batch: give one of them", o[1]) end
  for _, name in ipairs(OF_ONE) do
    if o[name] then usage("--%s is of one series, not of --batch", name) end
  end
  return batch(o)
end

return M
