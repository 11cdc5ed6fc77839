--- The HTML report: one file that asks nobody for anything, readable with JavaScript off, in light, dark and print.
local answers_section = require "perilune.report.answers_section"
local artifact_section = require "perilune.report.artifact_section"
local effect = require "perilune.effect"
local facts = require "perilune.report.facts"
local capacity_charts = require "perilune.report.capacity_charts"
local load_charts = require "perilune.report.load_charts"
local log_section = require "perilune.report.log_section"
local machine_charts = require "perilune.report.machine_charts"
local machine_section = require "perilune.report.machine_section"
local other_charts = require "perilune.report.other_charts"
local phase_bar = require "perilune.report.chart.phase_bar"
local style = require "perilune.report.style"
local svg = require "perilune.report.chart.svg"
local table_of = require "perilune.report.html_table"
local trace_section = require "perilune.report.trace_section"
local units = require "perilune.core.units"

local M = {}

local escape, seconds, number = svg.escape, facts.seconds, facts.number
local SIGN = { pass = "✓", fail = "✗", inconclusive = "?" }

--- A section, and its link among out.links.
local function section(out, title, body)
  if not body or body == "" then return end
  local id = title:lower():gsub("%s+", "-")
  out.links[#out.links + 1] = ('<a href="#%s">%s</a>'):format(id, escape(title))
  out[#out + 1] = ('<h2 id="%s">%s</h2>\n%s'):format(id, escape(title), body)
end

local function verdict_cell(verdict, text, sign)
  return ('<span class="%s">%s</span> %s'):format(escape(verdict), sign or SIGN[verdict] or "", escape(text or verdict))
end

local function definitions(list)
  local out = {}
  for i, f in ipairs(list) do out[i] = ("<dt>%s</dt><dd>%s</dd>"):format(escape(f[1]), escape(f[2])) end
  return #out > 0 and "<dl>" .. table.concat(out) .. "</dl>" or nil
end

-- ---- Sections, in the order of the page -------------------------------------------------------------

local WORDS = {
  pass = "Every objective held.", fail = "An objective did not hold, or a regression was found.",
  inconclusive = "The measurement does not settle the question.", error = "The run ended with an error.",
  cancelled = "The run was cancelled before its end.",
}

--- The verdict in words, with what it rests on: a failure is told by what failed alone.
local function verdict_of(model)
  local verdict, because = model.result.verdict, model.result.because
  if verdict == "pass" and #model.objectives == 0 then return "There was no objective to judge." end
  if because and verdict == "fail" then return because:sub(1, 1):upper() .. because:sub(2) .. "." end
  local words = WORDS[verdict] or ("The run is %s."):format(model.verdict)
  return because and words:gsub("%.$", ": ") .. because .. "." or words
end

local function lead_of(model)
  local parts = { verdict_of(model) }
  for i, l in ipairs(model.result.loads or {}) do
    if i > 4 then break end
    local planned, p99 = l.rate_per_s.planned, l.latency_s.p99
    parts[#parts + 1] = ("%s: %s%s answered; latency p50 %s%s."):format(facts.load_name(l, i, #model.result.loads), planned and units.format("rate", planned) .. " starts planned, " or "",
      units.format("rate", l.rate_per_s.achieved), seconds(l.latency_s.p50), p99 and ", p99 " .. seconds(p99) or "")
  end
  return table.concat(parts, " ")
end

local function header(out, model)
  local row = model.row
  out[#out + 1] = ('<h1>%s</h1><span class="badge %s">%s</span>'):format(escape(row.name), escape(model.verdict), escape(model.verdict))
  local labels = {}
  for k, v in pairs(model.labels) do labels[#labels + 1] = k .. " " .. (tostring(v):match("^(%x%x%x%x%x%x%x%x%x%x%x%x)%x+$") or tostring(v)) end
  table.sort(labels)
  out[#out + 1] = ('<p class="meta">%s; run %s%s</p>'):format(escape(facts.when(model)), escape(row.ulid), #labels > 0 and "; " .. escape(table.concat(labels, ", ")) or "")
  out[#out + 1] = ('<p class="lead">%s</p>'):format(escape(lead_of(model)))
  if model.result.error then out[#out + 1] = ("<pre>%s</pre>"):format(escape(model.result.error.message)) end
end

local function sent(model)
  local rows = {}
  for i, l in ipairs(model.result.loads or {}) do
    for _, s in ipairs(l.scenarios or {}) do
      rows[#rows + 1] = { escape(s.name), #model.result.loads > 1 and tostring(i) or "", escape(s.url or l.url or "set by the script"), escape(facts.offered(s)),
        s.model:match("^iterations") and "until done" or seconds(s.duration_s), s.warmup_s > 0 and seconds(s.warmup_s) or "none" }
    end
  end
  return table_of({ "scenario", "load", "target", "offered", "for", "of it warm-up" }, rows, { [3] = true, [4] = true })
end

local function objectives(model)
  local rows = {}
  for _, o in ipairs(model.objectives) do
    rows[#rows + 1] = { verdict_cell(o.verdict, o.expr .. (o.is_default and " (default)" or ""), o.marginal and "~" or nil), escape(facts.measured(o)), escape(facts.interval(o)),
      escape(facts.margin(o)), number(o.samples), escape(o.scope or "the run"), escape(facts.remark(o)) }
  end
  return table_of({ "objective", "measured", "95 % interval", "margin", "samples", "judged for", "remark" }, rows, { [6] = true, [7] = true })
end

local function comparison(model)
  local rows = {}
  for _, c in ipairs(model.result.comparisons or {}) do
    local interval = effect.interval(c) or "noise unknown"
    rows[#rows + 1] = { verdict_cell(c.noise_known and c.verdict or "unknown", c.metric, not c.noise_known and "·" or nil), escape(c.scenario or ""), escape(units.format(c.unit or "number", c.baseline)),
      escape(units.format(c.unit or "number", c.candidate)), c.baseline == 0 and escape(effect.change(c)) or facts.change(c.effect), escape(interval), escape(c.against or ""), number(c.n and c.n[1]) }
  end
  return table_of({ "metric", "scenario", "before", "now", "change", "95 % interval", "compared with", "runs" }, rows, { [2] = true, [7] = true })
end

local function failed_of(model, r)
  local n = 0
  for _, s in ipairs(model.failed_rows or {}) do
    if s.scenario == r.scenario and s.name == r.name then n = n + s.count end
  end
  return n
end

--- A column of scenarios: empty, so that no table shows it, where they are all the same one.
local function scenarios_of(list)
  local several, cells = false, {}
  for _, r in ipairs(list) do several = several or r.scenario ~= list[1].scenario end
  for i, r in ipairs(list) do cells[i] = several and escape(r.scenario) or "" end
  return cells
end

local function requests(model)
  local rows, scenarios = {}, scenarios_of(model.requests)
  for i, r in ipairs(model.requests) do
    local cells = { escape(r.name), scenarios[i], number(r.latency:count()), number(failed_of(model, r)) }
    for _, p in ipairs { 0.5, 0.9, 0.95, 0.99 } do cells[#cells + 1] = seconds(facts.quantile(r.latency, p)) end
    cells[#cells + 1] = seconds(r.latency:max())
    rows[#rows + 1] = cells
  end
  return table_of({ "request", "scenario", "timed", "failed", "p50", "p90", "p95", "p99", "max" }, rows, { [2] = true })
end

--- The slowest requests, with what their time was spent on.
local function slow(model)
  local rows, most, scenarios = {}, model.slow[1] and model.slow[1].latency_s, scenarios_of(model.slow)
  for i, e in ipairs(model.slow) do
    rows[i] = { escape(e.name), scenarios[i], svg.elapsed(e.at), seconds(e.latency_s), phase_bar.draw(e, most), e.error and escape(e.error) or tostring(e.status),
      trace_section.reference(model.traces, e.trace_id) }
  end
  local drawn = table_of({ "request", "scenario", "at", "latency", "phases", "answer", "trace id" }, rows, { [2] = true, [5] = true, [7] = true })
  return drawn and drawn .. phase_bar.legend()
end

local function loads(model)
  local out = {}
  for i, l in ipairs(model.result.loads or {}) do
    out[#out + 1] = ("<h3>%s</h3><ul>"):format(escape(facts.load_name(l, i, #model.result.loads)))
    for _, line in ipairs(facts.load(l)) do out[#out + 1] = "<li>" .. escape(line) .. "</li>" end
    out[#out + 1] = "</ul>"
  end
  return table.concat(out)
end

local function events(model)
  local rows = {}
  for _, e in ipairs(model.events) do rows[#rows + 1] = { escape(e.kind), escape(e.text or ""), svg.elapsed(e.at), e.seconds > 0 and seconds(e.seconds) or "" } end
  return table_of({ "event", "what", "at", "took" }, rows, { [2] = true })
end

--- The texts of some findings as a list; nil where there are none.
local function listed(model, is_shown)
  local out = {}
  for _, f in ipairs(model.findings) do
    if is_shown(f) then out[#out + 1] = ("<li>%s</li>"):format(escape(f.text)) end
  end
  return #out > 0 and "<ul>" .. table.concat(out) .. "</ul>" or nil
end

--- Findings but for those of the comparison, which has a table, of analysis, which has a section, and notes.
local function findings(model)
  return listed(model, function(f) return f.kind ~= "comparison" and f.kind ~= "note" and not answers_section.is(f) end)
end

local function notes(model)
  return listed(model, function(f) return f.kind == "note" end)
end

local DEFINITIONS = {
  { "latency", "from the intended start of a request to its last byte; without a schedule from the send. A start that waited for a free user counts its wait." },
  { "service time", "from the send of the request to the last byte of its answer." },
  { "slowest requests", "of each name the five slowest of every ten seconds are kept. queue: from the intended start, for a user or a connection; wait: from the request's last byte to the answer's first. The last phase of a timeout is what its limit cut." },
  { "critical path", "of a trace, walked back from its end: the stretches that its length depends on. Self time: while a span lasts and none of its children does." },
  { "schedule lag", "the actual start of an iteration minus the intended one." },
  { "quantile", "nearest rank over all requests: the smallest recorded value that at least this share of requests did not exceed; histograms keep three significant digits. Of too few requests (fewer than 10 beyond it) none is shown." },
  { "interval", "block bootstrap over the seconds, 95 %: seconds of a queue are not independent. Unreliable, or none, of too few independent seconds: what lies beyond the quantile came in fewer than about seven bursts, so that no method knows more." },
  { "margin", "how far the measured value is from the limit, in parts of the limit: above 0 on the side that holds." },
  { "failed request", "no complete answer, a status of 400 or more unless it was expected, or a check that did not hold." },
}

local function appendix(model)
  local row, host = model.row, model.host
  local list = {
    { "run", row.ulid }, { "playbook", row.playbook or row.name }, { "script SHA-256", row.script_hash or "" }, { "arguments SHA-256", row.args_hash or "" },
    { "seed", row.seed or "" }, { "Perilune", row.version or "" }, { "machine", host.hostname or "" }, { "system", ("%s, %s"):format(host.os or "", host.kernel or "") },
    { "CPU", ("%s, %s CPUs"):format(host.cpu_model or "", host.cpus or "?") }, { "memory", host.memory_bytes and units.format("size", host.memory_bytes) or "" },
    { "column of the charts", ("%d s"):format(model.grid.step) },
  }
  local out = definitions(table.move(DEFINITIONS, 1, #DEFINITIONS, #list + 1, list))
  return out .. (model.script and ("<pre>%s</pre>"):format(escape(model.script)) or "")
end

--- The page.
---@param model table
---@return string
function M.page(model)
  local out = {
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
    "<meta name=\"color-scheme\" content=\"light dark\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
    ("<title>%s: %s</title><style>%s</style></head><body><main>"):format(escape(model.row.name), escape(model.verdict), style),
  }
  header(out, model)
  out.links, out[#out + 1] = {}, ""
  local links = #out
  section(out, "Objectives", objectives(model))
  section(out, "What was sent", sent(model))
  section(out, "Arguments", definitions(model.arguments))
  section(out, "Comparison", comparison(model))
  section(out, "Capacity", capacity_charts.draw(model))
  section(out, "Analysis", answers_section.draw(model))
  section(out, "Load", loads(model))
  section(out, "Requests", requests(model))
  section(out, "Load over time", load_charts.draw(model))
  section(out, "Slowest requests", slow(model))
  section(out, "Traces", trace_section.draw(model.traces))
  local of_several = #model.machines > 1 and "Machines" or "Machine"
  section(out, of_several .. " over time", machine_charts.draw(model))
  section(out, of_several .. " in figures", machine_section.draw(model))
  section(out, "Other metrics", other_charts.draw(model))
  section(out, "Logs", log_section.draw(model))
  section(out, "Findings", findings(model))
  section(out, "Notes", notes(model))
  section(out, "Events", events(model))
  section(out, "Artifacts", artifact_section.draw(model))
  section(out, "How this was measured", appendix(model))
  out[links] = ('<nav aria-label="Sections">%s</nav>'):format(table.concat(out.links, " "))
  out[#out + 1] = "</main></body></html>\n"
  return table.concat(out, "\n")
end

return M
