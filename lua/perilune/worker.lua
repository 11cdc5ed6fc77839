--- A worker's side of a playbook: runs in every cell. The bridge (core/bind/user.c) calls open once a cell and then the
--- functions of the scenarios.
local feeder = require "perilune.feeder"
local once = require "perilune.once"
local playbook = require "perilune.playbook"

local M = {}

--- Behind a scenario's name: its `stop` function.
local STOP = ":stop"

local NO_TAGS = {}

local function copy(t)
  local out = {}
  for k, v in pairs(t) do out[k] = v end
  return out
end

--- One iteration: `start` before the first, again when it failed; with state = "iteration" each begins with the vars that `start` left.
local function iteration(s, fresh, started, wrap)
  return function(real)
    local user = wrap and wrap(real, s) or real
    if not rawget(real, "started") then
      if s.start then s.start(user) end
      real.started = true
      started()
      if fresh then real.start_vars = copy(real.vars) end
    end
    if fresh then real.vars = copy(real.start_vars) end
    for name, value in pairs(s.tags or NO_TAGS) do user:tag(name, value) end
    s.user(user)
  end
end

--- Evaluates scenarios(args, data) for its functions.
---@param book table what the chunk returned
---@param name string file name for messages
---@param args table
---@param data table data.data is what run:load passed, data.feeders the feeders' rows, data.once: --once
---@param started fun() tells the bridge that `start` is over
---@return table name -> function(user), one iteration; name:stop -> its stop
function M.open(book, name, args, data, started)
  book = playbook.check(book, name)
  M.feeders = data.feeders or {}
  local out = {}
  for scenario_name, s in pairs(playbook.scenarios(book, args, data.data)) do
    if data.once then s = once.scenario(s) end
    if s.user then
      local state = s.state or (s.arrivals and "iteration" or "user")
      out[scenario_name] = iteration(s, state == "iteration", started, data.once and once.user)
      out[scenario_name .. STOP] = s.stop
    end
  end
  return out
end

--- user:feed(name): the row for this user and iteration.
---@param name string
---@param user integer
---@param index integer of the iteration
---@param random fun(n: integer): integer
---@return table|nil
function M.feed(name, user, index, random)
  local f = M.feeders[name]
  if not f then
    local suggest = require "perilune.suggest"
    error(("user:feed: there is no feeder %q%s"):format(tostring(name), suggest.hint(tostring(name), M.feeders)), 0)
  end
  return feeder.row(f, user, index, random)
end

return M
