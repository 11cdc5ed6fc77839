--- perilune changes F
local changes = require "perilune.changes"
local clock = require "perilune.core.clock"
local copy = require "perilune.copy"
local engine = require "perilune.core.engine"
local inputs = require "perilune.inputs"
local lines = require "perilune.lines"
local output = require "perilune.output"

local LEAST = 10 -- values that a change of level needs: five on either side

local M = {
  name = "changes", section = "Look back", about = "Find where the level, trend or spread of a history changed.", usage = "perilune changes F [--method otava --window 50 --max-pvalue 0.001 --min-magnitude 0]",
  words = { "F" }, min = 1, max = 1,
  examples = { "perilune changes p99-of-each-commit.txt", "perilune changes history.csv --column p99 --json -", "perilune changes history.csv --method otava --window 30", "perilune changes run:last/node_load1" },
  common = { "db", "json" },
  options = {
    { name = "method", value = "M", choices = changes.METHODS, help = "levels (default), or otava: what Apache Otava finds" },
    { name = "online", help = "as the values come: each change with the value that showed it" },
    { name = "window", value = "N", kind = "integer", positive = true, most = 1000, help = "of otava: values that are looked at together (default 50)" },
    { name = "max-pvalue", value = "P", help = "of otava: the largest p-value of a change (default 0.001)" },
    { name = "min-magnitude", value = "R", help = "of otava: the least relative change (default 0)" },
  },
  more = [[
F is a file, also gzip: a number a line, a CSV with its header
(timestamp,value) or a JSON array; - is standard input, run:RUN/EXPR the
timeline, prom:URL with --query a Prometheus. An empty field, NA, NaN and null
are missing values.

A terminal shows a table. Elsewhere, and with --json -, the answer is
[{"index","kind","before","after","change","relative","ci","p","slope","time"}]:
index counts from 0 and is the first value of what is new; change is
after - before, ci holds it with 95 % confidence. before and after are, by kind:
level   means; where the history is straight lines, their values there
trend   slopes of the lines, a value
spread  standard deviations about a level or line that stays
slope holds the slopes of the lines on both sides, where there are lines.
Fewer than 10 values have no change of level: [], which is said.
With --online found is the index of the value that showed the change, as of a
history that ended there; beyond 512 values the last 512 are looked at.]],
}
table.move(inputs.OPTIONS, 1, #inputs.OPTIONS, #M.options + 1, M.options)
M.options[#M.options + 1] = inputs.SKIP_BAD

local function usage(message, ...) error({ code = "usage", message = "changes: " .. message:format(...) }, 0) end

--- An option that is a number from 0 to `most`.
local function number_of(o, name, most)
  local text = o[(name:gsub("-", "_"))]
  if text == nil then return nil end
  local v = tonumber(text)
  if not v or not (v >= 0 and v <= most) then usage("--%s %s: it is a number from 0%s", name, text, most < math.huge and " to " .. most or "") end
  return v
end

local function method_of(o)
  local of = { method = o.method or "levels", window = o.window, max_pvalue = number_of(o, "max-pvalue", 1), min_magnitude = number_of(o, "min-magnitude", math.huge) }
  if of.method ~= "otava" and (of.window or of.max_pvalue or of.min_magnitude) then usage "--window, --max-pvalue and --min-magnitude are Otava's: add --method otava" end
  if o.online and of.method == "otava" then usage "--online is of the method levels" end
  if of.window and of.window < 2 then usage "--window: it has 2 values at least" end
  return of
end

local function number(v) return (math.abs(v) >= 1e4 and math.abs(v) < 1e7 and "%.0f" or "%.4g"):format(v) end

--- The change with its interval: in percent, where it is one of something.
local function change_of(c)
  if c.before == 0 then return ("%+.3g (%.3g..%.3g)"):format(c.change, c.ci[1], c.ci[2]) end
  local percent = 100 / math.abs(c.before)
  return ("%+.3g %% (%.3g..%.3g)"):format(c.change * percent, c.ci[1] * percent, c.ci[2] * percent)
end

local function row_of(c)
  return { tostring(c.index), c.time and c.time:sub(1, 16):gsub("T", " ") or "", c.kind, number(c.before), number(c.after), change_of(c), c.p < 1e-9 and "<1e-9" or ("%.2g"):format(c.p) }
end

--- How soon changes were seen.
local function found_of(list)
  local out = {}
  for i, c in ipairs(list) do out[i] = c.found and ("%d by value %d"):format(c.index, c.found) end
  return #out > 0 and ("found: %s\n"):format(table.concat(out, ", ")) or ""
end

--- Which lines there were, if the history is of lines.
local function slopes_of(list)
  local out, last = {}, nil
  for _, c in ipairs(list) do
    if c.slope then out[#out + 1], last = ("%+.4g"):format(c.slope[1]), c.slope[2] end
  end
  if not last then return "" end
  out[#out + 1] = ("%+.4g"):format(last)
  return ("trend: %s a value\n"):format(table.concat(out, ", then "))
end

--- A table for people; the column of times only where there are times.
local function as_text(list, n)
  if #list == 0 then return ("no change in %s%s\n"):format(lines.counted(n, "value"), n < changes.LEAST and (" (fewer than %d have none)"):format(changes.LEAST) or "") end
  local rows = { { "index", "time (UTC)", "kind", "before", "after", "change (95 %)", "p" } }
  for i, c in ipairs(list) do rows[i + 1] = row_of(c) end
  if not list[1].time then
    for _, row in ipairs(rows) do table.remove(row, 2) end
  end
  return table.concat(lines.columns(rows), "\n") .. "\n" .. slopes_of(list) .. found_of(list)
end

--- Says where there are too few values for a change.
local function tell_few(F, n, how)
  local least = how.method == "otava" and 2 or LEAST
  if n < least then output.tell(("perilune: %s: too few values for a change: %d, of %d that it needs"):format(F, n, least)) end
end

--- Finds the changes and shows them.
---@param o table
---@return integer
function M.main(o)
  local how = method_of(o)
  local given = copy.shallow(o)
  given.missing, given.lenient, given.skippable, given.single = true, o.skip_bad, true, true
  local series = inputs.series(o[1], given)
  inputs.tell_refused(o[1], series)
  inputs.tell_order(o[1], series.times)
  local found = o.online and changes.online(series.values) or changes.find(series.values, how)
  local list = changes.facts(found, series.times and function(i) return clock.iso(series.times[i + 1]) end)
  local known = inputs.known(series.values)
  local missing = #series.values - known
  if missing > 0 then output.tell(("%s: %s missing"):format(o[1], lines.counted(missing, "value"))) end
  if not output.json_or_table(o, list) then engine.write("result", as_text(list, known)) end
  tell_few(o[1], known, how)
  return 0
end

return M
