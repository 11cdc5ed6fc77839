--- Exit codes and verdicts: which one a run ends with. The table is include/perilune/exit.h.
local engine = require "perilune.core.engine"

local M = {}

local CODE = {}
for _, row in ipairs(engine.exits) do CODE[row.reason] = row.code end
M.CODE = CODE

local REASON_OF_ERROR = {
  invalid = "usage", not_found = "bad_file", syntax = "script_error", script = "script_error", denied = "bad_file",
  corrupt = "bad_file", foreign = "bad_file", version = "bad_file", read_only = "bad_file", full = "bad_file",
  io = "bad_file", exists = "bad_file", usage = "usage", busy = "locked", refused = "refused", unsupported = "usage", limit = "usage", too_few = "inconclusive", unanswered = "target_never_answered", out_of_memory = "internal", misuse = "internal",
}

--- What is a mistake of the command line outside of a playbook is one of the script inside.
local SCRIPT_MISTAKE = { invalid = true, unsupported = true, limit = true, misuse = true }

--- Makes an error that a playbook's text caused one of the script.
---@param err any
---@return any the same error
function M.of_script(err)
  if type(err) == "table" and SCRIPT_MISTAKE[err.code] then err.code = "script" end
  return err
end

--- The reason an error table stands for.
---@param err any
---@return string
function M.reason_of(err)
  return type(err) == "table" and REASON_OF_ERROR[err.code] or "script_error"
end

--- The code that a command ends with because of an error.
---@param err any anything but an error table is a fault of our own
---@return integer
function M.code_of(err)
  return type(err) == "table" and CODE[M.reason_of(err)] or CODE.internal
end

--- The reason that a code of this table stands for.
---@param code integer
---@return string|nil
function M.reason(code)
  for _, row in ipairs(engine.exits) do
    if row.code == code then return row.reason end
  end
end

--- The first reason that applies, in the frozen order.
---@param reasons table<string, boolean>
---@return table { code, reason }
function M.first(reasons)
  for _, row in ipairs(engine.exits) do
    if reasons[row.reason] then return row end
  end
  return { code = CODE.pass, reason = "pass" }
end

local VERDICT = {
  pass = "pass", objective_failed = "fail", inconclusive = "inconclusive",
  target_never_answered = "fail",
}

--- The verdict of a run that ended for this reason.
---@param reason string
---@return string
function M.verdict(reason)
  return VERDICT[reason] or "error"
end

local STATE = { pass = "passed", fail = "failed", inconclusive = "inconclusive", error = "error", cancelled = "cancelled" }

--- The state of the run's row for a verdict.
---@param verdict string
---@return string
function M.state(verdict)
  return STATE[verdict]
end

return M
