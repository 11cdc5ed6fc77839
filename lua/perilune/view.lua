--- What is seen while a run goes on: a few lines redrawn on a terminal, one line every 10 s elsewhere, NDJSON for --events.
local clock = require "perilune.core.clock"
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local json = require "perilune.core.json"
local units = require "perilune.core.units"

local M = {}

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
    run.view = { tty = o.tty and not run.prepared.spec.quiet, quiet = run.prepared.spec.quiet, columns = o.columns, lines = 0, rates = {}, last_line = clock.now(), last_draw = 0, last_count = 0, last_at = clock.now() }
  end
  return run.view
end

local function progress_line(event, rate)
  local s, f = event.stats, event.figures
  local parts = { ("%5.0f s"):format(event.elapsed), units.format("rate", rate), ("%s requests"):format(units.format("number", s.requests)) }
  if f.p50 then parts[#parts + 1] = ("p50 %s  p99 %s"):format(f.p50, f.p99 or "-") end
  if s.failed > 0 then parts[#parts + 1] = ("%s failed"):format(units.format("number", s.failed)) end
  if s.dropped > 0 then parts[#parts + 1] = ("%s dropped"):format(units.format("number", s.dropped)) end
  parts[#parts + 1] = ("%d users"):format(s.users)
  if f.cpu then parts[#parts + 1] = "cpu " .. f.cpu end
  return table.concat(parts, "  ")
end

local function cut(text, columns)
  local n = utf8.len(text) or #text
  if n <= columns then return text end
  local stop = utf8.offset(text, columns)
  return text:sub(1, stop - 1)
end

local MARK = { pass = "✓", fail = "✗", inconclusive = "?" }

local function objective_lines(states)
  local lines = {}
  for i, s in ipairs(states) do
    if i > 6 then break end
    lines[#lines + 1] = ("  %s %s  %s"):format(MARK[s.verdict] or "·", s.row.expr, s.text or "")
  end
  return lines
end

local function erase(v)
  if v.lines > 0 then engine.write("progress", ("\27[%dA\27[J"):format(v.lines)) end
  v.lines = 0
end

local function draw(v, event, rate)
  local lines = { progress_line(event, rate), "  " .. M.spark(v.rates, v.columns - 4) }
  for _, line in ipairs(objective_lines(event.states)) do lines[#lines + 1] = line end
  erase(v)
  for i, line in ipairs(lines) do lines[i] = cut(line, v.columns - 1) end
  engine.write("progress", table.concat(lines, "\n") .. "\n")
  v.lines = #lines
end

local function on_progress(v, event)
  local now = clock.now()
  local seconds, done = now - v.last_at, event.stats.requests
  if done ~= v.last_count or seconds >= SILENT_SECONDS then
    v.rates[#v.rates + 1] = math.max(0, done - v.last_count) / math.max(1, seconds)
    v.last_count, v.last_at = done, now
    if #v.rates > 512 then table.remove(v.rates, 1) end
  end
  local rate = v.rates[#v.rates] or 0
  if v.tty and now - v.last_draw >= REDRAW_SECONDS then
    v.last_draw = now
    draw(v, event, rate)
  elseif not v.tty and not v.quiet and now - v.last_line >= LINE_SECONDS then
    v.last_line = now
    engine.write("progress", progress_line(event, rate) .. "\n")
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
    v.last_count, v.last_at, v.last_line, v.rates = 0, clock.now(), clock.now(), {}
    if not v.quiet then erase(v); engine.write("progress", ("load %s\n"):format(table.concat(event.names, ", "))) end
  elseif event.type == "progress" then
    on_progress(v, event)
  elseif event.type == "load_end" or event.type == "run_end" then
    erase(v)
  elseif event.type == "note" and not v.quiet then
    erase(v)
  end
end

return M
