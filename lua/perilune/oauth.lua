--- OAuth 2 client credentials (RFC 6749, 4.4): what is asked, and what answers mean. keeper.lua asks.
local json = require "perilune.core.json"
local suggest = require "perilune.suggest"

local M = {}

local FIELDS = { token_url = true, client_id = true, client_secret = true, scope = false, audience = false, client_auth = false }
local TIMEOUT_SECONDS = 10

--- Raises unless o is { token_url, client_id, client_secret [, scope, audience, client_auth = "basic" | "body"] }.
---@param o table
---@param invalid fun(message: string) raises
function M.check(o, invalid)
  local names = {}
  for name in pairs(FIELDS) do names[#names + 1] = name end
  table.sort(names)
  for name in pairs(o) do
    if FIELDS[name] == nil then invalid(("auth: oauth2 has no field %q%s"):format(tostring(name), suggest.hint(tostring(name), names))) end
  end
  for _, name in ipairs(names) do
    if FIELDS[name] and o[name] == nil then invalid(("auth: oauth2.%s is missing"):format(name)) end
  end
  local way = o.client_auth
  if way ~= nil and way ~= "basic" and way ~= "body" then invalid 'auth: oauth2.client_auth is "basic" (a header) or "body"' end
end

--- The request for a token: options of http. Whether to ask again is the keeper's to say.
---@param o table
---@param tls table|nil { ca, insecure }
---@param encoded fun(value: any): any a text or secret as a form has it: RFC 6749, 2.3.1
---@return table
function M.build_request(o, tls, encoded)
  local form, auth = { grant_type = "client_credentials", scope = o.scope, audience = o.audience }, nil
  if o.client_auth == "body" then
    form.client_id, form.client_secret = o.client_id, o.client_secret
  else
    auth = { basic = { user = encoded(o.client_id), password = encoded(o.client_secret) } }
  end
  return { url = o.token_url, form = form, auth = auth, tls = tls, headers = { accept = "application/json" }, timeout = TIMEOUT_SECONDS, retries = 0, follow = 0, expect = "2xx,3xx,4xx,5xx", dry = true }
end

--- Statuses of a refusal that may pass: RFC 9110 15.5.9, RFC 8470, RFC 6585.
local PASSING = { [408] = true, [425] = true, [429] = true }

--- What the server answered: the token and its life in seconds, or nil, why not, and whether it is what was asked that is wrong
--- (RFC 6749, 5.2: invalid_client and the like), not the server.
---@param answer { status: integer, text: string }
---@return string|nil token
---@return number|string|nil expires_in, or why
---@return boolean|nil refused
function M.parse_response(answer)
  local ok, body = pcall(json.decode, answer.text)
  local refused = answer.status >= 400 and answer.status < 500 and not PASSING[answer.status]
  if not ok or type(body) ~= "table" then return nil, ("status %d without a JSON object"):format(answer.status), refused end
  if answer.status ~= 200 then
    local why = type(body.error) == "string" and body.error:sub(1, 100) or "no error named"
    local more = type(body.error_description) == "string" and ": " .. body.error_description:sub(1, 200) or ""
    return nil, ("status %d, %s%s"):format(answer.status, why, more), refused
  end
  if type(body.access_token) ~= "string" or body.access_token == "" or body.access_token:find "[%c%s]" then return nil, "an answer without a good access_token" end
  local kind = body.token_type
  if kind ~= nil and (type(kind) ~= "string" or kind:lower() ~= "bearer") then return nil, "a token that is no bearer token" end
  return body.access_token, tonumber(body.expires_in)
end

return M
