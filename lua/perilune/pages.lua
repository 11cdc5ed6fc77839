--- Pages that a listener of the run gives: requests for them wait in the receiver (core/ingest/pages.c) until a task answers them.
local core = require "perilune.core.receiver"
local redact = require "perilune.redact"
local task = require "perilune.task"

local M = {}

local LOOK_SECONDS = 0.02
M.TEXT = "text/plain; charset=utf-8"

--- The answer to one request; a page that fails says why.
local function answer_to(asked, answer)
  local ok, status, type_, body = pcall(answer, asked)
  if ok then return status, type_, body end
  local why = type(status) == "table" and status.message or tostring(status)
  return type(status) == "table" and status.code == "not_found" and 404 or 500, M.TEXT, redact.url(why) .. "\n"
end

--- Answers what is asked for at a receiver, until the task is cancelled.
---@param number integer the receiver's
---@param answer fun(asked: { method: string, path: string, accept: string }): integer, string, string status, type and body
---@return table task
function M.start(number, answer)
  return task.spawn(function()
    while true do
      local asked = core.page(number)
      if asked then core.answer(number, asked.number, answer_to(asked, answer)) else task.sleep(LOOK_SECONDS) end
    end
  end)
end

return M
