--- Comparison of runs: effect, interval, p-value and verdict for each metric. One run a side never fails a build, for it
--- cannot see run-to-run noise.
local baseline = require "perilune.baseline"
local database = require "perilune.database"
local effect = require "perilune.effect"
local json = require "perilune.core.json"
local later = require "perilune.later"
local likeness = require "perilune.likeness"
local load = require "perilune.load"
local result = require "perilune.result"
local schema = require "perilune.schema"
local spread = require "perilune.spread"
local steadiness = require "perilune.steadiness"
local words = require "perilune.words"
local writer = later "perilune.core.writer" -- only runs have it

local M = {}

local OPTIONS = words.options.compare

local RECENT = 10 -- runs that a run is set beside
local LEARNT = 100 -- most runs that noise is learnt from

local function results_of(rows)
  local results = {}
  for _, row in ipairs(rows) do
    local decoded = database.decoded(row.result)
    if decoded and decoded.loads then results[#results + 1] = { row = row, result = decoded } end
  end
  return results
end

--- Groups of runs to compare with: { rows, against = text }. "recent" is the last comparable passed runs and, when there is
--- one, the pinned run, also where it is one of those, so that small steps cannot add up unseen.
local function recent_groups(run)
  local rows, groups = baseline.comparable(run, RECENT), {}
  local pinned, name = baseline.get(run)
  local alone = #rows == 1 and pinned and rows[1].id == pinned.id
  if #rows > 0 then
    groups[1] = { rows = rows, against = #rows == 1 and "the last comparable passed run" or ("the last %d comparable passed runs"):format(#rows) }
  end
  if pinned and not alone then groups[#groups + 1] = { rows = { pinned }, against = ("the baseline %q"):format(name) } end
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

--- One load of each of these results, where it has one.
local function loads_of(results, index)
  local list = {}
  for _, b in ipairs(results) do list[#list + 1] = b.result.loads[index] end
  return list
end

--- The scenarios of a load: "browse+ping".
local function scenarios_of(l)
  local names = {}
  for i, s in ipairs(l.scenarios or {}) do names[i] = s.name end
  return table.concat(names, "+")
end

--- This run's row with the loads that have ended so far.
local function row_of(run)
  local row, loads = likeness.row(run:reader(), run.id), {}
  assert(writer.sync())
  for i, l in ipairs(run.loads) do
    spread.add(run, l)
    loads[i] = result.load(run, l)
  end
  row.result = json.encode { loads = loads }
  return row, loads
end

--- The side that is judged: { row, results = { { row, result } }, is_this }. This run.
local function this_run(run)
  local row, loads = row_of(run)
  return { row = row, results = { { row = row, result = { loads = loads } } }, is_this = true }
end

--- The runs that `candidate` names, with this one where it has their label, too. Nil and why where there is none.
local function candidates_of(run, word)
  local ok, rows = pcall(database.runs, run:reader(), word, run.row)
  if not ok and rows.code ~= "not_found" then error(rows, 0) end
  local side = { results = ok and results_of(rows) or {} }
  local key, value = word:match("^label:([^=]+)=(.*)$")
  if key and #run.loads > 0 and tostring((run.labels or {})[key]) == value then table.insert(side.results, 1, this_run(run).results[1]) end
  if #side.results == 0 then return nil, ("candidate: there is no run %q with a load"):format(word) end
  side.row = likeness.row(run:reader(), side.results[1].row.ulid)
  return side
end

--- Compares one load of two groups of results. history: what run-to-run noise on this machine is learnt from.
local function compare_load(metrics, index, base, history, limit, side)
  local out, candidate = {}, loads_of(side.results, index)
  if not candidate[1] then return out end
  for _, metric in ipairs(effect.metrics_of(candidate[1], metrics)) do
    local c = effect.loads(metric, loads_of(base, index), candidate, limit, loads_of(history, index))
    if c then
      c.load, c.scenario = index, scenarios_of(candidate[1])
      out[#out + 1] = c
    end
  end
  return out
end

--- Says what in the course of a side's loads makes their figures doubtful.
local function tell_course(run, results, whose)
  for index in ipairs(results[1].result.loads) do
    for _, text in ipairs(steadiness.of_runs(loads_of(results, index), ("load %d of %s"):format(index, whose))) do run:note(text) end
  end
end

--- Compares all loads of the candidate with one group of runs.
local function compare_group(run, group, history, metrics, limit, side)
  local found = {}
  for index in ipairs(side.results[1].result.loads) do
    for _, c in ipairs(compare_load(metrics, index, group.base, history, limit, side)) do
      c.with, c.against = group.base[1].row.ulid, group.against
      found[#found + 1] = c
    end
  end
  return found
end

--- Says how runs differ that are compared all the same: those that differ alike in one note, also of earlier comparisons.
local function tell_differences(run, groups, side)
  local order, against, told = {}, {}, run.differences_told or {}
  for _, group in ipairs(groups) do
    local text = #group.base > 0 and table.concat(likeness.differences(likeness.row(run:reader(), group.base[1].row.ulid), side.row), "; ") or ""
    if text ~= "" and not told[side.row.ulid .. text] then
      if not against[text] then order[#order + 1], against[text] = text, {} end
      table.insert(against[text], group.against)
    end
  end
  for _, text in ipairs(order) do
    told[side.row.ulid .. text] = true
    run:note(("compared with %s although they differ: %s"):format(table.concat(against[text], " and "), text))
  end
  run.differences_told = told
end

--- The metric of a comparison, to be read from another load.
local function metric_named(name, l)
  for _, m in ipairs(effect.metrics_of(l)) do
    if m.name == name then return m end
  end
end

--- How much worse a repeat may be by noise alone: as far as the interval reaches from the effect towards none. 0 where that is not known, and
--- for counts, whose intervals are no shares of the baseline.
local function reach_of(c, metric)
  local near = c.ci and c.ci[c.better == "lower" and 1 or 2]
  if not near or metric.tally or 1 + near <= 0 or 1 + c.effect <= 0 then return 0 end
  return math.abs((1 + c.effect) / (1 + near) - 1)
end

--- Sends a load again, once for each of its scenarios alone, and says whether that is worse by more than the limit and than noise; a load of several scenarios cannot be
--- repeated that way and stands as it is.
local function confirm(run, c, again)
  local l = run.loads[c.load]
  if #l.names ~= 1 then
    c.why = "not repeated: a load of several scenarios"
    return
  end
  again[c.load] = again[c.load] or result.load(run, (load.step(run, l.names[1], {})))
  local metric = metric_named(c.metric, again[c.load])
  local now = metric and metric.read(again[c.load])
  now = type(now) == "number" and now or nil
  local scale = metric and metric.tally and math.max(c.baseline, 0.01) or c.baseline
  local change = now and scale ~= 0 and (now - c.baseline) / scale or now or 0
  local worse = c.better == "lower" and change or -change
  c.repeated = now
  if now and worse > math.max(c.limit, reach_of(c, metric)) then
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
    if o.confirm and o.is_this and c.verdict == "fail" then
      confirm(run, c, again)
      c.line = effect.line(c)
    end
    run.comparisons[#run.comparisons + 1] = c
    result.store_finding(run, "comparison", c.verdict == "fail" and "fail" or "info", c.line, c)
  end
  return found
end

--- Those of the groups' runs that are no candidates, with their results.
local function without(rows, side)
  local ours, kept = {}, {}
  for _, c in ipairs(side.results) do ours[c.row.ulid] = true end
  for _, row in ipairs(rows) do
    if not ours[row.ulid] then kept[#kept + 1] = row end
  end
  return results_of(kept)
end

--- run:compare(options).
---@param run perilune.Run
---@param options table|nil { with = "recent"|"pinned"|name of a baseline|RUN, candidate = RUN: instead of this run, name, limit, metrics, confirm,
--- missing = "skip"|"fail" }; a RUN of label:commit=abc is all runs with that label
---@return table comparisons
function M.run(run, options)
  local o = schema.check(OPTIONS, options, "compare")
  if o.name and o.with ~= "pinned" then error({ code = "invalid", message = 'compare: name goes with with = "pinned"' }, 0) end
  local metrics, found, compared = wanted(o.metrics), {}, false
  if #run.loads == 0 and not o.candidate then
    run:note("nothing to compare: no load has ended yet; run:compare goes after run:load")
    return found
  end
  local side, missing = { is_this = true, results = {} }, nil
  if o.candidate then side, missing = candidates_of(run, o.candidate) end
  if not side then
    if o.missing == "fail" then error({ code = "not_found", message = "compare: " .. missing }, 0) end
    run:note("nothing to compare: " .. missing)
    return found
  end
  o.is_this = side.is_this
  local subject = side.is_this and run or setmetatable({ row = side.row.id, id = side.row.ulid, name = side.row.name }, { __index = run })
  local groups, why = groups_of(subject, o)
  local history = #groups > 0 and without(baseline.comparable(subject, LEARNT), side) or {}
  for _, group in ipairs(groups) do
    group.base = without(group.rows, side)
    if #group.base > 0 then
      if #side.results == 0 then side = this_run(run) end
      if not compared then tell_course(run, side.results, side.is_this and "this run" or o.candidate) end
      compared = true
      for _, c in ipairs(compare_group(run, group, history, metrics, o.limit, side)) do found[#found + 1] = c end
    end
  end
  if compared then
    tell_differences(run, groups, side)
    return settle(run, found, o)
  end
  why = why or (#groups > 0 and o.candidate and "the candidates are the only such runs" or "the run has no result")
  if o.missing == "fail" then error({ code = "not_found", message = "compare: " .. why }, 0) end
  run:note("nothing to compare with yet: " .. why)
  return found
end

return M
