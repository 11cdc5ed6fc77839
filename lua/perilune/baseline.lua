--- Baselines: the pinned run of a playbook and target, and the recent comparable ones.
local by_hand = require "perilune.by_hand"
local database = require "perilune.database"
local schema = require "perilune.schema"
local writer = require "perilune.core.writer"

local M = { DEFAULT = "default" }

--- Pins this run when it has ended well; only passed, valid runs become a baseline.
---@param run perilune.Run
---@param name string|nil default "default"
function M.pin(run, name)
  name = name or M.DEFAULT
  if type(name) ~= "string" or not name:match("^[%w][%w_.%-]*$") then
    error({ code = "invalid", message = ("pin_baseline: %s is no name: letters, digits, _ - and ."):format(schema.show(name)) }, 0)
  end
  run.pins = run.pins or {}
  run.pins[#run.pins + 1] = name
end

--- Why this run may not become a baseline, or nil.
local function objection(run)
  if run.verdict ~= "pass" then return ("the run ended as %s (exit %d)"):format(run.verdict, run.exit.code) end
  if run:limited() then return "the generator was limited" end
end

--- Pins what run:pin_baseline asked for; called once the run has its verdict.
---@param run perilune.Run
function M.settle(run)
  local why, changes = run.pins and objection(run), by_hand.of_loads(run.loads)
  for _, name in ipairs(run.pins or {}) do
    if why then
      run:note(("the baseline %q was not pinned: %s; only passed, valid runs become one"):format(name, why))
    else
      local row, err = writer.record("baseline_pin", { name = name, playbook = run.name, run = run.row, ts_ns = run.started_ns }, true)
      if not row then error(err, 0) end
      run:note(("pinned as the baseline %q%s"):format(name, changes and ", though it was changed by hand: " .. changes or ""))
    end
  end
end

local function read(run, name)
  return database.records(run:reader(), "baseline_get", { name = name, playbook = run.name })[1]
end

--- The names under which runs of this playbook are pinned.
---@param run perilune.Run
---@return string[]
function M.names(run)
  local names = {}
  for _, b in ipairs(database.records(run:reader(), "baselines_all", {})) do
    if b.playbook == run.name then names[#names + 1] = b.name end
  end
  return names
end

--- The pinned run of this playbook, or nil. Without a name it is the default's, else the only one that there is.
---@param run perilune.Run
---@param name string|nil
---@return table|nil row of the run
---@return string|nil name that it is pinned as
function M.get(run, name)
  local row = read(run, name or M.DEFAULT)
  if row then return row, name or M.DEFAULT end
  local names = name and {} or M.names(run)
  if #names == 1 then return read(run, names[1]), names[1] end
end

--- The last passed runs comparable with this one, newest first.
---@param run perilune.Run
---@param limit integer
---@return table rows
function M.comparable(run, limit)
  return database.records(run:reader(), "runs_comparable", { run = run.row, limit = limit })
end

return M
