--- perilune capacity usl|amdahl|queue|knee F
local capacity = require "perilune.capacity"
local cases = require "perilune.cases"
local core = require "perilune.core.inputs"
local copy = require "perilune.copy"
local engine = require "perilune.core.engine"
local exit_codes = require "perilune.exit_codes"
local inputs = require "perilune.inputs"
local json = require "perilune.core.json"
local lines = require "perilune.lines"
local output = require "perilune.output"
local suggest = require "perilune.suggest"

local M = {
  name = "capacity", section = "Look back", about = "How much it can take: scalability, queues, the knee of a curve.", usage = "perilune capacity usl|amdahl|queue|knee F",
  words = { "usl, amdahl, queue or knee", "F" }, min = 2, max = 2,
  common = { "json" },
  examples = { "perilune capacity usl steps.csv", "perilune capacity usl steps.csv --json -", "perilune capacity queue cases.json", "perilune capacity knee curves.json" },
  more = [[
F is a file (also gzip) or - for standard input.
usl    a CSV with the header n,throughput (or any two columns, the load first):
       fits the universal scalability law. ci is the interval that R's package
       usl publishes; ci95 holds the truth in 95 of 100. Fewer than three
       different loads give no answer, and exit 4.
amdahl the same without coherency delay (beta is 0): two loads are enough.
queue  a JSON array of cases: { "model": "M/M/c", "lam": 8, "mu": 1, "c": 10 },
       M/M/c/K (K), M/G/1 (lam, service, cs2), G/G/c (ca2, cs2), MVA (demands,
       think, N, servers) or staffing (lam, mu, service_level, T; of "waiting",
       or "response": the service, too). what_if of MVA changes users, think, or
       a station's servers or speed: { "users": 200 }, { "station": 2,
       "servers": 8 } (cores, replicas), { "station": 3, "speed": 2 } (a disk
       twice as fast), or a list of them; after is what would be.
knee   a JSON array of { "x": [...], "y": [...], "curve": "concave"|"convex",
       "direction": "increasing"|"decreasing", "S": 1 }.
The answer of queue and knee is the array with what was computed: a case that
cannot be is told by its number, has null and why, and the exit code is 8; 4
where no case has an answer, such as queues that all grow for ever. That of
usl is an object; a terminal shows it in words, unless --json - is given.
]],
}

--- Raises what a model refuses as a fault of the file.
local function of_file(F, fn, ...)
  local results = table.pack(pcall(fn, ...))
  if results[1] then return table.unpack(results, 2, results.n) end
  local err = results[2]
  if type(err) == "table" and err.code == "invalid" then err = { code = "corrupt", message = ("%s: %s"):format(F, err.message) } end
  error(err, 0)
end

--- The names of the columns of load and throughput: n and throughput, or the only two.
local function columns_of(F, text)
  local head, names, has = text:gsub("^\u{FEFF}", ""):match "^[^\r\n]*", {}, {}
  for cell in (head .. ","):gmatch "(.-)," do
    names[#names + 1] = cell:match '^%s*"?(.-)"?%s*$'
    has[names[#names]:lower()] = true
  end
  if has.n and has.throughput then return { "n", "throughput" } end
  if #names ~= 2 or tonumber(names[1]) or tonumber(names[2]) then
    error({ code = "corrupt", message = ("%s, line 1: the header is n,throughput, not %q"):format(F, head:sub(1, 60)) }, 0)
  end
  return names
end

local function usl(F, amdahl)
  local text = inputs.text(F)
  local got, err = core.numbers(text, { columns = columns_of(F, text) })
  if not got then error({ code = err.code == "syntax" and "corrupt" or err.code, message = F .. ", " .. err.message }, 0) end
  if got.n == 0 then error({ code = "corrupt", message = F .. ": there is no number in it" }, 0) end
  return of_file(F, capacity.usl, got.columns[1], got.columns[2], { amdahl = amdahl })
end

local function or_null(v) if v == nil then return json.null end return v end

local function estimate_json(e)
  if not e then return json.null end
  return { value = e.value, se = or_null(e.se), ci = e.ci and json.array(e.ci) or json.null, ci95 = e.ci95 and json.array(e.ci95) or json.null }
end

local function usl_json(u)
  if not u.known then
    return { schema = "perilune.capacity_usl/1", known = false, why = u.why, alpha = json.null, beta = json.null, gamma = json.null, peak = json.null, limit = json.null, warnings = json.array { u.why } }
  end
  local peak = json.null
  if u.peak then
    peak = { n = u.peak.value, whole = u.peak.whole, throughput = u.peak.throughput, ci = u.peak.ci95 and json.array(u.peak.ci95) or json.null,
      throughput_ci = u.peak.throughput_ci95 and json.array(u.peak.throughput_ci95) or json.null }
  end
  return { schema = "perilune.capacity_usl/1", known = true, alpha = estimate_json(u.alpha), beta = estimate_json(u.beta), gamma = estimate_json(u.gamma), peak = peak,
    limit = or_null(u.limit), superlinear = or_null(u.superlinear), limit_ci = u.limit_estimate and u.limit_estimate.ci95 and json.array(u.limit_estimate.ci95) or json.null,
    sigma = or_null(u.sigma), points = u.n, freedom = u.freedom, warnings = json.array(u.warnings) }
end

--- Writes the text with --json as a file, or to standard output.
local function write(o, value) output.write(o.json or "-", json.encode(value) .. "\n") end

local function cases_of(F)
  local list = inputs.json(F)
  if type(list) ~= "table" or list == json.null or (#list == 0 and next(list) ~= nil) then error({ code = "corrupt", message = F .. ": it is no array of cases" }, 0) end
  return list
end

local function of_case(i, message, ...) error({ code = "corrupt", message = ("case %d" .. message):format(i, ...) }, 0) end

local function check_object(case, i)
  if type(case) ~= "table" or case == json.null or #case > 0 then of_case(i, " is no object") end
end

--- A case that was refused: nothing is computed, and why.
local function refused(computed)
  return function(case, why)
    local out = type(case) == "table" and case ~= json.null and #case == 0 and copy.shallow(case) or {}
    for _, key in ipairs(computed or capacity.COMPUTED[out.model] or {}) do out[key] = json.null end
    out.why = why
    return out
  end
end

--- A case without what others computed, with what we did.
local function filled(case, computed, result)
  local out = copy.shallow(case)
  for _, key in ipairs(computed) do
    local v = result[key]
    out[key] = type(v) == "table" and json.array(v) or or_null(v)
  end
  out.why = result.why
  return out
end

--- The cases with what was computed, and the exit code: of a refused one, of none that has an answer, or of all's well.
local function answers(F, list, answer, otherwise)
  local known = #list == 0
  local out, refusals = cases.answers(F, list, function(case, i)
    local filled_in, answered = answer(case, i)
    known = known or answered
    return filled_in
  end, otherwise)
  return json.array(out), exit_codes.CODE[refusals > 0 and "bad_file" or known and "pass" or "inconclusive"]
end

local function queue(F)
  return answers(F, cases_of(F), function(case, i)
    check_object(case, i)
    local result = capacity.queue(case, ("case %d"):format(i))
    local out = filled(case, capacity.COMPUTED[case.model], result)
    if result.after then out.after = filled({}, capacity.COMPUTED[case.model], result.after) end
    return out, result.known
  end, refused())
end

local KNEE = { "knee", "knee_y", "all_knees_online" }

local function knee(F)
  local named = {}
  return answers(F, cases_of(F), function(case, i)
    check_object(case, i)
    local from = case
    if case.name then named[case.name] = case end
    if case.same_data_as then
      local other = named[case.same_data_as]
      if not other then of_case(i, ": there is no case %q before it", tostring(case.same_data_as)) end
      from = copy.shallow(case)
      from.x, from.y = other.x, other.y
    end
    local k = capacity.knee(from, ("case %d"):format(i))
    k.all_knees_online = k.all
    return filled(case, KNEE, k), k.known
  end, refused(KNEE))
end

local OF_CASES = { queue = queue, knee = knee }

--- Fits, solves or looks; exit 4 where there is no answer, 8 where a case is none.
---@param o table
---@return integer
function M.main(o)
  local kind, F = o[1], o[2]
  if OF_CASES[kind] then
    local list, code = OF_CASES[kind](F)
    write(o, list)
    return code
  end
  if kind ~= "usl" and kind ~= "amdahl" then
    error({ code = "usage", message = ("capacity: %q is none of usl, amdahl, queue, knee%s"):format(kind, suggest.hint(kind, { "usl", "amdahl", "queue", "knee" })) }, 0)
  end
  local u = usl(F, kind == "amdahl")
  if not output.json_or_table(o, usl_json(u)) then engine.write("result", lines.folded(u:explain(), 80, "  ") .. "\n") end
  return exit_codes.CODE[u.known and "pass" or "inconclusive"]
end

return M
