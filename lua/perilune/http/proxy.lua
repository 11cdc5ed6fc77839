--- Which proxy a request goes through: its own option, else what the host's settings say (PERILUNE_PROXY, or http_proxy, https_proxy,
--- all_proxy and no_proxy as other programs read them).
local guard = require "perilune.core.guard"
local schema = require "perilune.schema"

local M = {}

local PROXY = { url = { "string", required = true }, user = { "text" } }

--- Why a URL is that of no proxy which is spoken to here, without its credentials; nil for http:// and for one without a scheme.
---@param url string
---@return string|nil
function M.unspoken(url)
  local scheme, place = url:match "^(%a[%w+.-]*)://(.*)$"
  if not scheme or scheme:lower() == "http" then return nil end
  local kind = scheme:lower():find "^socks" and "SOCKS is not spoken" or "a proxy is asked by HTTP alone"
  return ("%s://%s: %s; write the http://HOST:PORT of a proxy, which https passes by CONNECT"):format(scheme, (place:gsub("^[^/]*@", "")), kind)
end

--- "http://user:password@host:port" or { url = ..., user = "name:password" } as { url, user }.
local function read(value, what)
  local p = schema.check(PROXY, type(value) == "table" and value or { url = value }, what)
  local why = M.unspoken(p.url)
  if why then error({ code = "invalid", message = ("%s: %s"):format(what, why) }, 0) end
  local scheme, credentials, rest = p.url:match "^(%a+://)([^/@]*)@(.*)$"
  local url = scheme and scheme .. rest or p.url:find("://", 1, true) and p.url or "http://" .. p.url
  if not url:match "^http://[^/%s]+/?$" then error({ code = "invalid", message = what .. ": a proxy is written http://HOST:PORT" }, 0) end
  local user = p.user or credentials
  return { url = (url:gsub("/$", "")), user = type(user) == "string" and guard.secret(user) or user }
end

--- The proxies of a request.
---@param own any the request's option: a URL, { url, user }, false for none, nil for the host's
---@param host table|nil settings by name: proxy, http_proxy, https_proxy, all_proxy, no_proxy
---@return table { http, https, no_proxy, everywhere = whether this machine is asked through it, too }
function M.of(own, host)
  if own == false then return {} end
  if own ~= nil then
    local p = read(own, "http: proxy")
    return { http = p, https = p, everywhere = true }
  end
  local function set(...)
    for _, name in ipairs { ... } do
      local value = host and host[name]
      if value and value ~= "" then return read(value, name) end
    end
  end
  return { http = set("proxy", "http_proxy", "all_proxy"), https = set("proxy", "https_proxy", "all_proxy"), no_proxy = host and host.no_proxy }
end

local function is_left_out(list, host)
  for word in (list or ""):lower():gmatch "[^,%s]+" do
    local name = word:gsub("^%*?%.", ""):gsub(":%d+$", "")
    if word == "*" or host == name or host:sub(-#name - 1) == "." .. name then return true end
  end
  return false
end

--- The one for a URL, or nil: this machine and a socket need none of the host's.
---@param proxies table of M.of
---@param parts table { scheme, host } of the URL
---@return table|nil { url, user }
function M.choose(proxies, parts)
  local host = parts.host:lower()
  local here = host == "localhost" or host:match "%.localhost$" or host:match "^127%." or host == "::1"
  if parts.scheme == "unix" or is_left_out(proxies.no_proxy, host) or (here and not proxies.everywhere) then return nil end
  return proxies[parts.scheme]
end

return M
