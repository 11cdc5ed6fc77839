--- run:receive: what other systems send becomes series of the run.
local later = require "perilune.later"
local core = require "perilune.core.receiver"
local exposition = later "perilune.exposition"
local face = require "perilune.face"
local grant = require "perilune.grant"
local lines = require "perilune.lines"
local pages = require "perilune.pages"
local run_pages = later "perilune.run_pages"
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
  for _, p in ipairs(words.own_receivers) do
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

--- "unix:/run/statsd.sock" as host and port; nil where it is none. StatsD alone has senders that write there.
local function unix_address(name, text)
  local path = text:match "^unix:(.*)$"
  if not path then return nil end
  if name ~= "statsd" then invalid("receive: %s: %q: StatsD alone is received at a Unix socket", name, text) end
  if not path:find "^/" or #path > 107 or path:find "%z" then invalid("receive: %s: %q: unix: is followed by an absolute path, at most 107 bytes", name, text) end
  return { text, 0 }
end

--- Where each listener is to be: { listen = { host, port }, otlp_grpc = …, statsd = …, graphite = … }, as a policy allows it.
local function addresses(o, policy)
  local list = { listen = address("listen", o.listen) }
  for _, p in ipairs(words.own_receivers) do
    local name, where = p[1], o[p[1]]
    if where == true then
      list[name] = { list.listen[1], 0 }
    elseif type(where) == "string" then
      list[name] = unix_address(name, where) or address(name, where)
    elseif where then
      invalid("receive: %s is true or an address, not %s", name, schema.show(where))
    end
  end
  for _, at in pairs(list) do
    if not at[1]:find "^unix:" then grant.receive(at[1], at[2], policy) end
  end
  return list
end

--- host:port, or nil where nobody listens.
local function place(at, port)
  if at and at[1]:find "^unix:" then return at[1] end
  return port and (at[1]:find(":", 1, true) and "[%s]:%d" or "%s:%d"):format(at[1], port)
end

local Receiver = {}
Receiver.__index = Receiver

--- What it took and refused so far.
---@return { samples: integer, series: integer, spans: integer, logs: integer, exemplars: integer, refused: table<string, integer> } refused: by reason
function Receiver:counts()
  local counts, err = core.counts(self.number)
  if not counts then error(err, 0) end
  local refused = {}
  for _, r in ipairs(counts.refused) do refused[r.reason] = r.count end
  return { samples = counts.samples, series = counts.series, spans = counts.spans, logs = counts.logs, exemplars = counts.exemplars, refused = refused }
end

--- Ends it; what it took stays.
function Receiver:stop()
  self.stopped = true
  if self.pages then self.pages:cancel() end
  core.stop(self.number)
end

local face_of = face.kind("receiver", { counts = { Receiver.counts }, stop = { Receiver.stop } })
Receiver.face = function(self) return face_of(self, { url = self.url or face.NONE, address = self.address or face.NONE, port = self.port or face.NONE,
  otlp_grpc = self.otlp_grpc or face.NONE, statsd = self.statsd or face.NONE, graphite = self.graphite or face.NONE }) end

--- What a script gets, of where it listens.
local function receiver_of(number, at, ports)
  local receiver = setmetatable({ number = number, port = ports.http, address = place(at.listen, ports.http) }, Receiver)
  receiver.url = receiver.address and "http://" .. receiver.address
  for _, p in ipairs(words.own_receivers) do
    local port = ports[p[1]]
    if port or (at[p[1]] and at[p[1]][1]:find "^unix:") then receiver[p[1]] = { address = place(at[p[1]], port), port = port } end
  end
  return receiver
end

--- Starts a listener; what: the word, for its error.
local function open(o, at, list, what)
  local number, got = core.start {
    listen = at.listen, otlp_grpc = at.otlp_grpc, statsd = at.statsd, graphite = at.graphite, protocols = list, pages = o.pages, role = o.role, origin = o.origin,
    body = math.ceil(o.body), expanded = math.ceil(o.expanded),
    series = o.series, labels = o.labels, label_bytes = o.label_bytes, spans = o.spans, logs = o.logs, exemplars = o.exemplars, rate = o.rate, connections = o.connections,
  }
  if number then return number, got end
  got.message = what .. ": " .. got.message
  error(got, 0)
end

--- One function for /metrics and for all other pages.
local function page_of(metrics, others)
  return function(asked)
    if asked.path == "/metrics" then return metrics(asked) end
    if others then return others(asked) end
    return 404, pages.TEXT, "there is /metrics alone\n"
  end
end

--- Starts a receiver, which listens until the run ends.
---@param run perilune.Run
---@param options table|nil { listen, remote_write, otlp, push, influx, zipkin, otlp_grpc, statsd, graphite, pages, role, origin, body, expanded, series, labels, label_bytes, spans, logs, exemplars, rate, connections }
---@return table receiver { url, address, port, otlp_grpc = { address, port }, statsd, graphite } with counts() and stop()
function M.start(run, options)
  local o = schema.check(OPTIONS, options, "receive")
  local at = addresses(o, run.prepared.policy)
  local number, ports = open(o, at, protocols(o), "receive")
  local receiver = receiver_of(number, at, ports)
  if o.pages then
    receiver.pages = pages.start(number, page_of(exposition.new(), run_pages.new()))
    run:note(("serving the runs at %s/ and their newest values at %s/metrics"):format(receiver.url, receiver.url))
  end
  run.receivers[#run.receivers + 1] = receiver
  return receiver
end

--- Listens for nothing but requests for /metrics of the run.
---@param run perilune.Run
---@param url string "http://127.0.0.1:9464"
---@return { url: string, asked: integer, stop: fun() } asked: how often it was answered
function M.expose(run, url)
  local host = url:match "^http://([^/]+)/?$" or url:match "^http://([^/]+)/metrics$"
  local o = schema.check(OPTIONS, { listen = host or url, pages = true }, "export")
  local at = addresses(o, run.prepared.policy)
  local number, ports = open(o, at, {}, "export")
  local exposed, metrics = { url = ("http://%s/metrics"):format(place(at.listen, ports.http)), asked = 0 }, exposition.new(run.id)
  local answering = pages.start(number, page_of(function(asked)
    exposed.asked = exposed.asked + 1
    return metrics(asked)
  end))
  function exposed.stop()
    answering:cancel()
    core.stop(number)
  end
  return exposed
end

--- Where it listens, in words.
local function places(receiver)
  local list = { receiver.address }
  for _, p in ipairs(words.own_receivers) do
    if receiver[p[1]] then list[#list + 1] = ("%s (%s)"):format(receiver[p[1]].address, p[1]) end
  end
  return table.concat(list, ", ")
end

--- One receiver in a line: what came, and what was refused by reason.
local function told(receiver, counts)
  local line = ("received at %s: %s of %s series"):format(places(receiver), lines.counted(counts.samples, "sample"), lines.count(counts.series))
  for _, kind in ipairs { "span", "log", "exemplar" } do
    local n = counts[kind .. "s"]
    if n > 0 then line = ("%s, %s"):format(line, lines.counted(n, kind)) end
  end
  local refused = lines.refused(counts.refused)
  return refused and ("%s; refused: %s"):format(line, refused) or line
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
