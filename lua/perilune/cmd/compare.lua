--- perilune compare A B
local database = require "perilune.database"
local effect = require "perilune.effect"
local engine = require "perilune.core.engine"
local exit = require "perilune.exit"
local file = require "perilune.core.file"
local json = require "perilune.core.json"
local schema = require "perilune.schema"
local stats = require "perilune.core.stats"
local summary = require "perilune.summary"

local M = {
  name = "compare", about = "Compare two runs, or two files of one number a line.", usage = "perilune compare A B [--better lower|higher] [--limit 5%]",
  words = { "A", "B" }, min = 2, max = 2, examples = { "perilune compare last~1 last", "perilune compare before.txt after.txt --better lower" },
  options = {
    { name = "better", value = "WAY", choices = { "lower", "higher" }, help = "for files: lower (default) or higher" },
    { name = "limit", value = "R", help = "the change that matters (default 5%)" },
    { name = "stat", value = "S", choices = { "mean", "p99" }, help = "for files: mean (default); p99 is not in this version" },
  },
}

local function numbers(path)
  local text, err = file.read(path)
  if not text then error(err, 0) end
  local out, line = {}, 0
  for word in text:gmatch("[^\r\n]+") do
    line = line + 1
    local v = tonumber(word:match("^%s*(.-)%s*$"))
    if not v then error({ code = "invalid", message = ("%s, line %d: %q is no number"):format(path, line, word) }, 0) end
    out[#out + 1] = v
  end
  if #out == 0 then error({ code = "invalid", message = path .. ": no number in it" }, 0) end
  return out
end

local VERDICT = { same = "pass", improved = "pass", regressed = "fail", inconclusive = "inconclusive" }
local CODE = { pass = "pass", fail = "objective_failed", inconclusive = "inconclusive" }

local function of_files(o, limit)
  local r = stats.compare(numbers(o[1]), numbers(o[2]), { limit = limit, better = o.better or "lower" })
  local text = ("baseline %.6g, candidate %.6g: %+.2f %%"):format(r.baseline, r.candidate, r.effect * 100)
  if r.lo then text = text .. (" (interval %+.2f to %+.2f %%), p = %.3g"):format(r.lo * 100, r.hi * 100, r.p)
  else text = text .. "; noise unknown: at least 3 values a side, or 8 before one, are needed" end
  return { { verdict = VERDICT[r.verdict], line = ("%s: %s"):format(r.verdict, text), effect = r.effect, ci = r.lo and { r.lo, r.hi } or nil, p = r.p,
    baseline = r.baseline, candidate = r.candidate, noise_known = r.noise_known } }
end

local function result_of(reader, word)
  local row = database.run(reader, word)
  local ok, result = pcall(json.decode, row.result or "null")
  if not ok or type(result) ~= "table" or #(result.loads or {}) == 0 then
    error({ code = "invalid", message = ("run %s has no load to compare"):format(row.ulid:lower()) }, 0)
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

local function worst(list)
  local verdict = "pass"
  for _, c in ipairs(list) do
    if c.verdict == "fail" or (c.verdict == "inconclusive" and verdict == "pass") then verdict = c.verdict end
  end
  return verdict
end

--- Compares; exit 3 on a regression.
---@param o table
---@return integer
function M.main(o)
  local limit = schema.value("ratio", o.limit or "5%", "--limit")
  if o.stat == "p99" then error({ code = "unsupported", message = "--stat p99 is not in this version" }, 0) end
  local files = file.exists(o[1]) == "file" and file.exists(o[2]) == "file"
  local list = files and of_files(o, limit) or of_runs(o, limit)
  local verdict = worst(list)
  if o.json then
    local comparisons = json.array {}
    for i, c in ipairs(list) do comparisons[i] = c end
    engine.write("result", json.encode { schema = "perilune.compare/1", verdict = verdict, comparisons = comparisons } .. "\n")
  else
    for _, c in ipairs(list) do engine.write("result", summary.plain(c.line) .. "\n") end
  end
  -- Two single runs cannot see run-to-run noise: that is said, and is no failure.
  if not files and verdict == "inconclusive" then return 0 end
  return exit.CODE[CODE[verdict]]
end

return M
