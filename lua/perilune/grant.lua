--- Who may do what: a playbook asks by `needs`, the host grants. Loopback and hosts typed on the command line are granted;
--- private ranges are open to load; elsewhere load is held to 50/s and 10 connections unless a policy names the host.
local policy = require "perilune.policy"
local route = require "perilune.route"
local units = require "perilune.core.units"

local M = {}

M.RATE_CAP = 50
M.CONNECTION_CAP = 10

local function octets(host)
  local a, b, c, d = host:match("^(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)$")
  a, b, c, d = tonumber(a), tonumber(b), tonumber(c), tonumber(d)
  if a and a < 256 and b < 256 and c < 256 and d < 256 then return a, b end
end

--- Whether host is this machine.
---@param host string
---@return boolean
function M.is_loopback(host)
  return host == "localhost" or octets(host) == 127 or host == "::1" or host:match("%.localhost$") ~= nil
end

--- Raises where what others send may not be received: beyond loopback, and no policy names it.
---@param host string address
---@param port integer
---@param named table policy (perilune.policy)
function M.receive(host, port, named)
  if M.is_loopback(host) or policy.receives(named, host, port) then return end
  error({ code = "refused", message = ("receive: listening at %s:%d lets others write to the timeline: give a policy file with receive = { \"%s:%d\" }"):format(host, port, host, port) }, 0)
end

--- RFC 1918 and RFC 4193 addresses.
---@param host string
---@return boolean
function M.is_private(host)
  local a, b = octets(host)
  if a then return a == 10 or (a == 172 and b >= 16 and b <= 31) or (a == 192 and b == 168) end
  return host:match("^[fF][cCdD]%x%x:") ~= nil
end

--- Hosts that were typed as arguments of the types url and reroute.
---@param declared table
---@param given table texts as they were typed
---@param args table values
---@return table set host -> true
function M.typed_hosts(declared, given, args)
  local scenario = require "perilune.scenario"
  local hosts = {}
  for name, arg in pairs(declared) do
    local value = given[name] ~= nil and args[name]
    local typed = {}
    if value and arg.kind == "url" then typed = { scenario.host(value) } end
    if value and arg.kind == "reroute" then typed = route.hosts(value) end
    for _, host in ipairs(typed) do hosts[host] = true end
  end
  return hosts
end

local DEFAULT_PORT = { http = 80, https = 443, ws = 80, wss = 443, grpc = 80, grpcs = 443, redis = 6379, postgresql = 5432, postgres = 5432 }

--- The host and port that a URL names.
local function place_of(url)
  local scenario = require "perilune.scenario"
  local host = scenario.host(url)
  if not host then return nil end
  local authority = url:match("^%a+://([^/?#]+)")
  local port = authority:gsub("^.*@", ""):match(":(%d+)$")
  return host, math.tointeger(tonumber(port)) or DEFAULT_PORT[url:match("^%a+"):lower()]
end

--- Whether no connection of these plans for this host goes to it: each of them has another place for it.
local function is_rerouted(plans, host)
  for _, plan in ipairs(plans) do
    local own, port = nil, nil
    if not plan.scripted and plan.url then own, port = place_of(plan.url) end -- what a script asks for is not known
    if route.target(plan, host, own == host and port or nil) == host then return false end
  end
  return #plans > 0
end

--- A typed host that is held back: beyond this machine and private ranges, and no policy names it. Scripts may send to every
--- granted host, so each one counts, whether a plan names it or not.
local function capped_host(typed, named, plans)
  local hosts = {}
  for host in pairs(typed) do
    if not (M.is_loopback(host) or M.is_private(host) or policy.names(named, host) or is_rerouted(plans, host)) then hosts[#hosts + 1] = host end
  end
  table.sort(hosts)
  return hosts[1]
end

--- The places that a plan's connections go to, as far as it says: { host, port } each.
local function places_of(plan)
  local places = {}
  for _, url in ipairs { plan.base or false, plan.url or false } do
    local host, port = nil, nil
    if url then host, port = place_of(url) end
    if host then places[#places + 1] = { route.target(plan, host, port) } end
  end
  if plan.proxy then places[#places + 1] = { place_of(plan.proxy.url) } end
  local oauth = plan.auth and plan.auth.oauth2
  if oauth then
    local host, port = place_of(tostring(oauth.token_url))
    if host then places[#places + 1] = { host, port } end
  end
  return places
end

--- Raises when a plan goes where it may not; gives whether it stays on this machine.
local function check_plan(plan, typed, named)
  local here = not plan.scripted
  for _, place in ipairs(places_of(plan)) do
    local host, port = place[1], place[2]
    if not (M.is_loopback(host) or typed[host] or policy.names(named, host, port)) then
      error({ code = "refused", message = ("scenario %s: load to %s is not granted: give the URL on the command line, or a policy file that names the host"):format(plan.name, host) }, 0)
    end
    here = here and M.is_loopback(host)
  end
  return here
end

local function entries_of(typed, named)
  local entries, hosts = {}, {}
  for host in pairs(typed) do hosts[#hosts + 1] = host end
  table.sort(hosts)
  for i, host in ipairs(hosts) do entries[i] = { host = host, port = 0, suffix = false } end
  return table.move(named.entries, 1, #named.entries, #entries + 1, entries)
end

--- Decides about the load of these plans.
---@param plans table[] scenario plans
---@param typed table set of hosts typed on the command line
---@param named table policy (perilune.policy)
---@return table { hosts = { {host, port, suffix} ... }, rate_cap = number|nil, max_connections = number|nil, why = string|nil }
function M.load(plans, typed, named)
  local here = true
  for _, plan in ipairs(plans) do here = check_plan(plan, typed, named) and here end
  local granted = { hosts = entries_of(typed, named) }
  local capped = capped_host(typed, named, plans)
  if capped then
    granted.rate_cap, granted.max_connections = M.RATE_CAP, M.CONNECTION_CAP
    granted.why = ("%s is beyond loopback and private ranges and no policy names it: held to %d/s and %d connections"):format(capped, M.RATE_CAP, M.CONNECTION_CAP)
  elseif not here and (named.rate or named.connections) then
    granted.rate_cap, granted.max_connections = named.rate, named.connections
    granted.why = ("policy %s holds load to %s and %s connections"):format(named.path,
      named.rate and units.format("rate", named.rate) or "any rate", named.connections or "any number of")
  end
  return granted
end

--- Who may be asked beside this machine: what was typed, and what a policy names for questions or for load.
---@param typed table set of hosts typed on the command line
---@param named table policy
---@return table[] { host, port, suffix } each
function M.fetch(typed, named)
  local entries = entries_of(typed, named)
  return table.move(named.fetch, 1, #named.fetch, #entries + 1, entries)
end

--- Whether the host of a URL may be asked, as far as its name tells; nil where it names none.
---@param url string
---@param typed table set of hosts typed on the command line
---@param named table policy
---@return boolean|nil
---@return string|nil place "host:port"
function M.may_ask(url, typed, named)
  local host, port = place_of(url)
  if not host then return nil end
  return M.is_loopback(host) or policy.names({ entries = M.fetch(typed, named) }, host, port), port and ("%s:%d"):format(host, port) or host
end

return M
