--- Rules that stop a load while it runs: objectives with stop = true, and functions of the playbook (run:stop_when).
local clock = require "perilune.core.clock"
local face = require "perilune.face"
local guard = require "perilune.core.guard"
local metrics = require "perilune.metrics"
local query = require "perilune.core.query"
local schema = require "perilune.schema"
local task = require "perilune.task"
local watch = require "perilune.watch"
local words = require "perilune.words"
local writer = require "perilune.core.writer"

local M = {}

local LEAST_SECONDS = 0.1

--- Raised inside a rule that asks for a value that is not there yet: it is not judged this time.
local NOT_YET = { code = "not_found", message = "there is no value yet: too few samples, or no full window" }

local Now = {}
Now.__index = Now

--- Whether figures of these labels are those of a load, or of no load at all.
local function is_of(load, labels)
  local scenario = labels and labels.scenario
  for _, name in ipairs(scenario and load.names or {}) do
    if name == scenario then return true end
  end
  return scenario == nil
end

--- The value over what is stored, for as long as a live one would not hold all of it.
local function stored_value(run, load, expr)
  assert(writer.sync())
  local values, err = query.eval(run:reader(), run.row, expr, run.open_parts)
  if not values then error(err, 0) end
  for _, v in ipairs(values) do
    if is_of(load, v.labels) then return v.value end
  end
end

--- The value of an expression now, with or without a window: now:value("error_ratio over last 10s").
---@param expr string
---@return number
function Now:value(expr)
  local run, value = self.run, nil
  local live = run.live_values[expr]
  if not live then
    local facts, err = query.expression(expr)
    if not facts then error(err, 0) end
    for _, text in ipairs(metrics.check(facts, run.prepared.world, ("stop_when: %q"):format(expr))) do run:note(text) end
    live = { number = watch.add(expr), added = clock.now(), window = facts.window, unit = facts.unit }
    run.live_values[expr] = live
  end
  self.asked = expr
  if not self.fresh then error(NOT_YET, 0) end
  local whole = live.added <= self.load.began or (live.window and clock.now() - live.added > live.window + 1)
  if whole then
    self.states = self.states or watch.values()
    value = self.states[live.number] and self.states[live.number].value
  else
    value = stored_value(run, self.load, expr)
  end
  if value == nil then error(NOT_YET, 0) end
  self.last, self.unit = value, live.unit
  return value
end

Now.face = face.kind("now", { value = { Now.value, "string:expr" } })

--- run:stop_when(fn, { every }): fn(now) is asked while a load runs; what is true, or a text that says why, stops it.
---@param run perilune.Run
---@param fn fun(now: any): any
---@param options table|nil
function M.when(run, fn, options)
  local o = schema.check(words.options.stop_when, options, "stop_when")
  if o.every < LEAST_SECONDS then error({ code = "invalid", message = "stop_when: every is at least 100ms" }, 0) end
  run.stop_rules[#run.stop_rules + 1] = { fn = fn, every = o.every, due = 0, place = guard.place(fn) }
end

--- Asks one rule; gives why the load must stop, or nil: plain values, which a script may encode.
local function ask(run, load, rule, fresh)
  local now = setmetatable({ run = run, load = load, fresh = fresh }, Now)
  local ok, answer = task.try(rule.fn, now.face(now))
  rule.missed = not ok and answer == NOT_YET and rule.missed ~= false and now.asked or false
  if not ok and answer == NOT_YET then return nil end
  if not ok then error(answer, 0) end
  if not answer then return nil end
  return { objective = "stop_when", value = now.last, unit = now.unit, why = type(answer) == "string" and answer or nil, rule = rule.place }
end

--- Whether a second of this load has ended: what stands there from a load before says nothing of it.
local function is_fresh(load, second)
  local start_ms = load.handle:times()
  return start_ms > 0 and second > start_ms // 1000
end

--- Whether a rule is asked now: figures are new when a second has ended, so one that is asked each second or less often waits for that.
local function is_due(rule, second)
  local at = clock.now()
  if rule.every >= 1 and second == rule.second then return false end
  if at < rule.due - (rule.every >= 1 and 0.5 or 0) then return false end
  rule.due, rule.second = at + rule.every, second
  return true
end

--- Says which rules could not be judged in all of a load: they would not have stopped it.
---@param run perilune.Run
function M.ended(run)
  for _, rule in ipairs(run.stop_rules) do
    if rule.missed then run:note(("stop_when was never judged: %s had no value, of too few samples or without a full window"):format(rule.missed)) end
    rule.missed = nil
  end
end

--- Whether anything of this run can stop a load.
local function may_stop(run)
  for _, w in ipairs(run.watches) do
    if w.row.stop then return true end
  end
  return run.stop_rules[1] ~= nil
end

--- Why the load must stop now, or nil. Where nothing can stop it the collector is left alone: it may share a CPU with a worker.
---@param run perilune.Run
---@param load table
---@return table|nil { objective, value, why }
function M.reason(run, load)
  if not may_stop(run) then return nil end
  local elapsed = clock.now() - load.began
  local broken, second = watch.broken(run)
  for _, row in ipairs(broken) do
    if row.stop and elapsed >= (row.after or 0) then
      local state = watch.state_of(run, row)
      return { objective = row.expr, value = state and state.value, why = row.why, severity = row.severity }
    end
  end
  for _, rule in ipairs(run.stop_rules) do
    local reason = is_due(rule, second) and ask(run, load, rule, is_fresh(load, second))
    if reason then return reason end
  end
end

return M
