--- JUnit XML: one test case for each objective, comparison and load, and one for a run that did not come to its end, so that CI shows what failed and why.
local facts = require "perilune.report.facts"
local svg = require "perilune.report.chart.svg"

local M = {}

local escape = svg.escape

local function case(out, class, name, verdict, line)
  out[#out + 1] = ('    <testcase classname="%s" name="%s">'):format(escape(class), escape(name))
  if verdict == "fail" then
    out[#out + 1] = ('      <failure message="%s"/>'):format(escape(line))
  elseif verdict == "inconclusive" then
    out[#out + 1] = ('      <skipped message="%s"/>'):format(escape("inconclusive: " .. line))
  elseif verdict == "error" then
    out[#out + 1] = ('      <error message="%s"/>'):format(escape(line))
  end
  out[#out + 1] = "    </testcase>"
end

local function count(cases, verdict)
  local n = 0
  for _, c in ipairs(cases) do
    if c[3] == verdict then n = n + 1 end
  end
  return n
end

--- A line without the padding that aligns it with others in a terminal.
local function unaligned(line) return (line:gsub(" +", " ")) end

--- Verdicts of runs that did not come to their end.
local UNENDED = { error = true, cancelled = true, interrupted = true }

--- What kept the run from its end; nil where nothing did.
local function broken_by(model)
  local result = model.result
  if result.error then return result.error.message end
  return UNENDED[model.verdict] and (result.because or ("the run's verdict is %s"):format(model.verdict)) or nil
end

local function cases_of(model)
  local cases, result = {}, model.result
  for _, o in ipairs(model.objectives) do
    cases[#cases + 1] = { "objectives", o.scope and ("%s [%s]"):format(o.expr, o.scope) or o.expr, o.verdict, unaligned(o.line or o.expr) }
  end
  for _, c in ipairs(result.comparisons or {}) do
    local against = c.against and (", compared with " .. c.against) or ""
    cases[#cases + 1] = { "comparison", ("%s of %s%s"):format(c.metric, c.scenario or ("load %d"):format(c.load or 1), against), c.verdict, unaligned(c.line or c.metric) }
  end
  for i, l in ipairs(result.loads or {}) do
    local limited = l.generator and l.generator.verdict == "limited"
    cases[#cases + 1] = { "generator", facts.load_name(l, i, #result.loads), limited and "inconclusive" or "pass", limited and table.concat(l.generator.reasons or {}, "; ") or "valid" }
  end
  local why = broken_by(model)
  if why then cases[#cases + 1] = { "playbook", "run", "error", why } end
  return cases
end

--- The report as JUnit XML.
---@param model table
---@return string
function M.text(model)
  local cases, row = cases_of(model), model.row
  local head = ('tests="%d" failures="%d" errors="%d" skipped="%d" time="%.3f"'):format(#cases, count(cases, "fail"), count(cases, "error"),
    count(cases, "inconclusive"), model.grid.seconds)
  local out = { '<?xml version="1.0" encoding="UTF-8"?>', ("<testsuites %s>"):format(head), ('  <testsuite name="%s" %s>'):format(escape(row.name), head) }
  for _, c in ipairs(cases) do case(out, row.name .. "." .. c[1], c[2], c[3], c[4]) end
  out[#out + 1] = "  </testsuite>\n</testsuites>\n"
  return table.concat(out, "\n")
end

return M
