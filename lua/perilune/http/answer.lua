--- An answer of another system.
local copy = require "perilune.copy"
local face = require "perilune.face"
local json = require "perilune.core.json"

---@class perilune.HttpAnswer
local Answer = {}
Answer.__index = Answer

--- Headers by their names in lower case; several of a name are joined.
local function headers_of(head)
  local out = {}
  for name, value in head:gmatch "\n([^:\r\n]+):[ \t]*([^\r\n]*)" do
    name = name:lower()
    out[name] = out[name] and out[name] .. ", " .. value or value
  end
  return out
end

local M = {}

--- Of what core.http gives, for a request.
---@param raw table
---@param request table
---@return table
function M.new(raw, request)
  return setmetatable({ status = raw.status, reason = raw.head:match "^HTTP/%S+ %d+ ([^\r\n]+)", headers = headers_of(raw.head), text = raw.text, url = request.shown, request = request,
    address = raw.address, version = raw.version, phases = raw.phases, seconds = raw.total }, Answer)
end

--- A header's value, or nil.
---@param name string in any case
---@return string|nil
function Answer:header(name) return self.headers[name:lower()] end

local function step(value, key)
  if type(value) ~= "table" then return nil end
  local index = key:match "^%[(%d+)%]$"
  return value[index and tonumber(index) + 1 or key]
end

--- A value of the body's JSON, or nil and why there is none; null is nil.
---@param path string|nil such as "items[0].id"
---@return any
---@return string|nil
function Answer:json(path)
  if self.decoded == nil then
    local value, err = json.decode(self.text)
    if value == nil then return nil, err and err.message or "no JSON" end
    self.decoded = value
  end
  local value = self.decoded
  for key in (path or ""):gsub("%[", ".["):gmatch "[^.]+" do value = step(value, key) end
  if value ~= nil and value ~= json.null then return value end
  return nil, ("no %q in the answer"):format(path or "")
end

local face_of = face.kind("answer", { json = { Answer.json, "string:path?" }, header = { Answer.header, "string:name" } })

--- What scripts hold.
function Answer.face(answer)
  local timings = copy.shallow(answer.phases)
  timings.total = answer.seconds
  return face_of(answer, { status = answer.status, ok = answer.ok, text = answer.text, url = answer.url, attempts = answer.attempts, address = answer.address or face.NONE,
    headers = face.export(answer.headers), timings = timings })
end

return M
