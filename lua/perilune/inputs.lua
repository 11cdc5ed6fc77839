--- What the commands of analysis read: F is a file, "-" for standard input, "run:RUN/EXPR" for what the timeline has, or "prom:URL" with a query for
--- what a Prometheus has. Files may be made smaller by gzip; they have at most 256 MiB, also unpacked, and 16,777,216 rows.
local clock = require "perilune.core.clock"
local connector = require "perilune.connector"
local core = require "perilune.core.inputs"
local csv_header = require "perilune.csv_header"
local database = require "perilune.database"
local failures = require "perilune.failures"
local grant = require "perilune.grant"
local json = require "perilune.core.json"
local later = require "perilune.later"
local lines = require "perilune.lines"
local moment = require "perilune.moment"
local output = require "perilune.output"
local promql = require "perilune.promql"
local http = later "perilune.http"

local M = {}

local prometheus = connector.systems.prometheus

--- What such a command says in its help about F, and the options that belong to it.
M.ABOUT = "F is a file (also gzip), - (standard input), run:RUN/EXPR, or prom:URL with --query."
M.OPTIONS = {
  { name = "column", value = "NAME", help = "of a CSV: the column of values (default: value, or the only one beside the time)" },
  { name = "query", value = "EXPR", help = "of prom:URL: what is asked, in PromQL" },
  { name = "start", value = "A", help = "of run: and prom: from this moment on (default: the run's begin; -1d)" },
  { name = "end", value = "B", help = "of run: and prom: up to this moment (default: the run's end; now)" },
  { name = "step", value = "D", kind = "duration", positive = true, help = "of run: and prom: a value each D (default: 60s of prom:)" },
}

--- Raises that there is too little for an answer, which every analysis command ends with as "inconclusive".
---@param F string
---@param n integer how many there are
---@param what string of what: "value"
---@param needed string "a forecast needs two at different times"
function M.too_few(F, n, what, needed)
  error({ code = "too_few", message = ("%s: %s: %s"):format(F, lines.counted(n, what), needed) }, 0)
end

--- How many of a list of values are numbers.
---@param values number[] missing ones are NaN
---@return integer
function M.known(values)
  local n = 0
  for _, v in ipairs(values) do n = n + (v == v and 1 or 0) end
  return n
end

--- Of commands that refuse a file with a bad row: how to go on without it.
M.SKIP_BAD = { name = "skip-bad", help = "of a file: leave out rows that cannot be read, and say which" }

local TOLD = 10 -- rows that were left out
local POINTS_MOST = 10000 -- of a range over a run
local PROM_STEP, PROM_SPAN = 60, 86400

local function fail(code, message, ...) error({ code = code, message = message:format(...) }, 0) end

--- The text of a file or of standard input.
---@param F string
---@return string
function M.text(F)
  local text, err = core.read(F)
  if not text then error(err, 0) end
  return text
end

local function is_json(text) return text:match "^%s*[%[{]" ~= nil end

--- The value of a JSON file.
---@param F string a file or "-"
---@return any
function M.json(F)
  local value, err = json.decode(M.text(F))
  if err then fail("corrupt", "%s: %s", F, err.message) end
  return value
end

--- What is wrong with which line, and what to do.
local function refused_text(F, message, o)
  local column, n = message:gsub("say which one by its name", "choose one with --column NAME")
  return F .. ", " .. column .. (n == 0 and o.skippable and message:find "^line %d+: " and not message:find "column" and "; mend the row, or leave bad ones out with --skip-bad" or "")
end

--- Reads columns, or raises what is wrong with which line.
local function numbers(F, text, o)
  local got, err = core.numbers(text, o)
  if not got then error({ code = err.code == "syntax" and "corrupt" or err.code, message = refused_text(F, err.message, o) }, 0) end
  if got.n == 0 then fail("corrupt", "%s: there is no number in it", F) end
  return got
end

local function is_number(v) return type(v) == "number" and v == v and math.abs(v) ~= math.huge end

--- Time and value of an item of a JSON array: a number, null, a pair, or an object with a time and a value.
local function item_of(item, column)
  if type(item) ~= "table" then return nil, item end
  if item[1] ~= nil then return item[1], item[2] end
  return item.timestamp or item.time, item[column or "value"]
end

local function json_time(F, i, time)
  local at = type(time) == "number" and (time >= 1e11 and time / 1000 or time) or type(time) == "string" and moment.fixed(time)
  if not at then fail("corrupt", "%s, item %d: %s is no moment", F, i, tostring(time)) end
  return math.floor(at) * 1000000000 + math.floor(at % 1 * 1e9 + 0.5)
end

--- The numbers of a JSON array.
local function from_json(F, text, o)
  local list, err = json.decode(text)
  if err then fail("corrupt", "%s: %s", F, err.message) end
  if type(list) ~= "table" or (#list == 0 and next(list) ~= nil) then fail("corrupt", "%s: it is no array of numbers", F) end
  local out = { values = {}, refused = {}, refused_count = 0, again = 0 }
  for i, item in ipairs(list) do
    local time, value = item_of(item, o.column)
    local missing = value == json.null or (value == nil and time ~= nil)
    if is_number(value) or (missing and o.missing) then
      out.values[#out.values + 1] = missing and 0 / 0 or value + 0.0
      if time ~= nil and (out.times or #out.values == 1) then
        out.times = out.times or {}
        out.times[#out.values] = json_time(F, i, time)
      end
    elseif o.lenient then
      out.refused_count = out.refused_count + 1
      out.refused[#out.refused + 1] = { line = i, why = "it is no number" }
    else
      fail("corrupt", "%s, item %d: it is no number%s", F, i, o.skippable and "; mend it, or leave bad ones out with --skip-bad" or "")
    end
  end
  if #out.values == 0 then fail("corrupt", "%s: there is no number in it", F) end
  if out.times and #out.times ~= #out.values then fail("corrupt", "%s: some items have a time, some have none", F) end
  return out
end

--- The one series of an answer, which has one at least.
local function only(F, found)
  if #found > 1 then
    local names = {}
    for i = 1, math.min(#found, 5) do names[i] = "  " .. promql.series_text(found[i].labels) end
    fail("invalid", "%s: it has %d series; name one of them by its labels:\n%s", F, #found, table.concat(names, "\n"))
  end
  return found[1]
end

--- Appends the points of a series; times are seconds.
local function append(out, series)
  for i, time in ipairs(series.times) do
    local value = series.values[i]
    if is_number(value) then
      out.values[#out.values + 1] = value
      out.times[#out.values] = math.floor(time * 1000 + 0.5) * 1000000
    end
  end
  return out
end

local function moment_of(value, name, default)
  if not value then return default end
  return moment.at(value, clock.wall() / 1e9) or fail("usage", "--%s %s is no moment; %s", name, value, moment.FORMS)
end

--- Whether an expression is a selector alone, whose samples are taken as they are.
local function is_selector(expr) return expr:match "^%s*[%a_:][%w_:]*%s*$" or expr:match "^%s*[%a_:][%w_:]*%s*%b{}%s*$" end

local function ask_run(reader, row, expr, o)
  local first, last = database.range(row)
  local from, to = moment_of(o.start, "start", first / 1e9), moment_of(o["end"], "end", last / 1e9)
  if from > to then fail("usage", "--end is before --start") end
  if not o.step and is_selector(expr) then
    local found = promql.ask_for_command(reader, ("%s[%dms]"):format(expr, math.max(1, math.ceil((to - from) * 1000) + 1)), { run = row.id, at = to * 1000 })
    if #found.series > 0 then return found.series end
  end
  local step = o.step or math.max(1, math.ceil((to - from) / POINTS_MOST))
  return promql.ask_for_command(reader, expr, { run = row.id, from = from * 1000, to = to * 1000, step = step * 1000 }).series
end

--- run:RUN/EXPR: of several runs one behind the other, the oldest first.
local function from_run(F, o)
  local word, expr = F:match "^run:([^/]+)/(.+)$"
  if not word then fail("usage", "%s: write run:RUN/EXPR, such as run:last/node_load1", F) end
  local reader = database.open(o.db)
  local rows = database.runs(reader, word)
  table.sort(rows, function(a, b) return a.started_ns < b.started_ns end)
  local out = { values = {}, times = {}, name = expr, refused = {}, refused_count = 0, again = 0 }
  for _, row in ipairs(rows) do
    local found = ask_run(reader, row, expr, o)
    if #found > 0 then append(out, only(F, found)) end
  end
  if #out.values == 0 then fail("not_found", "%s: %s", F, promql.nothing(reader, expr, o.step)) end
  return out
end

--- Asks for a stretch of at most RANGE_MOST steps, and appends what comes.
local function ask_prometheus(F, client, question, from, to, out)
  local request = prometheus.build_request(question, from, to)
  local ok, got = pcall(client.request, client, request)
  if not ok then
    local why = type(got) == "table" and got.answer and prometheus.why(got.answer)
    if why then got.message = ("%s: %s"):format(got.message, why) end
    if type(got) == "table" and failures.UNANSWERED[got.code] then got.code = "unanswered" end
    error(got, 0)
  end
  local result = got:json "data.result"
  if type(result) ~= "table" then fail("protocol", "%s: the answer is none of Prometheus's", F) end
  local found = {}
  for i, series in ipairs(result) do
    found[i] = { labels = series.metric or {}, times = {}, values = {} }
    for k, pair in ipairs(series.values or {}) do found[i].times[k], found[i].values[k] = pair[1], tonumber(pair[2]) or 0 / 0 end
  end
  if #found > 0 then append(out, only(F, found)) end
end

--- prom:URL, the values of o.query from o.start to o["end"] by o.step.
local function from_prometheus(F, o)
  local url = F:sub(6)
  if not o.query then fail("usage", "%s: say what is asked: --query EXPR", F) end
  local host = url:match "^https?://([^/?#]+)"
  if not host then fail("usage", "%s: write prom:http://HOST:PORT", F) end
  host = host:gsub("^.*@", ""):gsub(":%d+$", "")
  local step = o.step or PROM_STEP
  local now = clock.wall() / 1e9
  local to = math.floor(moment_of(o["end"], "end", now) / step) * step
  local from = math.ceil(moment_of(o.start, "start", to - PROM_SPAN) / step) * step
  if from > to then fail("usage", "there is no step between --start and --end") end
  local client = http.new { hosts = grant.fetch({ [host] = true }, { entries = {}, fetch = {} }) }
  local out = { values = {}, times = {}, name = o.query, refused = {}, refused_count = 0, again = 0 }
  for at = from, to, prometheus.RANGE_MOST * step do
    ask_prometheus(F, client, { url = url, query = o.query, step = step }, at, math.min(to, at + (prometheus.RANGE_MOST - 1) * step), out)
  end
  if #out.values == 0 then fail("not_found", "%s: %s has no values from %s to %s", F, o.query, clock.iso(math.floor(from * 1e9)), clock.iso(math.floor(to * 1e9))) end
  return out
end

--- Refuses a file whose rows are of several series: what is one of them has to be said by who asks.
local function check_single(F, text)
  local several = csv_header.several(text)
  if not several then return end
  local more = several.n > #several.examples and ", ..." or ""
  fail("corrupt", "%s: its rows are of %d series, which %s %s apart (%s%s): keep the rows of one, or take all onto the timeline (perilune import csv) and name one: run:import@last/METRIC{LABEL=\"...\"}",
    F, several.n, table.concat(several.columns, " and "), #several.columns > 1 and "tell" or "tells", table.concat(several.examples, "; "), more)
end

--- At how many moments there are several values that are not the same.
---@param times number[]
---@param values number[] missing ones are NaN
---@return integer
function M.contradictions(times, values)
  local first, told, n, ascending = {}, {}, 0, true
  for i = 2, #times do ascending = ascending and times[i] > times[i - 1] end
  if ascending then return 0 end
  for i, time in ipairs(times) do
    local value = values[i]
    if value == value then
      if first[time] and first[time] ~= value and not told[time] then n, told[time] = n + 1, true end
      first[time] = first[time] or value
    end
  end
  return n
end

--- One series: from a file with a number a line, a CSV with its header (`timestamp,value`; ISO 8601 or seconds since 1970) or a JSON array (numbers,
--- pairs of time and value, objects), from a run, or from a Prometheus.
---
---     local series = inputs.series("latency.csv", { missing = true })
---@param F string
---@param o table|nil { column, missing: missing values are NaN, not errors; lenient: bad rows are left out and told (M.tell_refused); skippable: the command has
--- SKIP_BAD, which an error names; single: a file whose
--- rows are of several series is refused; ordered: by time, the last of one time stays; spelled: keep how times are written, of a file alone; text: what is in the file, where it was read before; db, query, start, end, step: of run: and prom: }
---@return table { values, times: ns since 1970 or nil, spelled: as they are written or nil, name: string|nil, refused: { line, why } each, refused_count, again: rows of a time that a later one has }
function M.series(F, o)
  o = o or {}
  if F:find "^run:" then return from_run(F, o) end
  if F:find "^prom:" then return from_prometheus(F, o) end
  local text = o.text or M.text(F)
  if is_json(text) then return from_json(F, text, o) end
  if o.single then check_single(F, text) end
  local got = numbers(F, text, { columns = o.column and { o.column } or nil, missing = o.missing, lenient = o.lenient, ordered = o.ordered, spelled = o.spelled, skippable = o.skippable })
  return { values = got.columns[1], times = got.times, spelled = got.spelled, name = got.name, refused = got.refused, refused_count = got.refused_count, again = got.again }
end

--- Says which rows were left out, the first ten of them.
---@param F string
---@param got table of M.series
function M.tell_refused(F, got)
  for i = 1, math.min(TOLD, #got.refused) do output.tell(("perilune: %s, line %d: %s; left out"):format(F, got.refused[i].line, got.refused[i].why)) end
  if got.refused_count > TOLD then output.tell(("perilune: %s: %d rows were left out"):format(F, got.refused_count)) end
end

--- Says where stamps do not ascend, of commands that take rows as they stand.
---@param F string
---@param times number[]|nil
function M.tell_order(F, times)
  local n, first = 0, nil
  for i = 2, #(times or {}) do
    if times[i] <= times[i - 1] then n, first = n + 1, first or i end
  end
  if n == 0 then return end
  output.tell(("perilune: %s: note: %s no later than the one before, the first of them row %d; rows are taken as they stand"):format(F, n == 1 and "1 row is" or lines.counted(n, "row") .. " are", first))
end

--- Columns of a CSV, by the names in its header.
---@param F string a file or "-"
---@param names string[] at most 16, in any case
---@param o table|nil missing, lenient, ordered as of M.series
---@return table { columns: name -> values, n, times, refused, refused_count }
function M.table(F, names, o)
  o = o or {}
  local got = numbers(F, M.text(F), { columns = names, missing = o.missing, lenient = o.lenient, ordered = o.ordered })
  local out = { n = got.n, columns = {}, times = got.times, refused = got.refused, refused_count = got.refused_count }
  for i, name in ipairs(names) do out.columns[name] = got.columns[i] end
  return out
end

local COLUMNS_MOST = 16

--- The names of the columns of values in the header of a CSV; none where there is no header, or one is named value.
---@param text string
---@return string[]
function M.columns(text)
  local names = {}
  for field in (text:match "^[^\r\n]*" .. ","):gmatch "%s*([^,]-)%s*," do
    local name = field:gsub('^"(.*)"$', "%1")
    if name:lower() == "value" or tonumber(name) then return {} end
    if name ~= "" and not csv_header.is_time(name) then names[#names + 1] = name end
  end
  return names
end

--- Several columns of one CSV that belong together, missing values as NaN.
---@param F string a file or "-"
---@param text string what is in it
---@param names string[]
---@param o table|nil lenient, skippable as of M.series
---@return table { columns: a list of values each, names, n, times or nil, spelled: stamps as they are written or nil, refused, refused_count }
function M.together(F, text, names, o)
  o = o or {}
  if #names > COLUMNS_MOST then fail("invalid", "%s: it has %d columns of values; at most %d are judged together: name them, --columns %s,%s", F, #names, COLUMNS_MOST, names[1], names[2]) end
  local got = numbers(F, text, { columns = names, missing = true, spelled = true, lenient = o.lenient, skippable = o.skippable })
  return { columns = got.columns, names = names, n = got.n, times = got.times, spelled = got.spelled, refused = got.refused, refused_count = got.refused_count }
end

--- Columns of one CSV by time, missing values as NaN; of rows of one moment the last one stays, bad ones are the error.
---@param F string how the file is named to people
---@param text string what is in it
---@param names string[] at most 16
---@return table { columns: a list of values each, times: ns, ascending }
function M.columns_in_order(F, text, names)
  local got = numbers(F, text, { columns = names, missing = true, ordered = true })
  if not got.times then fail("corrupt", "%s: it has no times", F) end
  return got
end

return M
