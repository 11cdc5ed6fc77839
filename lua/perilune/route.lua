--- Where the connections of a scenario go and come from: from what people write to the plan.
local core = require "perilune.core.route"

local M = {}

--- Keys of a scenario.
M.KEYS = { connect_to = { "any" }, local_ips = { "any" } }

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

--- Adds to a plan what a scenario says of its connections: connect_to = { "shop.example:443:127.0.0.1:8443" }, as curl writes it;
--- local_ips = "127.0.0.2-127.0.0.20".
---@param s table scenario as written
---@param out table the plan
---@param what string for messages
function M.plan(s, out, what)
  out.connect_to = texts(s.connect_to, core.reroute, what .. ": connect_to")
  out.local_ips = texts(s.local_ips, core.addresses, what .. ": local_ips")
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
