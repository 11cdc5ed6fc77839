--- Comparison of runs: effect, interval, p-value and verdict for each metric. One run a side never fails a build, for it
--- cannot see run-to-run noise.
local baseline = require "perilune.baseline"
local database = require "perilune.database"
local effect = require "perilune.effect"
local json = require "perilune.core.json"
local likeness = require "perilune.likeness"
local load = require "perilune.load"
local result = require "perilune.result"
local schema = require "perilune.schema"
local words = require "perilune.words"

local M = {}

local OPTIONS = words.options.compare

local RECENT = 10 -- runs that a run is set beside
local LEARNT = 100 -- most runs that noise is learnt from

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
    local decoded = database.decoded(row.result)
    if decoded and decoded.loads then results[#results + 1] = { row = row, result = decoded } end
  end
  return results
end

--- Groups of runs to compare with: { rows, against = text }. "recent" is the last comparable passed runs and, when there is
--- one, the pinned run, so that small steps cannot add up unseen.
local function recent_groups(run)
  local rows, groups = baseline.comparable(run, RECENT), {}
  local pinned, name = baseline.get(run)
  local among = false
  for _, row in ipairs(rows) do among = among or (pinned and row.id == pinned.id) end
  if #rows > 0 then
    groups[1] = { rows = rows, against = #rows == 1 and "the last comparable passed run" or ("the last %d comparable passed runs"):format(#rows) }
  end
  if pinned and not among then groups[#groups + 1] = { rows = { pinned }, against = ("the baseline %q"):format(name) } end
  return groups, #groups == 0 and likeness.why_none(run:reader(), likeness.row(run:reader(), run.id)) or nil
end

local function pinned_groups(run, wanted)
  local row, name = baseline.get(run, wanted)
  if row then return { { rows = { row }, against = ("the baseline %q"):format(name) } } end
  local others = wanted and {} or baseline.names(run)
  if #others > 0 then return {}, ('several runs are pinned; choose one: name = "%s"'):format(table.concat(others, '" or "')) end
  local pin = wanted and ("run:pin_baseline(%q)"):format(wanted) or "run:pin_baseline()"
  return {}, ("no run is pinned as %q; a run that calls %s and passes becomes it"):format(wanted or baseline.DEFAULT, pin)
end

--- The runs of an id or another name; those that are not there yet may come to be pinned.
local function named_groups(run, word)
  local ok, rows = pcall(database.runs, run:reader(), word, run.row)
  if ok then return { { rows = rows, against = #rows == 1 and "run " .. rows[1].ulid or ("the %d runs of %s"):format(#rows, word) } } end
  if rows.code ~= "not_found" then error(rows, 0) end
  return {}, ("there is neither a pinned baseline nor a run %q; perilune baseline and perilune runs list them"):format(word)
end

local function groups_of(run, o)
  if o.with == "recent" then return recent_groups(run) end
  if o.with == "pinned" then return pinned_groups(run, o.name) end
  if baseline.get(run, o.with) then return pinned_groups(run, o.with) end
  return named_groups(run, o.with)
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
      error({ code = "invalid", message = ("compare: unknown metric %s (known: %s)"):format(schema.show(name), table.concat(known, ", ")) }, 0)
    end
    list[#list + 1] = found
  end
  return list
end

--- Values of a metric of one load, of all these results.
local function values_of(metric, results, index)
  local values = {}
  for _, b in ipairs(results) do values[#values + 1] = value_of(metric, b.result, index) end
  return values
end

--- Compares one load of two groups of results. history: what run-to-run noise on this machine is learnt from.
local function compare_load(run, metrics, index, base, history, limit, mine)
  local out = {}
  for _, metric in ipairs(metrics) do
    local values = values_of(metric, base, index)
    local now = value_of(metric, mine, index)
    if now and #values > 0 then
      local c = effect.values(metric, values, { now }, limit, values_of(metric, history, index))
      c.load = index
      c.scenario = table.concat(run.loads[index].names, "+")
      out[#out + 1] = c
    end
  end
  return out
end

--- This run's row with the loads that have ended so far.
local function row_of(run)
  local row, loads = likeness.row(run:reader(), run.id), {}
  for i, l in ipairs(run.loads) do loads[i] = result.load(run, l) end
  row.result = json.encode { loads = loads }
  return row, loads
end

--- Compares all loads of the run with one group of runs.
local function compare_group(run, group, history, metrics, limit)
  local found = {}
  local row, loads = row_of(run)
  for index in ipairs(run.loads) do
    for _, c in ipairs(compare_load(run, metrics, index, group.base, history, limit, { loads = loads })) do
      c.with, c.against = group.base[1].row.ulid, group.against
      found[#found + 1] = c
    end
  end
  local differences = likeness.differences(likeness.row(run:reader(), group.base[1].row.ulid), row)
  if #differences > 0 then run:note(("compared with %s although they differ: %s"):format(group.against, table.concat(differences, "; "))) end
  return found
end

local function metric_named(name)
  for _, m in ipairs(effect.METRICS) do
    if m.name == name then return m end
  end
end

--- Sends a load again, once for each of its scenarios alone, and says whether it is as bad; a load of several scenarios cannot be
--- repeated that way and stands as it is.
local function confirm(run, c, again)
  local l = run.loads[c.load]
  if #l.names ~= 1 then
    c.why = "not repeated: a load of several scenarios"
    return
  end
  again[c.load] = again[c.load] or result.load(run, (load.step(run, l.names[1], {})))
  local metric = metric_named(c.metric)
  local now = number(metric.read(again[c.load]))
  local change = now and c.baseline ~= 0 and now / c.baseline - 1 or now or 0
  local worse = c.better == "lower" and change or -change
  c.repeated = now
  if now and worse > c.limit then
    c.why = ("confirmed by a repeat (%+.1f %%)"):format(change * 100)
  else
    c.verdict = "inconclusive"
    c.why = now and ("a repeat does not confirm it (%+.1f %%)"):format(change * 100) or "a repeat gave no such figure"
  end
end

--- Judges all comparisons together, repeats what regressed where that is asked, and keeps them with the run.
local function settle(run, found, o)
  local again = {}
  effect.gate(found)
  for _, c in ipairs(found) do
    if o.confirm and c.verdict == "fail" then
      confirm(run, c, again)
      c.line = effect.line(c)
    end
    run.comparisons[#run.comparisons + 1] = c
    result.store_finding(run, "comparison", c.verdict == "fail" and "fail" or "info", c.line, c)
  end
  return found
end

--- run:compare(options).
---@param run perilune.Run
---@param options table|nil { with = "recent"|"pinned"|name of a baseline|RUN, name, limit, metrics, confirm, missing = "skip"|"fail" }; a RUN of
--- label:commit=abc is all runs with that label
---@return table comparisons
function M.run(run, options)
  local o = schema.check(OPTIONS, options, "compare")
  if o.name and o.with ~= "pinned" then error({ code = "invalid", message = 'compare: name goes with with = "pinned"' }, 0) end
  local metrics, found, compared = wanted(o.metrics), {}, false
  if #run.loads == 0 then
    run:note("nothing to compare: no load has ended yet; run:compare goes after run:load")
    return found
  end
  local groups, why = groups_of(run, o)
  local history = #groups > 0 and results_of(baseline.comparable(run, LEARNT)) or {}
  for _, group in ipairs(groups) do
    group.base = results_of(group.rows)
    if #group.base > 0 then
      compared = true
      table.move(compare_group(run, group, history, metrics, o.limit), 1, #metrics * #run.loads, #found + 1, found)
    end
  end
  if compared then return settle(run, found, o) end
  why = why or "the run has no result"
  if o.missing == "fail" then error({ code = "not_found", message = "compare: " .. why }, 0) end
  run:note("nothing to compare with yet: " .. why)
  return found
end

return M
