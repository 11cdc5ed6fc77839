--- run:fetch: history of another system becomes series, or spans, of the timeline that outlive the run. What was asked for once is not asked again
--- (fetched.lua).
local clock = require "perilune.core.clock"
local connector = require "perilune.connector"
local http = require "perilune.core.http"
local fetch_traces = require "perilune.fetch_traces"
local fetched = require "perilune.fetched"
local schema = require "perilune.schema"
local suggest = require "perilune.suggest"
local units = require "perilune.core.units"
local words = require "perilune.words"
local writer = require "perilune.core.writer"

local M = {}

local SOURCE = "prometheus"

local function step_text(step) return ("%.14g"):format(step) end

local function take(run, system, o, from, to, covered)
  return fetched.take(run, SOURCE, system, o, o.as, system.build_request(o, from, to), covered).samples
end

--- The series of this name. Their origin and role are their own where they have said them, as series of ours that come back do.
local function series_of(run, o)
  local list, err = run:reader():series(o.as, 0, { source = SOURCE })
  if not list then error(err, 0) end
  local out = {}
  for _, series in ipairs(list) do
    if series.labels.role == o.role or series.labels.exported_source then out[#out + 1] = series end
  end
  return out
end

--- Labels without what the question says.
local function told(labels, o)
  local out = {}
  for name, value in pairs(labels) do
    if name ~= "source" and not ((name == "role" or name == "origin") and value == o[name]) then out[name] = value end
  end
  return out
end

--- What is stored of them within [from, to].
local function stored(run, o, from, to)
  local reader, out = run:reader(), {}
  for _, series in ipairs(series_of(run, o)) do
    local times, values = reader:samples(series.id, 0, from * 1000 - 0.5, to * 1000 + 0.5) -- stored to the millisecond
    if not times then error(values, 0) end
    local points = { labels = told(series.labels, o) }
    for i, time in ipairs(times) do points[i] = { time = time / 1000, value = values[i] } end
    if #points > 0 then out[#out + 1] = points end
  end
  return out
end

--- Says what was asked where nothing is there of it.
local function tell_nothing(run, o, from, to)
  local first, last = clock.iso(math.floor(from * 1e9)), clock.iso(math.floor(to * 1e9))
  local when = from == to and "at " .. last or ("from %s to %s by %s"):format(first, last, units.format("duration", o.step))
  run:note(("fetch %s: nothing found: %s has no values of %s %s"):format(o.as, o.url, o.query, when))
end

--- What a playbook gets; where there is one series, its points stand in the list, too.
local function answer(run, o, from, to, counts)
  local series = stored(run, o, from, to)
  if #series == 0 then tell_nothing(run, o, from, to) end
  local out = { name = o.as, query = o.query, origin = o.origin, step = o.step, from = from, to = to, series = series, requests = counts.requests, samples = counts.samples }
  if #series == 1 then table.move(series[1], 1, #series[1], 1, out) end
  return out
end

local function fetch_range(run, system, o, now)
  local step = o.step
  local from = math.ceil(fetched.moment(o.from or fetched.invalid "from is missing, for instance from = \"-12w\"", now, "from") / step - 1e-9) * step
  local to = math.floor((o.to and fetched.moment(o.to, now, "to") or now) / step + 1e-9) * step
  if from > to then fetched.invalid "there is no step between from and to" end
  local counts, known = { requests = 0, samples = 0 }, #series_of(run, o) > 0
  for _, s in ipairs(fetched.pieces(fetched.missing(fetched.covered(run, SOURCE, o, o.as, o.query, step_text(step)), from, to + step), system.RANGE_MOST * step)) do
    counts.requests = counts.requests + 1
    counts.samples = counts.samples + take(run, system, o, s[1], s[2] - step, { query = o.query, step = step_text(step), from = s[1], seconds = s[2] - s[1], nothing = known })
  end
  return answer(run, o, from, to, counts)
end

local function fetch_moment(run, system, o, now)
  if o.from then fetched.invalid "from needs a step" end
  local at = o.to and fetched.moment(o.to, now, "to") or now
  local samples = take(run, system, o, nil, at)
  return answer(run, o, at, at, { requests = 1, samples = samples })
end

--- What is asked of a system of series.
local function check_series(options, system)
  local o = schema.check(words.options.fetch, options, "fetch")
  if o.step and o.step < 0.001 then fetched.invalid "step is at least 1ms" end
  o.as = o.as or system.name_of(o.query) or fetched.invalid "the query's series have no name of their own: give them one by as"
  if not o.as:match "^[%a_:][%w_:]*$" then fetched.invalid(("as: %q is no metric name: letters, digits, _ and :"):format(o.as)) end
  return o
end

--- Fetches what is missing of a query's values from `from` to `to`, step by step, or without a step its value at `to`; or what is missing of the
--- traces of a service.
---@param run perilune.Run
---@param name string "prometheus" or "jaeger"
---@param options table { url, query, as, from, to, step, auth ... }, { url, service, from, to ... }
---@return table series, or what the traces say
function M.run(run, name, options)
  local system = connector.systems[name]
  if not system then
    local names = words.names(words.systems)
    fetched.invalid(("unknown system %s%s (known: %s)"):format(schema.show(name), suggest.hint(name, names), table.concat(names, ", ")))
  end
  local o = system.traces and schema.check(words.options.fetch_traces, options, "fetch") or check_series(options, system)
  local place, err = http.parse(o.url)
  if not place then fetched.invalid(err.message) end
  o.instance = ("%s:%d"):format(place.host, place.port)
  assert(writer.sync())
  local now = clock.wall() / 1e9
  if system.traces then return fetch_traces.run(run, name, system, o, now) end
  return (o.step and fetch_range or fetch_moment)(run, system, o, now)
end

return M
