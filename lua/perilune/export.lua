--- run:export: what comes onto the run's timeline goes to another system, while the run lasts and for a while at its end. A task of its own reads what is
--- stored: whoever measures never waits for it.
local later = require "perilune.later"
local clock = require "perilune.core.clock"
local delivery = later "perilune.delivery"
local lines = require "perilune.lines"
local receive = require "perilune.receive"
local schema = require "perilune.schema"
local task = require "perilune.task"
local words = require "perilune.words"
local writer = require "perilune.core.writer"

local M = {}

local EVERY_LEAST = 0.1
local SETTLE_NS = 3000000000 -- what is younger may still change: seconds of distributions are put together from all workers
local BEYOND_NS = 2000000000 -- the last second ends behind the run

--- A reader of its own, for the task keeps it while others read.
local function reader_of(export)
  if not export.reader then
    local reader, err = writer.reader()
    if not reader then error(err, 0) end
    export.reader = reader
  end
  return export.reader
end

--- Notes on the timeline how far it has come, which is where a later delivery of this run goes on.
local function mark(run, export, done_ns)
  run:record(delivery.cursor, done_ns / 1e9, { to = export.delivery.o.to, url = export.delivery.place })
end

local function deliver(run, export, to_ns)
  export.delivery:deliver(reader_of(export), to_ns, function(done_ns) mark(run, export, done_ns) end)
end

--- Delivers every now and then until the run ends, or it fails for good.
local function keep(run, export)
  local d = export.delivery
  local ok, err = task.try(function()
    while not d.ending do
      d:pause(d.o.every)
      if not d.ending then deliver(run, export, clock.wall() - SETTLE_NS) end
    end
  end)
  if not ok then d.failed = err.message end
end

--- Starts an export, which lasts until the run ends.
---@param run perilune.Run
---@param options table { to, url, every, at_end, labels, auth, headers, tls, proxy, timeout }
function M.start(run, options)
  local o = schema.check(words.options.export, options, "export")
  if delivery.system(o.to).LISTENS then
    local exposed = receive.expose(run, o.url)
    run:note(("export at %s (listen)"):format(exposed.url))
    run.exposed[#run.exposed + 1] = exposed
    return
  end
  if o.every < EVERY_LEAST then error({ code = "invalid", message = "export: every is at least 100ms" }, 0) end
  local p = run.prepared
  local client = delivery.client(o, p.typed, p.policy, p.spec.folder)
  local export = { delivery = delivery.new(o, { run = run.row, from_ns = run.started_ns }, client) }
  export.task = task.spawn(keep, run, export)
  run.exports[#run.exports + 1] = export
end

--- The rest of one export, within its limit.
local function settle(run, export)
  local d = export.delivery
  d.ending = true
  local to_ns = clock.wall() + BEYOND_NS
  local ok, err = task.try(task.within, d.o.at_end, function()
    export.task:join()
    if not d.failed then deliver(run, export, to_ns) end
  end)
  export.task:cancel()
  if not ok and err.code ~= "timeout" then d.failed = d.failed or err.message end
  run:note(d:told(d:missing(reader_of(export), to_ns)))
end

--- Delivers what is left of all exports of a run, side by side, and notes what became of it. What was measured is to be stored by now.
---@param run perilune.Run
function M.finish(run)
  for _, exposed in ipairs(run.exposed) do
    exposed.stop()
    run:note(("export at %s (listen): asked %s"):format(exposed.url, lines.counted(exposed.asked, "time")))
  end
  local rests = {}
  for i, export in ipairs(run.exports) do
    rests[i] = function() settle(run, export) end
  end
  if #rests > 0 then task.together(table.unpack(rests)) end
end

return M
