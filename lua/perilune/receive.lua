--- run:receive: what other systems send becomes series of the run.
local core = require "perilune.core.receiver"
local face = require "perilune.face"
local grant = require "perilune.grant"
local lines = require "perilune.lines"
local schema = require "perilune.schema"
local words = require "perilune.words"

local M = {}

local OPTIONS = words.options.receive

local function invalid(message, ...) error({ code = "invalid", message = message:format(...) }, 0) end

--- The protocols that options ask for: those that are true; where none is, all over HTTP that are not false.
local function protocols(o)
  local asked, others, own = {}, {}, {}
  for _, p in ipairs(words.receivers) do
    if o[p[1]] then asked[#asked + 1] = p[1] end
    if o[p[1]] ~= false then others[#others + 1] = p[1] end
  end
  for _, p in ipairs(words.line_receivers) do
    if o[p[1]] then own[#own + 1] = p[1] end
  end
  local list = (#asked > 0 or #own > 0) and asked or others
  table.move(own, 1, #own, #list + 1, list)
  if #list == 0 then invalid "receive: no protocol is left" end
  return list
end

--- "127.0.0.1:9090", "[::1]:0" as host and port.
local function address(name, text)
  local host, port = text:match "^%[([%x:.]+)%]:(%d+)$"
  if not host then host, port = text:match "^([%d.]+):(%d+)$" end
  if not host or tonumber(port) > 65535 then
    invalid("receive: %s: %q is no address; write \"127.0.0.1:9090\", \"[::1]:9090\", or port 0 for any that is free", name, text)
  end
  return { host, math.tointeger(tonumber(port)) }
end

--- Where each listener is to be: { listen = { host, port }, statsd = …, graphite = … }, as a policy allows it.
local function addresses(o, policy)
  local list = { listen = address("listen", o.listen) }
  for _, p in ipairs(words.line_receivers) do
    local name, where = p[1], o[p[1]]
    if where == true then
      list[name] = { list.listen[1], 0 }
    elseif type(where) == "string" then
      list[name] = address(name, where)
    elseif where then
      invalid("receive: %s is true or an address, not %s", name, schema.show(where))
    end
  end
  for _, at in pairs(list) do grant.receive(at[1], at[2], policy) end
  return list
end

--- host:port, or nil where nobody listens.
local function place(at, port)
  return port and (at[1]:find(":", 1, true) and "[%s]:%d" or "%s:%d"):format(at[1], port)
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
Receiver.face = function(self) return face_of(self, { url = self.url or face.NONE, address = self.address or face.NONE, port = self.port or face.NONE,
  statsd = self.statsd or face.NONE, graphite = self.graphite or face.NONE }) end

--- What a script gets, of where it listens.
local function receiver_of(number, at, ports)
  local receiver = setmetatable({ number = number, port = ports.http, address = place(at.listen, ports.http) }, Receiver)
  receiver.url = receiver.address and "http://" .. receiver.address
  for _, p in ipairs(words.line_receivers) do
    local port = ports[p[1]]
    if port then receiver[p[1]] = { address = place(at[p[1]], port), port = port } end
  end
  return receiver
end

--- Starts a receiver, which listens until the run ends.
---@param run perilune.Run
---@param options table|nil { listen, remote_write, otlp, push, influx, statsd, graphite, role, origin, body, expanded, series, labels, label_bytes, rate, connections }
---@return table receiver { url, address, port, statsd = { address, port }, graphite } with counts() and stop()
function M.start(run, options)
  local o = schema.check(OPTIONS, options, "receive")
  local at = addresses(o, run.prepared.policy)
  local number, got = core.start {
    listen = at.listen, statsd = at.statsd, graphite = at.graphite, protocols = protocols(o), role = o.role, origin = o.origin,
    body = math.ceil(o.body), expanded = math.ceil(o.expanded),
    series = o.series, labels = o.labels, label_bytes = o.label_bytes, rate = o.rate, connections = o.connections,
  }
  if not number then
    got.message = "receive: " .. got.message
    error(got, 0)
  end
  local receiver = receiver_of(number, at, got)
  run.receivers[#run.receivers + 1] = receiver
  return receiver
end

--- Where it listens, in words.
local function places(receiver)
  local list = { receiver.address }
  for _, p in ipairs(words.line_receivers) do
    if receiver[p[1]] then list[#list + 1] = ("%s (%s)"):format(receiver[p[1]].address, p[1]) end
  end
  return table.concat(list, ", ")
end

--- One receiver in a line: what came, and what was refused by reason.
local function told(receiver, counts)
  local line = ("received at %s: %s of %s series"):format(places(receiver), lines.counted(counts.samples, "sample"), lines.count(counts.series))
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
