--- One run of a playbook at a time on one database, and one for each interval. The table of runs is the lock: a row that says
--- running, whose process lives (boot, pid, start of the process), holds it.
local database = require "perilune.database"
local history = require "perilune.history"
local timeline = require "perilune.core.timeline"
local writer = require "perilune.core.writer"

local M = {}

local function busy(row)
  error({ code = "busy", message = ("%s runs already: run %s, pid %d, for %s; nothing was sent"):format(row.name, row.ulid, row.pid or 0,
    (history.ago(history.age(row.started_ns)):gsub(" ago$", ""))) }, 0)
end

--- Raises when another run of this playbook is alive; `before` looks at rows older than that one only.
local function check(run, before)
  for _, row in ipairs(database.records(run:reader(), "runs_running_of", { name = run.name })) do
    if row.id ~= run.row and (not before or row.id < before) and timeline.alive(row.boot_id, row.pid, row.process_start) then busy(row) end
  end
end

--- Takes the lock around `begin`, which writes the run's row; raises "busy" when another run has it.
---@param run perilune.Run
---@param begin fun(run: perilune.Run)
function M.take(run, begin)
  check(run)
  begin(run)
  -- Two that began at once both have a row now, and see each other's: the older row holds the lock.
  local ok, err = pcall(check, run, run.row)
  if ok then return end
  writer.record("run_forget", { run = run.row }, true)
  run.row = nil
  error(err, 0)
end

--- A finished run of this playbook for this interval: one that was judged. After an error, a cancel or an interruption there is none.
---@param run perilune.Run
---@param key string
---@return table|nil row
function M.finished(run, key)
  return database.records(run:reader(), "run_of_interval", { name = run.name, interval_key = key })[1]
end

return M
