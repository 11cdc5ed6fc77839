--- run:fetch of a system that holds traces: spans of the timeline that outlive the run, each once.
local clock = require "perilune.core.clock"
local database = require "perilune.database"
local fetched = require "perilune.fetched"
local traces = require "perilune.traces"

local M = {}

local SETTLED = 60  -- seconds: of what is younger, spans may still be on their way; it is asked for again
local LEAST = 0.001 -- seconds: shorter stretches are not cut

local function milliseconds(seconds) return math.floor(seconds * 1000 + 0.5) / 1000 end

--- Asks for a stretch; where an answer has as many traces as it may, for its halves.
local function take(run, name, system, o, s, counts)
  local from, to = s[1], s[2]
  local question = system.question(o)
  local covered = from < o.settled and { query = question, step = "0", from = from, seconds = math.min(to, o.settled) - from, most = o.limit } or nil
  local kept = fetched.take(run, name, system, o, question, system.build_request(o, from, to), covered)
  counts.requests, counts.traces, counts.spans = counts.requests + 1, counts.traces + kept.traces, counts.spans + kept.spans
  if kept.traces < o.limit then return end
  if to - from <= LEAST * 1.5 then
    return run:note(("fetch %s: there may be more than %d traces within a millisecond: the others were not fetched"):format(question, o.limit))
  end
  local middle = milliseconds((from + to) / 2)
  take(run, name, system, o, { from, middle }, counts)
  take(run, name, system, o, { middle, to }, counts)
end

--- Fetches what is missing of the traces of a service that began from `from` to `to`.
---@param run perilune.Run
---@param name string kind of the source
---@param system table a connector
---@param o table checked options, with the instance
---@param now number seconds since 1970
---@return table { from, to, requests, traces, spans, operations }: what came, and what all that is there of the server says of each operation
function M.run(run, name, system, o, now)
  local from = milliseconds(fetched.moment(o.from or fetched.invalid "from is missing, for instance from = \"-1h\"", now, "from"))
  local to = milliseconds(o.to and fetched.moment(o.to, now, "to") or now)
  if from >= to then fetched.invalid "from is not before to" end
  if o.limit < 1 then fetched.invalid "limit is at least 1" end
  local counts, question = { requests = 0, traces = 0, spans = 0 }, system.question(o)
  o.settled = milliseconds(now - SETTLED)
  for _, s in ipairs(fetched.missing(fetched.covered(run, name, o, question, question, "0"), from, to)) do
    if s[2] - s[1] > LEAST / 2 then take(run, name, system, o, { milliseconds(s[1]), milliseconds(s[2]) }, counts) end
  end
  run.fetched_traces = true
  local spans = database.records(run:reader(), "spans_kept", { from_ns = math.floor(from * 1e9), to_ns = math.floor(to * 1e9), source = name, instance = o.instance })
  if #spans == 0 then
    run:note(("fetch %s: nothing found: %s has no traces of %s from %s to %s"):format(name, o.url, question, clock.iso(math.floor(from * 1e9)), clock.iso(math.floor(to * 1e9))))
  end
  counts.from, counts.to, counts.operations = from, to, traces.operations(spans, {}, to - from)
  return counts
end

return M
