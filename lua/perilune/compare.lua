--- Comparison of runs: effect, interval, p-value and verdict for each metric. One run a side never fails a build, for it
--- cannot see run-to-run noise.
local baseline = require "perilune.baseline"
local effect = require "perilune.effect"
local json = require "perilune.core.json"
local schema = require "perilune.schema"

local M = {}

local OPTIONS = {
  with = { "string", default = "recent" }, limit = { "ratio", default = 0.05 }, metrics = { "table" },
  missing = { "string", default = "skip", choices = { "skip", "fail" } }, candidate = { "string" }, confirm = { "integer" },
}

local RECENT = 10

local function number(v)
  return type(v) == "number" and v or nil
end

--- The metric of a run's stored result, by load: mean over its loads of that index.
local function value_of(metric, result, index)
  local l = result.loads and result.loads[index]
  return l and number(metric.read(l)) or nil
end

local function results_of(rows)
  local results = {}
  for _, row in ipairs(rows) do
    local ok, decoded = pcall(json.decode, row.result or "null")
    if ok and type(decoded) == "table" and decoded.loads then results[#results + 1] = { row = row, result = decoded } end
  end
  return results
end

local function baseline_rows(run, with)
  if with == "recent" then return baseline.comparable(run, RECENT) end
  if with == "pinned" then return { baseline.get(run) } end
  local rows, err = run:reader():record("run_by_id_prefix", { prefix = with:upper() })
  if not rows then error(err, 0) end
  if not rows[1] then error({ code = "not_found", message = ("compare: there is no run %q"):format(with) }, 0) end
  return { rows[1] }
end

--- What differs between two runs that are compared, in words.
local function mismatches(run, row)
  local out = {}
  local function note(what, a, b)
    if a ~= b then out[#out + 1] = ("%s differs (%s, was %s)"):format(what, tostring(a), tostring(b)) end
  end
  local ok, labels = pcall(json.decode, row.labels or "{}")
  if ok then note("machine", run.labels.machine, labels.machine) end
  note("playbook", run.name, row.name)
  return out
end

local function wanted(names)
  if not names then return effect.METRICS end
  local list = {}
  for _, name in ipairs(names) do
    local found
    for _, m in ipairs(effect.METRICS) do
      if m.name == name then found = m end
    end
    if not found then
      local known = {}
      for i, m in ipairs(effect.METRICS) do known[i] = m.name end
      error({ code = "invalid", message = ("compare: unknown metric %q (known: %s)"):format(tostring(name), table.concat(known, ", ")) }, 0)
    end
    list[#list + 1] = found
  end
  return list
end

--- Compares one load of two groups of results.
local function compare_load(run, metrics, index, base, limit, mine)
  local out = {}
  for _, metric in ipairs(metrics) do
    local values = {}
    for _, b in ipairs(base) do values[#values + 1] = value_of(metric, b.result, index) end
    local now = value_of(metric, mine, index)
    if now and #values > 0 then
      local c = effect.values(metric, values, { now }, limit)
      c.load = index
      c.scenario = table.concat(run.loads[index].names, "+")
      out[#out + 1] = c
    end
  end
  return out
end

--- run:compare(options).
---@param run perilune.Run
---@param options table|nil
---@return table comparisons
function M.run(run, options)
  local result = require "perilune.result" -- result needs the report, which playbooks without one never load
  local o = schema.check(OPTIONS, options, "compare")
  local metrics, rows = wanted(o.metrics), baseline_rows(run, o.with)
  local base = results_of(rows)
  if #base == 0 then
    if o.missing == "fail" then error({ code = "not_found", message = ("compare: there is no comparable run (%s)"):format(o.with) }, 0) end
    run:note(("nothing to compare with yet (%s): the next run will have this one"):format(o.with))
    return {}
  end
  run.exit = run.exit or { code = 0, reason = "pass" }
  local found = {}
  for index, l in ipairs(run.loads) do
    for _, c in ipairs(compare_load(run, metrics, index, base, o.limit, { loads = { [index] = result.load(run, l) } })) do
      found[#found + 1], run.comparisons[#run.comparisons + 1] = c, c
    end
  end
  for _, c in ipairs(found) do
    c.with = base[1].row.ulid
    result.store_finding(run, "comparison", c.verdict == "fail" and "fail" or "info", c.line, c)
  end
  if #base == 1 then
    for _, text in ipairs(mismatches(run, base[1].row)) do run:note("compared runs: " .. text) end
  end
  return found
end

return M
