--- What is cut before anything is stored or shown: credentials in URLs, values of telling headers and fields, bodies.
local guard = require "perilune.core.guard"
local json = require "perilune.core.json"

local M = {}

M.MASK = "***"

local TELLING = { "auth", "cookie", "token", "secret", "password", "passwd", "credential", "session", "signature", "api[-_]?key", "access[-_]?key", "private[-_]?key" }

--- Whether the value behind a name is nobody's business.
---@param name any
---@return boolean
function M.is_telling(name)
  local lower = tostring(name):lower()
  for _, pattern in ipairs(TELLING) do
    if lower:find(pattern) then return true end
  end
  return false
end

local LEAST_KNOWN = 4 -- what is shorter stands everywhere

local known, sorted = {}, {} -- texts that were secrets; the longest first

--- Keeps texts that are shown nowhere from now on: a secret as it is, and as others write it.
---@param texts string[]
function M.learn(texts)
  for _, text in ipairs(texts) do
    if #text >= LEAST_KNOWN and not known[text] then
      known[text] = true
      sorted[#sorted + 1] = text
    end
  end
  table.sort(sorted, function(a, b) return #a > #b end)
end

--- A text without those.
---@param text string
---@return string
function M.known(text)
  for _, secret in ipairs(sorted) do
    local from, to = text:find(secret, 1, true)
    while from do
      text = text:sub(1, from - 1) .. M.MASK .. text:sub(to + 1)
      from, to = text:find(secret, from + #M.MASK, true)
    end
  end
  return text
end

--- A text without known secrets, user and password in its URLs, and the values of telling query fields.
---@param text string
---@return string
function M.url(text)
  -- The frontier keeps a long word from being tried from each of its letters.
  text = M.known(text):gsub("%f[%w+.-]([%w+.-]+://)[^/?#%s\"'@]*@", "%1")
  return (text:gsub("([?&])([%w_.%%-]+)=([^&#%s\"']*)", function(sign, name, value)
    if not M.is_telling(name) or value == "" or value:sub(1, #M.MASK) == M.MASK then return nil end
    return sign .. name .. "=" .. M.MASK
  end))
end

local function inner(value, with_bodies, hidden)
  if type(value) == "string" then return hidden and M.MASK or M.url(value) end
  if type(value) ~= "table" then return value end
  local out = json.object {}
  if #value > 0 then out = json.array {} end
  for k, v in pairs(value) do
    out[k] = inner(v, with_bodies, hidden or M.is_telling(k) or (k == "body" and not with_bodies))
  end
  return out
end

--- A text without the values of telling headers, which stand one a line.
local function headers(text)
  return (("\n" .. text):gsub("\n([%w_-]+):[^\n]*", function(name)
    return M.is_telling(name) and ("\n%s: %s"):format(name, M.MASK) or nil
  end):sub(2))
end

--- A text without what PEM holds: keys are secret, and certificates are long.
local function without_pem(text)
  if not text:find("-----BEGIN ", 1, true) then return text end
  return (text:gsub("%-%-%-%-%-BEGIN ([%u%d ]+)%-%-%-%-%-.-%-%-%-%-%-END %1%-%-%-%-%-", M.MASK))
end

--- A text as it may be stored: what PEM holds is cut, JSON loses telling fields and bodies, any text the credentials of its URLs and headers.
---@param text string
---@param with_bodies boolean|nil bodies stay
---@return string
function M.text(text, with_bodies)
  text = without_pem(text)
  if text:match("^%s*[{%[]") then
    local ok, value = pcall(json.decode, text)
    if ok and type(value) == "table" then return json.encode(inner(value, with_bodies)) end
  end
  return M.url(headers(text))
end

--- The arguments of a run as they may be stored: given ones, and the defaults of the others.
---@param declared table name -> declaration
---@param given table name -> text
---@return table
function M.args(declared, given)
  local out = json.object {}
  for name, value in pairs(given) do
    local kind = declared[name] and declared[name].kind
    out[name] = (kind == "secret" or name == "body") and M.MASK or type(value) == "string" and M.text(value) or value
  end
  for name, arg in pairs(declared) do
    if given[name] == nil and arg.default ~= nil and arg.kind ~= "secret" then out[name] = M.text(tostring(arg.default)) end
  end
  return out
end

--- A value of a playbook's arguments as it counts for the hash that makes runs comparable.
---@param value any
---@return string
function M.shown(value)
  if guard.is_secret(value) then return M.MASK end
  return M.text(tostring(value), true)
end

return M
