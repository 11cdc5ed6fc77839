--- The section on traces: what was received, where time went by operation, the slowest requests as waterfalls.
local facts = require "perilune.report.facts"
local lines = require "perilune.lines"
local svg = require "perilune.report.chart.svg"
local table_of = require "perilune.report.html_table"
local units = require "perilune.core.units"
local waterfall = require "perilune.report.chart.waterfall"

local M = {}

local escape, seconds, number = svg.escape, facts.seconds, facts.number

-- More rows than these in all: only the first waterfall is open.
local OPEN_ROWS = 60

local function place_of(traces, trace_id)
  for i, x in ipairs(traces.examples) do
    if x.trace_id == trace_id then return i end
  end
end

--- A trace id of the slowest requests: a link to its waterfall, where it has one.
---@param traces table report/traces.lua
---@param trace_id string|nil
---@return string html
function M.reference(traces, trace_id)
  if not trace_id then return "" end
  local code, i = ("<code>%s</code>"):format(escape(trace_id)), place_of(traces, trace_id)
  return i and ('<a href="#trace-%d">%s</a>'):format(i, code) or code
end

local function operations(traces)
  local rows = {}
  for i, e in ipairs(traces.operations) do
    rows[i] = { ("%s <b>%s</b> <small>%s</small>"):format(escape(e.service), escape(e.operation), escape(e.kind)), number(e.count), units.format("rate", e.rate),
      e.errors > 0 and ('<span class="fail">%s</span>'):format(number(e.errors)) or "0", seconds(e.p50), seconds(e.p95), seconds(e.p99), seconds(e.max), seconds(e.self), seconds(e.critical), units.format("ratio", e.share) }
  end
  local drawn = table_of({ "service and operation", "spans", "rate", "errors", "p50", "p95", "p99", "max", "self time", "critical", "of all" }, rows)
  return drawn and traces.more > 0 and ('%s<p class="meta">%s more, with less time on critical paths, are not shown: perilune sql has them in span_list.</p>'):format(drawn, lines.counted(traces.more, "operation")) or drawn
end

--- What is here, and what is not.
local function told(traces)
  local out = {}
  if traces.spans > 0 then out[1] = ("%s of %s came."):format(lines.counted(traces.spans, "span"), lines.counted(traces.traces, "trace")) end
  if traces.traced > 0 then
    local joined = traces.joined == traces.traced and "all" or tostring(traces.joined)
    out[#out + 1] = ("Of the slowest requests above %d carried a trace id; spans came of %s of them."):format(traces.traced, traces.joined == 0 and "none" or joined)
  end
  if traces.traced > 0 and traces.spans == 0 then
    out[#out + 1] = "Either nobody sent them to run:receive (nor run:fetch brought them), or they came after the run's end, or they are older than perilune db keep says."
  end
  if traces.missing > 0 then
    out[#out + 1] = ("Spans are missing: %s named as parents and did not come, so that what they did counts for nobody."):format(traces.missing == 1 and "1 is" or number(traces.missing) .. " are")
  end
  return ("<p>%s</p>"):format(escape(table.concat(out, " ")))
end

local function title_of(x, i)
  local r = x.request
  if r then return ("%d. %s at %s: %s"):format(i, r.name, svg.elapsed(r.at), seconds(r.latency_s)) end
  return ("%d. %s %s: %s"):format(i, x.rows[1] and x.rows[1].span.service or "", x.rows[1] and x.rows[1].span.operation or "", seconds((x.to_ns - x.from_ns) / 1e9))
end

--- What the trace's length was made of, in words, and what to know of the drawing.
local function remarks(x)
  local out, parts = {}, {}
  for i, p in ipairs(x.path) do
    if i <= 5 then parts[i] = ("%s %s %s"):format(p.service, p.operation, seconds(p.critical)) end
  end
  if #x.path > 5 then parts[6] = ("%d others"):format(#x.path - 5) end
  out[1] = ("Critical path: %s."):format(table.concat(parts, ", "))
  if x.missing > 0 then out[#out + 1] = ("%s missing: named as a parent, and did not come."):format(lines.counted(x.missing, "span")) end
  if x.hidden > 0 then out[#out + 1] = ("%s not drawn: shorter, and on no critical path, or without a root."):format(lines.counted(x.hidden, "span")) end
  local r = x.request
  if r and math.abs(r.moved_ns) > (x.to_ns - x.from_ns) / 100 then
    out[#out + 1] = ("The clocks of load and spans differ: the request is drawn %s %s than it was told."):format(seconds(math.abs(r.moved_ns) / 1e9), r.moved_ns < 0 and "earlier" or "later")
  end
  return ("<p>%s</p>"):format(escape(table.concat(out, " ")))
end

--- What a note says: a link, a log with its severity, an event.
local function told_by(n)
  if n.link then return ("link to <code>%s</code> of trace <code>%s</code>"):format(escape(n.link.span_id or ""), escape(n.link.trace_id or "")) end
  return n.severity and ("<b>%s</b> %s"):format(escape(n.severity), escape(n.name)) or escape(n.name)
end

--- Events and links of the spans that are drawn, and the logs of their trace.
local function notes(x)
  local rows = {}
  for i, n in ipairs(x.notes) do
    rows[i] = { n.row and ("%d. %s"):format(n.row, escape(x.rows[n.row].span.operation)) or "", n.at_ns and seconds((n.at_ns - x.from_ns) / 1e9) or "", told_by(n), escape(n.attributes) }
  end
  local drawn = table_of({ "span", "at", "event, link or log", "attributes" }, rows, { [3] = true, [4] = true })
  return drawn and x.more_notes > 0 and ('%s<p class="meta">%d more events, links and logs are not shown.</p>'):format(drawn, x.more_notes) or drawn or ""
end

--- Attributes of the spans that are drawn, for who wants to know.
local function attributes(x)
  local rows = {}
  for n, row in ipairs(x.rows) do
    if row.attributes ~= "" then rows[#rows + 1] = { ("%d. %s"):format(n, escape(row.span.operation)), escape(row.attributes) } end
  end
  local drawn = table_of({ "span", "attributes" }, rows, { [2] = true })
  return drawn and "<details><summary>Attributes</summary>" .. drawn .. "</details>" or ""
end

local function examples(traces)
  local rows, out = 0, {}
  for _, x in ipairs(traces.examples) do rows = rows + #x.rows end
  for i, x in ipairs(traces.examples) do
    out[i] = ('<details id="trace-%d"%s><summary>%s <code>%s</code></summary>%s%s%s%s</details>'):format(i, (i == 1 or rows <= OPEN_ROWS) and " open" or "", escape(title_of(x, i)), escape(x.trace_id), remarks(x),
      waterfall.draw(x), notes(x), attributes(x))
  end
  return table.concat(out)
end

--- The section; empty where no request was traced and no span came.
---@param traces table report/traces.lua
---@return string html
function M.draw(traces)
  if traces.spans == 0 and traces.traced == 0 then return "" end
  return told(traces) .. (operations(traces) or "") .. examples(traces)
end

return M
