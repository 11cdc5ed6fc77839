--- Cases of a document, answered one by one: one that cannot be is refused by its number, and the others are kept.
local output = require "perilune.output"

local M = {}

local TOLD = 20 -- refused cases that are named
local OF_CASE = { invalid = true, corrupt = true }

--- Answers each case. Refused ones are told on standard error; where there is no other, that is an error of the document.
---@param F string the document, for messages
---@param list any[]
---@param answer fun(case: any, i: integer): table raises { code = "invalid"|"corrupt", message } for a case that it refuses
---@param refused fun(case: any, message: string): table what stands for such a case
---@return table[] in the order of the cases
---@return integer how many were refused
function M.answers(F, list, answer, refused)
  local out, messages = {}, {}
  for i, case in ipairs(list) do
    local ok, got = pcall(answer, case, i)
    if not ok then
      if type(got) ~= "table" or not OF_CASE[got.code] then error(got, 0) end
      messages[#messages + 1] = got.message
      got = refused(case, got.message)
    end
    out[i] = got
  end
  if #messages > 0 and #messages == #list then
    error({ code = "corrupt", message = ("%s: %s%s"):format(F, messages[1], #list > 1 and (" (and none of the other %d can be answered)"):format(#list - 1) or "") }, 0)
  end
  for i = 1, math.min(TOLD, #messages) do output.tell(("perilune: %s: %s; left without an answer"):format(F, messages[i])) end
  if #messages > TOLD then output.tell(("perilune: %s: %d of %d cases were left without an answer"):format(F, #messages, #list)) end
  return out, #messages
end

return M
