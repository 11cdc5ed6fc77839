--- What an outlet gives of a timeline, sent to another system: parcel by parcel, each one until it was taken or refused. What a receiver may take a
--- moment later is sent again, after waits that double up to a bound, or as its Retry-After says; what it refuses is counted, and the next
--- one goes.
local clock = require "perilune.core.clock"
local core = require "perilune.core.outlet"
local exporter = require "perilune.exporter"
local grant = require "perilune.grant"
local guard = require "perilune.core.guard"
local http = require "perilune.core.http"
local http_client = require "perilune.http"
local line_client = require "perilune.line_client"
local lines = require "perilune.lines"
local redact = require "perilune.redact"
local retry = require "perilune.http.retry"
local schema = require "perilune.schema"
local suggest = require "perilune.suggest"
local task = require "perilune.task"
local words = require "perilune.words"

local M = {}

local LOOK_SECONDS, LAST_BACKOFF = 0.1, 1
local AGAIN = "408,425,429,5xx"

local Delivery = {}
Delivery.__index = Delivery

local function invalid(message) error({ code = "invalid", message = "export: " .. message }, 0) end

--- The exporter of a name; raises where there is none.
---@param name any
---@return table
function M.system(name)
  local system = exporter.systems[name]
  if system then return system end
  local names = words.names(words.exports)
  return invalid(("nothing is sent to %q%s (known: %s)"):format(tostring(name), suggest.hint(tostring(name), names), table.concat(names, ", ")))
end

--- Scheme, host and port of a URL, which may be a secret: what may be shown of it.
---@param url any
---@return string
function M.place(url)
  local lines_to = not guard.is_secret(url) and line_client.parse(url)
  if lines_to then return ("%s://%s:%s"):format(lines_to.scheme, lines_to.host, lines_to.port) end
  local parts, err = http.parse(guard.is_secret(url) and guard.reveal(url) or url)
  if not parts then return invalid(err.message) end
  return ("%s://%s:%d"):format(parts.scheme, parts.host, parts.port)
end

--- Whoever sends to a system, where that is granted.
---@param o table words.options.export, checked
---@param typed table set of hosts typed on the command line
---@param policy table
---@param folder string|nil the playbook's
---@return table client
function M.client(o, typed, policy, folder)
  if not M.system(o.to).LINES then return http_client.new { hosts = grant.fetch(typed, policy), folder = folder } end
  if guard.is_secret(o.url) or not line_client.parse(o.url) then invalid(("%s takes a url such as \"udp://127.0.0.1:8125\" or \"tcp://127.0.0.1:2003\""):format(o.to)) end
  local may, place = grant.may_ask(o.url, typed, policy)
  if not may then error({ code = "refused", message = ("export: %s is not granted: type it as an argument, or name it in a policy's fetch"):format(place or o.url) }, 0) end
  return line_client.new(o.url)
end

local function open_source(system, o, from)
  if system.open then return system.open(o, from) end
  local outlet, err = core.open { format = system.FORMAT, run = from.run, from_ns = from.from_ns, metric = from.metric, labels = o.labels }
  if not outlet then error(err, 0) end
  return outlet
end

--- A delivery of a run's part of a timeline, from a moment on.
---@param o table words.options.export, checked
---@param from { run: integer, from_ns: integer, metric: string? }
---@param client table of perilune.http
---@return table delivery
function M.new(o, from, client)
  local system = M.system(o.to)
  if system.LISTENS then invalid(o.to .. " is run:export's, while a run lasts; perilune serve has what it tells of all runs") end
  schema.labels(o.labels, "export")
  if system.check then system.check(o) end
  local d = setmetatable({ o = o, system = system, client = client, place = M.place(o.url), sent = 0, refused = 0, left_out = 0, requests = 0, answered = false }, Delivery)
  if client.check then client:check(d:request "") end
  d.outlet = open_source(system, o, from)
  return d
end

--- Waits, until the run ends at most.
function Delivery:pause(seconds)
  local till, ending = clock.now() + seconds, self.ending
  repeat task.sleep(math.max(0, math.min(LOOK_SECONDS, till - clock.now()))) until clock.now() >= till or self.ending ~= ending
end

local REQUEST = { "auth", "tls", "proxy", "timeout" }

function Delivery:request(body)
  local o = self.o
  local request = self.system.build_request(o, body)
  for name, value in pairs(o.headers or {}) do request.headers[name] = value end
  for _, name in ipairs(REQUEST) do
    if request[name] == nil then request[name] = o[name] end
  end
  request.auth = request.auth or nil
  request.retries, request.follow, request.dry, request.expect = 0, 0, true, "2xx"
  return request
end

--- Why a parcel did not arrive, in a line.
function Delivery:explain(err)
  local why = err.answer and self.system.why(err.answer)
  return redact.url(why and ("%s: %s"):format(err.message, why) or err.message)
end

--- The rule of waits; at the run's end they are short.
function Delivery:rule()
  return retry.rule({ retries = math.maxinteger, repeatable = true, retry_on = AGAIN, backoff = self.o.backoff, backoff_max = self.o.backoff_max, wait_max = math.huge }, "POST")
end

--- Whether a parcel was tried for as long as there is patience; without a limit never.
function Delivery:gives_up(began) return self.patience and clock.now() - began > self.patience end

--- Counts a parcel that was answered, so many samples of which were refused.
function Delivery:count(parcel, dropped, why)
  dropped = math.min(dropped, parcel.samples)
  self.sent, self.refused = self.sent + parcel.samples - dropped, self.refused + dropped
  if dropped > 0 then self.why_refused = self.why_refused or redact.url(why) end
end

--- What a receiver refused of a parcel that it took, and why.
function Delivery:rejected(answer)
  if not self.system.rejected then return 0 end
  local n, why = self.system.rejected(answer)
  return n, ("POST %s: %s"):format(self.place, why)
end

--- Sends a parcel until it is taken or refused.
function Delivery:send(body, parcel)
  local rule, began = self:rule(), clock.now()
  self.under_way = parcel.samples
  while true do
    self.requests = self.requests + 1
    local ok, answer = task.try(self.client.request, self.client, self:request(body))
    self.answered = self.answered or ok or answer.answer ~= nil
    if ok then
      self:count(parcel, self:rejected(answer))
      self.why_waiting = nil
      break
    end
    local err = answer
    local why = self:explain(err)
    local wait = retry.next(rule, err.answer, err, clock.wall() / 1e9, http.fraction)
    if not wait then
      if not err.answer then error({ code = err.code, message = why }, 0) end -- nobody said no: the next one fares no better
      self:count(parcel, self.system.dropped and self.system.dropped(err.answer) or parcel.samples, why)
      break
    end
    if self:gives_up(began) then error({ code = "unavailable", message = why }, 0) end
    self.why_waiting = why
    self:pause(self.ending and math.min(wait, LAST_BACKOFF) or wait)
  end
  self.left_out, self.under_way = self.left_out + parcel.left_out, 0
end

--- Sends everything before a moment; `moved` is called where it has come further.
---@param reader any
---@param to_ns integer
---@param moved fun(done_ns: integer)|nil
function Delivery:deliver(reader, to_ns, moved)
  while true do
    local before = self.outlet:done()
    local body, parcel = self.outlet:next(reader, to_ns)
    if body then self:send(body, parcel) end
    if moved and self.requests > 0 and self.outlet:done() > before then moved(self.outlet:done()) end
    if not body then
      if parcel then error(parcel, 0) end
      return
    end
  end
end

--- The samples before a moment that were neither taken nor refused.
---@param reader any
---@param to_ns integer
---@return integer
function Delivery:missing(reader, to_ns)
  local left, err = self.outlet:left(reader, to_ns)
  if not left then error(err, 0) end
  return left + (self.under_way or 0)
end

--- What became of it, in a line.
---@param missing integer
---@return string
function Delivery:told(missing)
  local function counted(n) return lines.counted(n, self.system.NOUN or "sample") end
  local line = ("export to %s (%s): %s delivered"):format(self.place, self.o.to, counted(self.sent))
  if self.refused > 0 then line = line .. ("; %s refused: %s"):format(counted(self.refused), self.why_refused) end
  if self.left_out > 0 then line = line .. ("; %s left out: it has neither NaN nor infinities"):format(counted(self.left_out)) end
  local passed = self.outlet.passed_over and self.outlet:passed_over() or 0
  if passed > 0 then line = line .. ("; %s left out: of those of a series within one %s the first goes"):format(counted(passed), self.o.to == "graphite" and "second" or "millisecond") end
  local why = self.failed or self.why_waiting
  if missing > 0 then return line .. ("; %s not delivered%s"):format(counted(missing), why and ": " .. why or "") end
  if self.failed then return line .. ("; then it failed: %s"):format(self.failed) end
  return line
end

M.cursor, M.all = core.cursor, core.all

return M
