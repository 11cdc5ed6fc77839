--- Jaeger's query API, as other stores of traces have it, too: the search of /api/traces. core/format/jaeger.c reads the answers.
local json = require "perilune.core.json"

local M = { traces = true }

local function microseconds(seconds) return ("%d"):format(math.floor(seconds * 1e6 + 0.5)) end

--- Tags as the API takes them: a JSON object of texts, in order.
local function tags_text(tags)
  local names, parts = {}, {}
  for name in pairs(tags or {}) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do parts[i] = ("%s:%s"):format(json.encode(name), json.encode(tostring(tags[name]))) end
  return #parts > 0 and ("{%s}"):format(table.concat(parts, ",")) or nil
end

--- The question for traces that have a span of a service that began at `from` or later, before `to`.
---@param o { url: string, service: string, operation: string?, tags: table?, min_duration: number?, limit: integer }
---@param from number seconds since 1970
---@param to number
---@return table options of a request
function M.build_request(o, from, to)
  return { url = o.url:gsub("/+$", "") .. "/api/traces", query = {
    service = o.service, operation = o.operation, tags = tags_text(o.tags), minDuration = o.min_duration and microseconds(o.min_duration) .. "us",
    start = microseconds(from), ["end"] = ("%d"):format(math.floor(to * 1e6 + 0.5) - 1), limit = ("%d"):format(o.limit) } }
end

--- The question without its times: what a stretch was asked for.
---@param o table
---@return string
function M.question(o)
  local parts = { "service=" .. o.service }
  if o.operation then parts[#parts + 1] = "operation=" .. o.operation end
  if o.min_duration then parts[#parts + 1] = ("min_duration=%sus"):format(microseconds(o.min_duration)) end
  local tags = tags_text(o.tags)
  if tags then parts[#parts + 1] = "tags=" .. tags end
  return table.concat(parts, " ")
end

--- Why it gave no traces, in its words.
---@param answer table
---@return string|nil
function M.why(answer)
  local errors = answer:json "errors"
  local why = type(errors) == "table" and type(errors[1]) == "table" and errors[1].msg
  return type(why) == "string" and why or nil
end

return M
