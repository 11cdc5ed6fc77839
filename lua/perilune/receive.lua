--- run:receive: what other systems send becomes series of the run.
local core = require "perilune.core.receiver"
local face = require "perilune.face"
local grant = require "perilune.grant"
local lines = require "perilune.lines"
local schema = require "perilune.schema"
local words = require "perilune.words"

local M = {}

local OPTIONS = words.options.receive

--- The protocols that options ask for: those that are true; where none is, all that are not false.
local function protocols(o)
  local asked, others = {}, {}
  for _, p in ipairs(words.receivers) do
    if o[p[1]] then asked[#asked + 1] = p[1] end
    if o[p[1]] ~= false then others[#others + 1] = p[1] end
  end
  local list = #asked > 0 and asked or others
  if #list == 0 then error({ code = "invalid", message = "receive: no protocol is left" }, 0) end
  return list
end

--- "127.0.0.1:9090", "[::1]:0" as host and port.
local function address(text)
  local host, port = text:match "^%[([%x:.]+)%]:(%d+)$"
  if not host then host, port = text:match "^([%d.]+):(%d+)$" end
  if not host or tonumber(port) > 65535 then
    error({ code = "invalid", message = ("receive: listen: %q is no address; write \"127.0.0.1:9090\", \"[::1]:9090\", or port 0 for any that is free"):format(text) }, 0)
  end
  return host, math.tointeger(tonumber(port))
end

local Receiver = {}
Receiver.__index = Receiver

--- What it took and refused so far.
---@return { samples: integer, series: integer, refused: table<string, integer> } refused: by reason
function Receiver:counts()
  local counts, err = core.counts(self.number)
  if not counts then error(err, 0) end
  local refused = {}
  for _, r in ipairs(counts.refused) do refused[r.reason] = r.count end
  return { samples = counts.samples, series = counts.series, refused = refused }
end

--- Ends it; what it took stays.
function Receiver:stop()
  self.stopped = true
  core.stop(self.number)
end

local face_of = face.kind("receiver", { counts = { Receiver.counts }, stop = { Receiver.stop } })
Receiver.face = function(self) return face_of(self, { url = self.url, address = self.address, port = self.port }) end

--- Starts a receiver, which listens until the run ends.
---@param run perilune.Run
---@param options table|nil { listen, remote_write, otlp, push, influx, role, origin, body, expanded, series, labels, label_bytes, rate, connections }
---@return table receiver { url, address, port } with counts() and stop()
function M.start(run, options)
  local o = schema.check(OPTIONS, options, "receive")
  local host, port = address(o.listen)
  grant.receive(host, port, run.prepared.policy)
  local number, got = core.start {
    host = host, port = port, protocols = protocols(o), role = o.role, origin = o.origin, body = math.ceil(o.body), expanded = math.ceil(o.expanded),
    series = o.series, labels = o.labels, label_bytes = o.label_bytes, rate = o.rate, connections = o.connections,
  }
  if not number then
    got.message = "receive: " .. got.message
    error(got, 0)
  end
  local place = (host:find(":", 1, true) and "[%s]:%d" or "%s:%d"):format(host, got)
  local receiver = setmetatable({ number = number, port = got, address = place, url = "http://" .. place }, Receiver)
  run.receivers[#run.receivers + 1] = receiver
  return receiver
end

--- One receiver in a line: what came, and what was refused by reason.
local function told(receiver, counts)
  local line = ("received at %s: %s of %s series"):format(receiver.address, lines.counted(counts.samples, "sample"), lines.count(counts.series))
  local refused = {}
  for i, r in ipairs(counts.refused) do refused[i] = ("%s (%s)"):format(lines.counted(r.count, (r.of:gsub("s$", ""))), r.text) end
  return #refused > 0 and ("%s; refused: %s"):format(line, table.concat(refused, ", ")) or line
end

--- Stops all receivers of a run and notes what each took and refused.
---@param run perilune.Run
function M.finish(run)
  for _, receiver in ipairs(run.receivers) do
    if not receiver.stopped then receiver:stop() end
    local counts, err = core.counts(receiver.number)
    if not counts then error(err, 0) end
    run:note(told(receiver, counts))
  end
end

return M
