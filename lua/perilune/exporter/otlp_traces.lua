--- OpenTelemetry's traces over HTTP, as JSON: the requests of loads that were kept whole and carried a traceparent, each a client's span from its
--- intended start. The span's id is the second half of the trace's (core/load/trace_context.h), so that spans of the target are its children.
local guard = require "perilune.core.guard"
local json = require "perilune.core.json"

local M = {}

M.NOUN = "span"

local BATCH = 200
local CLIENT, ERROR = 3, 2 -- of OpenTelemetry's SpanKind and StatusCode

local Requests = {}
Requests.__index = Requests

--- The kept requests of a run as a source of parcels, in the order in which they were stored; one that was both slow and chosen goes once.
---@param o { labels: table<string, string>? }
---@param from { run: integer, from_ns: integer }
---@return table source has next, done and left, as an outlet
function M.open(o, from)
  return setmetatable({ run = from.run, from_ns = from.from_ns, labels = o.labels or {}, after = 0, given = {}, done_ns = from.from_ns }, Requests)
end

--- The next rows that were not given, at most `limit` (-1: all), and the last id that was seen.
function Requests:waiting(reader, limit)
  local rows, err = reader:record("requests_of", { run = self.run, after = self.after, limit = limit })
  if not rows then error(err, 0) end
  local list, seen = {}, {}
  for _, row in ipairs(rows) do
    row.data = json.decode(row.data)
    local id = row.data.trace_id
    if row.ts_ns >= self.from_ns and not self.given[id] and not seen[id] then list[#list + 1] = row end
    seen[id] = true
  end
  return list, rows[#rows] and rows[#rows].id, #rows
end

local function attribute(key, value)
  local kind = math.type(value) == "integer" and "intValue" or type(value) == "number" and "doubleValue" or "stringValue"
  return { key = key, value = { [kind] = kind == "intValue" and tostring(value) or value } }
end

--- What is known of a request beside its times.
local function attributes_of(row)
  local d = row.data
  local list = json.array { attribute("perilune.scenario", d.scenario), attribute("perilune.kept", row.kind) }
  if d.status > 0 then list[#list + 1] = attribute("http.response.status_code", d.status) end
  if type(d.error) == "string" then list[#list + 1] = attribute("error.type", d.error) end
  local phases = {}
  for name in pairs(d.phases_s) do phases[#phases + 1] = name end
  table.sort(phases)
  for _, name in ipairs(phases) do list[#list + 1] = attribute("perilune.phase." .. name, d.phases_s[name] + 0.0) end
  return list
end

local function span_of(row)
  local d = row.data
  local sent = d.lag_s and json.array { { timeUnixNano = tostring(row.ts_ns + math.floor(d.lag_s * 1e9)), name = "sent" } } or nil
  return {
    traceId = d.trace_id, spanId = d.trace_id:sub(17), name = row.text, kind = CLIENT, startTimeUnixNano = tostring(row.ts_ns), endTimeUnixNano = tostring(row.ts_ns + row.duration_ns),
    attributes = attributes_of(row), events = sent, status = type(d.error) == "string" and { code = ERROR, message = d.error } or json.object {},
  }
end

--- The resource's attributes: the export's labels beside the service.
local function resource_of(labels)
  local names, list = {}, json.array { attribute("service.name", "perilune") }
  for name in pairs(labels) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do list[#list + 1] = attribute(name, labels[name]) end
  return { attributes = list }
end

--- The next spans as the body of a request.
function Requests:next(reader, to_ns)
  repeat
    local list, last, n = self:waiting(reader, BATCH)
    self.after = last or self.after
    local spans = json.array {}
    for i, row in ipairs(list) do
      self.given[row.data.trace_id] = true
      spans[i] = span_of(row)
    end
    if #spans > 0 then
      local body = json.encode { resourceSpans = json.array { { resource = resource_of(self.labels), scopeSpans = json.array { { scope = { name = "perilune" }, spans = spans } } } } }
      return body, { samples = #spans, series = 1, left_out = 0, from = list[1].ts_ns, to = list[#list].ts_ns }
    end
  until n < BATCH
  self.done_ns = to_ns
  return nil
end

--- Everything before this time was given.
function Requests:done() return self.done_ns end

--- How many were not given.
function Requests:left(reader) return #self:waiting(reader, -1) end

--- A message on its way: to the URL as it is where it has a path, else to /v1/traces there.
---@param o { url: string }
---@param body string
---@return table options of a request
function M.build_request(o, body)
  local url = guard.is_secret(o.url) and guard.reveal(o.url) or o.url
  if url:match "^%w+://[^/]+/?$" then url = url:gsub("/$", "") .. "/v1/traces" end
  return { url = url, method = "POST", body = body, headers = { ["content-type"] = "application/json" } }
end

--- Why it was not taken, in the server's words.
---@param answer table
---@return string|nil
function M.why(answer)
  local why = answer:json "message"
  return type(why) == "string" and why or answer.text:match "%S[^\r\n]*"
end

--- How many spans of a message that was taken were refused, and why: the partial success of its answer.
---@param answer table
---@return integer
---@return string
function M.rejected(answer)
  local partial = answer:json "partialSuccess"
  if type(partial) ~= "table" then return 0, "" end
  local why = partial.errorMessage
  return math.tointeger(tonumber(partial.rejectedSpans)) or 0, type(why) == "string" and why or "no reason given"
end

return M
