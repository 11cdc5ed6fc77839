--- Who may do what: a playbook asks by `needs`, the host grants. Loopback and hosts typed on the command line are granted;
--- private ranges are open to load; elsewhere load is held to 50/s and 10 connections unless a policy names the host.
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

--- RFC 1918 and RFC 4193 addresses.
---@param host string
---@return boolean
function M.is_private(host)
  local a, b = octets(host)
  if a then return a == 10 or (a == 172 and b >= 16 and b <= 31) or (a == 192 and b == 168) end
  return host:match("^[fF][cCdD]%x%x:") ~= nil
end

--- Hosts that were typed as arguments of type url.
---@param declared table
---@param args table values
---@return table set host -> true
function M.typed_hosts(declared, given, args)
  local scenario = require "perilune.scenario"
  local hosts = {}
  for name, arg in pairs(declared) do
    if arg.kind == "url" and given[name] ~= nil and args[name] then
      local host = scenario.host(args[name])
      if host then hosts[host] = true end
    end
  end
  return hosts
end

--- A granted host that is held back: beyond this machine and private ranges, and no policy names it. Scripts may send to every
--- granted host, so each one counts, whether a plan names it or not.
local function capped_host(hosts, trusted)
  for _, host in ipairs(hosts) do
    if not (M.is_loopback(host) or M.is_private(host) or trusted[host]) then return host end
  end
end

local function check_plan(plan, typed, trusted)
  local scenario = require "perilune.scenario"
  for _, url in ipairs { plan.base or false, plan.url or false } do
    local host = url and scenario.host(url)
    if host and not (M.is_loopback(host) or typed[host] or trusted[host]) then
      error({ code = "refused", message = ("scenario %s: load to %s is not granted: give the URL on the command line, or a policy file that names the host"):format(plan.name, host) }, 0)
    end
  end
end

--- Decides about the load of these plans.
---@param plans table[] scenario plans
---@param typed table set of hosts typed on the command line
---@param trusted table set of hosts that a policy names
---@return table { hosts = {...}, rate_cap = number|nil, max_connections = number|nil, why = string|nil }
function M.load(plans, typed, trusted)
  local hosts = {}
  for host in pairs(typed) do hosts[#hosts + 1] = host end
  for host in pairs(trusted) do hosts[#hosts + 1] = host end
  table.sort(hosts)
  for _, plan in ipairs(plans) do check_plan(plan, typed, trusted) end
  local capped = capped_host(hosts, trusted)
  if not capped then return { hosts = hosts } end
  return { hosts = hosts, rate_cap = M.RATE_CAP, max_connections = M.CONNECTION_CAP,
    why = ("%s is beyond loopback and private ranges and no policy names it: held to %d/s and %d connections"):format(capped, M.RATE_CAP, M.CONNECTION_CAP) }
end

return M
