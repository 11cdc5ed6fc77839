--- perilune compare A B
local database = require "perilune.database"
local effect = require "perilune.effect"
local engine = require "perilune.core.engine"
local exit = require "perilune.exit"
local file = require "perilune.core.file"
local json = require "perilune.core.json"
local output = require "perilune.output"
local schema = require "perilune.schema"
local summary = require "perilune.summary"
local two_samples = require "perilune.two_samples"

local M = {
  name = "compare", section = "Look back", about = "Compare two runs, or two files of one number a line.", usage = "perilune compare A B [--better lower|higher] [--limit 5%] [--stat mean|p99]",
  words = { "A", "B" }, min = 2, max = 2,
  examples = { "perilune compare last~1 last", "perilune compare before.txt after.txt --better lower", "perilune compare before.txt after.txt --stat p99 --limit 10% --json -" },
  common = { "db", "json", "strict" },
  options = {
    { name = "better", value = "WAY", choices = { "lower", "higher" }, help = "of files: lower (default) or higher" },
    { name = "limit", value = "R", help = "the change that matters (default 5%)" },
    { name = "stat", value = "S", choices = { "mean", "p99" }, help = "of files: mean (default) or p99" },
  },
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

local function result_of(reader, word)
  local row = database.run(reader, word)
  local ok, result = pcall(json.decode, row.result or "null")
  if not ok or type(result) ~= "table" or #(result.loads or {}) == 0 then
    error({ code = "invalid", message = ("run %s has no load to compare"):format(row.ulid) }, 0)
  end
  return result
end

local function of_runs(o, limit)
  local reader = database.open(o.db)
  local a, b, out = result_of(reader, o[1]), result_of(reader, o[2]), {}
  for i = 1, math.min(#a.loads, #b.loads) do
    for _, metric in ipairs(effect.METRICS) do
      local before, now = metric.read(a.loads[i]), metric.read(b.loads[i])
      if type(before) == "number" and type(now) == "number" then out[#out + 1] = effect.values(metric, { before }, { now }, limit) end
    end
  end
  return out
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

--- Compares; exit 3 on a regression, 4 where the values cannot tell.
---@param o table
---@return integer
function M.main(o)
  local limit = schema.value("ratio", o.limit or "5%", "--limit")
  local files = are_files(o)
  local list = files and of_files(o, limit) or of_runs(o, limit)
  local verdict = worst(list)
  if not output.json(o, { schema = "perilune.compare/1", verdict = verdict, comparisons = json.array(list) }) then
    for _, c in ipairs(list) do engine.write("result", summary.plain(c.line) .. "\n") end
  end
  -- Two single runs cannot see run-to-run noise: that is said, and is no failure.
  if not files and verdict == "inconclusive" then return 0 end
  return exit.CODE[REASON[RANK[verdict]]]
end

return M
