--- Markdown: what fits into a pull request's comment or a job summary.
local answers_section = require "perilune.report.answers_section"
local effect = require "perilune.effect"
local facts = require "perilune.report.facts"
local steps = require "perilune.steps"
local units = require "perilune.core.units"

local M = {}

local SIGN = { pass = "✅", fail = "❌", inconclusive = "❔", error = "💥" }

-- Rows of traces, of artifacts, and notes: a comment is short.
local OPERATIONS, ARTIFACTS, NOTES = 10, 20, 20

local function cell(text)
  return (tostring(text):gsub("|", "\\|"):gsub("\n", " "))
end

--- A table and an empty line; nothing without rows. `head` is its first two lines.
local function append_table(out, head, rows)
  if #rows == 0 then return end
  out[#out + 1] = head
  for _, row in ipairs(rows) do
    for c, text in ipairs(row) do row[c] = cell(text) end
    out[#out + 1] = "| " .. table.concat(row, " | ") .. " |"
  end
  out[#out + 1] = ""
end

local function append_objectives(out, model)
  local rows = {}
  for i, o in ipairs(model.objectives) do
    local measured, interval, remark = facts.measured(o), facts.interval(o), facts.remark(o)
    if interval ~= "" then measured = ("%s (%s)"):format(measured, interval) end
    rows[i] = { SIGN[o.verdict] or "", ("`%s`"):format(o.expr) .. (o.scope and (" [%s]"):format(o.scope) or "") .. (remark ~= "" and ": " .. remark or ""), measured, facts.limit(o) }
  end
  append_table(out, "| | objective | measured | limit |\n|---|---|---:|---:|", rows)
end

local function append_comparisons(out, result)
  local rows = {}
  for i, c in ipairs(result.comparisons or {}) do
    rows[i] = { c.noise_known and SIGN[c.verdict] or "", c.metric, units.format(c.unit or "number", c.baseline), units.format(c.unit or "number", c.candidate),
      c.baseline == 0 and effect.change(c) or facts.change(c.effect), effect.interval(c) or "noise unknown", c.against or "" }
  end
  append_table(out, "| | compared | before | now | change | 95 % interval | compared with |\n|---|---|---:|---:|---:|---|---|", rows)
end

local STEP_SIGN = { ["✓"] = SIGN.pass, ["✗"] = SIGN.fail, ["?"] = SIGN.inconclusive }

local function seconds(v) return facts.seconds(type(v) == "number" and v or nil) end

--- What each search found, and its steps in the order in which they were sent.
local function append_searches(out, result)
  for _, found in ipairs(result.searches or {}) do
    out[#out + 1] = "**Capacity** of " .. cell(steps.stored(found)) .. "."
    out[#out + 1] = ""
    local rows = {}
    for i, s in ipairs(found.steps or {}) do
      rows[i] = { STEP_SIGN[steps.sign(s)], steps.level(s), units.format("rate", s.achieved), seconds(s.p50), seconds(s.p99), steps.remark(s) }
    end
    append_table(out, "| | load | answered | p50 | p99 | limited by |\n|---|---:|---:|---:|---:|---|", rows)
  end
end

local function append_loads(out, model)
  for i, l in ipairs(model.result.loads or {}) do
    local sent = {}
    for n, s in ipairs(l.scenarios or {}) do sent[n] = facts.offered(s) end
    out[#out + 1] = ("**%s**%s: %s requests, %s%s; latency p50 %s, p99 %s; generator %s."):format(cell(facts.load_name(l, i, #model.result.loads)), l.url and " to " .. l.url or "",
      units.format("number", l.requests.total), units.format("rate", l.rate_per_s.achieved), #sent > 0 and (" (%s)"):format(table.concat(sent, "; ")) or "",
      facts.seconds(l.latency_s.p50), facts.seconds(l.latency_s.p99), l.generator.verdict)
    out[#out + 1] = facts.changed(l)
    out[#out + 1] = facts.errors(l)
    for _, reason in ipairs(facts.failures(l)) do out[#out + 1] = "- " .. cell(reason) end
    out[#out + 1] = ""
  end
end

--- Requests by name; of several scenarios each says whose it is.
local function append_requests(out, requests)
  local rows, several = {}, false
  for _, r in ipairs(requests) do several = several or r.scenario ~= requests[1].scenario end
  for i, r in ipairs(requests) do
    local h = r.latency
    rows[i] = { r.name, units.format("number", h:count()), facts.seconds(facts.quantile(h, 0.5)), facts.seconds(facts.quantile(h, 0.95)), facts.seconds(facts.quantile(h, 0.99)), facts.seconds(h:max()) }
    if several then table.insert(rows[i], 1, r.scenario) end
  end
  append_table(out, (several and "| scenario " or "") .. "| request | count | p50 | p95 | p99 | max |\n" .. (several and "|---" or "") .. "|---|---:|---:|---:|---:|---:|", rows)
end

--- The operations that traces depend on most, and how many spans are missing.
local function append_traces(out, traces)
  local rows = {}
  for i, e in ipairs(traces.operations) do
    if i > OPERATIONS then break end
    rows[i] = { ("%s **%s** (%s)"):format(e.service, e.operation, e.kind), units.format("number", e.count), units.format("number", e.errors), facts.seconds(e.p50), facts.seconds(e.p95), facts.seconds(e.p99),
      facts.seconds(e.self), units.format("ratio", e.share) }
  end
  append_table(out, "| operation | spans | errors | p50 | p95 | p99 | self time | of the critical paths |\n|---|---:|---:|---:|---:|---:|---:|---:|", rows)
  if traces.missing > 0 then
    out[#out + 1] = ("Spans are missing: %s named as parents, which did not come."):format(units.format("number", traces.missing))
    out[#out + 1] = ""
  end
end

--- The files that the run keeps, and how to get at them.
local function append_artifacts(out, model)
  local rows = {}
  for i, a in ipairs(model.artifacts) do
    if i > ARTIFACTS then break end
    rows[i] = { a.name, a.type, units.format("size", a.bytes), ("`%s`"):format(a.sha256:sub(1, 12)) }
  end
  append_table(out, "| artifact | media type | size | SHA-256 |\n|---|---|---:|---|", rows)
  if #rows == 0 then return end
  local more = #model.artifacts > ARTIFACTS and (" lists %d more, and"):format(#model.artifacts - ARTIFACTS) or ""
  out[#out + 1] = ("`perilune artifacts %s`%s writes one with `NAME --output FILE`."):format(model.row.ulid, more)
  out[#out + 1] = ""
end

--- The first notes of the run, a line each.
local function append_notes(out, findings)
  local n = 0
  for _, f in ipairs(findings) do
    if f.kind == "note" then
      n = n + 1
      if n <= NOTES then out[#out + 1] = "- note: " .. cell(f.text) end
    end
  end
  if n > NOTES then out[#out + 1] = ("- and %d notes more"):format(n - NOTES) end
end

--- The report as Markdown.
---@param model table
---@return string
function M.text(model)
  local result, row = model.result, model.row
  local out = { ("## %s%s: %s"):format(SIGN[model.verdict] and SIGN[model.verdict] .. " " or "", cell(row.name), model.verdict), "" }
  append_objectives(out, model)
  append_comparisons(out, result)
  append_searches(out, result)
  append_loads(out, model)
  append_requests(out, model.requests)
  append_traces(out, model.traces)
  append_artifacts(out, model)
  for _, line in ipairs(answers_section.lines(model)) do out[#out + 1] = "- " .. line end
  append_notes(out, model.findings)
  if result.error then out[#out + 1] = "```\n" .. result.error.message .. "\n```" end
  out[#out + 1] = ("Run `%s`, %s."):format(row.ulid, facts.seconds(model.grid.seconds))
  return table.concat(out, "\n") .. "\n"
end

return M
