--- Starting a run from a command: options to spec, wait, exit code. What `run` and `load` share.
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local json = require "perilune.core.json"
local output = require "perilune.output"
local task = require "perilune.task"

local M = {}

local function labels_of(o)
  local labels = { env = o.env }
  for _, pair in ipairs(o.label or {}) do
    local k, v = pair:match("^([%a_][%w_]*)=(.*)$")
    if not k then error({ code = "usage", message = ("--label %s: write K=V"):format(pair) }, 0) end
    labels[k] = v
  end
  return labels
end

--- Passes a cancel of the command on to its run.
local function forward_cancels(run)
  return task.spawn(function()
    local signal_number = engine.wait_cancel()
    run:cancel(math.max(0, signal_number))
  end)
end

--- Runs a playbook to its end; o.ended says afterwards whether it came to one, with its reports.
---@param o table values of the command line
---@param spec table { playbook, text, args, folder, workers, options }
---@return integer exit code
---@return table ended { exit, json, id }
function M.run(o, spec)
  if o.json then output.check("json", o.json) end
  local spare = o.json and file.spare() -- a run that ends for want of descriptors still gives its result
  local in_memory = spec.options and (spec.options.once or spec.options.only)
  local path = not in_memory and database.path(o.db, spec.folder) or nil
  local settings = spec.options or {}
  settings.reports = { html = o.html, junit = o.junit, markdown = o.markdown, json = not (spec.select or settings.only) and o.json or nil }
  settings.taken = o.taken
  settings.policy = o.policy or engine.options().settings.policy
  settings.events, settings.db_shown, settings.stdout_taken, settings.color = o.events, path, output.one_stdout(o), o.color
  local run, err = engine.run {
    playbook = spec.playbook, text = spec.text, args = spec.args, labels = labels_of(o), seed = o.seed or 1, deadline = o.deadline,
    strict = o.strict, apply = o.apply, quiet = o.quiet, db = path, workers = spec.workers, options_json = json.encode(settings),
  }
  if not run then error(err, 0) end
  local watcher = forward_cancels(run)
  local ended = run:wait()
  watcher:cancel()
  o.ended = ended.json ~= nil
  if spare then spare:close() end
  if o.json and ended.json and (spec.select or o.json == "-" or settings.only) then
    output.write(o.json, (spec.select and spec.select(ended.json) or ended.json) .. "\n")
  end
  if ended.error then error(ended.error, 0) end
  return ended.exit, ended
end

return M
