--- run:fetch: history of another system becomes series of the timeline that outlive the run. What was asked for once is not asked again:
--- series of fetched_seconds say which stretches of a query are there.
local clock = require "perilune.core.clock"
local connector = require "perilune.connector"
local core = require "perilune.core.history"
local http = require "perilune.core.http"
local schema = require "perilune.schema"
local suggest = require "perilune.suggest"
local words = require "perilune.words"
local writer = require "perilune.core.writer"

local M = {}

local SOURCE = "prometheus"

local function invalid(why) error({ code = "invalid", message = "fetch: " .. why }, 0) end

--- A moment as seconds since 1970: a number of them, or "-12w" before now.
local function moment(value, now, what)
  if type(value) == "number" then return value end
  local ago = type(value) == "string" and value:match "^%-%s*(.+)$"
  if not ago then invalid(("%s: %s is no moment; write \"-12w\", or seconds since 1970"):format(what, schema.show(value))) end
  return now - schema.value("duration", ago, "fetch: " .. what)
end

--- The stretches of [from, to) that are in none of a list.
---@param covered table[] { from, to } each, in any order
---@param from number
---@param to number
---@return table[] { from, to } each, in order
function M.missing(covered, from, to)
  table.sort(covered, function(a, b) return a[1] < b[1] end)
  local out, at = {}, from
  for _, c in ipairs(covered) do
    if c[1] >= to then break end
    if c[1] > at then out[#out + 1] = { at, c[1] } end
    at = math.max(at, c[2])
  end
  if at < to then out[#out + 1] = { at, to } end
  return out
end

--- Stretches in pieces of so many seconds at most.
---@param stretches table[]
---@param most number
---@return table[]
function M.pieces(stretches, most)
  local out = {}
  for _, s in ipairs(stretches) do
    local at = s[1]
    while at < s[2] do
      out[#out + 1] = { at, math.min(s[2], at + most) }
      at = at + most
    end
  end
  return out
end

local function step_text(step) return ("%.14g"):format(step) end

--- What is there of a query already.
local function covered_of(run, o)
  local reader, out = run:reader(), {}
  local list, err = reader:series("fetched_seconds", 0, { source = SOURCE, instance = o.instance, role = o.role, origin = o.origin, metric = o.as })
  if not list then error(err, 0) end
  for _, series in ipairs(list) do
    local labels = series.labels
    if labels.query ~= o.query or labels.step ~= step_text(o.step) then
      invalid(("%s holds the query %q with step %s already; give this one another name by as"):format(o.as, labels.query, labels.step))
    end
    local times, seconds = reader:samples(series.id, 0)
    if not times then error(seconds, 0) end
    for i, time in ipairs(times) do out[i] = { time / 1000, time / 1000 + seconds[i] } end
  end
  return out
end

--- Asks for one stretch, and keeps what comes.
local function take(run, system, o, from, to, covered)
  local request = system.build_request(o, from, to)
  for _, name in ipairs { "auth", "headers", "tls", "proxy", "timeout", "retries", "max_body" } do request[name] = o[name] end
  local ok, got = pcall(run.http, run, request)
  if not ok then
    local why = type(got) == "table" and got.answer and system.why(got.answer)
    if why then got.message = ("%s: %s"):format(got.message, why) end
    error(got, 0)
  end
  local kept, err = core.put { instance = o.instance, role = o.role, origin = o.origin, name = o.as, body = got.text, covered = covered }
  if not kept then error({ code = err.code, message = ("fetch: %s: %s"):format(got.url, err.message) }, 0) end
  if kept.warning then run:note(("fetch %s: %s"):format(o.as, kept.warning)) end
  if kept.refused > 0 then run:note(("fetch %s: %d were not kept: %s"):format(o.as, kept.refused, kept.why)) end
  return kept.samples
end

local OURS = { source = true, role = true, origin = true }

--- The stored series of this name within [from, to].
local function stored(run, o, from, to)
  local reader, out = run:reader(), {}
  local list, err = reader:series(o.as, 0, { source = SOURCE, role = o.role, origin = o.origin })
  if not list then error(err, 0) end
  for _, series in ipairs(list) do
    local times, values = reader:samples(series.id, 0, from * 1000 - 0.5, to * 1000 + 0.5) -- stored to the millisecond
    if not times then error(values, 0) end
    local points = { labels = {} }
    for name, value in pairs(series.labels) do points.labels[name] = not OURS[name] and value or nil end
    for i, time in ipairs(times) do points[i] = { time = time / 1000, value = values[i] } end
    if #points > 0 then out[#out + 1] = points end
  end
  return out
end

--- What a playbook gets; where there is one series, its points stand in the list, too.
local function answer(o, from, to, series, counts)
  local out = { name = o.as, query = o.query, step = o.step, from = from, to = to, series = series, requests = counts.requests, samples = counts.samples }
  if #series == 1 then table.move(series[1], 1, #series[1], 1, out) end
  return out
end

local function fetch_range(run, system, o, now)
  local step = o.step
  local from = math.ceil(moment(o.from or invalid "from is missing, for instance from = \"-12w\"", now, "from") / step - 1e-9) * step
  local to = math.floor((o.to and moment(o.to, now, "to") or now) / step + 1e-9) * step
  if from > to then invalid "there is no step between from and to" end
  local counts = { requests = 0, samples = 0 }
  for _, s in ipairs(M.pieces(M.missing(covered_of(run, o), from, to + step), system.RANGE_MOST * step)) do
    counts.requests = counts.requests + 1
    counts.samples = counts.samples + take(run, system, o, s[1], s[2] - step, { query = o.query, step = step_text(step), from = s[1], seconds = s[2] - s[1] })
  end
  return answer(o, from, to, stored(run, o, from, to), counts)
end

local function fetch_moment(run, system, o, now)
  if o.from then invalid "from needs a step" end
  local at = o.to and moment(o.to, now, "to") or now
  local samples = take(run, system, o, nil, at)
  return answer(o, at, at, stored(run, o, at, at), { requests = 1, samples = samples })
end

--- Fetches what is missing of a query's values from `from` to `to`, step by step; without a step its value at `to`.
---@param run perilune.Run
---@param name string "prometheus"
---@param options table { url, query, as, from, to, step, auth ... }
---@return table series
function M.run(run, name, options)
  local system = connector.systems[name]
  if not system then
    local names = words.names(words.systems)
    invalid(("unknown system %s%s (known: %s)"):format(schema.show(name), suggest.hint(name, names), table.concat(names, ", ")))
  end
  local o = schema.check(words.options.fetch, options, "fetch")
  if o.step and o.step < 0.001 then invalid "step is at least 1ms" end
  o.as = o.as or system.name_of(o.query) or invalid "the query's series have no name of their own: give them one by as"
  if not o.as:match "^[%a_:][%w_:]*$" then invalid(("as: %q is no metric name: letters, digits, _ and :"):format(o.as)) end
  local place, err = http.parse(o.url)
  if not place then invalid(err.message) end
  o.instance = ("%s:%d"):format(place.host, place.port)
  assert(writer.sync())
  return (o.step and fetch_range or fetch_moment)(run, system, o, clock.wall() / 1e9)
end

return M
