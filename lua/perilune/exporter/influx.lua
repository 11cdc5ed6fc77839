--- InfluxDB's line protocol: to a bucket the write endpoint of v2, to a database that of v1.
local core = require "perilune.core.http"
local guard = require "perilune.core.guard"

local M = {}

M.FORMAT = "influx"

local function invalid(why) error({ code = "invalid", message = "export: influx: " .. why }, 0) end

--- Raises where the options do not say what is written to.
---@param o table
function M.check(o)
  if (o.bucket ~= nil) == (o.database ~= nil) then invalid "give bucket and org (v2), or database (v1)" end
  if o.bucket and not o.org then invalid "a bucket is one of an organization: give org, too" end
end

--- A message on its way. Tokens go as InfluxDB writes them.
---@param o { url: string, bucket: string?, org: string?, database: string?, auth: table? }
---@param body string
---@return table options of a request
function M.build_request(o, body)
  local place = o.bucket and ("/api/v2/write?org=%s&bucket=%s&precision=ns"):format(core.encode(o.org), core.encode(o.bucket)) or ("/write?db=%s&precision=ns"):format(core.encode(o.database))
  local url = guard.is_secret(o.url) and guard.reveal(o.url) or o.url
  local request = { url = url:gsub("/+$", "") .. place, method = "POST", body = body, headers = { ["content-type"] = "text/plain; charset=utf-8" } }
  local bearer = o.auth and o.auth.bearer
  if not bearer then return request end
  request.headers.authorization = guard.secret("Token " .. (guard.is_secret(bearer) and guard.reveal(bearer) or bearer))
  request.auth = false
  return request
end

--- Why it was not taken, in the server's words.
---@param answer table
---@return string|nil
function M.why(answer)
  local why = answer:json "error" or answer:json "message"
  return type(why) == "string" and why or nil
end

--- How many of a message's samples were refused: others may be kept.
---@param answer table
---@return integer|nil nil: all of them
function M.dropped(answer) return math.tointeger(tonumber(answer.text:match "dropped=(%d+)")) end

return M
