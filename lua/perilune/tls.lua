--- TLS of a scenario's defaults: from what people write to the plan. Files become their texts here, so that workers read none.
local guard = require "perilune.core.guard"
local schema = require "perilune.schema"

local M = {}

local PEM_MAX = 1 << 20

local TLS = {
  insecure = { "boolean", default = false }, resume = { "boolean", default = false }, ca = { "text" }, cert = { "text" }, key = { "text" },
  server_name = { "string" }, alpn = { "any" }, min = { "string", choices = { "1.0", "1.1", "1.2", "1.3" } },
  max = { "string", choices = { "1.0", "1.1", "1.2", "1.3" } }, ciphers = { "string" }, groups = { "string" },
}

M.SCHEMA = TLS

--- PEM as it stands, or that of a file of the playbook's folder; a secret stays one.
local function pem(value, word, place)
  if value == nil or guard.is_secret(value) or value:find("-----BEGIN", 1, true) then return value end
  local folder = require "perilune.folder" -- files are read on the control side alone
  return folder.read(place, value, word, PEM_MAX)
end

local FILES = { "ca", "cert", "key" }

--- The files that the texts are of, by word; nil of none. A key that is not given lies beside the certificate.
local function files_of(t)
  local files
  for _, word in ipairs(FILES) do
    local value = t[word] or (word == "key" and t.cert) or nil
    if value and not guard.is_secret(value) and not value:find("-----BEGIN", 1, true) then
      files = files or {}
      files[word] = value
    end
  end
  return files
end

--- Names the file in an error over one, which workers know as a text without a name.
---@param err any of a load
---@param plans table[]
---@param typed table|nil files that were named on the command line, by word
---@return any err
function M.named(err, plans, typed)
  if type(err) ~= "table" or err.code ~= "corrupt" then return err end
  local scenario, word, why = err.message:match "scenario (.-): tls%.(%a+): (.*)$"
  for _, plan in ipairs(plans) do
    if plan.name == scenario and plan.tls then
      local file, at = plan.tls.files and plan.tls.files[word], ("scenario %s: tls.%s"):format(scenario, word)
      if typed then file, at = typed[word] or (word == "key" and typed.cert) or nil, typed[word] and "--" .. word or "--cert" end
      if file then err.message = ("%s: %s: %s"):format(at, file, why) end
    end
  end
  return err
end

--- defaults = { tls = { ca = "ca.pem", insecure = true, cert = "me.pem", key = "me.key", server_name = "shop.example", alpn = { "http/1.1" },
--- min = "1.2", max = "1.3", ciphers = "...", groups = "X25519", resume = true } } as the plan has it.
---@param tls table|nil as written
---@param what string for messages
---@param place string the playbook's folder
---@return table|nil
function M.plan(tls, what, place)
  if tls == nil then return nil end
  local t = schema.check(TLS, tls, what .. ": tls")
  if t.key and not t.cert then error({ code = "invalid", message = what .. ": tls: key without cert" }, 0) end
  if t.min and t.max and t.min > t.max then error({ code = "invalid", message = ("%s: tls: min %s is above max %s: no version is left"):format(what, t.min, t.max) }, 0) end
  local key = pem(t.key, "tls.key", place)
  return {
    insecure = t.insecure, resume = t.resume, ca = pem(t.ca, "tls.ca", place), cert = pem(t.cert, "tls.cert", place),
    key = type(key) == "string" and guard.secret(key) or key, server_name = t.server_name, alpn = schema.joined(t.alpn, what .. ": tls: alpn"),
    min = t.min, max = t.max, ciphers = t.ciphers, groups = t.groups, files = files_of(t),
  }
end

return M
