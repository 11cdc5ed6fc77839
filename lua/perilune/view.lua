--- What is seen while a run goes on: a few lines redrawn on a terminal, one line every 10 s elsewhere, NDJSON for --events.
local arrivals = require "perilune.arrivals"
local clock = require "perilune.core.clock"
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local json = require "perilune.core.json"
local lines = require "perilune.lines"
local output = require "perilune.output"
local redact = require "perilune.redact"
local scenario = require "perilune.scenario"
local units = require "perilune.core.units"

local M = {}

local LINE_COLUMNS = 80 -- of a line that no terminal shows
local LINE_SECONDS = 10
local REDRAW_SECONDS = 0.25
local SILENT_SECONDS = 2 -- figures arrive second by second; after two without any the rate is 0
local SPARKS = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }

--- A sparkline of the last values.
---@param values number[]
---@param width integer
---@return string
function M.spark(values, width)
  local from, top = math.max(1, #values - width + 1), 0
  for i = from, #values do top = math.max(top, values[i]) end
  local out = {}
  for i = from, #values do
    local level = top > 0 and math.ceil(values[i] / top * 8) or 1
    out[#out + 1] = SPARKS[math.max(1, math.min(8, level))]
  end
  return table.concat(out)
end

local function state_of(run)
  if not run.view then
    local o = engine.options()
    run.view = { tty = o.tty and not run.prepared.spec.quiet, quiet = run.prepared.spec.quiet, columns = o.columns, lines = 0, rates = {}, last_line = clock.now(), last_draw = 0, last_count = 0, last_planned = 0, last_at = clock.now() }
  end
  return run.view
end

--- "load visit: Poisson 300/s for 20 s to http://127.0.0.1:8080/"; of two in turn "visit: Poisson ...".
---@param plan table
---@param in_turn boolean|nil it is a side of an A/B
---@return string
function M.plan_line(plan, in_turn)
  local peak = scenario.volume(plan)
  local how = plan.model == "open" and ("%s %s%s"):format(arrivals.NAMES[plan.law], #plan.stages > 1 and "up to " or "", units.format("rate", peak))
    or lines.counted(peak, "user")
  local span = plan.model == "open" or plan.model == "closed"
  local length = span and "for " .. units.format("duration", plan.duration) or lines.counted(plan.iterations, "iteration") .. (plan.model == "iterations_each" and " each" or "")
  if span and plan.warmup > 0 then length = ("%s (%s of it warm-up)"):format(length, units.format("duration", plan.warmup)) end
  local url = plan.url or plan.base
  local name = (in_turn or plan.name == "load") and plan.name or "load " .. plan.name
  return ("%s: %s %s%s"):format(name, how, length, url and " to " .. redact.url(url) or "")
end

--- Whether starts are planned now, and seconds until the plans end; nil where only the answers decide.
local function meant_now(load, elapsed)
  local open, left = false, nil
  for _, plan in ipairs(load.plans) do
    open = open or (plan.model == "open" and elapsed >= plan.offset)
    if plan.model == "open" or plan.model == "closed" then left = math.max(left or 0, plan.offset + plan.duration - elapsed) end
  end
  return open, left
end

--- "199/s of 200/s"; where an iteration sends several requests the plan counts starts, and is told apart.
---@param rate number requests per second
---@param planned number|nil starts per second, of the same seconds
---@param stats table of the load so far
---@return string
function M.rate_text(rate, planned, stats)
  if not planned then return units.format("rate", rate) end
  local one_each = stats.requests <= (stats.iterations or 0) + stats.users
  return (one_each and "%s of %s" or "%s (%s starts planned)"):format(units.format("rate", rate), units.format("rate", planned))
end

--- The parts in a line of so many columns: without those that it has no room for, the named ones first.
local function joined(parts, columns, spare)
  local line = table.concat(parts, "  ")
  for _, name in ipairs(spare) do
    if (utf8.len(line) or #line) <= columns then break end
    for i, part in ipairs(parts) do
      if part == parts[name] and i > 1 then
        table.remove(parts, i)
        break
      end
    end
    line = table.concat(parts, "  ")
  end
  return line
end

--- The load so far in a line; of so many columns at the most, if they are given, but failures and dropped starts are always said.
local function progress_line(event, v, columns)
  local s, f, rate = event.stats, event.figures, v.rates[#v.rates] or 0
  local open, left = meant_now(event.load, event.elapsed)
  local time = ("%5.0f s"):format(event.elapsed)
  if left then time = time .. (left > 0 and (", %.0f s left"):format(left) or ", waiting for the last answers") end
  if event.load.paused then time = time .. ", paused" end
  local parts = { time, M.rate_text(rate, open and v.planned or nil, s), lines.counted(s.requests, "request"), requests = lines.counted(s.requests, "request"), users = lines.counted(s.users, "user") }
  parts.times = f.p50 and ("p50 %s  p99 %s"):format(f.p50, f.p99 or "-")
  parts[#parts + 1] = parts.times or nil
  if s.failed > 0 then parts[#parts + 1] = ("%s failed"):format(units.format("number", s.failed)) end
  if s.dropped > 0 then parts[#parts + 1] = ("%s dropped"):format(units.format("number", s.dropped)) end
  parts[#parts + 1] = parts.users
  parts.cpu = f.cpu and "cpu " .. f.cpu
  parts[#parts + 1] = parts.cpu or nil
  return joined(parts, columns or math.huge, { "users", "cpu", "requests", "times" })
end

--- The first columns of a text; bytes where it is no UTF-8.
local function cut(text, columns)
  local n = utf8.len(text)
  if (n or #text) <= columns then return text end
  return text:sub(1, n and utf8.offset(text, columns + 1) - 1 or columns)
end

local MARK = { pass = "✓", fail = "✗", inconclusive = "?" }

--- The first objectives; a long one is without its middle, so that its value has room.
local function objective_lines(states, columns)
  local out = {}
  for i, s in ipairs(states) do
    if i > 6 then break end
    local text = s.text or ""
    local room = math.max(8, columns - 4 - (text == "" and 0 or 2 + (utf8.len(text) or #text)))
    out[#out + 1] = ("  %s %s%s%s"):format(MARK[s.verdict] or "·", lines.shortened(s.row.expr, room), text == "" and "" or "  ", text)
  end
  return out
end

local function erase(v)
  if v.lines > 0 then engine.write("progress", ("\27[%dA\27[J"):format(v.lines)) end
  v.lines = 0
end

local function draw(v, event)
  local shown = { progress_line(event, v, v.columns - 1), "  " .. M.spark(v.rates, v.columns - 4) }
  for _, line in ipairs(objective_lines(event.states, v.columns - 1)) do shown[#shown + 1] = line end
  erase(v)
  for i, line in ipairs(shown) do shown[i] = cut(line, v.columns - 1) end
  engine.write("progress", table.concat(shown, "\n") .. "\n")
  v.lines = #shown
end

local function on_progress(v, event)
  local now = clock.now()
  local seconds, done = now - v.last_at, event.stats.requests
  if done ~= v.last_count or seconds >= SILENT_SECONDS then
    v.rates[#v.rates + 1] = math.max(0, done - v.last_count) / math.max(1, seconds)
    v.planned = math.max(0, event.stats.planned - v.last_planned) / math.max(1, seconds) -- of the seconds that the rate is of
    v.last_count, v.last_planned, v.last_at = done, event.stats.planned, now
    if #v.rates > 512 then table.remove(v.rates, 1) end
  end
  if v.tty and now - v.last_draw >= REDRAW_SECONDS then
    v.last_draw = now
    draw(v, event)
  elseif not v.tty and not v.quiet and now - v.last_line >= LINE_SECONDS then
    v.last_line = now
    engine.write("progress", progress_line(event, v, LINE_COLUMNS) .. "\n")
  end
end

local function as_json(run, event)
  local out = { type = event.type, run_id = run.id, at = clock.iso(clock.wall()) }
  for k, v in pairs(event) do
    if type(v) ~= "table" and type(v) ~= "function" and type(v) ~= "userdata" then out[k] = v end
  end
  if event.stats then out.stats = event.stats end
  return json.encode(out)
end

local function emit(run, event)
  local to = run.options.events
  if to == "-" then
    engine.write("result", as_json(run, event) .. "\n")
  elseif to then
    local ok, err = file.append(to, as_json(run, event) .. "\n")
    if not ok then error(err, 0) end
  end
end

--- Takes one event of a run.
---@param run perilune.Run
---@param event table
function M.event(run, event)
  local v = state_of(run)
  if run.options.events then emit(run, event) end
  if event.type == "load_begin" then
    v.last_count, v.last_planned, v.planned, v.last_at, v.last_line, v.rates = 0, 0, nil, clock.now(), clock.now(), {}
    if not v.quiet then
      erase(v)
      for _, plan in ipairs(run.options.once and {} or event.plans) do output.tell(M.plan_line(plan, run.in_turn)) end
    end
  elseif event.type == "progress" then
    on_progress(v, event)
  elseif event.type == "load_end" or event.type == "run_end" then
    erase(v)
  elseif event.type == "note" and not v.quiet then
    erase(v)
    output.tell(event.text)
  end
end

return M
