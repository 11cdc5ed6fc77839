--- Where the connections of a scenario go and come from: from what people write to the plan.
local copy = require "perilune.copy"
local core = require "perilune.core.route"
local http_proxy = require "perilune.http.proxy"
local schema = require "perilune.schema"

local M = {}

--- Keys of a scenario.
M.KEYS = { connect_to = { "any" }, local_ips = { "any" }, dns = { "any" }, requests_per_connection = { "integer" },
  http2 = { "boolean" }, streams = { "integer" }, proxy = { "any" },
  pool = { "string", choices = { "shared", "user", "iteration" } } }

local PROXY = { url = { "string", required = true }, user = { "text" } }

--- Keys of dns there.
M.DNS = { ttl = { "any", default = "inf" }, select = { "string", default = "first", choices = { "first", "roundRobin" } }, servers = { "any" } }

--- Requests at a time on a connection of HTTP/2, where the scenario does not say.
local STREAMS = 100

local function invalid(what, err) error({ code = "invalid", message = ("%s: %s"):format(what, err.message) }, 0) end

--- The texts of a list, or of one text with commas; nil for none. Each of them is read by `reader`, which says what is wrong.
local function texts(value, reader, what)
  local list = {}
  if value == nil or value == "" then return nil end
  if type(value) ~= "table" then value = { value } end
  for _, entry in ipairs(value) do
    for text in tostring(entry):gmatch("[^,%s]+") do
      local good, err = reader(text)
      if not good then invalid(what, err) end
      list[#list + 1] = text
    end
  end
  return #list > 0 and list or nil
end

--- The table without its text, whose entries are keys of it.
local function without_text(dns, what)
  local t, text = copy.shallow(dns), dns[1]
  t[1] = nil
  for entry in tostring(text or ""):gmatch("[^,%s]+") do
    local name, value = entry:match("^(%w+)=(.+)$")
    if not name then invalid(what, { message = ("%q: write ttl=5m,select=roundRobin"):format(text) }) end
    t[name] = value
  end
  return t
end

--- Whether a text is the address of a name server, with a port or without: 10.0.0.1:53, [::1]:53, ::1; else why not.
local function name_server(text)
  local host, port = text:match "^%[(.*)%]:?(%d*)$"
  if not host then host, port = text:match "^([%d.]+):?(%d*)$" end
  host = (host or text):gsub("%%%w+$", "")
  local good = not host:find("-", 1, true) and core.addresses(host) and tonumber(port ~= "" and port or 53) <= 65535
  return good, { message = ("%q is no address of a name server; write 10.0.0.1 or [::1]:5353"):format(text) }
end

--- dns = { ttl = "auto", select = "roundRobin", servers = "127.0.0.1:5353" }, or a text as k6 has it, "ttl=5m,select=roundRobin", alone or
--- first in the table.
local function dns_plan(dns, what)
  local given = without_text(type(dns) == "table" and dns or { dns }, what)
  if next(given) == nil then return nil end
  local d = schema.check(M.DNS, given, what)
  texts(schema.joined(d.servers, what .. ": servers"), name_server, what .. ": servers")
  local out = { keep = "pinned", in_turn = d.select == "roundRobin", servers = schema.joined(d.servers, what .. ": servers") }
  if d.ttl == "auto" then
    out.keep = "ttl"
  elseif d.ttl ~= "inf" then
    out.keep, out.keep_for = "for", schema.value("duration", d.ttl == "0" and 0 or d.ttl, what .. ": ttl")
  end
  return out
end

--- proxy = "http://10.0.0.9:3128", or { url = "http://10.0.0.9:3128", user = "name:password" }.
local function proxy_plan(proxy, what)
  if proxy == nil or proxy == "" then return nil end
  local p = schema.check(PROXY, type(proxy) == "table" and proxy or { url = proxy }, what)
  local why = http_proxy.unspoken(p.url)
  if why then invalid(what, { message = why }) end
  if not p.url:match("^http://[^/]*:%d+/?$") then invalid(what, { message = ("%q: write http://HOST:PORT; no other kind is spoken"):format(p.url) }) end
  return { url = p.url, user = p.user }
end

--- Adds to a plan what a scenario says of its connections: connect_to = { "shop.example:443:127.0.0.1:8443" }, as curl writes it;
--- local_ips = "127.0.0.2-127.0.0.20"; dns = { ttl = "auto" }.
--- http2 = true: HTTP/2, over TLS where the server chooses it, over plain TCP at once, with at most `streams` requests at a time on a
--- connection.
---@param s table scenario as written
---@param out table the plan
---@param what string for messages
function M.plan(s, out, what)
  out.connect_to = texts(s.connect_to, core.reroute, what .. ": connect_to")
  out.local_ips = texts(s.local_ips, core.addresses, what .. ": local_ips")
  out.requests_per_connection = s.requests_per_connection
  if s.requests_per_connection and s.requests_per_connection < 1 then invalid(what .. ": requests_per_connection", { message = "a whole number from 1 on" }) end
  out.pool = s.pool
  out.proxy = proxy_plan(s.proxy, what .. ": proxy")
  out.dns = dns_plan(s.dns, what .. ": dns")
  if s.streams and not s.http2 then invalid(what, { message = "streams are those of a connection that speaks HTTP/2: add http2 = true" }) end
  if s.streams and s.streams < 1 then invalid(what, { message = ("streams = %d: at least 1 is needed"):format(s.streams) }) end
  if s.http2 then out.streams = s.streams or STREAMS end
end

--- Where connections of a plan for this place really go.
---@param plan table
---@param host string
---@param port integer|nil
---@return string host
---@return integer port
function M.target(plan, host, port)
  if not plan.connect_to then return host, port end
  local to_host, to_port = core.target(plan.connect_to, host, port or 0)
  return to_host, to_port > 0 and to_port or port
end

--- The hosts that reroutes lead to.
---@param text string with commas
---@return string[]
function M.hosts(text)
  local hosts = {}
  for entry in text:gmatch("[^,%s]+") do
    local r = core.reroute(entry)
    hosts[#hosts + 1] = r and r.to_host
  end
  return hosts
end

--- Whether a text is a list of reroutes; else why not.
---@param text string
---@return boolean|nil
---@return string|nil
function M.check(text)
  local good, err = pcall(texts, text, core.reroute, "")
  if good then return true end
  return nil, err.message:gsub("^: ", "")
end

return M
