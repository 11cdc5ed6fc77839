--- Words to a run on its way, obeyed: from `perilune control`, pl_run_control, the keys of the live view. Taken four times a
--- second; each change is an event on the timeline, and so is a word that cannot be obeyed.
local clock = require "perilune.core.clock"
local control = require "perilune.control"
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local result = require "perilune.result"
local task = require "perilune.task"
local writer = require "perilune.core.writer"

local M = {}

local TICK_SECONDS = 0.25

local function invalid(text, why)
  error({ code = "invalid", message = ("control %q: %s"):format(text, why) }, 0)
end

--- What could be changed, as people write it: "there are browse:rate, idle:users".
local function levels(run)
  local list = {}
  for load in pairs(run.live) do
    for i, plan in ipairs(load.plans) do
      local word = plan.model == "open" and "rate" or plan.model == "closed" and "users"
      if word then list[#list + 1] = ("%s:%s"):format(load.names[i], word) end
    end
  end
  table.sort(list)
  return list[1] and "there are " .. table.concat(list, ", ") or "a number of iterations ends what is on its way, which has none"
end

--- Does to the loads of a run what a word says.
---@param run perilune.Run
---@param text string
function M.obey(run, text)
  local word, n = control.parse(text), 0
  for load in pairs(run.live) do
    if word.action == "level" then
      for _, model in ipairs(word.models) do n = n + load:each(model, word.change, word.scenario, true) end
    else
      local paused = word.action == "pause" or (word.action == "toggle" and not load.paused)
      if word.action == "stop" then load:halt(true) else load:hold(paused, true) end
      n = n + 1
    end
  end
  if n == 0 then invalid(text, next(run.live) and "no scenario on its way has such a level; " .. levels(run) or "no load is on its way") end
end

local function take(run, text)
  local ok, err = pcall(M.obey, run, text)
  if ok then return end
  if type(err) ~= "table" or err.code == "cancelled" then error(err, 0) end
  result.event(run, "control", "refused: " .. err.message, clock.wall(), 0)
end

--- Obeys until it is cancelled. A task of its own.
---@param run perilune.Run
function M.watch(run)
  while true do
    task.sleep(TICK_SECONDS)
    for text in engine.take_control do take(run, text) end
    if next(run.live) and not run.in_memory then
      for _, row in ipairs(database.records(run:reader(), "control_open", { run = run.row })) do
        take(run, row.command)
        writer.record("control_done", { id = row.id, done_ns = clock.wall() })
      end
    end
  end
end

return M
