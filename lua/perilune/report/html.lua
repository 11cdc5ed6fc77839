--- The HTML report: one file that asks nobody for anything, readable with JavaScript off, in light, dark and print.
local charts = require "perilune.report.charts"
local clock = require "perilune.core.clock"
local style = require "perilune.report.style"
local svg = require "perilune.report.svg"
local units = require "perilune.core.units"

local M = {}

local escape = svg.escape
local SIGN = { pass = "✓", fail = "✗", inconclusive = "?" }

local function seconds(v)
  return type(v) == "number" and units.format("duration", v) or "-"
end

local function number(v)
  return type(v) == "number" and units.format("number", v) or "-"
end

local function section(out, title, body)
  if body and body ~= "" then out[#out + 1] = ("<h2>%s</h2>\n%s"):format(escape(title), body) end
end

--- A table: head is an array of titles, rows of cells that are HTML already.
local function html_table(head, rows)
  local out = { '<div class="scroll"><table><thead><tr>' }
  for _, title in ipairs(head) do out[#out + 1] = "<th>" .. escape(title) .. "</th>" end
  out[#out + 1] = "</tr></thead><tbody>"
  for _, row in ipairs(rows) do
    out[#out + 1] = "<tr>"
    for _, cell in ipairs(row) do out[#out + 1] = "<td>" .. cell .. "</td>" end
    out[#out + 1] = "</tr>"
  end
  out[#out + 1] = "</tbody></table></div>"
  return table.concat(out)
end

local function verdict_cell(verdict, text)
  return ('<span class="%s">%s %s</span>'):format(escape(verdict), SIGN[verdict] or "", escape(text or verdict))
end

-- ---- Sections, in the order of the page -------------------------------------------------------------

local WORDS = {
  pass = "Every objective held.", fail = "An objective did not hold, or a regression was found.",
  inconclusive = "The measurement does not settle the question; the reasons are below.", error = "The run ended with an error.",
  cancelled = "The run was cancelled before its end.",
}

local function lead_of(model)
  local parts = { WORDS[model.result.verdict] or ("The run is " .. model.row.state .. ".") }
  for i, l in ipairs(model.result.loads or {}) do
    if i > 4 then break end
    local planned = l.rate_per_s and type(l.rate_per_s.planned) == "number" and ("; %s starts planned"):format(units.format("rate", l.rate_per_s.planned)) or ""
    parts[#parts + 1] = ("Load %d: %s answered%s; latency p50 %s, p99 %s."):format(i, units.format("rate", l.rate_per_s.achieved), planned,
      seconds(l.latency_s.p50), seconds(l.latency_s.p99))
  end
  return table.concat(parts, " ")
end

local function header(out, model)
  local row, verdict = model.row, model.result.verdict or model.row.state
  out[#out + 1] = ('<h1>%s</h1><span class="badge %s">%s</span>'):format(escape(row.name), escape(verdict), escape(verdict))
  local labels = {}
  for k, v in pairs(model.labels) do labels[#labels + 1] = k .. " " .. tostring(v) end
  table.sort(labels)
  out[#out + 1] = ('<p class="meta">%s, %s; run %s%s</p>'):format(escape(clock.iso(row.started_ns):sub(1, 19):gsub("T", " ") .. " UTC"),
    seconds(model.grid.seconds), escape(row.ulid), #labels > 0 and "; " .. escape(table.concat(labels, ", ")) or "")
  out[#out + 1] = ('<p class="lead">%s</p>'):format(escape(lead_of(model)))
  if model.result.error then out[#out + 1] = ("<pre>%s</pre>"):format(escape(model.result.error.message)) end
end

--- How far the measured value is from its limit, of the limit: above 0 on the side that holds.
---@param o table { expr, value, limit }
---@return string
function M.margin(o)
  if type(o.value) ~= "number" or type(o.limit) ~= "number" or o.limit == 0 then return "-" end
  local compare = o.expr:gsub("%b{}", ""):match("[<>]") or "<"
  local margin = compare == "<" and o.limit - o.value or o.value - o.limit
  return ("%+.0f %%"):format(margin / math.abs(o.limit) * 100)
end

local function objectives(model)
  local rows = {}
  for _, o in ipairs(model.result.objectives or {}) do
    local value = o.line and o.line:sub(#"✓ " + 1):gsub("^" .. o.expr:gsub("%p", "%%%0"), ""):gsub("^%s*%(default%)", ""):match("^%s*(.-)%s*$") or tostring(o.value)
    rows[#rows + 1] = { verdict_cell(o.verdict, o.expr), escape(value), M.margin(o), number(o.samples) }
  end
  return #rows > 0 and html_table({ "objective", "measured", "margin to the limit", "samples" }, rows) or nil
end

local UNIT_OF = { ["p50(latency)"] = "duration", ["p99(latency)"] = "duration", ["rate(requests)"] = "rate", error_ratio = "ratio" }

local function comparison(model)
  local rows = {}
  for _, c in ipairs(model.result.comparisons or {}) do
    local unit = c.unit or UNIT_OF[c.metric] or "number"
    local interval = type(c.ci) == "table" and ("%+.1f to %+.1f %%"):format(c.ci[1] * 100, c.ci[2] * 100) or "run-to-run noise unknown"
    rows[#rows + 1] = { verdict_cell(c.verdict, c.metric), escape(c.scenario or ""), escape(units.format(unit, c.baseline)), escape(units.format(unit, c.candidate)),
      ("%+.1f %%"):format(c.effect * 100), escape(interval), number(c.n and c.n[1]) }
  end
  return #rows > 0 and html_table({ "metric", "scenario", "before", "now", "change", "95 % interval", "runs before" }, rows) or nil
end

local function failed_of(model, r)
  local n = 0
  for _, s in ipairs(model.failed_rows or {}) do
    if s.scenario == r.scenario and s.name == r.name then n = n + s.count end
  end
  return n
end

local function requests(model)
  local rows = {}
  for _, r in ipairs(model.requests) do
    local h = r.latency
    rows[#rows + 1] = { escape(r.name), escape(r.scenario), number(h:count()), number(failed_of(model, r)), seconds(h:quantile(0.5)), seconds(h:quantile(0.9)),
      seconds(h:quantile(0.95)), seconds(h:quantile(0.99)), seconds(h:max()) }
  end
  return #rows > 0 and html_table({ "request", "scenario", "timed", "failed", "p50", "p90", "p95", "p99", "max" }, rows) or nil
end

local function load_facts(l)
  local g, t, out = l.generator or {}, l.target or {}, {}
  out[#out + 1] = ("%s requests, %s ok, %s failed, %s aborted."):format(number(l.requests.total), number(l.requests.ok), number(l.requests.failed), number(l.requests.aborted))
  if l.starts and type(l.starts.planned) == "number" then
    out[#out + 1] = ("%s of %s starts; %s late, %s dropped, %s cancelled."):format(number(l.starts.started), number(l.starts.planned), number(l.starts.late),
      number(l.starts.dropped), number(l.starts.cancelled))
  end
  out[#out + 1] = ("Service time p50 %s, p99 %s; latency p50 %s, p99 %s."):format(seconds(l.service_s.p50), seconds(l.service_s.p99), seconds(l.latency_s.p50), seconds(l.latency_s.p99))
  local errors = {}
  for class, n in pairs(l.errors or {}) do
    if n > 0 then errors[#errors + 1] = ("%s %s"):format(class, number(n)) end
  end
  table.sort(errors)
  if #errors > 0 then out[#out + 1] = "Errors: " .. table.concat(errors, ", ") .. "." end
  if type(t.process) == "table" then out[#out + 1] = ("%s (pid %d) used %.2f cores."):format(t.process.name, t.process.pid, tonumber(t.process.cpu_cores) or 0) end
  out[#out + 1] = ("Target %s%s."):format(t.verdict or "unknown", #(t.reasons or {}) > 0 and ": " .. table.concat(t.reasons, "; ") or "")
  out[#out + 1] = ("Generator %s%s."):format(g.verdict or "unknown", #(g.reasons or {}) > 0 and ": " .. table.concat(g.reasons, "; ") or "")
  return out
end

local function loads(model)
  local out = {}
  for i, l in ipairs(model.result.loads or {}) do
    out[#out + 1] = ("<p><b>Load %d</b>, %s%s, %s.</p><ul>"):format(i, escape(l.model), type(l.arrivals) == "string" and ", " .. escape(l.arrivals) .. " arrivals" or "", seconds(l.duration_s))
    for _, line in ipairs(load_facts(l)) do out[#out + 1] = "<li>" .. escape(line) .. "</li>" end
    out[#out + 1] = "</ul>"
  end
  return table.concat(out)
end

local function events(model)
  local rows = {}
  for _, e in ipairs(model.events) do
    rows[#rows + 1] = { escape(e.kind), ('<span class="left">%s</span>'):format(escape(e.text or "")), svg.elapsed(e.at), e.seconds > 0 and seconds(e.seconds) or "" }
  end
  return #rows > 0 and html_table({ "event", "what", "at", "took" }, rows) or nil
end

local function findings(model)
  local out = {}
  for _, f in ipairs(model.findings) do out[#out + 1] = ("<li>%s</li>"):format(escape(f.text)) end
  return #out > 0 and "<ul>" .. table.concat(out) .. "</ul>" or nil
end

local DEFINITIONS = {
  { "latency", "from the intended start of a request to its last byte; without a schedule from the send. A start that waited for a free user counts its wait." },
  { "service time", "from the send of the request to the last byte of its answer." },
  { "schedule lag", "the actual start of an iteration minus the intended one." },
  { "quantile", "nearest rank over all requests: the smallest recorded value that at least this share of requests did not exceed; histograms keep three significant digits." },
  { "interval", "block bootstrap over the seconds, 95 %: seconds of a queue are not independent." },
  { "failed request", "no complete answer, a status of 400 or more unless it was expected, or a check that did not hold." },
}

local function appendix(model)
  local row, host = model.row, model.host
  local facts = {
    { "run", row.ulid }, { "playbook", row.playbook or row.name }, { "script SHA-256", row.script_hash or "" }, { "arguments SHA-256", row.args_hash or "" },
    { "seed", row.seed or "" }, { "Perilune", row.version or "" }, { "machine", host.hostname or "" }, { "system", ("%s, %s"):format(host.os or "", host.kernel or "") },
    { "CPU", ("%s, %s CPUs"):format(host.cpu_model or "", host.cpus or "?") }, { "memory", host.memory_bytes and units.format("size", host.memory_bytes) or "" },
    { "column of the charts", ("%d s"):format(model.grid.step) },
  }
  local out = { "<dl>" }
  for _, list in ipairs { facts, DEFINITIONS } do
    for _, f in ipairs(list) do out[#out + 1] = ("<dt>%s</dt><dd>%s</dd>"):format(escape(f[1]), escape(f[2])) end
  end
  out[#out + 1] = "</dl>"
  if model.script then out[#out + 1] = ("<pre>%s</pre>"):format(escape(model.script)) end
  return table.concat(out)
end

local function artifacts(model)
  local rows = {}
  for _, a in ipairs(model.artifacts) do rows[#rows + 1] = { escape(a.name), escape(a.type), units.format("size", a.bytes), "<code>" .. escape(a.sha256:sub(1, 16)) .. "</code>" } end
  return #rows > 0 and html_table({ "artifact", "type", "size", "SHA-256" }, rows) or nil
end

--- The page.
---@param model table
---@return string
function M.page(model)
  local out = {
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
    "<meta name=\"color-scheme\" content=\"light dark\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
    ("<title>%s: %s</title><style>%s</style></head><body><main>"):format(escape(model.row.name), escape(model.result.verdict or model.row.state), style),
  }
  header(out, model)
  section(out, "Objectives", objectives(model))
  section(out, "Compared with the runs before", comparison(model))
  section(out, "Load", loads(model))
  section(out, "Requests", requests(model))
  section(out, "Load over time", charts.load(model))
  section(out, "Machine over time", charts.machine(model))
  section(out, "Findings", findings(model))
  section(out, "Events", events(model))
  section(out, "Artifacts", artifacts(model))
  section(out, "How this was measured", appendix(model))
  out[#out + 1] = "</main></body></html>\n"
  return table.concat(out, "\n")
end

return M
