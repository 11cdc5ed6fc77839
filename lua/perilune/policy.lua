--- Policy files: which hosts load may be sent to, and which may be asked, beyond loopback and those that were typed. A policy is a Lua text that only
--- sets names; it sees nothing and can call nothing:
---
---     load = { "10.0.0.5:8080", "*.staging.example.com" }
---     rate = "2000/s"        -- the most that a load may send, all scenarios together; no limit without it
---     connections = 200      -- likewise
---     fetch = { "prometheus.example.com:9090" } -- hosts that may be asked, beside those that load may be sent to
---     receive = { "0.0.0.0:9090" } -- where run:receive may listen beyond loopback
local file = require "perilune.core.file"
local schema = require "perilune.schema"

local M = {}

local FIELDS = { load = { "table", default = {} }, rate = { "rate" }, connections = { "integer" }, fetch = { "table", default = {} }, receive = { "table", default = {} } }

local function bad(path, why)
  error({ code = "corrupt", message = ("policy %s: %s"):format(path, why) }, 0)
end

--- "host", "host:port", "*.example.com", "[::1]:80" as { host, port = 0: any, suffix = whether names below it are meant }.
---@param text any
---@return table|nil
function M.entry(text)
  if type(text) ~= "string" then return nil end
  local host, port = text:match("^%[([%x:.]+)%]:?(%d*)$")
  if not host then host, port = text:match("^([%w*_.-]+):?(%d*)$") end
  if not host then return nil end
  local below = host:match("^%*(%.[%w_-][%w_.-]*)$")
  if host:find("*", 1, true) and not below then return nil end
  port = port == "" and 0 or math.tointeger(tonumber(port))
  if not port or port > 65535 then return nil end
  return { host = (below or host):lower(), port = port, suffix = below ~= nil }
end

local function entries_of(list, path, field)
  local entries = {}
  for i, text in ipairs(list) do
    entries[i] = M.entry(text) or bad(path, ("%s: %s is no host; write \"host\", \"host:port\" or \"*.example.com\""):format(field, schema.show(text)))
  end
  return entries
end

--- The bounds of load are above 0: a load has none where they are 0.
local function check_bounds(fields, path)
  if fields.rate and fields.rate <= 0 then bad(path, "rate is more than 0/s; a host that no load may go to is not named in load") end
  if fields.connections and fields.connections < 1 then bad(path, "connections is a whole number from 1 on; without it there is no limit") end
end

--- Reads a policy file; raises when it is missing or malformed.
---@param path string
---@return table { entries, fetch = entries, rate, connections, path }
function M.read(path)
  local text, err = file.read(path)
  if not text then error({ code = "not_found", message = "policy: " .. err.message }, 0) end
  local set = {}
  local chunk, why = load(text, "@" .. path, "t", set)
  if not chunk then bad(path, why) end
  local ok, raised = pcall(chunk)
  if not ok then bad(path, type(raised) == "string" and raised or "it failed") end
  local good, fields = pcall(schema.check, FIELDS, set, "it")
  if not good then bad(path, fields.message) end
  check_bounds(fields, path)
  return { entries = entries_of(fields.load, path, "load"), fetch = entries_of(fields.fetch, path, "fetch"),
    receive = entries_of(fields.receive, path, "receive"), rate = fields.rate, connections = fields.connections, path = path }
end

--- The policy of a host that lists whom it trusts, and of a file, if there is one.
---@param trusted string[]|nil hosts, as in a policy's load
---@param path string|nil
---@return table
function M.of(trusted, path)
  local policy = path and M.read(path) or { entries = {}, fetch = {}, receive = {} }
  for _, entry in ipairs(entries_of(trusted or {}, "of the embedding program", "load")) do table.insert(policy.entries, entry) end
  return policy
end

local function has(entries, host, port)
  host = host:lower()
  for _, e in ipairs(entries) do
    local same = e.suffix and host:sub(-#e.host) == e.host and #host > #e.host or host == e.host
    if same and (e.port == 0 or e.port == port) then return true end
  end
  return false
end

--- Whether a policy names this host, at this port, for load.
---@param policy table
---@param host string
---@param port integer|nil
---@return boolean
function M.names(policy, host, port) return has(policy.entries, host, port) end

--- Whether a policy lets this address of ours be listened at.
---@param policy table
---@param host string
---@param port integer
---@return boolean
function M.receives(policy, host, port) return has(policy.receive, host, port) end

--- An entry as it is written.
---@param e table
---@return string
function M.text(e)
  local host = e.suffix and "*" .. e.host or e.host:find(":", 1, true) and ("[%s]"):format(e.host) or e.host
  return e.port == 0 and host or ("%s:%d"):format(host, e.port)
end

return M
