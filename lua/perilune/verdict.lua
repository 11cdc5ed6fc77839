--- What held a finished load back: the script, the target or the generator, each in words. Figures in, texts out.
local scenario = require "perilune.scenario"
local units = require "perilune.core.units"

local M = {}

local KEPT = 0.99          -- of the planned starts answered: less is short
local SCRIPT_SHARE = 0.01  -- of the iterations: as the default objective on errors
local FAILING_SHARE = 0.01 -- of the requests, where as many as planned ended in time: as the default objective on errors
local MOSTLY_FAILING = 0.5  -- where they did not
local OTHERS_CORES = 0.3   -- CPU time of others that explains late starts,
local IDLE_CORES = 1       -- but not where a whole core was idle beside it
local TARGET_CORES = 0.5
local WAITED_SHARE = 0.1   -- of the starts, for a connection: as for a user (core/load/verdict.c)
local BUSY_SECONDS = 0.05  -- share of the seconds in which a worker was busy: more is a reason of the engine's (core/load/verdict.c)

--- Whether a scenario's own script is what failed: iterations ended with an error that no failed request explains, or with calls of
--- which none could be sent as it is written. Where nobody ever answered, those of users whose `start` got no answer are the target's doing.
---@param stats table figures of a load or scenario
---@param silent boolean|nil the target
---@return boolean
function M.script_broke(stats, silent)
  return stats.iterations_broken - (silent and stats.iterations_unserved or 0) > SCRIPT_SHARE * stats.iterations
end

--- Requests with an answer, good or not.
---@param stats table
---@return integer
function M.answered(stats)
  local e = stats.errors
  return stats.ok + e.status + e.check + e.script
end

--- Requests that ended at once without an answer. A timeout is none of them: the answer may only have been slow.
local function broken_off(stats)
  local e = stats.errors
  return e.dns + e.connect + e.tls + e.reset + e.protocol + e.truncated
end

--- An open scenario whose planned starts neither were answered in time nor failed.
---@param s table scenario of figures.result
---@return boolean
function M.is_short(s)
  return s.plan.model == "open" and s.stats.planned > 0 and s.stats.kept_up + broken_off(s.stats) / s.stats.planned < KEPT
end

--- Whether more was asked for than a grant lets be sent, so that less than planned says nothing of the target.
---@param cap number|nil requests a second
---@param scenarios table[]
---@return boolean
function M.capped(cap, scenarios)
  local asked = 0
  if not cap then return false end
  for _, s in ipairs(scenarios) do
    local each = s.stats.iterations > 0 and s.stats.requests / s.stats.iterations or 1
    if s.plan.model == "open" then asked = asked + scenario.volume(s.plan) * math.max(1, each) end
  end
  return asked > cap
end

--- Starts a second whose answers came before the end.
---@param stats table of a scenario, or of a load
---@return number
function M.rate_answered(stats)
  return stats.rate_achieved / (stats.iterations > 0 and math.max(1, stats.requests / stats.iterations) or 1)
end

--- Scenarios with less than planned, each in words.
local function shortfalls(scenarios)
  local list = {}
  for _, s in ipairs(scenarios) do
    if not s.script_broke and M.is_short(s) then
      list[#list + 1] = ("%splanned %s, answered %s"):format(#scenarios > 1 and s.name .. ": " or "", units.format("rate", s.stats.rate_planned),
        units.format("rate", M.rate_answered(s.stats)))
    end
  end
  return list
end

--- The verdict over the target: ok, saturated, failing or silent, with reasons. Where the script broke it is not blamed, and a
--- generator or a grant that was the limit proves no saturation, nor do requests that were not allowed, or for which this machine had nothing left, prove silence or failure.
---@param stats table of the whole load
---@param scenarios table[]
---@param limited boolean the generator, or what may be sent
---@param refused integer requests that were not allowed
---@return string
---@return string[]
function M.target(stats, scenarios, limited, refused)
  local unsent = refused + stats.never_left
  local answered = M.answered(stats) + unsent
  if stats.requests + stats.aborted > 0 and answered == 0 then
    return "silent", { stats.errors.protocol + stats.errors.truncated > 0 and "not one valid answer came" or "not one answer came" }
  end
  local failed, broken = stats.failed - stats.errors.script - unsent, #scenarios > 0
  for _, s in ipairs(scenarios) do broken = broken and s.script_broke end
  local short = limited and {} or shortfalls(scenarios)
  if not broken and failed > (#short > 0 and MOSTLY_FAILING or FAILING_SHARE) * stats.requests then
    return "failing", { ("%s of %s requests failed"):format(units.format("number", failed), units.format("number", stats.requests)) }
  end
  return #short > 0 and "saturated" or "ok", short
end

--- What kept workers busy themselves, in words, or nil: those that had the CPU in as many seconds as they waited for one, or more, were not kept from it.
---@param workers table[] what the engine says of each: busy_over (share of the seconds), waited_s
---@param seconds number of the load
---@param scripted boolean|nil a script runs in them
---@return string|nil
function M.own_work(workers, seconds, scripted)
  local named = {}
  for i, w in ipairs(workers) do
    if w.busy_over > BUSY_SECONDS and w.busy_over * seconds >= w.waited_s then named[#named + 1] = ("%d"):format(i - 1) end
  end
  if #named == 0 then return nil end
  local who = #named == 1 and "worker " .. named[1] or ("%d of %d workers"):format(#named, #workers)
  return ("%s kept %s busy"):format(scripted and "the script's own work" or "the requests themselves", who)
end

--- Why starts were late, from who used the machine's CPUs.
---@param machine table|nil { cpus, busy } cores that were busy
---@param own number cores of the generator
---@param of_target number cores of the target on this machine
---@param work string|nil M.own_work
---@param scripted boolean|nil a script runs in the workers, which may compute for long where they are not busy all the time
---@return string
function M.why_late(machine, own, of_target, work, scripted)
  if work then return work end
  local idle = machine and machine.cpus - machine.busy or 0
  if machine and idle < IDLE_CORES then
    local others = machine.busy - own - of_target
    if others >= OTHERS_CORES then
      return ("the machine's CPUs were busy with something else (%.1f of %d cores)"):format(others, machine.cpus)
    end
  end
  if of_target >= TARGET_CORES then return ("the target shares the machine's CPUs (%.1f cores)"):format(of_target) end
  local late = "the system gave the workers a CPU late"
  if idle < IDLE_CORES then return late end
  if scripted then return ("%.1f of %d cores were idle: the script computed for long, or the workers were stopped"):format(idle, machine.cpus) end
  return ("%s, though %.1f of %d cores were idle: perhaps they were stopped"):format(late, idle, machine.cpus)
end

--- Whether all that limits a generator are delays too brief to cost an open load its answers: shorter than a hundredth of it.
---@param g table what the engine says
---@param duration number seconds of the load
---@return boolean
function M.is_brief(g, duration)
  local function brief(delay) return delay and delay.seconds < (1 - KEPT) * duration and 1 or 0 end
  return brief(g.started_late) + brief(g.read_late) == #g.reasons
end

---@class perilune.LateStarts what delayed the generator's starts
---@field sentence string how late they were, and why
---@field reason integer which of the generator's reasons tells of them, with the cause
---@field without_cause string that reason, for who tells the sentence, too

--- The generator's reasons; those of late starts get their cause.
---@param g table what the engine says
---@param cause fun(): string
---@return string[] reasons
---@return perilune.LateStarts|nil late
function M.generator(g, cause)
  local reasons, delay = table.move(g.reasons, 1, #g.reasons, 1, {}), g.started_late
  if not delay then return reasons, nil end
  local why, told = cause(), reasons[delay.reason]
  reasons[delay.reason] = told .. "; " .. why
  return reasons, { sentence = ("%g %% of the starts were %s late or later: %s"):format(100 * delay.share, units.format("duration", delay.seconds), why), reason = delay.reason, without_cause = told }
end

local function is_full(cores)
  local full = math.max(1, math.floor(cores + 0.06))
  return cores >= 0.93 * full and cores <= 1.06 * full
end

--- What limited a load, in words, or nil; whether these tell of late starts.
---@param cores number|nil of the target on this machine
---@param facts table as M.sentence's
---@return string|nil
---@return boolean|nil
local function limit_of(cores, facts)
  if facts.limited and facts.short then return "the generator was the limit" end
  if facts.cap and facts.short then return ("the %s that the load is held to was the limit"):format(units.format("rate", facts.cap)) end
  if facts.late and not facts.saturated then return facts.late.sentence, true end
  if facts.limited or not cores then return nil end
  if is_full(cores) then return "it is the limit" end
  if not facts.saturated then return nil end
  return facts.held and ("something it waits for, or %s, is the limit"):format(facts.held) or "something it waits for is the limit"
end

--- The most connections that the plans may have together; nil without a limit.
local function most_connections(plans)
  local most = 0
  for _, plan in ipairs(plans) do
    if (plan.max_connections or 0) == 0 then return nil end
    most = most + plan.max_connections
  end
  return most > 0 and most or nil
end

--- What of the connections' number held starts back, in words, or nil: with the most that were allowed in use, starts that waited
--- show a slow target as well as too few connections.
---@param plans table[] of the scenarios
---@param stats table connections_max: open at a time; late: starts that waited
---@return string|nil
function M.held(plans, stats)
  local most = most_connections(plans)
  if not most or stats.connections_max < most or stats.late == 0 then return nil end
  return ("the %d connection%s that the load may have (%s starts waited)"):format(most, most == 1 and "" or "s", units.format("number", stats.late))
end

--- Connections that were asked for against those that may be made, in words, or nil: users of a closed loop ask for one each (or a stream
--- of one), starts of an open one where none is free. A warning: a slow target keeps connections in use, too.
---@param plans table[] of the scenarios
---@param users number most users that closed loops plan
---@param stats table connections_max; planned, late (waited for a user or connection), no_user (for a user)
---@return string|nil
function M.too_few_connections(plans, users, stats)
  local most, streams = most_connections(plans), 1
  if not most or stats.connections_max < most then return nil end
  for _, plan in ipairs(plans) do streams = math.max(streams, plan.streams or 1) end
  local number, waited = units.format("number", most), stats.late - stats.no_user
  if waited > WAITED_SHARE * stats.planned then
    local some, all = units.format("number", waited), units.format("number", stats.planned)
    return ("connections: %s of %s starts asked for one more than the %s that may be made (see --connections)"):format(some, all, number)
  end
  if users <= most * streams then return nil end
  return ("connections: %s users asked for one each, and %s may be made (see --connections)"):format(units.format("number", users), number)
end

--- Who was the limit, in words: "nginx (pid 4711) used 98 % of one core; it is the limit".
---@param found table
---@param facts table short: less than planned was answered; late: perilune.LateStarts; limited: the generator, by more than brief delays; saturated: the target; held: M.held; cap: where M.capped
---@return string|nil
---@return boolean|nil whether it tells of late starts
function M.sentence(found, facts)
  local p = found.process
  if p and p.ended then return ("%s (pid %d) ended during the load"):format(p.name, p.pid) end
  local limit, tells_late = limit_of(p and p.cpu_cores, facts)
  if not p or not p.cpu_cores then return limit, tells_late end
  local share = p.cpu_cores >= 1.05 and ("%.1f cores"):format(p.cpu_cores) or ("%.0f %% of one core"):format(p.cpu_cores * 100)
  local text = ("%s (pid %d) used %s"):format(p.name, p.pid, share)
  return limit and text .. "; " .. limit or text, tells_late
end

return M
