--- perilune test FOLDER... (hidden): runs busted's specs inside this program, as a task, so that a spec may wait. It lives in
--- a state of its own kind (core/script/state.h, TEST), the only one that has io, os and debug.
local engine = require "perilune.core.engine"
local task = require "perilune.core.task"

local M = {
  name = "test", hidden = true, about = "Run busted specs inside this program.", usage = "perilune test FOLDER...", words = { "a folder" }, min = 1, max = 100,
  examples = { "perilune test tests/lua" }, options = { { name = "times", help = "how long each test took" } },
}

local function say(text) engine.write("result", text .. "\n") end

--- "describe it": the names from the file inwards.
local function full_name(busted, element)
  local names = {}
  while element and element.name do
    if element.descriptor ~= "file" then table.insert(names, 1, element.name) end
    element = busted.context.parent(element)
  end
  return table.concat(names, " ")
end

--- Counts what busted publishes and tells of failures; with times, how long each test took, without what is set up for it.
local function listen(busted, times)
  local totals = { success = 0, failure = 0, error = 0, pending = 0 }
  local began
  busted.subscribe({ "test", "start" }, function() began = task.now() return nil, true end)
  busted.subscribe({ "test", "end" }, function(element, _, status)
    totals[status] = (totals[status] or 0) + 1
    if times then say(("%8.2f s  %s"):format(task.now() - began, full_name(busted, element))) end
    return nil, true
  end)
  local function on_failure(element, _, message, trace)
    say(("not ok %s\n  %s"):format(full_name(busted, element), tostring(message):gsub("\n", "\n  ")))
    if trace and trace.short_src then say(("  %s:%s"):format(trace.short_src, tostring(trace.currentline))) end
    return nil, true
  end
  busted.subscribe({ "failure" }, on_failure)
  busted.subscribe({ "error" }, function(element, ...)
    if not element or element.descriptor ~= "it" then totals.error = totals.error + 1 end
    return on_failure(element or {}, ...)
  end)
  return totals
end

--- Runs the specs.
---@param o table
---@return integer
function M.main(o)
  local busted = require "busted.core"()
  require "busted"(busted)
  local totals = listen(busted, o.times)
  local load = require "busted.modules.test_file_loader"(busted, { "lua" })
  local roots = {}
  for i = 1, #o do roots[i] = o[i] end
  load(roots, { "_spec%.lua$" }, { recursive = true, excludes = {} })
  require "busted.execute"(busted)(1, { sort = true, seed = 1 })
  say(("busted: %d passed, %d failed, %d skipped"):format(totals.success, totals.failure + totals.error, totals.pending))
  return totals.failure + totals.error > 0 and 1 or 0
end

return M
