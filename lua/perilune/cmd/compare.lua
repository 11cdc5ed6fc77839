--- perilune compare A B
local database = require "perilune.database"
local effect = require "perilune.effect"
local engine = require "perilune.core.engine"
local exit_codes = require "perilune.exit_codes"
local file = require "perilune.core.file"
local json = require "perilune.core.json"
local likeness = require "perilune.likeness"
local lines = require "perilune.lines"
local output = require "perilune.output"
local schema = require "perilune.schema"
local steadiness = require "perilune.steadiness"
local summary = require "perilune.summary"
local two_samples = require "perilune.two_samples"

local M = {
  name = "compare", section = "Look back", about = "Compare two runs, or two files of one number a line.", usage = "perilune compare A B [--better lower|higher] [--limit 5%] [--stat mean|p99]",
  words = { "A", "B" }, min = 2, max = 2,
  examples = { "perilune compare last~1 last", "perilune compare gold last", "perilune compare label:commit=aaa label:commit=bbb", "perilune compare before.txt after.txt --better lower", "perilune compare before.txt after.txt --stat p99 --limit 10% --json -" },
  common = { "db", "json", "strict" },
  options = {
    { name = "better", value = "WAY", choices = { "lower", "higher" }, help = "of files: lower (default) or higher" },
    { name = "limit", value = "R", help = "the change that matters (default 5%)" },
    { name = "stat", value = "S", choices = { "mean", "p99" }, help = "of files: mean (default) or p99" },
  },
  more = [[
How far runs lie apart though nothing has changed is known from 3 runs a side,
or from 8 comparable passed runs before a single one: only then is there an
interval and a p-value, and a regression (exit 3). With fewer the effect is
told and that the noise is unknown; beyond the limit that is inconclusive
(exit 4). Of files each number is such a value: 3 a side, or 8 before one; a
p99 needs 1,000 a side.]],
}

--- Whether the words are files (two) or runs (none); one of each is an error that names it.
local function are_files(o)
  local is = {}
  for i = 1, 2 do is[i] = o[i] == "-" or file.exists(o[i]) == "file" end
  if is[1] == is[2] and (is[1] or not (o[1]:find("[./]") and o[2]:find("[./]"))) then return is[1] end
  local missing = is[1] and o[2] or o[1]
  error({ code = "not_found", message = ("compare: there is no file %s"):format(missing) }, 0)
end

local function of_files(o, limit)
  return { two_samples.compare(two_samples.read(o[1]), two_samples.read(o[2]), { stat = o.stat or "mean", better = o.better or "lower", limit = limit, strict = o.strict }) }
end

--- One side: the runs that a word names, with their results.
local function side_of(reader, word)
  local side = { word = word, ulids = {}, results = {}, loads = math.huge }
  for _, row in ipairs(database.runs(reader, word)) do
    local result = database.decoded(row.result)
    if result and #(result.loads or {}) > 0 then
      side.row = side.row or row
      side.ulids[row.ulid] = true
      side.results[#side.results + 1] = result
      side.loads = math.min(side.loads, #result.loads)
    end
  end
  if #side.results == 0 then error({ code = "invalid", message = ("compare: %s has no load to compare"):format(word) }, 0) end
  return side
end

--- The ids of runs that are on both sides: they are compared with themselves.
local function shared_of(a, b)
  local shared = {}
  for ulid in pairs(a.ulids) do
    if b.ulids[ulid] then shared[#shared + 1] = ulid end
  end
  table.sort(shared)
  return shared
end

--- One load of each result of a side, where it has one.
local function loads_of(side, index)
  local list = {}
  for _, result in ipairs(side.results) do list[#list + 1] = result.loads[index] end
  return list
end

local LEARNT = 100 -- most runs that noise is learnt from

--- Results of passed runs that are comparable with a run, on its machine.
local function history_of(reader, row)
  local history = { results = {} }
  for _, other in ipairs(database.records(reader, "runs_comparable", { run = row.id, limit = LEARNT })) do
    local result = database.decoded(other.result)
    if result and result.loads then table.insert(history.results, result) end
  end
  return history
end

--- Adds what makes a side's figures doubtful.
local function course_of(name, loads, index, out)
  for _, text in ipairs(steadiness.of_runs(loads, ("load %d of %s"):format(index, name))) do out[#out + 1] = text end
end

--- Comparisons of two sides, what else differs between them, the runs that they share, and what makes their figures doubtful.
local function of_runs(o, limit)
  local reader = database.open(o.db)
  local a, b, out = side_of(reader, o[1]), side_of(reader, o[2]), {}
  local history, course = history_of(reader, b.row), {}
  for i = 1, math.min(a.loads, b.loads) do
    local before, now = loads_of(a, i), loads_of(b, i)
    for _, metric in ipairs(effect.metrics_of(now[1])) do
      out[#out + 1] = effect.loads(metric, before, now, limit, loads_of(history, i))
    end
    course_of("A", before, i, course)
    course_of("B", now, i, course)
  end
  return effect.gate(out), likeness.differences(a.row, b.row), shared_of(a, b), course
end

local RANK = { pass = 0, same = 0, improvement = 0, inconclusive = 1, fail = 2, regression = 2 }
local REASON = { [0] = "pass", "inconclusive", "objective_failed" }

local function worst(list)
  local verdict = list[1] and list[1].verdict or "inconclusive"
  for _, c in ipairs(list) do
    if RANK[c.verdict] > RANK[verdict] then verdict = c.verdict end
  end
  return verdict
end

--- A line, folded to 80 columns.
local function write(line) engine.write("result", lines.wrap(line, 80, "  ") .. "\n") end

--- Compares; exit 3 on a regression, 4 where the values cannot tell.
---@param o table
---@return integer
function M.main(o)
  local limit = schema.value("ratio", o.limit or "5%", "--limit")
  local files = are_files(o)
  local list, differences, shared, course
  if files then list = of_files(o, limit) else list, differences, shared, course = of_runs(o, limit) end
  local verdict = worst(list)
  if not output.json(o, { schema = "perilune.compare/1", verdict = verdict, comparisons = json.array(list), differences = json.array(differences or {}), shared_runs = json.array(shared or {}), notes = json.array(course or {}) }) then
    effect.each_line(list, function(c, line)
      write(summary.plain(line))
      for _, text in ipairs(c.notes or {}) do write("note: " .. text) end
    end)
    for _, text in ipairs(course or {}) do write("note: " .. text) end
    for _, text in ipairs(differences or {}) do write("note: they differ: " .. text) end
    for _, ulid in ipairs(shared or {}) do write(("note: run %s is on both sides, compared with itself"):format(ulid)) end
  end
  return exit_codes.CODE[REASON[RANK[verdict]]]
end

return M
