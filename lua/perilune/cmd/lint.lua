--- perilune lint FILE...
local exit_codes = require "perilune.exit_codes"
local output = require "perilune.output"
local source = require "perilune.source"
local session = require "perilune.session"

local M = {
  name = "lint", section = "Prepare", about = "Check playbooks without running them.", usage = "perilune lint FILE... [--ARG VALUE...]", words = { "the playbook's file" }, min = 1, max = 1000, open = true,
  common = { "json", "env", "policy" }, examples = { "perilune lint review.lua", "perilune lint playbooks/*.lua" },
  options = { { name = "arg", value = "NAME=VALUE", many = true, help = "argument of the playbook; missing ones get a harmless value" } },
}

local function lint(o) return session.run(o, source.playbook(o, { only = "lint" })) end

--- The values of the command line for one of its files alone; a check may change its arguments.
local function alone(o, path)
  local args = {}
  for name, value in pairs(o.args) do args[name] = value end
  return setmetatable({ path, args = args }, { __index = function(_, key) return math.type(key) == nil and o[key] or nil end })
end

--- Checks each file. What is wrong with one does not keep from the others; the exit code is the first of theirs in the order of exit codes.
---@param o table
---@return integer
function M.main(o)
  if #o == 1 then return lint(o) end
  if o.json then error({ code = "usage", message = "lint: --json has the problems of one file: name one" }, 0) end
  local reasons = {}
  for _, path in ipairs(o) do
    local ok, code = pcall(lint, alone(o, path))
    if not ok and (type(code) ~= "table" or code.code == "cancelled") then error(code, 0) end
    if not ok then output.tell("perilune: " .. tostring(code.message)) end
    local reason
    if ok then reason = exit_codes.reason(code) else reason = exit_codes.reason_of(code) end
    if not reason then return code end -- a signal's
    reasons[reason] = true
  end
  return exit_codes.first(reasons).code
end

return M
