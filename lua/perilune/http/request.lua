--- A request to another system: from what people write to what is sent, and to what may be shown of it. Sends nothing.
local core = require "perilune.core.http"
local engine = require "perilune.core.engine"
local guard = require "perilune.core.guard"
local json = require "perilune.core.json"
local proxy = require "perilune.http.proxy"
local redact = require "perilune.redact"
local scenario = require "perilune.scenario"
local schema = require "perilune.schema"
local suggest = require "perilune.suggest"
local tls = require "perilune.tls"

local M = {}

--- Methods that change nothing, and those that may be sent twice (RFC 9110, 9.2).
M.SAFE = { GET = true, HEAD = true, OPTIONS = true }
M.IDEMPOTENT = { GET = true, HEAD = true, OPTIONS = true, PUT = true, DELETE = true }

local LEAST_HIDDEN = 8 -- of a value whose name alone tells that it is private: "true" is none

local function invalid(message) error({ code = "invalid", message = "http: " .. message }, 0) end

--- Shows a text nowhere from now on, however it is written.
local function hide(text)
  local in_json = json.encode(text):sub(2, -2)
  redact.learn { text, core.encode(text), core.base64(text), in_json, json.encode(in_json):sub(2, -2) }
end

--- The text of a value; a secret is shown nowhere from now on.
local function reveal(value)
  if not guard.is_secret(value) then return tostring(value) end
  local text = guard.reveal(value)
  hide(text)
  return text
end

--- Learns the secrets within a value.
local function learn(value)
  if guard.is_secret(value) then reveal(value) end
  if type(value) ~= "table" then return end
  for _, v in pairs(value) do learn(v) end
end

local function add_pair(out, name, value)
  if type(value) == "table" then
    for _, v in ipairs(value) do add_pair(out, name, v) end
  elseif value ~= nil then
    if type(value) == "function" then invalid(("%s is no text"):format(name)) end
    out[#out + 1] = core.encode(name) .. "=" .. core.encode(reveal(value))
  end
end

--- { name = text, number, boolean, secret or a list } as "name=value&name=value" in the order of the names.
---@param fields table
---@return string in clear
function M.pairs_text(fields)
  local names, out = {}, {}
  for name in pairs(fields) do names[#names + 1] = tostring(name) end
  table.sort(names)
  for _, name in ipairs(names) do add_pair(out, name, fields[name]) end
  return table.concat(out, "&")
end

local function with_query(url, query)
  local text = query and M.pairs_text(query) or ""
  if text == "" then return url end
  local before = url:gsub("#.*$", "")
  return before .. (before:find("?", 1, true) and "&" or "?") .. text
end

--- Scheme, host and port: whose the credentials are.
local function origin_of(parts) return ("%s://%s:%d"):format(parts.scheme, parts.host:lower(), parts.port) end

--- A URL as it may be shown: of one that is a secret only whose it is.
local function shown_url(url, parts, is_secret)
  if not is_secret then return redact.url(url) end
  return parts.scheme == "unix" and "unix:***" or ("%s://%s:%d/***"):format(parts.scheme, parts.host, parts.port)
end

--- Points a request at a URL.
local function point(request, url, is_secret)
  local parts, err = core.parse(url)
  if not parts then error({ code = err.code, message = redact.url("http: " .. err.message) }, 0) end
  if parts.user then invalid "a URL with user and password: give auth = { basic = { user = ..., password = ... } }" end
  request.url, request.origin, request.host = url, origin_of(parts), parts.host
  request.shown = shown_url(url, parts, is_secret)
  request.proxy = proxy.choose(request.proxies, parts)
end

local AUTH = {}

function AUTH.bearer(token)
  local text = reveal(token)
  hide(text)
  return "Bearer " .. text
end

function AUTH.basic(b)
  if type(b) ~= "table" or not (b.user and b.password) then invalid "auth: basic = { user = ..., password = ... }" end
  local password = reveal(b.password)
  local coded = core.base64(reveal(b.user) .. ":" .. password)
  hide(password)
  redact.learn { coded }
  return "Basic " .. coded
end

local function authorization(auth)
  if auth == nil then return nil end
  local kind, value = next(auth)
  if not AUTH[kind] or next(auth, kind) ~= nil then invalid(("auth is { bearer = token } or { basic = { user = ..., password = ... } }%s"):format(suggest.hint(tostring(kind), AUTH))) end
  return AUTH[kind](value)
end

--- The body and its type; at most one of json, form, body.
local function body_of(o)
  local given = {}
  for _, name in ipairs { "json", "form", "body" } do given[#given + 1] = o[name] ~= nil and name or nil end
  if #given > 1 then invalid(("%s and %s exclude each other"):format(given[1], given[2])) end
  if o.form then return guard.secret(M.pairs_text(o.form)), "application/x-www-form-urlencoded" end
  if o.body then
    learn(o.body)
    return o.body
  end
  if o.json == nil then return nil end
  learn(o.json)
  local text, err = core.json(o.json)
  if not text then error({ code = err.code, message = "http: json: " .. err.message }, 0) end
  return text, "application/json"
end

--- The headers as { name, value, private = whether it is nobody else's business }, sorted by name.
local function headers_of(o, content_type)
  local defaults = { ["user-agent"] = "perilune/" .. engine.version(), accept = o.json ~= nil and "application/json, */*;q=0.5" or "*/*",
    ["content-type"] = content_type, authorization = authorization(o.auth) }
  local list = scenario.headers(defaults, o.headers)
  for i, h in ipairs(list) do
    local name, value = h[1], h[2]
    if not name:match "^[%w!#$%%&'*+.^_`|~-]+$" then invalid(("%s is no name of a header"):format(schema.show(name))) end
    list[i] = { name, reveal(value), private = guard.is_secret(value) or redact.is_telling(name) }
    if list[i].private and #list[i][2] >= LEAST_HIDDEN then hide(list[i][2]) end
    if list[i][2]:find "[%c]" then invalid(("the header %s holds a control character"):format(name)) end
  end
  return list
end

--- What is sent for options of run:http (words.options.http, checked).
---@param o table
---@param place { folder: string?, proxies: table? } the playbook's folder; the host's proxies
---@return table request { method, url, shown, origin, headers, body, proxy, tls }; texts in clear, but for the body, which may be a secret
function M.build(o, place)
  local body, content_type = body_of(o)
  local method = (o.method or (body and "POST" or "GET")):upper()
  if not method:match "^%u[%u-]*$" or #method > 20 then invalid(("%s is no method"):format(schema.show(o.method))) end
  local request = { method = method, headers = headers_of(o, content_type), body = body, tls = tls.plan(o.tls, "http", place.folder), proxies = proxy.of(o.proxy, place.proxies) }
  learn(request.tls)
  point(request, with_query(reveal(o.url), o.query), guard.is_secret(o.url))
  return request
end

--- Takes off what belongs to the first host: credentials, the client's certificate.
local function without_credentials(request)
  local kept = {}
  for _, h in ipairs(request.headers) do kept[#kept + 1] = not h.private and h or nil end
  request.headers = kept
  request.tls = request.tls and { ca = request.tls.ca, insecure = request.tls.insecure, min = request.tls.min } or nil
end

--- The same request at another address, which an answer named; at another host without credentials. Raises where a body would go there.
---@param request table
---@param reference string absolute, or as seen from the request's URL
---@param plain boolean|nil as a GET without a body
---@return table
function M.moved(request, reference, plain)
  local url, err = core.join(request.url, reference)
  if not url then error({ code = "protocol", message = redact.url(("http: %s leads nowhere: %s"):format(request.shown, err.message)) }, 0) end
  local out = { method = request.method, headers = request.headers, body = request.body, tls = request.tls, proxies = request.proxies }
  if plain then
    out.method, out.body = out.method == "HEAD" and "HEAD" or "GET", nil
    local kept = {}
    for _, h in ipairs(out.headers) do kept[#kept + 1] = not h[1]:lower():find "^content%-" and h or nil end
    out.headers = kept
  end
  point(out, (url:gsub("#.*$", "")), false)
  if out.origin == request.origin then return out end
  if out.body then error({ code = "refused", message = ("http: %s leads to %s, which does not get the body"):format(request.shown, out.origin) }, 0) end
  without_credentials(out)
  return out
end

--- The same request with other fields in its query.
---@param request table
---@param fields table name -> value
---@return table
function M.with_fields(request, fields)
  local base, query = request.url:match "^([^?#]*)%??([^#]*)"
  local kept = {}
  for pair in query:gmatch "[^&]+" do
    local name = pair:match "^[^=]*"
    local replaced = false
    for field in pairs(fields) do replaced = replaced or core.encode(field) == name end
    kept[#kept + 1] = not replaced and pair or nil
  end
  local text = M.pairs_text(fields)
  if text ~= "" then kept[#kept + 1] = text end
  return M.moved(request, base .. (#kept > 0 and "?" .. table.concat(kept, "&") or ""))
end

return M
