--- run:load: plans, grants, sends, watches and stops; its result is what playbooks, reports and `perilune load` read.
local later = require "perilune.later"
local clock = require "perilune.core.clock"
local core = require "perilune.core.load"
local engine = require "perilune.core.engine"
local face = require "perilune.face"
local figures = require "perilune.figures"
local grant = require "perilune.grant"
local inquiry = later "perilune.inquiry"
local judge = require "perilune.judge"
local keeper = require "perilune.keeper"
local once = later "perilune.once"
local playbook = require "perilune.playbook"
local purity = require "perilune.purity"
local result = require "perilune.result"
local scenario = require "perilune.scenario"
local schema = require "perilune.schema"
local share = later "perilune.share"
local stop = later "perilune.stop"
local suggest = require "perilune.suggest"
local target = require "perilune.target"
local task = require "perilune.task"
local tls = later "perilune.tls"
local watch = require "perilune.watch"
local words = require "perilune.words"
local writer = require "perilune.core.writer"
local wrk = later "perilune.wrk"

local M = {}

local TICK_SECONDS = 0.25 -- of progress, and of rules that stop a load
local HEED_SECONDS = 0.05 -- of a second one who waits for it
local STOP_SECONDS = 1
local HOPELESS_ITERATIONS = 10

M.plan = scenario.plan

--- Sorted names of scenarios.
---@param scenarios table
---@return string[]
function M.names(scenarios)
  local names = {}
  for name in pairs(scenarios) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- What is wrong with an option that stands in the list of names.
---@param key string
---@return string
function M.among_names(key)
  return ('load: %s stands among the names; options are a table of their own: run:load({ "a", "b" }, { %s = … })'):format(key, key)
end

local function options_schema()
  local s = {}
  for name, rule in pairs(words.options.load) do s[name] = rule end
  for name, rule in pairs(scenario.DECLARATIVE) do s[name] = s[name] or { rule[1] } end
  return s
end
local OPTIONS = options_schema()
M.OPTIONS = OPTIONS

local function overrides_of(o)
  local overrides = {}
  for name in pairs(scenario.DECLARATIVE) do overrides[name] = o[name] end
  return overrides
end

--- Stops when what scenarios reads was changed since it was last evaluated: the workers would not see it.
local function check_purity(prepared)
  local name = purity.changed(prepared.snapshot)
  if not name then return end
  local short = name:match("^[%a_][%w_]*")
  error({ code = "script", message = ("load: %s was changed, and scenarios reads it; workers have the file's own: pass it in data, run:load(..., { data = { %s = %s } })"):format(name, short, short) }, 0)
end

--- Raises when there is no scenario of that name; says which there are.
---@param scenarios table
---@param name any
---@param what string what asked for it
function M.need(scenarios, name, what)
  if scenarios[name] then return end
  local names = M.names(scenarios)
  local there = #names > 0 and (" (there are: %s)"):format(table.concat(names, ", ")) or "; the playbook has none"
  error({ code = "invalid", message = ("%s: there is no scenario %q%s%s"):format(what, tostring(name), suggest.hint(tostring(name), names), there) }, 0)
end

local function plans_of(run, names, o)
  check_purity(run.prepared)
  local scenarios = playbook.scenarios(run.prepared.book, run.args, o.data)
  run.prepared.snapshot = purity.snapshot(run.prepared.book.scenarios)
  local plans, weights = {}, {}
  for _, name in ipairs(names) do
    M.need(scenarios, name, "load")
    local s = run.options.once and once.scenario(scenarios[name]) or scenarios[name]
    plans[#plans + 1] = scenario.plan(name, s, overrides_of(o), run.prepared.spec)
    weights[#plans] = s.weight or 1
  end
  if #plans > 1 and (o.arrivals or o.users or o.iterations) then share.divide(plans, weights, o) end
  return plans
end

--- Raises where a name is none of a scenario, before anything is sent.
---@param run perilune.Run
---@param names string[]
function M.check_names(run, names)
  local scenarios = playbook.scenarios(run.prepared.book, run.args)
  for _, name in ipairs(names) do M.need(scenarios, name, "load") end
end

--- A load that was sent; scripts hold its face.
local Load = {}
Load.__index = Load

--- A level of users as a whole number. A change that is smaller than a user is one user, so that a tenth more or less of five does something.
---@param value number wanted
---@param now number the level before
---@return integer
function M.whole_users(value, now)
  local whole = math.floor(value + 0.5)
  if whole == now and value ~= now then whole = whole + (value > now and 1 or -1) end
  return whole
end

local function least(a, b)
  return a and b and math.min(a, b) or a or b
end

--- Starts a load and gives its handle.
local function start(run, names, o)
  local plans = plans_of(run, names, o)
  judge.check_instances(run)
  local granted = grant.load(plans, run.prepared.typed, run.prepared.policy)
  if granted.why then run:note(granted.why) end
  local script = run.options.wrk and wrk.begin(run.options.wrk, plans[1], o.workers or engine.options().workers, wrk.writer(run.options.stdout_taken))
  if script then table.move(script.hosts, 1, #script.hosts, #granted.hosts + 1, granted.hosts) end
  local load = setmetatable({ run = run, script = script, plans = plans, names = names, began = clock.now(), changed_by_hand = {}, rate_cap = granted.rate_cap, target = target.find(run, plans) }, Load)
  local keepers = keeper.open(plans, run:asks())
  local handle, err = core.start {
    seed = run.prepared.spec.seed + (o.draw or 0), scenarios = plans, hosts = granted.hosts, rate_cap = granted.rate_cap,
    max_connections = least(o.connections, granted.max_connections), workers = o.workers, precise = o.precise, ignore_errors = run.prepared.book.errors == "ignore",
    args = run.args, wrk = script and script.source, feeders = run.prepared.feeders, data = { data = o.data, once = run.options.once and true or nil },
  }
  if not handle then error(err, 0) end
  load.handle = handle
  load.keeping = keeper.keep(keepers, function(why) run:note(why) end)
  run.url = run.url or load.target.url
  run.live[load] = true
  load.step, load.holds = o.step, o.holds
  if not o.step then watch.measured(run, plans) end
  run:progress { type = "load_begin", names = names, plans = plans }
  return load
end

--- Iterations that all fail before they send anything: their script is broken, and would be asked again without end.
local function is_hopeless(stats)
  return stats.iterations >= HOPELESS_ITERATIONS and stats.iterations_failed == stats.iterations and stats.requests + stats.aborted == 0
end

function Load:is_scripted()
  for _, plan in ipairs(self.plans) do
    if plan.scripted then return true end
  end
  return false
end

--- Stops the load when a rule says so, or its script is broken.
function Load:heed(stats)
  if self.stopped then
    -- Scripts go on with their iterations: those that have not ended by now are cut.
    if clock.now() - self.began - self.stopped.at > STOP_SECONDS and self:is_scripted() then self.handle:stop(false) end
    return
  end
  local reason = is_hopeless(stats) and { why = "every iteration fails in the script" } or stop.reason(self.run, self)
  if not reason then return end
  reason.at = clock.now() - self.began
  self.stopped = reason
  self.handle:stop(true)
  local text = reason.objective and reason.why and ("%s: %s"):format(reason.objective, reason.why) or reason.objective or reason.why
  result.event(self.run, "stop", text, clock.wall(), 0)
end

--- Waits for the end; watches objectives and shows progress meanwhile. Whoever comes second waits for the first.
---@return table result
function Load:wait()
  local run = self.run
  while self.watched and not self.result do task.sleep(HEED_SECONDS) end
  if self.failed then error(self.failed, 0) end
  if self.result then return self.result end
  self.watched = true
  local ended <close> = setmetatable({}, { __close = function() self.watched = nil end })
  local ok, err = self.handle:wait(TICK_SECONDS)
  while ok == false do
    local stats = self.handle:stats()
    if not self.step then self:heed(stats) end
    local states = watch.states(run)
    run:progress { type = "progress", load = self, stats = stats, elapsed = clock.now() - self.began, states = states, figures = run.latest_figures }
    ok, err = self.handle:wait(TICK_SECONDS)
  end
  for _, keeping in ipairs(self.keeping) do keeping:cancel() end
  run.live[self] = nil
  if not ok then error(tls.named(err, self.plans, run.options.tls_files), 0) end
  return self:finish()
end

local NOTHING = { from_ms = 0, to_ms = 0, drained_ms = 0 }

--- Records the measured parts: objectives look at those of loads, not at those of steps.
function Load:record_parts()
  for i, name in ipairs(self.names) do
    local part = self.handle:part(i)
    result.event(self.run, self.step and "step" or "measured", name, part.from_ms * 1000000, (part.to_ms - part.from_ms) * 1000000, nil, part)
    if not self.step then
      watch.ended(self.run, name, part)
    elseif self.holds then
      watch.ended(self.run, name, NOTHING)
    end
  end
  assert(writer.sync())
end

--- One more step of the run, by its number.
local function next_step(run)
  run.steps = (run.steps or 0) + 1
  return run.steps
end

--- Records the measured parts and makes the result table.
function Load:finish()
  local run = self.run
  self.part = self.handle:part(#self.names)
  if not self.holds then self:record_parts() else assert(writer.sync()) end
  target.finish(self.target)
  if self.script then self.script:done(self.handle) end
  local r = figures.result(self)
  if self.holds then
    -- What a rule stopped has its verdict, and what a person changed is not what was found: it stays a load.
    if not self.stopped and not self.varied and not self.holds(r, self.part) then self.step = next_step(run) end
    self:record_parts()
  end
  if not self.step then
    run.loads[#run.loads + 1] = r
    stop.ended(run)
  end
  self.result = r
  run:progress { type = "load_end", result = r }
  return r
end

--- Marks a change on the timeline; what a person did is part of the result, too.
function Load:mark(text, change, by_hand, of_s)
  self.varied = true
  if by_hand then table.insert(self.changed_by_hand, { at_s = clock.now() - self.began, change = change, of_s = of_s }) end
  result.event(self.run, "control", text, clock.wall(), 0)
end
--- Seconds that the load was to last; nil where a number of iterations ends it.
function Load:planned_seconds()
  local most = 0
  for _, plan in ipairs(self.plans) do
    if plan.model ~= "open" and plan.model ~= "closed" then return nil end
    most = math.max(most, plan.offset + plan.duration)
  end
  return most
end
--- Ends the load; what is in flight may finish.
function Load:stop() self:halt() end
function Load:halt(by_hand)
  if self.result then return end
  self.handle:stop(true)
  self:mark("stop", "stopped", by_hand, self:planned_seconds())
end
--- The level of scenario number i now, as planned or changed.
function Load:level_now(i)
  return self.levels and self.levels[i] or scenario.rate_at(self.plans[i], clock.now() - self.began - self.plans[i].offset)
end
--- Changes the level of every scenario of a model, or of the one that is named; gives how many there were.
---@param model "open"|"closed"
---@param change fun(now: number): number
---@param only string|nil
---@param by_hand boolean|nil a person did it, not the playbook
---@return integer
function Load:each(model, change, only, by_hand)
  local n = 0
  for i, plan in ipairs(self.plans) do
    if plan.model == model and (not only or plan.name == only) then
      self:level(i, change(self:level_now(i), model == "closed"), by_hand)
      n = n + 1
    end
  end
  return n
end
--- A new rate for every open scenario of the load; nothing once it has ended, as of all words to it.
function Load:rate(rate)
  local value = schema.value("rate", rate, "load:rate")
  if self.result then return end
  if self:each("open", function() return value end) == 0 then error({ code = "invalid", message = "load:rate: no scenario of this load has a rate (arrivals)" }, 0) end
end
--- A new number of users for every closed scenario of the load.
function Load:users(users)
  if self.result then return end
  if self:each("closed", function() return users end) == 0 then
    error({ code = "invalid", message = "load:users: no scenario of this load has a number of users that could change (users and a duration)" }, 0)
  end
end
function Load:level(index, value, by_hand)
  if self.plans[index].model == "closed" then value = M.whole_users(value, self:level_now(index)) end
  local ok, err = self.handle:level(index, value)
  if not ok then error(err, 0) end
  self.levels = self.levels or {}
  self.levels[index] = value
  local level = ("%g%s"):format(value, self.plans[index].model == "open" and "/s" or " users")
  local named = ("%s: %s"):format(self.names[index], level)
  self:mark(named, #self.names > 1 and named or level, by_hand)
end
--- No new starts until it is resumed.
function Load:pause() self:hold(true) end
function Load:resume() self:hold(false) end
function Load:hold(paused, by_hand)
  if self.result then return end
  self.paused = paused
  self.handle:pause(paused)
  self:mark(paused and "pause" or "resume", paused and "paused" or "resumed", by_hand)
end

--- Adds up, or takes the worst of, what an expression says of the load's scenarios within a range; nil where it says nothing.
local function within(load, expr, range, join)
  local value
  for _, v in ipairs((inquiry.ask(load.run, expr, range))) do
    for _, name in ipairs(load.names) do
      if v.labels.scenario == name then value = value and join(value, v.value) or v.value end
    end
  end
  return value
end

local function sum(a, b) return a + b end

--- The last n whole seconds of a load whose figures are stored by now; of one on its way the newest is left out, but for the first, for it may not be.
function Load:last_seconds(n)
  local began = self.handle:times() / 1000
  local last = (clock.wall() / 1e9 - began) // 1
  if not self.result and last >= 2 then last = last - 1 end
  return { from = began + math.max(0, last - n), to = began + last }
end

--- Totals so far; or figures of the last "10s" that were stored, which ended up to two seconds ago: { requests, rate, error_ratio, p50, p99 }, of several scenarios the worst ratio and times.
---@param over string|nil
---@return table
function Load:stats(over)
  if over == nil then return self.handle:stats() end
  local seconds = schema.value("duration", over, "load:stats")
  if seconds < 1 then error({ code = "invalid", message = "load:stats: at least 1s: figures are kept by the second" }, 0) end
  local range = self:last_seconds(math.ceil(seconds))
  return {
    requests = within(self, "count(requests)", range, sum) or 0, rate = within(self, "rate(requests)", range, sum) or 0,
    error_ratio = within(self, "error_ratio", range, math.max), p50 = within(self, "p50(latency)", range, math.max), p99 = within(self, "p99(latency)", range, math.max),
  }
end

Load.face = face.kind("load", {
  wait = { Load.wait }, stop = { Load.stop }, rate = { Load.rate, "text:rate" }, users = { Load.users, "number:users" },
  pause = { Load.pause }, resume = { Load.resume }, stats = { Load.stats, "text:over?" },
})

--- What scripts may write of user:WORD: sets of names; nil when its module is not there.
---@param word string
---@return { operations: table, options: table, named: table, table_operation: string? }|nil
function M.protocol(word) return (core.protocol(word)) end

--- run:load(names, options).
---@param run perilune.Run
---@param names string|string[]
---@param options table|nil
---@return table
function M.run(run, names, options)
  local o = schema.check(OPTIONS, options, "load")
  local list = type(names) == "table" and names or { names }
  for key in pairs(list) do
    if type(key) == "string" then error({ code = "invalid", message = M.among_names(key) }, 0) end
  end
  local load = start(run, list, o)
  if o.wait ~= false then return load:wait() end
  -- Somebody watches it also while the script does other things; whoever waits gets what this one found.
  task.spawn(function()
    local ok, err = task.try(load.wait, load)
    if not ok then load.failed = err end
  end)
  return load
end

--- One step of a search: a load that no objective of the run looks at, and that is none of the run's loads.
---@param run perilune.Run
---@param name string
---@param overrides table declarative fields of the scenario
---@param draw integer|nil steps of the same number draw the same arrivals; without it a repeat draws others
---@return table result
---@return table part { from_ms, to_ms, drained_ms } that was measured
function M.step(run, name, overrides, draw)
  local o = schema.check(OPTIONS, overrides, "search")
  o.step = next_step(run)
  o.draw = draw or o.step
  local load = start(run, { name }, o)
  return load:wait(), load.part
end

--- The load that holds what a search found, watched as every load. Where `holds` says that it did not hold, it was one more step, and is none of
--- the run's loads.
---@param run perilune.Run
---@param name string
---@param overrides table declarative fields of the scenario
---@param holds fun(r: table, part: table): boolean is asked at its end, with result and measured part
---@return table result
function M.hold(run, name, overrides, holds)
  local o = schema.check(OPTIONS, overrides, "search")
  o.holds = holds
  return start(run, { name }, o):wait()
end

--- Ends every load that still runs, draining; at the end of a run.
---@param run perilune.Run
function M.stop_all(run)
  for load in pairs(run.live) do
    load.handle:stop(true)
    local ok, err = pcall(task.shield, 60, function() return load:wait() end)
    if not ok then run:note("a load did not end well: " .. tostring(type(err) == "table" and err.message or err)) end
    run.live[load] = nil
  end
end

return M
