--- Which metrics, labels and scenarios an expression may name: mistakes are found with their near names before anything is sent.
local query = require "perilune.core.query"
local sampler = require "perilune.core.sampler"
local suggest = require "perilune.suggest"

local M = {}

local SOURCE = { "source", "instance", "role", "origin" }
local REQUEST = { "scenario", "name", "method" }

--- Labels of the load's metrics, besides those of the source; tagged: tags of requests are labels as well.
local LOAD = {
  load_latency_seconds = { tagged = true, REQUEST }, load_service_seconds = { tagged = true, REQUEST },
  load_schedule_lag_seconds = { { "scenario" } }, load_iteration_seconds = { { "scenario" } }, load_group_seconds = { tagged = true, REQUEST },
  load_phase_seconds = { tagged = true, REQUEST, { "phase", "step", "backend" } },
  load_requests_total = { tagged = true, REQUEST, { "status", "outcome" } }, load_starts_total = { { "scenario", "outcome" } },
  load_bytes_total = { { "scenario", "direction" } }, load_checks_total = { { "scenario", "check", "ok" } },
  load_users = { { "scenario" } }, load_rate_planned = { { "scenario" } }, load_connections = {},
}

--- Distance at which another full name is meant.
local NEAR = 2

local function add_all(set, list)
  for _, name in ipairs(list) do set[name] = true end
  return set
end

local function listed(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, ", ")
end

--- Names in tables that the text gives under a key, { kind = ... } or { ["kind"] = ... }, added to a set; whether there are others.
local function add_written(set, text, key)
  if not text:find(key, 1, true) then return false end
  for block in text:gmatch("%f[%w_]" .. key .. "%s*=%s*(%b{})") do
    for name in block:gmatch("([%a_][%w_]*)%s*=") do set[name] = true end
    for name in block:gmatch("%[%s*[\"']([%w_]+)[\"']%s*%]") do set[name] = true end
  end
  return text:find("%f[%w_]" .. key .. "%s*=%s*[%a_]") ~= nil
end

--- Tags that a scenario declares, or that the script's text names: user:tag("kind", ...), tags = { kind = ... }.
local function tags_of(prepared)
  local tags, text, open = {}, prepared.spec.text, false
  for _, plan in ipairs(prepared.plans) do
    for tag in pairs(plan.tags or {}) do tags[tag] = true end
  end
  for first in text:gmatch(":%s*tag%s*%(?%s*(.)") do open = open or not first:find("[\"']") end
  for tag in text:gmatch(":%s*tag%s*%(?%s*[\"']([%w_]+)[\"']") do tags[tag] = true end
  open = add_written(tags, text, "tags") or open
  return tags, open
end

--- Names of series that the database has.
local function stored_names(world)
  local ok, rows = pcall(function() return assert(world.reader()):record("series_names", {}) end)
  local names = {}
  for _, row in ipairs(ok and rows or {}) do names[row.name] = true end
  return names
end

--- What expressions of a prepared playbook may name.
---@param prepared table
---@param reader fun(): any gives a reader of the database, or nil
---@return table
function M.world(prepared, reader)
  local world = { reader = reader, scenarios = {}, text = prepared.spec.text, sealed = prepared.options.from_options }
  for name in pairs(prepared.scenarios) do world.scenarios[name] = true end
  world.tags, world.any_tag = tags_of(prepared)
  world.labels = {}
  world.any_label = add_written(world.labels, prepared.spec.text, "labels")
  return world
end

--- The same once something is stored: what is not there by now is unknown.
---@param world table
---@return table
function M.world_now(world)
  return { sources = world.sources, reader = world.reader, scenarios = world.scenarios, text = world.text, tags = world.tags, any_tag = world.any_tag,
    labels = world.labels, any_label = world.any_label, sealed = true }
end

--- Full names that are known so far, and the labels of those that samplers have.
local function known_names(world)
  if not world.names then
    world.sampled = sampler.metrics()
    world.names = stored_names(world)
    for _, set in ipairs { LOAD, world.sampled, query.names() } do
      for name in pairs(set) do world.names[name] = true end
    end
  end
  return world.names
end

--- The known name that is meant, when one is near.
local function near_name(name, names)
  local near = suggest.near(name, names)
  return near and suggest.distance(name, near) <= math.max(NEAR, name:find("_", 1, true) and 0 or #name // 3) and near or nil
end

local function fail(where, use, text)
  error({ code = "invalid", message = ("%s, column %d: %s"):format(where, use.column, text) }, 0)
end

--- Whether a script records a metric of this name, or of a name that is not written there but said somewhere.
local function is_recorded(world, name)
  local said = "[\"']" .. name:gsub("%p", "%%%0") .. "[\"']"
  if world.text:find(":%s*record%s*%(?%s*" .. said) then return true end
  return world.text:find(":%s*record%s*%(%s*[^%s\"']") ~= nil and world.text:find(said) ~= nil
end

--- Of a word that is an aggregate, how it is written: p99 < 5ms means p99(latency) < 5ms.
local function meant_of(word)
  if word:find "^p%d+%.?%d*$" or word == "mean" or word == "min" or word == "max" then return word .. "(latency)" end
  return (word == "rate" or word == "count" or word == "sum") and word .. "(requests)" or nil
end

local function check_metric(use, world, where)
  if use.short or LOAD[use.metric] or is_recorded(world, use.metric) then return nil end
  local names = known_names(world)
  if names[use.metric] then return nil end
  local meant = meant_of(use.metric)
  if meant then fail(where, use, ("%s needs a metric, such as %s"):format(use.metric, meant)) end
  local near = near_name(use.metric, names)
  if near then fail(where, use, ("unknown metric %q; did you mean %q?"):format(use.metric, near)) end
  if world.sealed then
    fail(where, use, ("unknown metric %q; short names are %s; full names, such as node_load1, are those of perilune sql 'select distinct name from series'"):format(use.metric, listed(query.names())))
  end
  return ("%s: no such series yet: %s"):format(where, use.metric)
end

--- The labels that a metric's series have, or nil where that is not known.
local function labels_of(use, world)
  local load = LOAD[use.metric]
  if load then
    if load.tagged and world.any_tag then return nil end
    local set = add_all({}, SOURCE)
    for _, list in ipairs(load) do add_all(set, list) end
    for tag in pairs(load.tagged and world.tags or {}) do set[tag] = true end
    return set
  end
  known_names(world)
  local sampled = world.sampled[use.metric]
  if not sampled or world.any_label then return nil end
  local set = add_all({ process = true, cgroup = true }, SOURCE)
  for label in pairs(world.labels or {}) do set[label] = true end
  for label in pairs(sampled) do set[label] = true end
  return set
end

local function check_labels(use, world, where)
  local names = {}
  for _, m in ipairs(use.matchers) do names[#names + 1] = m.label end
  for _, label in ipairs(use.by) do names[#names + 1] = label end
  local labels = #names > 0 and labels_of(use, world)
  for _, label in ipairs(names) do
    if labels and not labels[label] then
      fail(where, use, ("%s has no label %q%s (its labels: %s)"):format(use.name, label, suggest.hint(label, labels), listed(labels)))
    end
  end
end

local function check_scenarios(use, world, where)
  for _, m in ipairs(use.matchers) do
    if use.of_load and m.label == "scenario" and next(world.scenarios) and not world.scenarios[m.value] then
      fail(where, use, ("there is no scenario %q%s (there are %s)"):format(m.value, suggest.hint(m.value, world.scenarios), listed(world.scenarios)))
    end
  end
end

--- Whether what tells a series' instance from others of its metric holds for an expression's matchers.
local function is_meant(use, instance)
  for _, m in ipairs(use.matchers) do
    if instance[m.label] and (instance[m.label] == m.value) ~= m.equal then return false end
  end
  return true
end

--- Whether a label tells instances of a metric apart: one of the source, or one that a sampler was given.
local function tells_apart(label, sampled)
  for _, name in ipairs(SOURCE) do
    if name == label then return true end
  end
  return not sampled[label]
end

--- The instances that an expression may mean, each as its labels, told by those that the metric itself does not have.
local function instances_of(use, world)
  local list, seen, sampled = {}, {}, world.sampled[use.metric] or {}
  for _, series in ipairs(world.sources(use.metric)) do
    local instance, key = {}, {}
    for label, value in pairs(series.labels) do
      if tells_apart(label, sampled) then instance[label], key[#key + 1] = value, label .. "=" .. value end
    end
    table.sort(key)
    key = table.concat(key, ",")
    if not seen[key] and is_meant(use, instance) then seen[key], list[#list + 1] = true, instance end
  end
  return list
end

--- "cpu_utilization{role='target'}" for each instance: by the labels that differ between them.
local function written_out(use, instances)
  local values, texts = {}, {}
  for _, instance in ipairs(instances) do
    for label, value in pairs(instance) do values[label] = add_all(values[label] or {}, { value }) end
  end
  for i, instance in ipairs(instances) do
    local parts = {}
    for label, value in pairs(instance) do
      if next(values[label], (next(values[label]))) then parts[#parts + 1] = ("%s='%s'"):format(label, value) end
    end
    table.sort(parts)
    texts[i] = ("%s{%s}"):format(use.name, table.concat(parts, ","))
  end
  table.sort(texts)
  return table.concat(texts, ", ")
end

local function check_instance(use, world, where)
  if not use.short or use.of_load or not world.sources then return end
  known_names(world)
  local instances = instances_of(use, world)
  for _, label in ipairs(use.by) do
    if tells_apart(label, world.sampled[use.metric] or {}) then return end
  end
  if #instances > 1 then fail(where, use, ("%s could mean several instances; write one of %s"):format(use.name, written_out(use, instances))) end
end

--- Raises where a short name could mean several instances of what is sampled by now.
---@param facts table of query.parse or query.expression
---@param world table of M.world, with `sources` once the run has begun: fun(metric: string): table[] series of the run
---@param where string the expression, for messages
function M.check_instances(facts, world, where)
  for _, use in ipairs(facts.uses) do check_instance(use, world, where) end
end

local SHOWN_MAX = 10

--- The first values, sorted, and how many more there are.
local function first_values(set)
  local values = {}
  for value in pairs(set) do values[#values + 1] = ("%q"):format(value) end
  table.sort(values)
  local more = #values - SHOWN_MAX
  return table.concat(values, ", ", 1, math.min(#values, SHOWN_MAX)) .. (more > 0 and (" and %d more"):format(more) or "")
end

--- Of an expression without data, which label's value no series has, and those that there are; nil where it is not that.
---@param facts table of query.parse or query.expression
---@param sources fun(metric: string): table[] series
---@return string|nil
function M.absent(facts, sources)
  for _, use in ipairs(facts.uses) do
    local series = sources(use.metric)
    for _, m in ipairs(#series > 0 and use.matchers or {}) do
      local values = {}
      for _, s in ipairs(series) do values[s.labels[m.label] or ""] = true end
      if m.equal and not values[m.value] then return ("no %s is %q%s (there are %s)"):format(m.label, m.value, suggest.hint(m.value, values), first_values(values)) end
    end
  end
end

--- Raises where an expression names what there is not, or what could be several; gives warnings about series that do not exist yet.
---@param facts table of query.parse or query.expression
---@param world table of M.world
---@param where string the expression, for messages
---@return string[]
function M.check(facts, world, where)
  local warnings = {}
  for _, use in ipairs(facts.uses) do
    warnings[#warnings + 1] = check_metric(use, world, where)
    check_labels(use, world, where)
    check_scenarios(use, world, where)
    check_instance(use, world, where)
  end
  return warnings
end

return M
