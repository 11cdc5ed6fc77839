--- perilune rightsize hpa F.json · vpa F.csv · predictive F.csv
local core = require "perilune.core.rightsize"
local csv_header = require "perilune.csv_header"
local engine = require "perilune.core.engine"
local exit_codes = require "perilune.exit_codes"
local hpa_cases = require "perilune.hpa_cases"
local inputs = require "perilune.inputs"
local json = require "perilune.core.json"
local output = require "perilune.output"
local schema = require "perilune.schema"
local trace_columns = require "perilune.trace_columns"
local units = require "perilune.core.units"

local M = {
  name = "rightsize", section = "Look ahead", about = "How many replicas, and how much CPU for each, from what was used.",
  usage = "perilune rightsize hpa|vpa|predictive F",
  words = { "RULE", "F" }, min = 2, max = 2,
  examples = { "perilune rightsize hpa cases.json", "perilune rightsize vpa cpu.csv --step 5m", "perilune rightsize predictive cpu.csv.gz --violations 2%" },
  common = { "db", "json" },
  more = [[
hpa         F is a JSON object of cases; an array of { replicas, utilisation,
            error } in the same order. A case that cannot be read is told by
            its number, which its error says, too; the exit code is 8.
vpa         F is a CSV, a series a line, id,v1,v2,...; a line each of
            id,target_m,lower_m,upper_m: milli-cores to request, and the
            bounds outside of which the recommender would act.
            A file with a header of a time and values, time,cpu, is taken,
            too: a trace a column, its step that of the times.
predictive  the same F; a line each of id,size,idle,violations: the size in
            the unit of the values, and of the values themselves the mean
            share of it that was not used and the share that lay above.
            --violations is what all series together shall keep in what comes.
A line with a field that is no number is told, its row has empty fields, and
the exit code is 8. Without a value in any line there is no answer: exit code
4. A file without such a line, a header alone too, is refused: exit code 8.
]],
  options = {
    { name = "step", value = "D", help = "vpa: between two values (default 300s, or that of the times)" },
    { name = "unit", value = "UNIT", choices = { "percent", "cores", "millicores" }, help = "of the values; percent of a core (default), cores or milli-cores" },
    { name = "violations", value = "R", help = "predictive: samples that may lie above, of all series (default 5%)" },
  },
}

local PER_CORE = { percent = 100, cores = 1, millicores = 1000 }

local function quoted(id)
  if id:find '[,"\r\n]' then return '"' .. id:gsub('"', '""') .. '"' end
  return id
end

--- Whether F stands for one series of a timeline.
local function is_series(F) return F:find "^run:" ~= nil or F:find "^prom:" ~= nil end

local function seconds_of(o) return schema.value("duration", o.step or "300s", "--step") end

local function note(text, ...) output.tell("perilune: note: " .. text:format(...)) end

--- Tells why a row has no answer.
local function tell_unknown(F, row)
  if row.fault then output.tell(("perilune: %s, %s"):format(F, row.fault))
  else note("%s%s: %s has no value that can be used, so there is nothing to recommend", F, row.line and (", line %d"):format(row.line) or "", row.id) end
end

--- The code that rows end with: a bad line, no answer at all, or what was asked for.
local function code_of(rows)
  local known = false
  for _, row in ipairs(rows) do
    if row.fault then return exit_codes.CODE.bad_file end
    known = known or row.known
  end
  return known and exit_codes.CODE.pass or exit_codes.CODE.inconclusive
end

local function no_series(F) error({ code = "corrupt", message = F .. ": there is no series in it; a line is id,v1,v2,…" }, 0) end

--- A file without a line of values, a header alone too, is none of series.
local function check_some(F, rows) return #rows > 0 or no_series(F) end

--- What stands in F as a trace a line, and the seconds between two values where it has times: a file with a column of time is made such lines of.
local function text_of(F, step)
  local text = inputs.text(F)
  if not text:find "%S" then no_series(F) end
  local roles = csv_header.roles(text)
  if not (roles and roles.time == 1 and #roles.names > 1) then return text end
  if not roles.rows then no_series(F) end
  local lines, seconds, n = trace_columns.lines(F, text, roles, step)
  note("%s: it has a column of time: %s of a value each %s, where id,v1,v2,... has a trace a line", F, n == 1 and "a trace" or ("%d traces"):format(n), units.format("duration", seconds))
  return lines, seconds
end

--- What each line says, as the recommender sees it.
local function vpa_rows(F, o)
  local step, per_core = seconds_of(o), PER_CORE[o.unit or "percent"]
  if step <= 0 then error({ code = "usage", message = "--step: it must be above zero" }, 0) end
  if is_series(F) then
    local series = inputs.series(F, { db = o.db, missing = true, step = step })
    local row = core.vpa(series.values, step, per_core)
    row.id = series.name or F
    return { row }
  end
  local text, seconds = text_of(F, o.step and step)
  local rows, err = core.vpa_lines(text, seconds or step, per_core)
  if not rows then error({ code = err.code == "syntax" and "corrupt" or err.code, message = F .. ", " .. err.message }, 0) end
  check_some(F, rows)
  return rows
end

local function vpa(F, o)
  local rows, lines = vpa_rows(F, o), {}
  for i, row in ipairs(rows) do
    if row.known then
      lines[i] = ("%s,%d,%d,%d"):format(quoted(row.id), row.target, row.lower, row.upper)
    else
      lines[i] = quoted(row.id) .. ",,,"
      tell_unknown(F, row)
    end
    if row.known and row.left_out > 0 then note("%s: %s: %d of %d values are missing or below zero, and were left out", F, row.id, row.left_out, row.n) end
  end
  local list = {}
  for i, row in ipairs(rows) do list[i] = { id = row.id, target_m = row.target or json.null, lower_m = row.lower or json.null, upper_m = row.upper or json.null } end
  if not output.json(o, json.array(list)) then engine.write("result", table.concat(lines, "\n") .. "\n") end
  return code_of(rows)
end

local function hpa(F, o)
  local answers, refused = hpa_cases.answers(inputs.json(F), F)
  if not output.json(o, json.array(answers)) then engine.write("result", json.encode(json.array(answers)) .. "\n") end
  return exit_codes.CODE[refused > 0 and "bad_file" or "pass"]
end

--- Sizes of all series of F together, in their own unit, that keep a share of violations.
local function predictive(F, o)
  local budget = schema.value("ratio", o.violations or "5%", "--violations")
  if not (budget > 0 and budget < 1) then error({ code = "usage", message = "--violations: a share above 0 and below 100%" }, 0) end
  local rows, cost, kept
  if is_series(F) then
    local series = inputs.series(F, { db = o.db, missing = true, step = o.step and seconds_of(o) or nil })
    local row, err = core.need_alone(series.values, budget, {})
    rows, cost, kept = row and { row }, err, err
    if row then row.id = series.name or F end
  else
    rows, cost, kept = core.need_lines((text_of(F, o.step and seconds_of(o))), budget, {})
  end
  if not rows and cost.code == "invalid" then error({ code = "too_few", message = F .. ": " .. cost.message }, 0) end
  if not rows then error({ code = cost.code == "syntax" and "corrupt" or cost.code, message = F .. ", " .. cost.message }, 0) end
  check_some(F, rows)
  if not kept then note("%s: no size from what was used keeps so few violations; these are the largest values", F) end
  local lines, list = {}, {}
  for i, row in ipairs(rows) do
    lines[i] = row.known and ("%s,%.6g,%.4f,%.4f"):format(quoted(row.id), row.size, row.idle, row.violations) or quoted(row.id) .. ",,,"
    if not row.known then tell_unknown(F, row) end
    list[i] = { id = row.id, size = row.known and row.size or json.null, idle = row.known and row.idle or json.null, violations = row.known and row.violations or json.null }
  end
  if not output.json(o, json.array(list)) then engine.write("result", table.concat(lines, "\n") .. "\n") end
  return code_of(rows)
end

local RULES = { hpa = hpa, vpa = vpa, predictive = predictive }

--- Prints what the rule makes of F.
---@param o table
---@return integer
function M.main(o)
  local rule = RULES[o[1]]
  if not rule then error({ code = "usage", message = ("rightsize: there is no rule %q; hpa, vpa or predictive"):format(o[1]) }, 0) end
  return rule(o[2], o)
end

return M
