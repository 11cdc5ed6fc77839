--- Where the targets of a run are: on this machine or elsewhere.
local core = require "perilune.core.target"

local M = {}

local URL_FIELDS = { "url", "base" }

--- Every address that the run's playbook names: those of its scenarios, and its arguments that are URLs.
local function addresses(prepared)
  local list = {}
  for _, plan in ipairs(prepared.plans or {}) do
    for _, field in ipairs(URL_FIELDS) do list[#list + 1] = plan[field] end
  end
  for name, arg in pairs(prepared.book.args) do
    if arg.kind == "url" then list[#list + 1] = prepared.args[name] end
  end
  return list
end

--- Whether the service behind an address runs on this machine. A tunnel's service is elsewhere.
---@param url string
---@return boolean
function M.is_here(url)
  local listener, _, hidden = core.listener(url)
  if listener then return not listener.tunnel end
  return hidden or false
end

--- The role of this machine in a run: "both" where a target runs here, too, else "generator".
---@param run perilune.Run
---@return string
function M.role(run)
  if not run.machine_role then
    run.machine_role = "generator"
    for _, url in ipairs(addresses(run.prepared)) do
      if M.is_here(url) then run.machine_role = "both" end
    end
  end
  return run.machine_role
end

return M
