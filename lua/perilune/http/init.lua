--- Requests to other systems: one place for redirects, retries, paging, grants and what may be told of them. Each call is told once, with
--- nothing in it that is a secret.
local answer = require "perilune.http.answer"
local clock = require "perilune.core.clock"
local copy = require "perilune.copy"
local core = require "perilune.core.http"
local engine = require "perilune.core.engine"
local face = require "perilune.face"
local link = require "perilune.http.link"
local redact = require "perilune.redact"
local request = require "perilune.http.request"
local retry = require "perilune.http.retry"
local scenario = require "perilune.scenario"
local schema = require "perilune.schema"
local task = require "perilune.task"
local words = require "perilune.words"

local M = {}

local TELL_SECONDS = 5
local REDIRECTS = { [301] = true, [302] = true, [303] = true, [307] = true, [308] = true }

local Client = {}
Client.__index = Client

--- A client with connections of its own; they are opened at first use.
---@param options { hosts: table?, apply: boolean?, folder: string?, tell: fun(call: table)?, transport: table? } hosts: those that may be asked beside
--- loopback, as grant.fetch gives them; apply: changes may be asked for; transport: has send(self, exchange), instead of the network
---@return table client
function M.new(options)
  return setmetatable({ hosts = options.hosts, apply = options.apply, folder = options.folder or ".", tell = options.tell, transport = options.transport, proxies = engine.options().settings }, Client)
end

--- Whoever sends: loaded here, so that a run which asks nobody does not pay for it.
function Client:sender()
  if not self.transport then
    local client, err = core.open(self.hosts)
    if not client then error(err, 0) end
    self.transport = client
  end
  return self.transport
end

--- One exchange: an answer, or nil and the error.
function Client:exchange(req, o)
  local lines = {}
  for i, h in ipairs(req.headers) do lines[i] = h[1] .. ": " .. h[2] end
  local raw, err = self:sender():send {
    method = req.method, url = req.url, headers = lines, body = req.body, repeatable = o.repeatable or o.repeatable == nil and request.IDEMPOTENT[req.method], tls = req.tls, proxy = req.proxy and req.proxy.url, proxy_user = req.proxy and req.proxy.user,
    timeout = o.timeout, connect_timeout = o.connect_timeout, tls_timeout = o.tls_timeout, first_byte_timeout = o.first_byte_timeout, max_body = o.max_body, max_headers = o.max_headers,
  }
  if not raw then return nil, err end
  return answer.new(raw, req)
end

--- An exchange and those that its redirects lead to.
function Client:follow(req, o)
  local got, err = self:exchange(req, o)
  for _ = 1, o.follow do
    local to = got and REDIRECTS[got.status] and got:header "location"
    if not to then break end
    local plain = got.status == 303 or (got.status < 303 and req.method == "POST")
    req = request.moved(req, to, plain)
    got, err = self:exchange(req, o)
    if err and err.code == "refused" then err.message = ("%s (a redirect)"):format(err.message) end
  end
  return got, err
end

--- All attempts.
function Client:attempts(req, o, call)
  local rule = retry.rule(o, req.method)
  while true do
    call.attempts = call.attempts + 1
    local got, err = self:follow(req, o)
    local wait, why = retry.next(rule, got, err, clock.wall() / 1e9, core.fraction)
    if not wait then return got, err, why end
    task.sleep(wait)
  end
end

local function fail(call, fields)
  local tries = call.attempts > 1 and (" (%d attempts)"):format(call.attempts) or ""
  call.why = redact.url(fields.message)
  fields.why = call.why
  fields.message = redact.url(("%s %s: %s%s"):format(call.method, call.url, fields.message, tries))
  error(fields, 0)
end

--- The answer, when it is as expected; else raises.
local function settle(call, o, got, err, why)
  if not got then fail(call, { code = err.code, message = err.message, phase = err.phase, retryable = err.retryable }) end
  call.status, call.bytes, call.address, call.phases = got.status, #got.text, got.address, got.phases
  got.attempts = call.attempts
  local expected = scenario.expected(o.expect, "http")
  got.ok = expected and retry.is_among(got.status, expected) or not expected and got.status < 400
  if got.ok then return got end
  fail(call, { code = "status", status = got.status, answer = got.face(got), message = ("%d%s%s"):format(got.status, got.reason and " " .. got.reason or "", why and "; " .. why or "") })
end

--- Tells of a call, also of one that was cancelled.
function Client:told(call, began)
  if not self.tell then return end
  call.at, call.seconds = began, (clock.wall() - began) / 1e9
  task.shield(TELL_SECONDS, self.tell, call)
end

--- Sends a built request.
function Client:send(req, o)
  local call, began = { method = req.method, url = req.shown, attempts = 0, thread = coroutine.running() }, clock.wall()
  local ok, got = pcall(function() return settle(call, o, self:attempts(req, o, call)) end)
  if not ok and type(got) == "table" then
    got.message = redact.url(got.message)
    call.error, call.why = got.code, call.why or got.message
  end
  self:told(call, began)
  if not ok then error(got, 0) end
  return got
end

local function checked(self, options, rules)
  local o = schema.check(rules, options, "http")
  local req = request.build(o, self)
  if not (request.SAFE[req.method] or o.dry or self.apply) then
    error({ code = "refused", message = ("http: %s %s may change something: give --apply, or say dry = true where it does not"):format(req.method, req.shown) }, 0)
  end
  return o, req
end

--- Raises where a request could not even be built; sends nothing.
---@param options table words.options.http
function Client:check(options) checked(self, options, words.options.http) end

--- Asks, and waits for the answer.
---@param options table words.options.http
---@return table answer
function Client:request(options)
  local o, req = checked(self, options, words.options.http)
  return self:send(req, o)
end

--- The request of the page behind an answer, or nil.
local function next_request(o, got)
  local to
  if o.next then to = o.next(got.face(got)) else to = link.target(got:header "link", "next") end
  if to == nil or to == "" then return nil end
  if type(to) == "table" then return request.with_fields(got.request, to) end
  if type(to) ~= "string" then error({ code = "invalid", message = "http_pages: next gives a URL, a table of query fields or nil" }, 0) end
  return request.moved(got.request, to)
end

--- An iterator over the answers of all pages.
---@param options table words.options.http_pages
---@return fun(): table|nil
function Client:pages(options)
  local o, req = checked(self, options, words.options.http_pages)
  local seen, n, got = {}, 0, nil
  return function()
    if got then req = next_request(o, got) end
    if not req then return nil end
    n = n + 1
    if seen[req.url] then error({ code = "protocol", message = ("http_pages: %s leads back to itself"):format(req.shown) }, 0) end
    if n > o.max_pages then error({ code = "limit", message = ("http_pages: more than %d pages at %s"):format(o.max_pages, req.shown) }, 0) end
    seen[req.url] = true
    got = self:send(req, o)
    return got
  end
end

--- For scripts: the iterator's answers are faces.
---@param client table
---@param options table
---@return fun(): any
function M.face_pages(client, options)
  local next_page = client:pages(options)
  return function() return face.export(next_page()) end
end

local here -- the client of this state: a run's, else one that asks loopback alone

--- Makes a run's client the one behind pl.http.
---@param client table
function M.use(client) here = client end

--- pl.http: as run:http, where there is no run.
---@param options table
---@return any answer
function M.request(options)
  here = here or M.new {}
  local own = type(options) == "table" and copy.shallow(options) or options
  local try = type(own) == "table" and own.try
  if try then own.try = nil end
  local ok, got = task.try(here.request, here, own)
  if ok then return face.export(got) end
  if try and got.code ~= "cancelled" then return nil, got end
  error(got, 0)
end

return M
