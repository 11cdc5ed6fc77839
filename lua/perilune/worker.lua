--- A worker's side of a playbook: runs in every cell. The bridge (core/bind/user.c) calls open once a cell and then the
--- functions of the scenarios.
local feeder = require "perilune.feeder"
local playbook = require "perilune.playbook"

local M = {}

--- Evaluates scenarios(args, data) for its functions.
---@param book table what the chunk returned
---@param name string file name for messages
---@param args table
---@param data table the run's data; data.__feeders holds the feeders' rows
---@return table name -> { user, start, stop }
function M.open(book, name, args, data)
  book = playbook.check(book, name)
  local feeders = data and data.__feeders or {}
  local own = data and data.data or {}
  local out = {}
  for scenario_name, s in pairs(playbook.scenarios(book, args, own)) do
    out[scenario_name] = { user = s.user, start = s.start, stop = s.stop }
  end
  M.feeders = feeders
  return out
end

--- user:feed(name): the row for this user and iteration.
---@param name string
---@param user integer
---@param iteration integer
---@param random fun(n: integer): integer
---@return table|nil
function M.feed(name, user, iteration, random)
  local f = M.feeders[name]
  if not f then
    local suggest = require "perilune.suggest"
    error(("user:feed: there is no feeder %q%s"):format(tostring(name), suggest.hint(tostring(name), M.feeders)), 0)
  end
  return feeder.row(f, user, iteration, random)
end

return M
