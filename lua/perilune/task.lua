--- Structured concurrency over perilune.core.task: deadlines, shields, groups.
local core = require "perilune.core.task"

local M = { spawn = core.spawn, sleep = core.sleep, yield = core.yield, now = core.now, try = core.try }

local function finish(ok, ...)
  if not ok then error((...), 0) end
  return ...
end

--- Runs fn with a deadline; raises an error with code "timeout" when it passes.
---@param seconds number
---@param fn function
---@param ... any arguments of fn
---@return ... what fn returns
function M.within(seconds, fn, ...)
  local child = core.spawn(fn, ...)
  local timer = core.spawn(function()
    core.sleep(seconds)
    child:cancel("timeout")
  end)
  local results = table.pack(pcall(child.join, child))
  timer:cancel()
  return finish(table.unpack(results, 1, results.n))
end

--- Runs fn although this task was cancelled, for at most `seconds`.
---@param seconds number
---@param fn function
---@param ... any arguments of fn
---@return ... what fn returns
function M.shield(seconds, fn, ...)
  local child = core.spawn(M.within, seconds, fn, ...)
  return child:join(true)
end

--- Runs functions side by side; the first failure cancels the others; all are joined before it is raised.
---@param ... function
---@return table results of each, in order
function M.together(...)
  local tasks, results, failure = {}, {}, nil
  local function cancel_all()
    for _, t in ipairs(tasks) do t:cancel() end
  end
  for i, fn in ipairs { ... } do
    tasks[i] = core.spawn(function()
      local ok, value = pcall(fn)
      if not ok and not failure then
        failure = value
        cancel_all()
      end
      results[i] = value
    end)
  end
  for _, t in ipairs(tasks) do
    local ok, err = pcall(t.join, t)
    if not ok then
      failure = failure or err
      cancel_all()
      pcall(t.join, t, true)
    end
  end
  if failure then error(failure, 0) end
  return results
end

return M
