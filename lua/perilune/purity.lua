--- scenarios(args, data) is evaluated once here and once in every worker, from the same text: what run(run) changes meanwhile in
--- the locals that it reads, the workers never see. A snapshot of everything it can reach tells.
local guard = require "perilune.core.guard"

local M = {}

local MOST = 20000 -- values; what lies beyond is not looked at

local function visit(snap, value, path)
  local kind = type(value)
  if (kind ~= "function" and kind ~= "table") or snap.seen[value] or snap.n >= MOST then return end
  snap.seen[value] = true
  if kind == "function" then
    for name, upvalue in pairs(guard.upvalues(value)) do
      if name ~= "_ENV" then
        snap.n = snap.n + 1
        snap.cells[#snap.cells + 1] = { fn = value, name = name, value = upvalue.value }
        visit(snap, upvalue.value, name)
      end
    end
    return
  end
  local copy = {}
  snap.tables[#snap.tables + 1] = { table = value, copy = copy, path = path }
  for k, v in next, value do
    snap.n = snap.n + 1
    copy[k] = v
    visit(snap, v, type(k) == "string" and ("%s.%s"):format(path, k) or ("%s[%s]"):format(path, tostring(k)))
  end
end

--- What the scenarios of a playbook can reach.
---@param scenarios function|table as the playbook has it
---@return table
function M.snapshot(scenarios)
  local snap = { cells = {}, tables = {}, seen = {}, n = 0 }
  visit(snap, scenarios, "scenarios")
  return snap
end

local function same(a, b)
  return rawequal(a, b) or (a ~= a and b ~= b)
end

local function changed_key(t, copy)
  for k, v in next, t do
    if not same(copy[k], v) then return k end
  end
  for k in next, copy do
    if t[k] == nil then return k end
  end
end

--- The name of a local, or of a field of one, that is not what it was; nil when all is.
---@param snap table
---@return string|nil
function M.changed(snap)
  for _, cell in ipairs(snap.cells) do
    local now = guard.upvalues(cell.fn)[cell.name]
    if now and not same(now.value, cell.value) then return cell.name end
  end
  for _, t in ipairs(snap.tables) do
    local key = changed_key(t.table, t.copy)
    if key ~= nil then return type(key) == "string" and ("%s.%s"):format(t.path, key) or ("%s[%s]"):format(t.path, tostring(key)) end
  end
end

return M
