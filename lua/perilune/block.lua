--- One load in the summary: its rate, a table by request name, both latencies, who was the limit, errors and checks.
local arrivals = require "perilune.arrivals"
local by_hand = require "perilune.by_hand"
local clock = require "perilune.core.clock"
local lines = require "perilune.lines"
local scenario = require "perilune.scenario"
local units = require "perilune.core.units"
local verdict = require "perilune.verdict"

local M = {}

local count, counted, figure, seconds = lines.count, lines.counted, lines.figure, lines.seconds
local TEXTS = 5

local function rate(v) return units.format("rate", v) end

--- "of 300/s planned"; where a law draws: what was asked and what it drew. Where an iteration sends several requests, or none, these are
--- of starts, which is said.
local function planned_text(s)
  local peak, starts = scenario.volume(s.plan)
  local one_each = s.stats.requests == s.stats.iterations
  local planned = rate(s.stats.rate_planned)
  if s.plan.law == "poisson" and #s.plan.stages == 1 then
    return one_each and (" (asked %s, drew %s)"):format(rate(peak), planned) or ("; %s starts drawn of %s asked"):format(planned, rate(peak))
  end
  if #s.plan.stages > 1 and starts then return (one_each and " of %s planned on average" or "; %s starts planned on average"):format(planned) end
  return (one_each and " of %s planned" or "; %s starts planned"):format(planned)
end

--- "; 5 of them answered after that, which the rate leaves out": why all were started, and the rate is below the planned one.
local function late_text(s)
  local late = verdict.answered(s.stats) - math.floor(s.stats.rate_achieved * (s.stats.duration or 0) + 0.5)
  return late > 0 and (s.stats.duration or 0) > 0 and ("; %s answered after the end, which the rate leaves out"):format(count(late)) or ""
end

local function head(l)
  local text = ("%s: %s in %s, %s"):format(table.concat(l.names, " + "), counted(l.stats.requests, "request"), seconds(l.duration), rate(l.rate))
  if #l.scenarios == 1 and l.model == "open" then text = text .. planned_text(l.scenarios[1]) .. late_text(l.scenarios[1]) end
  return text
end

local QUANTILES = { "p50", "p95", "p99" }
local NEEDED = { p50 = 20, p95 = 200, p99 = 1000 }

--- The table by request name, and whether a quantile is missing in it.
local function request_table(l)
  local rows, missing = { { "request", "count", "failed", "p50", "p95", "p99", "max" } }, nil
  for _, r in ipairs(l.rows) do
    local row = { #l.scenarios > 1 and ("%s: %s"):format(r.scenario, r.name) or r.name, count(r.requests), count(r.failed) }
    for _, q in ipairs(QUANTILES) do
      row[#row + 1] = figure(r.latency, q)
      if r.latency.count > 0 and not r.latency[q] then missing = missing or q end
    end
    row[#row + 1] = figure(r.latency, "max")
    rows[#rows + 1] = row
  end
  return lines.columns(rows), missing
end

local function truth_line(d, text)
  return ("  p50 %-9s p99 %-9s %s"):format(figure(d, "p50"), figure(d, "p99"), text)
end

local function both_truths(s, name)
  local of = name and (" (%s)"):format(name) or ""
  local out = { truth_line(s.service, "from the send, as most tools time it" .. of) }
  if s.intended then
    out[2] = truth_line(s.latency, "from the intended start: what your users waited" .. of)
  else
    out[2] = "  A closed loop has no intended starts: latency equals service time, and a stall hides the requests it kept from being sent."
  end
  return out
end

--- "Even arrivals; 40 of 40 started", "Closed loop, 2 users".
local function model_text(s)
  if s.plan.model == "open" then
    return ("%s arrivals; %s of %s started"):format(arrivals.NAMES[s.plan.law]:gsub("^%l", string.upper), count(s.stats.started), count(s.stats.planned))
  end
  local users = counted(s.stats.users_max, "user")
  return s.plan.model == "closed" and "Closed loop, " .. users or ("%s by %s"):format(counted(s.stats.iterations, "iteration"), users)
end

--- One line a scenario, where a load has several.
local function scenario_lines(l)
  local out = {}
  for _, s in ipairs(l.scenarios) do
    local planned = s.plan.model == "open" and planned_text(s) or ""
    out[#out + 1] = ("  %s: %s, %s%s; %s."):format(s.name, counted(s.stats.requests, "request"), rate(s.stats.rate_achieved), planned, (model_text(s):gsub("^%u", string.lower)))
  end
  return out
end

--- "nginx (pid 4711) used 98 % of one core; it is the limit. Even arrivals; seed 1; 50 of 50 started; generator valid (41 % busy)."
local function facts_line(run, l)
  local busy = 0
  for _, w in ipairs(l.generator.workers) do busy = math.max(busy, w.busy) end
  local model, more = "", ""
  if #l.scenarios == 1 then
    local text = model_text(l.scenarios[1])
    local first, rest = text:match("^(.-); (.*)$")
    model, more = (first or text) .. "; ", rest and "; " .. rest or ""
  end
  return ("  %s%s%s %d%s; generator %s (%.0f %% busy)."):format(l.limit and l.limit .. ". " or "", model, model == "" and "Seed" or "seed", run.prepared.spec.seed, more, l.generator.verdict, busy * 100)
end

--- The grace of a load's scenarios: " (grace 500 ms)"; nothing where they differ, or the load did not come to its end.
local function grace_text(l)
  local grace = l.scenarios[1].plan.grace
  for _, s in ipairs(l.scenarios) do
    if s.plan.grace ~= grace then return "" end
  end
  return grace and not l.stopped and (" (grace %s)"):format(seconds(grace)) or ""
end

--- "Not answered: 200 aborted at the end (grace 500 ms), 3 cancelled before they were sent." What failed is told with the errors.
local function unanswered_line(l)
  local s, parts = l.stats, {}
  if s.aborted > 0 then parts[1] = ("%s aborted at the end%s"):format(count(s.aborted), grace_text(l)) end
  if s.cancelled > 0 then parts[#parts + 1] = ("%s cancelled before they were sent"):format(count(s.cancelled)) end
  if s.dropped > 0 then parts[#parts + 1] = ("%s dropped"):format(count(s.dropped)) end
  return #parts > 0 and ("  Not answered: %s."):format(table.concat(parts, ", ")) or nil
end

--- The most frequent reason of each class of failures, and how often there was another one.
local function reasons_of(failures)
  local reasons, most, all = {}, {}, {}
  for _, item in ipairs(failures) do
    local class, why = item.text:match("^(%w+): (.+)$")
    if class then all[class] = (all[class] or 0) + item.count end
    if class and why ~= class and item.count > (most[class] or 0) then reasons[class], most[class] = why, item.count end
  end
  return reasons, most, all
end

--- "Errors: 150 × 404, 3 × tls (certificate: certificate has expired)." Of several reasons the most frequent one has its count:
--- "12 × status (8 of them: NOT_FOUND: no such item)".
local function errors_line(l)
  local parts, coded = {}, 0
  local reasons, most, all = reasons_of(l.failures)
  for _, n in pairs(l.unexpected) do coded = coded + n end
  for class, n in pairs(l.stats.errors) do
    local some = reasons[class] and most[class] < all[class] and ("%s of them: "):format(count(most[class])) or ""
    local why = reasons[class] and (" (%s%s)"):format(some, reasons[class]) or ""
    if class == "status" then n = n - coded end
    if n > 0 then parts[#parts + 1] = ("%s × %s%s"):format(count(n), class, why) end
  end
  for code, n in pairs(l.unexpected) do parts[#parts + 1] = ("%s × %s"):format(count(n), code) end
  table.sort(parts)
  return #parts > 0 and ("  Errors: %s."):format(table.concat(parts, ", ")) or nil
end

--- "2 of 42 connections asked for were not made; the requests went by others: does each address of the target answer?" Where a request
--- failed for one the errors say it.
local function unmade_line(l)
  local s = l.stats
  if (s.connections_failed or 0) == 0 or s.errors.connect > 0 then return nil end
  return ("  %s of %s connections asked for %s not made; the requests went by others: does each address of the target answer?"):format(count(s.connections_failed),
    count(s.connections_asked), s.connections_failed == 1 and "was" or "were")
end

--- "3 requests were sent again: the connection was lost before their answers began." Each counts once, in all other figures.
local function repeated_line(l)
  local n = l.stats.connections_repeated or 0
  if n == 0 then return nil end
  return ("  %s %s sent again: %s lost before %s began."):format(counted(n, "request"), n == 1 and "was" or "were", n == 1 and "its connection was" or "their connections were",
    n == 1 and "its answer" or "their answers")
end

--- What to do about a target that speaks another protocol than it was asked in.
local function protocol_advice(run, l)
  if l.stats.spoke_tls > 0 then return "  What listens there speaks TLS: https:// is meant?" end
  if l.stats.spoke_http2 == 0 then return nil end
  return ("  What listens there speaks HTTP/2 without being asked: %s is meant?"):format(run.options.from_options and "--http2" or "http2 = true")
end

--- What to do about a TLS handshake that nobody completed.
local function tls_advice(run, l)
  local why = l.stats.errors.tls > 0 and reasons_of(l.failures).tls or ""
  if why:find "^no TLS: " then return "  What listens there does not seem to speak TLS: http:// is without." end
  if not why:find "^certificate: " then return nil end
  return run.options.from_options and "  An authority of your own is trusted with --ca FILE; with --insecure (-k) any certificate is taken."
    or '  A certificate of your own is trusted with defaults = { tls = { ca = "ca.pem" } } in the scenario.'
end

--- The first of what is counted by its text.
local function texts(out, list, what)
  for i = 1, math.min(#list, TEXTS) do
    out[#out + 1] = ("  %s (%s): %s"):format(what, counted(list[i].count, "time"), (list[i].text:match("^[^\n]*")))
  end
end

--- "64 handshakes, 60 resumed; a full one took 4.1 ms, a resumed one 1.2 ms on average"
local function handshakes(t)
  local took = {}
  if t.full_mean then took[1] = ("a full one took %s"):format(seconds(t.full_mean)) end
  if t.resumed_mean then took[#took + 1] = ("a resumed one %s%s"):format(t.full_mean and "" or "took ", seconds(t.resumed_mean)) end
  return ("%s%s; %s on average"):format(counted(t.handshakes, "handshake"), t.resumed > 0 and (", %s resumed"):format(count(t.resumed)) or "", table.concat(took, ", "))
end

--- "TLSv1.3, TLS_AES_256_GCM_SHA384; 64 handshakes; a full one took 4.1 ms on average; the certificate ends 2027-01-05; it was not
--- verified (insecure)."
local function tls_line(l)
  local t = l.tls
  if not t then return nil end
  local ends = t.expires and ("; the certificate ends %s"):format(clock.iso(t.expires * 1000000000):sub(1, 10)) or ""
  return ("  %s, %s; %s%s%s."):format(t.version, t.cipher, handshakes(t), ends, t.insecure and "; it was not verified (insecure)" or "")
end

--- "HTTP/2: 16 sessions; the server ended 3 of them." Who was served by HTTP/1.1 instead is told so.
local function http2_line(l)
  local h = l.http2
  if not h then return nil end
  local parts = {}
  if h.sessions > 0 then parts[1] = "HTTP/2: " .. counted(h.sessions, "session") end
  if h.fallbacks > 0 then parts[#parts + 1] = ("the server chose HTTP/1.1 on %s, though HTTP/2 was asked for"):format(counted(h.fallbacks, "connection")) end
  if h.goaways > 0 then parts[#parts + 1] = ("the server ended %s of them (GOAWAY)"):format(count(h.goaways)) end
  if h.resets > 0 then parts[#parts + 1] = ("it reset %s"):format(counted(h.resets, "stream")) end
  if h.refused > 0 then parts[#parts + 1] = ("it refused %s, which were sent again"):format(counted(h.refused, "stream")) end
  return "  " .. table.concat(parts, "; ") .. "."
end

local function checks_lines(l)
  local out = {}
  for _, c in ipairs(l.checks) do
    if c.failed > 0 then out[#out + 1] = ("  check %q: %s of %s failed"):format(c.label, count(c.failed), count(c.failed + c.passed)) end
  end
  texts(out, l.script_errors, "script error")
  texts(out, l.given_up, "failed by the script")
  texts(out, l.refused, "refused")
  return out
end

local function stopped_text(stopped)
  if not stopped.objective then return stopped.why end
  return stopped.objective .. (stopped.why and (" (%s)"):format(stopped.why) or "")
end

local function verdict_lines(run, l)
  local out = {}
  for _, reason in ipairs(l.target.reasons) do out[#out + 1] = ("  Target %s: %s."):format(l.target.verdict, reason) end
  local late = l.limit_tells_late and l.generator.late
  for i, reason in ipairs(l.generator.reasons) do
    if late and i == late.reason then reason = late.without_cause end
    out[#out + 1] = ("  Generator %s: %s."):format(l.generator.verdict, reason)
  end
  for _, reason in ipairs(l.generator.warnings) do out[#out + 1] = ("  Warning: %s."):format(reason) end
  if l.generator.verdict == "limited" and l.short and run.exit.reason == "pass" then
    out[#out + 1] = ("  the generator was the limit: at least %s"):format(rate(l.rate))
  end
  if l.stopped then out[#out + 1] = ("  Stopped after %s: %s"):format(seconds(l.stopped.at), stopped_text(l.stopped)) end
  local changes = by_hand.text(l.changed_by_hand)
  if changes then out[#out + 1] = ("  Changed by hand: %s."):format(changes) end
  return out
end

--- The lines of a walk (`--once`): what failed; nothing of rates and quantiles.
---@param l table from figures.result
---@return string[]
function M.walk(l)
  local out = { ("%s: %s, %s failed"):format(table.concat(l.names, " + "), counted(l.stats.requests, "request"), count(l.stats.failed)) }
  out[#out + 1] = tls_line(l)
  out[#out + 1] = http2_line(l)
  out[#out + 1] = errors_line(l)
  table.move(checks_lines(l), 1, #checks_lines(l), #out + 1, out)
  return out
end

--- The lines of one load; the first is its headline.
---@param run perilune.Run
---@param l table from figures.result
---@return string[]
function M.lines(run, l)
  local out = { head(l) }
  local function append(list) table.move(list, 1, #list, #out + 1, out) end
  if l.stats.requests > 0 then
    local rows, missing = request_table(l)
    append(rows)
    if missing then out[#out + 1] = ("  -: too few samples (%s needs %s)"):format(missing, count(NEEDED[missing])) end
    for _, s in ipairs(l.latency.count > 0 and l.scenarios or {}) do append(both_truths(s, #l.scenarios > 1 and s.name)) end
  end
  if #l.scenarios > 1 then append(scenario_lines(l)) end
  out[#out + 1] = facts_line(run, l)
  out[#out + 1] = unanswered_line(l)
  out[#out + 1] = tls_line(l)
  out[#out + 1] = http2_line(l)
  out[#out + 1] = unmade_line(l)
  out[#out + 1] = repeated_line(l)
  out[#out + 1] = errors_line(l)
  out[#out + 1] = tls_advice(run, l)
  out[#out + 1] = protocol_advice(run, l)
  append(checks_lines(l))
  append(verdict_lines(run, l))
  return out
end

return M
