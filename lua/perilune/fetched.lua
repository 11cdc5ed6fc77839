--- What is there of another system's history, and asking for the rest: series of fetched_seconds say which stretches of a question are there.
local core = require "perilune.core.history"
local moment = require "perilune.moment"
local schema = require "perilune.schema"

local M = {}

--- Raises why something cannot be fetched.
---@param why string
function M.invalid(why) error({ code = "invalid", message = "fetch: " .. why }, 0) end

--- A moment as seconds since 1970.
---@param value string|number
---@param now number
---@param what string which option it is
---@return number
function M.moment(value, now, what)
  return moment.at(value, now) or M.invalid(("%s: %s is no moment; %s"):format(what, schema.show(value), moment.FORMS))
end

--- The stretches of [from, to) that are in none of a list.
---@param covered table[] { from, to } each, in any order
---@param from number
---@param to number
---@return table[] { from, to } each, in order
function M.missing(covered, from, to)
  table.sort(covered, function(a, b) return a[1] < b[1] end)
  local out, at = {}, from
  for _, c in ipairs(covered) do
    if c[1] >= to then break end
    if c[1] > at then out[#out + 1] = { at, c[1] } end
    at = math.max(at, c[2])
  end
  if at < to then out[#out + 1] = { at, to } end
  return out
end

--- Stretches in pieces of so many seconds at most.
---@param stretches table[]
---@param most number
---@return table[]
function M.pieces(stretches, most)
  local out = {}
  for _, s in ipairs(stretches) do
    local at = s[1]
    while at < s[2] do
      out[#out + 1] = { at, math.min(s[2], at + most) }
      at = at + most
    end
  end
  return out
end

--- What is there of a question already.
---@param run perilune.Run
---@param source string kind of the source
---@param o table { instance, role, origin }
---@param metric string whose it is; it holds one question
---@param query string
---@param step string
---@return table[] { from, to } each
function M.covered(run, source, o, metric, query, step)
  local reader, out = run:reader(), {}
  local list, err = reader:series("fetched_seconds", 0, { source = source, instance = o.instance, role = o.role, origin = o.origin, metric = metric })
  if not list then error(err, 0) end
  for _, series in ipairs(list) do
    local labels = series.labels
    if labels.query ~= query or labels.step ~= step then
      M.invalid(("%s holds the query %q with step %s already; give this one another name by as"):format(metric, labels.query, labels.step))
    end
    local times, seconds = reader:samples(series.id, 0)
    if not times then error(seconds, 0) end
    for i, time in ipairs(times) do out[i] = { time / 1000, time / 1000 + seconds[i] } end
  end
  return out
end

--- Asks for one stretch, and keeps what comes.
---@param run perilune.Run
---@param source string kind of the source
---@param system table a connector
---@param o table
---@param name string whose it is
---@param request table
---@param covered table|nil { query, step, from, seconds, nothing: also where the answer has no series }: what is there then
---@return table kept { samples, traces ... }
function M.take(run, source, system, o, name, request, covered)
  for _, option in ipairs { "auth", "headers", "tls", "proxy", "timeout", "retries", "max_body" } do request[option] = o[option] end
  local ok, got = pcall(run.http, run, request)
  if not ok then
    local why = type(got) == "table" and got.answer and system.why(got.answer)
    if why then got.message = ("%s: %s"):format(got.message, why) end
    error(got, 0)
  end
  local kept, err = core.put { system = source, instance = o.instance, role = o.role, origin = o.origin, name = name, body = got.text, covered = covered }
  if not kept then error({ code = err.code, message = ("fetch: %s: %s"):format(got.url, err.message) }, 0) end
  if kept.warning then run:note(("fetch %s: %s"):format(name, kept.warning)) end
  if kept.refused > 0 then run:note(("fetch %s: %d were not kept: %s"):format(name, kept.refused, kept.why)) end
  return kept
end

return M
