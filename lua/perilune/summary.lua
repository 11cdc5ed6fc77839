--- The final summary: objectives first, a table by request name, both latencies, errors, who was the limit, the generator's
--- verdict, comparisons, notes, paths.
local units = require "perilune.core.units"

local M = {}

local COLOR = { pass = "\27[32m", fail = "\27[31m", inconclusive = "\27[33m", error = "\27[31m", cancelled = "\27[33m", bold = "\27[1m", dim = "\27[2m" }

local function painter(color)
  return function(name, text)
    if not color or not COLOR[name] then return text end
    return COLOR[name] .. text .. "\27[0m"
  end
end

local function seconds(v)
  return v and units.format("duration", v) or "-"
end
M.seconds = seconds

local function count(n) return units.format("number", n) end
M.count = count

--- A table with aligned columns: the first to the left, the others to the right but for those that `left` names.
---@param rows string[][]
---@param left table|nil column -> true
---@return string[]
function M.columns(rows, left)
  left = left or {}
  local widths = {}
  for _, row in ipairs(rows) do
    for c, cell in ipairs(row) do widths[c] = math.max(widths[c] or 0, utf8.len(cell) or #cell) end
  end
  local lines = {}
  for i, row in ipairs(rows) do
    local cells = {}
    for c, cell in ipairs(row) do
      local pad = (" "):rep(widths[c] - (utf8.len(cell) or #cell))
      cells[c] = (c == 1 or left[c]) and cell .. pad or pad .. cell
    end
    lines[i] = ("  " .. table.concat(cells, "  ")):gsub("%s+$", "")
  end
  return lines
end

local function both_truths(l)
  local lines = {}
  local function line(d, text)
    lines[#lines + 1] = ("  p50 %-9s p99 %-9s %s"):format(seconds(d.p50), seconds(d.p99), text)
  end
  line(l.service, "from the send, as most tools time it")
  if l.lag then
    line(l.latency, "from the intended start: what your users waited")
  else
    lines[#lines + 1] = "  A closed loop has no intended starts: latency equals service time, and a stall hides the requests it kept from being sent."
  end
  return lines
end

local function request_table(l)
  local rows = { { "request", "count", "failed", "p50", "p95", "p99", "max" } }
  for _, r in ipairs(l.rows) do
    rows[#rows + 1] = { r.name, count(r.requests), count(r.failed), seconds(r.latency.p50), seconds(r.latency.p95), seconds(r.latency.p99), seconds(r.latency.max) }
  end
  return M.columns(rows)
end

local function errors_line(l)
  local parts = {}
  for class, n in pairs(l.stats.errors) do
    if n > 0 then parts[#parts + 1] = ("%s %s"):format(class, count(n)) end
  end
  table.sort(parts)
  for code, n in pairs(l.unexpected) do parts[#parts + 1] = ("status %s: %s"):format(code, count(n)) end
  return #parts > 0 and ("  Errors: %s."):format(table.concat(parts, ", ")) or nil
end

--- "nginx (pid 4711) used 98 % of one core; it is the limit. Even arrivals; seed 1; ..."
local function facts_line(run, l)
  local parts = {}
  if l.limit then parts[#parts + 1] = l.limit .. "." end
  if l.model == "open" then
    parts[#parts + 1] = ("%s arrivals; seed %d; %s of %s started;"):format(l.arrivals == "poisson" and "Poisson" or "Even", run.prepared.spec.seed,
      count(l.stats.started), count(l.stats.planned))
  else
    parts[#parts + 1] = ("Closed loop, %d users; seed %d;"):format(l.stats.users_max, run.prepared.spec.seed)
  end
  local busy = 0
  for _, w in ipairs(l.generator.workers) do busy = math.max(busy, w.busy) end
  parts[#parts + 1] = ("generator %s (%.0f %% busy)."):format(l.generator.verdict, busy * 100)
  return "  " .. table.concat(parts, " ")
end

local function append(out, lines)
  for _, line in ipairs(lines) do out[#out + 1] = line end
end

--- The first of what is counted by its text.
local function texts(list, what)
  local lines = {}
  for i, e in ipairs(list) do
    if i > 5 then break end
    lines[i] = ("  %s (%s times): %s"):format(what, count(e.count), e.text)
  end
  return lines
end

local function checks_lines(l)
  local lines = {}
  for _, c in ipairs(l.checks) do
    if c.failed > 0 then lines[#lines + 1] = ("  check %q: %s of %s failed"):format(c.label, count(c.failed), count(c.failed + c.passed)) end
  end
  append(lines, texts(l.script_errors, "script error"))
  append(lines, texts(l.given_up, "failed by the script"))
  append(lines, texts(l.refused, "refused"))
  return lines
end

local function load_block(out, run, l, paint)
  out[#out + 1] = ""
  local sent = ("%s: %s requests in %s, %s"):format(table.concat(l.names, " + "), count(l.stats.requests), seconds(l.duration), units.format("rate", l.rate))
  if l.model == "open" then
    local one_each = l.stats.requests == l.stats.iterations
    sent = sent .. (one_each and " of %s planned" or "; %s starts planned"):format(units.format("rate", l.rate_planned))
  end
  out[#out + 1] = paint("bold", sent)
  if #l.rows > 1 or (l.rows[1] and l.stats.requests > 0) then append(out, request_table(l)) end
  append(out, both_truths(l))
  out[#out + 1] = facts_line(run, l)
  out[#out + 1] = errors_line(l)
  append(out, checks_lines(l))
  for _, reason in ipairs(l.target.reasons) do out[#out + 1] = ("  Target %s: %s."):format(l.target.verdict, reason) end
  for _, reason in ipairs(l.generator.reasons) do out[#out + 1] = ("  Generator %s: %s."):format(l.generator.verdict, reason) end
  for _, reason in ipairs(l.generator.warnings) do out[#out + 1] = ("  Warning: %s."):format(reason) end
  if l.generator.verdict == "limited" and run.exit.reason == "pass" then
    out[#out + 1] = ("  the generator was the limit: at least %s"):format(units.format("rate", l.rate))
  end
  if l.stopped then out[#out + 1] = ("  Stopped after %s: %s"):format(seconds(l.stopped.at), l.stopped.objective .. (l.stopped.why and (" (%s)"):format(l.stopped.why) or "")) end
end

--- A line without colour.
---@param text string
---@return string
function M.plain(text)
  return (tostring(text):gsub("\27%[[%d;]*m", ""))
end

--- The whole summary.
---@param run perilune.Run
---@param options table { color, columns }
---@return string
function M.text(run, options)
  local paint, out = painter(options.color), {}
  for _, o in ipairs(run.verdicts) do out[#out + 1] = paint(o.verdict, o.line) end
  for _, l in ipairs(run.loads) do load_block(out, run, l, paint) end
  if #run.comparisons > 0 then
    out[#out + 1] = ""
    for _, c in ipairs(run.comparisons) do out[#out + 1] = paint(c.verdict, c.line) end
  end
  if #run.notes > 0 then out[#out + 1] = "" end
  for _, note in ipairs(run.notes) do out[#out + 1] = "note: " .. note end
  if run.error then
    out[#out + 1] = ""
    out[#out + 1] = paint("error", tostring(run.error.message))
    if run.error.trace then out[#out + 1] = run.error.trace end
  end
  out[#out + 1] = ""
  out[#out + 1] = paint(run.verdict, ("%s: %s (exit %d)"):format(run.name, run.verdict, run.exit.code)) .. ("   run %s"):format(run.id)
  for _, format in ipairs { "html", "junit", "markdown", "json" } do
    if run.paths and run.paths[format] then out[#out + 1] = ("%-8s %s"):format(format, run.paths[format]) end
  end
  if run.options.db_shown then out[#out + 1] = ("%-8s %s"):format("db", run.options.db_shown) end
  return table.concat(out, "\n") .. "\n"
end

return M
