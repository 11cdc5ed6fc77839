--- OpenTelemetry's metrics over HTTP, in protobuf: to the URL as it is where it has a path, else to /v1/metrics there.
local guard = require "perilune.core.guard"

local M = {}

M.FORMAT = "otlp"

local SIGNALS = { traces = true, logs = true, profiles = true }

--- Raises where the path is that of another signal, which would take metrics for broken spans.
---@param o { url: any }
function M.check(o)
  local url = guard.is_secret(o.url) and guard.reveal(o.url) or o.url
  local signal = url:match "/v1[%w]*/(%a+)/?$"
  if SIGNALS[signal] then error({ code = "invalid", message = ("export: otlp sends metrics, and /v1/%s is where %s go: give /v1/metrics, or no path"):format(signal, signal) }, 0) end
end

--- A message on its way.
---@param o { url: string }
---@param body string
---@return table options of a request
function M.build_request(o, body)
  local url = guard.is_secret(o.url) and guard.reveal(o.url) or o.url
  if url:match "^%w+://[^/]+/?$" then url = url:gsub("/$", "") .. "/v1/metrics" end
  return { url = url, method = "POST", body = body, headers = { ["content-type"] = "application/x-protobuf" } }
end

--- Why it was not taken: the printable part of a Status, whose second field is the text.
---@param answer table
---@return string|nil
function M.why(answer) return answer.text:match "[%g ][%g ][%g ][%g ]+" end

--- The number at a place of protobuf's bytes, and the place behind it; nothing where it is cut off.
local function varint(text, at)
  local value, shift = 0, 0
  repeat
    local byte = text:byte(at)
    if not byte or shift > 63 then return nil end
    value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
  until byte < 128
  return value, at
end

local NUMBER, BYTES = 0, 2 -- of protobuf's wire types

--- Numbers and texts of a message by the numbers of their fields, up to what is malformed or of another type.
local function fields(text)
  local list, at = {}, 1
  while true do
    local tag, behind = varint(text, at)
    local value, after = varint(text, behind or #text + 1)
    if not value or tag & 7 ~= NUMBER and tag & 7 ~= BYTES then return list end
    at = after
    if tag & 7 == BYTES then value, at = text:sub(after, after + value - 1), after + value end
    list[tag >> 3] = value
  end
end

--- How many points of a message that was taken were refused, and why: the partial success of its answer.
---@param answer table
---@return integer
---@return string
function M.rejected(answer)
  local partial = fields(answer.text)[1]
  local found = type(partial) == "string" and fields(partial) or {}
  return math.tointeger(found[1]) or 0, type(found[2]) == "string" and found[2] or "no reason given"
end

return M
