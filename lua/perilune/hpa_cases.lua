--- Cases of the Horizontal Pod Autoscaler as a JSON document has them, each answered as its replica calculation would: pods with requests and
--- use, or values of other metrics, a target, and how many there are.
local cases = require "perilune.cases"
local json = require "perilune.core.json"
local core = require "perilune.core.rightsize"

local M = {}

local MOST = 100000 -- cases of a document

local function fail(place, text, ...) error({ code = "corrupt", message = place .. ": " .. text:format(...) }, 0) end

--- A whole number of 0 or more.
local function whole(place, case, key, otherwise)
  local v = case[key]
  if v == nil or v == json.null then v = otherwise end
  local n = type(v) == "number" and math.tointeger(v)
  if not n or n < 0 then fail(place, "%s must be a whole number of 0 or more, not %s", key, v == nil and "missing" or tostring(v)) end
  return n
end

--- An array of whole numbers; with gaps, null stands for one that is missing.
local function list(place, case, key, gaps)
  local t = case[key]
  if t == nil or t == json.null then return {} end
  if type(t) ~= "table" or (#t == 0 and next(t) ~= nil) then fail(place, "%s must be an array of numbers", key) end
  for i, v in ipairs(t) do
    if not (gaps and v == json.null) then whole(("%s, %s"):format(place, key), t, i) end
  end
  return t
end

--- The pods of a case: n of them by their places, from 0 on, and metrics that have none.
local function pods_of(place, case, n, values, requests)
  local pods = {}
  for i = 1, math.max(n, #values) do
    pods[i] = { state = i > n and "unknown" or nil, value = values[i] ~= json.null and values[i] or nil, request = requests and requests[i] }
  end
  for _, mark in ipairs { { "ignored_pods", "unready" }, { "pending_pods", "unready" }, { "failed_pods", "gone" }, { "deleted_pods", "gone" } } do
    for _, at in ipairs(list(place, case, mark[1])) do
      if at >= n then fail(place, "%s names pod %d, but there are %d, counted from 0", mark[1], at, n) end
      pods[at + 1].state = mark[2]
    end
  end
  return pods
end

local function of_requests(place, case, o)
  local requests, usage = list(place, case, "requests_m"), list(place, case, "usage_m", true)
  local n = #requests > 0 and #requests or o.current + #list(place, case, "failed_pods") + #list(place, case, "deleted_pods")
  o.target, o.pods = whole(place, case, "target"), pods_of(place, case, n, usage, requests)
  return core.hpa("utilisation", o)
end

local function of_raw(place, case, o)
  local usage = list(place, case, "usage_m", true)
  local n = math.max(#list(place, case, "requests_m"), o.current)
  o.target, o.pods = whole(place, case, "target_milli", case.target), pods_of(place, case, n, usage)
  return core.hpa("pods", o)
end

local function of_pods(place, case, o)
  local values = list(place, case, "values_milli", true)
  o.target, o.pods = whole(place, case, "target_milli"), pods_of(place, case, whole(place, case, "ready_pods", math.max(o.current, #values)), values)
  return core.hpa("pods", o)
end

--- One value, or the sum of several of an outside system.
local function of_value(kind)
  return function(place, case, o)
    local values = list(place, case, "values_milli")
    if #values == 0 then return nil, "no metrics" end
    o.target, o.ready, o.value = whole(place, case, "target_milli"), whole(place, case, "ready_pods", o.current), 0
    for _, v in ipairs(values) do o.value = o.value + v end
    return core.hpa(kind, o)
  end
end

local KINDS = { resource_utilisation_percent = of_requests, resource_utilization_percent = of_requests, resource_raw = of_raw, pods = of_pods,
  object = of_value "value", external = of_value "value", object_per_pod = of_value "value_per_pod", external_per_pod = of_value "value_per_pod" }

local function names()
  local out = {}
  for name in pairs(KINDS) do out[#out + 1] = name end
  table.sort(out)
  return table.concat(out, ", ")
end

local function tolerance_of(place, case, document)
  local out = {}
  for _, way in ipairs { "down", "up" } do
    local v = case["tolerance_" .. way] or case.tolerance or document["tolerance_" .. way] or document.tolerance or 0.1
    if type(v) ~= "number" or not (v >= 0 and v < 1) then fail(place, "a tolerance is a share from 0 to below 1, not %s", tostring(v)) end
    out[way] = v
  end
  return out
end

--- Answers one case.
---@param case table { kind, current, target or target_milli, requests_m and usage_m, or values_milli and ready_pods }
---@param place string for messages
---@param document table|nil where tolerances for all cases stand
---@return table { replicas, utilisation, error }, json.null where there is none
function M.answer(case, place, document)
  if type(case) ~= "table" then fail(place, "it is no object") end
  local calculate = KINDS[case.kind]
  if not calculate then fail(place, "the kind %s is none of %s", tostring(case.kind), names()) end
  local o = tolerance_of(place, case, document or {})
  o.current = whole(place, case, "current")
  local replicas, got = calculate(place, case, o)
  if not replicas then return { replicas = json.null, utilisation = json.null, error = got } end
  return { replicas = replicas, utilisation = got, error = json.null }
end

--- Answers all cases of a document, in their order. A case that cannot be answered has the reason as its error, and is told.
---@param document any { cases = { … }, tolerance }, or the array alone
---@param name string of the document, for messages
---@return table[]
---@return integer how many cases could not be answered, as they are none
function M.answers(document, name)
  local list = type(document) == "table" and (document.cases or (#document > 0 and document))
  if type(list) ~= "table" then fail(name, "there is no array of cases in it") end
  if #list > MOST then error({ code = "limit", message = ("%s: %d cases; at most %d"):format(name, #list, MOST) }, 0) end
  return cases.answers(name, list, function(case, i)
    local title = type(case) == "table" and type(case.name) == "string" and (" (%s)"):format(case.name) or ""
    return M.answer(case, ("case %d%s"):format(i, title), document)
  end, function(_, why) return { replicas = json.null, utilisation = json.null, error = why } end)
end

return M
