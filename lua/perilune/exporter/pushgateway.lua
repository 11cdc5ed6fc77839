--- Prometheus' Pushgateway: each message is what all series were last, which takes the place of what the group had of these metrics.
local core = require "perilune.core.http"
local guard = require "perilune.core.guard"

local M = {}

M.FORMAT = "push"

--- A message on its way.
---@param o { url: string, job: string? }
---@param body string
---@return table options of a request
function M.build_request(o, body)
  local url = guard.is_secret(o.url) and guard.reveal(o.url) or o.url
  if not url:find "/metrics/job" then url = url:gsub("/+$", "") .. "/metrics/job/" .. core.encode(o.job or "perilune") end
  return { url = url, method = "POST", body = body, headers = { ["content-type"] = "text/plain; version=0.0.4" } }
end

--- Why it was not taken, in its words.
---@param answer table
---@return string|nil
function M.why(answer) return answer.text:match "%S[^\r\n]*" end

return M
