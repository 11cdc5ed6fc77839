--- A worker's side of a playbook: runs in every cell. The bridge (core/bind/user.c) calls open once a cell and then the
--- functions of the scenarios.
local copy = require "perilune.copy"
local later = require "perilune.later"
local once = later "perilune.once" -- what a cell holds beside its users counts for them
local playbook = require "perilune.playbook"
local suggest = require "perilune.suggest"

local M = {}

--- Behind a scenario's name: its `stop` function, and an iteration after `start`.
local STOP, STEADY = ":stop", ":steady"

--- An iteration after `start`: with state = "iteration" it begins with the vars that `start` left. Where there is nothing to do
--- beside, it is the script's function itself.
local function steady(s, fresh)
  local body, tags = s.user, s.tags and next(s.tags) and s.tags
  if not fresh and not tags then return body end
  return function(user)
    if fresh then user.vars = copy.shallow(user.start_vars) end
    if tags then
      for name, value in next, tags do user:tag(name, value) end
    end
    return body(user)
  end
end

--- One iteration of a user whose `start` is not over: it comes first, again when it failed.
local function first(s, fresh, started, go_on)
  return function(user)
    if s.start then s.start(user) end
    started()
    if fresh then user.start_vars = copy.shallow(user.vars) end
    return go_on(user)
  end
end

--- `--once`: the same with a user whose words are told of.
local function told(s, iterate)
  return function(user) return iterate(once.user(user, s)) end
end

--- Evaluates scenarios(args, data) for its functions.
---@param book table what the chunk returned
---@param name string file name for messages
---@param args table
---@param data table data.data is what run:load passed, data.once: --once
---@param started fun() tells the bridge that `start` is over
---@return table name -> function(user), the first iteration; name:steady -> a later one; name:stop -> its stop
function M.open(book, name, args, data, started)
  book = playbook.check(book, name)
  M.feeders = book.feeders
  if data.once then once.hide(args) end
  local out = {}
  for scenario_name, s in pairs(playbook.scenarios(book, args, data.data)) do
    if data.once then s = once.scenario(s) end
    if s.user then
      local fresh = (s.state or (s.arrivals and "iteration" or "user")) == "iteration"
      local go_on = steady(s, fresh)
      local begin = first(s, fresh, started, go_on)
      out[scenario_name] = data.once and told(s, begin) or begin
      out[scenario_name .. STEADY] = data.once and told(s, go_on) or go_on
      out[scenario_name .. STOP] = s.stop
    end
  end
  return out
end

--- What user:feed(name) gives of a feeder that a function makes; raises for a name that there is not.
---@param name string
---@param row integer from 1; nil where there is no such feeder
---@param random fun(n: integer?): number seeded by the row
---@return table|nil
function M.feed(name, row, random)
  if row then return M.feeders[name].fn(row, random) end
  error(("user:feed: there is no feeder %q%s"):format(name, suggest.hint(name, M.feeders)), 0)
end

return M
