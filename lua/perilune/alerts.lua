--- run:anomalies(expr, { live = true }): alerts while the run lasts. Each step that has ended is judged as it comes; an alert is an event on the
--- timeline at its own moment, which lasts until scores have been low for a while (hysteresis). An episode is one alert; `quiet` keeps a series silent
--- for longer. What an alert is of is known when rows have come after it: then another event says so. The run's report has all of them.
local answers = require "perilune.answers"
local anomalies = require "perilune.anomalies"
local clock = require "perilune.core.clock"
local core = require "perilune.core.anomaly"
local inquiry = require "perilune.inquiry"
local lines = require "perilune.lines"
local promql = require "perilune.promql"
local result = require "perilune.result"
local schema = require "perilune.schema"
local task = require "perilune.task"
local units = require "perilune.core.units"
local words = require "perilune.words"

local M = {}

local SETTLE_SECONDS = 2              -- figures of a step are there so long after its end
local STEP_LEAST, PAUSE_LEAST = 0.05, 0.25
local SERIES_MOST, EVENTS_MOST = 256, 200
local STEPS_MOST = 5000               -- of one look
local LOW, CALM = 0.25, 10            -- so many scores in a row below this one end an alert

local function invalid(why) error({ code = "invalid", message = "anomalies: " .. why }, 0) end

local function tell(w, text, at_ns, data)
  w.told = w.told + 1
  if w.told == EVENTS_MOST + 1 then w.run:note(("anomalies of %s: more than %d events; the report has the rest"):format(w.expr, EVENTS_MOST)) end
  return w.told <= EVENTS_MOST and result.event(w.run, "anomaly", text, at_ns, 0, nil, data) or nil
end

--- An alert ends with the last row that was still odd.
local function close(w, s)
  local a = s.open
  s.open = nil
  if a and a.event then result.event_ended(w.run, a.event, math.max(0, a.last_ns - a.at_ns)) end
end

--- What a row of one stream (a series, or all of them together) says.
---@param w table
---@param s table the stream: { key, rows, alerts: those that may still be named, open: the one in force }
---@param row table { at_ns, value, labels, score, kind, share, named, ago }
local function take(w, s, row)
  s.rows = s.rows + 1
  local before = row.named and s.alerts[s.rows - row.ago]
  if before and before.kind ~= row.named then
    before.kind = row.named
    tell(w, ("%s: what began at %s is a %s"):format(before.name, clock.iso(before.at_ns):sub(12, 19), row.named), row.at_ns, { kind = row.named, began = before.at_ns / 1e9 })
  end
  local open = s.open
  if open then
    open.calm = row.score < LOW and open.calm + 1 or 0
    if row.score >= LOW then open.last_ns = row.at_ns end
    if open.calm >= CALM then close(w, s) end
  end
  if not row.kind or (s.quiet_to and row.at_ns < s.quiet_to) then return end
  close(w, s)
  local name = answers.shown(w.expr, row.labels)
  local a = { labels = row.labels, name = name, time = row.at_ns / 1e9, at_ns = row.at_ns, last_ns = row.at_ns, value = row.value, score = row.score, kind = row.kind, share = row.share, series = row.series, calm = 0 }
  local text = row.share and ("%s: %s, %s with %.0f %% of it, score %.2f"):format(w.expr, row.kind, name, row.share * 100, row.score)
    or ("%s: %s, %s, score %.2f"):format(name, row.kind, units.format("number", row.value), row.score)
  a.event = tell(w, text, row.at_ns, { kind = row.kind, score = row.score, value = row.value, share = row.share })
  s.alerts[s.rows], s.open, s.quiet_to = a, a, w.quiet and row.at_ns + math.floor(w.quiet * 1e9)
  w.found[#w.found + 1] = a
end

local function stream(key) return { key = key, rows = 0, alerts = {} } end

--- The stream of a series; nil beyond SERIES_MOST.
local function stream_of(w, series)
  local s = w.streams[series.key]
  if s or w.full then return s end
  if w.count == SERIES_MOST then
    w.full = true
    w.run:note(("anomalies of %s: the first %d series are watched"):format(w.expr, SERIES_MOST))
    return nil
  end
  s = stream(series.key)
  s.detector = core.detector()
  w.streams[series.key], w.count = s, w.count + 1
  return s
end

local function take_each(w, list)
  for _, series in ipairs(list) do
    local s = stream_of(w, series)
    for i, at_ns in ipairs(s and series.times or {}) do
      local value = series.values[i]
      local score, kind, _, named, ago = s.detector:add(at_ns, value)
      if value == value and math.abs(value) ~= math.huge then take(w, s, { at_ns = at_ns, value = value, labels = series.labels, score = score, kind = kind, named = named, ago = ago }) end
    end
  end
end

--- All series as one: those of the first answer, and those that begin later.
local function begin_group(w, list)
  w.members = {}
  if #list > anomalies.GROUP_MOST then invalid(("%s has %d series; one group has 1 to %d: narrow the selector"):format(w.expr, #list, anomalies.GROUP_MOST)) end
  for i, series in ipairs(list) do w.members[series.key], w.members[i] = i, series.labels end
  w.group, w.all = core.group(#list), stream "all"
end

--- Takes in the series that were not there before.
local function join(w, list)
  for _, series in ipairs(list) do
    if not w.members[series.key] and not w.full then
      local k = w.group:join()
      if k then
        w.members[series.key], w.members[k] = k, series.labels
      else
        w.full = true
        w.run:note(("anomalies of %s: the first %d series are watched together"):format(w.expr, anomalies.GROUP_MOST))
      end
    end
  end
end

local function take_together(w, list, from_ns, steps)
  if #list == 0 then return end
  if not w.group then begin_group(w, list) end
  join(w, list)
  local rows, n = {}, #w.members
  for i = 1, steps do
    rows[i] = {}
    for k = 1, n do rows[i][k] = 0 / 0 end
  end
  for _, series in ipairs(list) do
    local k = w.members[series.key]
    for i, at_ns in ipairs(k and series.times or {}) do
      local row = rows[math.floor((at_ns - from_ns) / (w.step * 1e9) + 0.5) + 1]
      if row then row[k] = series.values[i] end
    end
  end
  for i, row in ipairs(rows) do
    local at_ns = math.floor(from_ns + (i - 1) * w.step * 1e9)
    local score, kind, k, share, named, ago = w.group:add(at_ns, row)
    if not score then error(kind, 0) end
    take(w, w.all, { at_ns = at_ns, value = row[k] == row[k] and row[k] or nil, labels = w.members[k], score = score, kind = kind, share = share, series = n, named = named, ago = ago })
  end
end

--- Judges the steps that have ended by a moment (seconds since 1970).
local function look(w, now)
  local steps = math.min(math.floor((now - w.from) / w.step + 1e-6), STEPS_MOST)
  if steps < 1 then return end
  local to = w.from + steps * w.step
  local ok, points = task.try(inquiry.run, w.run, w.expr, { step = w.step, from = w.from, to = w.is_promql and to - w.step or to })
  if not ok and points.code ~= "not_found" then error(points, 0) end
  local list, from_ns = anomalies.by_series(ok and points or {}), math.floor(w.from * 1e9)
  w.from = to
  if w.together then take_together(w, list, from_ns, steps) else take_each(w, list) end
end

--- Looks again and again, until the run ends or what is asked for is wrong.
local function keep(w)
  local ok, err = task.try(function()
    while not w.ending do
      task.sleep(math.max(w.step, PAUSE_LEAST))
      if not w.ending then look(w, clock.wall() / 1e9 - SETTLE_SECONDS) end
    end
  end)
  if not ok and err.code ~= "cancelled" then w.failed = err.message or tostring(err) end
end

--- Starts to watch, from now until the run ends.
---
---     local watched = run:anomalies("p99(latency) by (name)", { live = true, quiet = "5m" })
---     run:load "browse"
---     for _, a in ipairs(watched.alerts()) do print(a.kind, a.time) end
---@param run perilune.Run
---@param expr string as of run:query
---@param options table { live = true, step, together, quiet }
---@return table { alerts: a function that gives those so far, stop: a function that ends it }
function M.start(run, expr, options)
  local o = schema.check(words.options.anomalies, options, "anomalies")
  if o.from or o.to or o.run then invalid "live begins now: without from, to and run" end
  if o.step < STEP_LEAST then invalid "live: step is at least 50ms" end
  local is_promql, mistake = promql.claims(expr)
  if mistake then error(mistake, 0) end
  local w = { run = run, expr = expr, step = o.step, together = o.together, quiet = o.quiet, is_promql = is_promql, from = math.floor(clock.wall() / 1e9 / o.step) * o.step, streams = {}, count = 0,
    found = {}, told = 0 }
  w.task = task.spawn(keep, w)
  run.alerts = run.alerts or {}
  run.alerts[#run.alerts + 1] = w
  return { alerts = function() return { table.unpack(w.found) } end, stop = function() w.ending = true end }
end

--- Judges what is left of one watch, and keeps what it found with the run.
local function settle(w)
  if not w.ending then
    w.ending = true
    w.task:cancel()
    local ok, err = task.try(function()
      local now = clock.wall() / 1e9
      while math.floor((now - w.from) / w.step + 1e-6) >= 1 do look(w, now) end
    end)
    if not ok then w.failed = w.failed or err.message end
  end
  for _, s in pairs(w.streams) do close(w, s) end
  if w.all then close(w, w.all) end
  if w.failed then w.run:note(("anomalies of %s: not watched to the end: %s"):format(w.expr, w.failed)) end
  local judged = w.all and w.all.rows or 0
  for _, s in pairs(w.streams) do judged = judged + s.rows end
  w.run:note(("anomalies of %s, watched live: %s in %s"):format(w.expr, lines.counted(#w.found, "alert"), lines.counted(judged, "row")))
  answers.anomalies(w.run, w.expr, w.found)
end

--- Ends all watches of a run, when what was measured is stored.
---@param run perilune.Run
function M.finish(run)
  for _, w in ipairs(run.alerts or {}) do settle(w) end
end

return M
