--- The words for figures of a run that every format of the report shares.
local by_hand = require "perilune.by_hand"
local clock = require "perilune.core.clock"
local lines = require "perilune.lines"
local steadiness = require "perilune.steadiness"
local units = require "perilune.core.units"

local M = {}

local TEXT = 200

--- A duration, or "-".
---@param v number|nil
---@return string
function M.seconds(v) return type(v) == "number" and units.format("duration", v) or "-" end

local function utc(ns) return clock.iso(ns):sub(1, 19):gsub("T", " ") .. " UTC" end

--- "2026-11-22 06:00:00 UTC, 30 s": the time that the report is of; of rows that were imported also when that was.
---@param model table { row, grid }
---@return string
function M.when(model)
  local grid, row = model.grid, model.row
  local begin = grid.from * 1000000
  local text = ("%s, %s"):format(utc(begin), M.seconds(grid.seconds))
  return math.abs(begin - row.started_ns) < 1e9 and text or ("%s, imported at %s"):format(text, utc(row.started_ns))
end

--- A number, or "-".
---@param v number|nil
---@return string
function M.number(v) return type(v) == "number" and units.format("number", v) or "-" end

--- The begin of a text that others wrote, at most 200 bytes of it.
---@param text any
---@return string
function M.cut(text)
  text = tostring(text)
  if #text <= TEXT then return text end
  return text:sub(1, (utf8.offset(text, 0, TEXT + 1) or TEXT + 1) - 1) .. "…"
end

--- "+1.6 %" of a relative change; what rounds to nothing has no sign.
---@param effect number
---@return string
function M.change(effect)
  local text = ("%+.1f"):format(effect * 100)
  return (text:match("^[+-]0%.0$") and "0.0" or text) .. " %"
end

--- A quantile of a histogram, or nil where fewer than 10 values lie beyond it.
---@param h any hist
---@param p number
---@return number|nil
function M.quantile(h, p)
  return h:count() * (1 - p) >= 10 - 1e-9 and h:quantile(p) or nil
end

--- "browse + ping", with "(load 2)" where the run has several.
---@param l table perilune.load/1
---@param i integer its place in the run
---@param of integer how many there are
---@return string
function M.load_name(l, i, of)
  local names = {}
  for n, s in ipairs(l.scenarios or {}) do names[n] = s.name end
  if #names == 0 then return ("Load %d"):format(i) end
  return table.concat(names, " + ") .. (of > 1 and (" (load %d)"):format(i) or "")
end

--- "Poisson arrivals, 200/s".
---@param s table a scenario of perilune.load/1
---@return string
function M.offered(s)
  local most = (s.stages or 0) > 1 and "at most " or ""
  if s.model == "open" then return ("%s arrivals, %s%s"):format(s.arrivals == "poisson" and "Poisson" or "even", most, units.format("rate", s.rate_per_s)) end
  local users = ("%s%s users"):format(most, units.format("number", s.users))
  if s.model == "closed" then return "closed loop, " .. users end
  return ("%s iterations%s, %s"):format(units.format("number", s.iterations), s.model == "iterations_each" and " each" or "", users)
end

-- ---- Objectives: rows as the timeline keeps them --------------------------------------------------

local function shown(o, v)
  return units.format(o.unit or "number", v)
end

--- What was measured.
---@param o table
---@return string
function M.measured(o)
  if type(o.value) ~= "number" then return "-" end
  return (o.beyond and "> " or "") .. shown(o, o.value)
end

local FEW = " (unreliable: too few independent seconds)"

--- "9.58 ms to 10.5 ms", and whether that can be relied on; nothing where the interval tells no more than the value.
---@param o table
---@return string
function M.interval(o)
  if not o.ci then return "" end
  local lo, hi = shown(o, o.ci[1]), shown(o, o.ci[2])
  return lo ~= hi and ("%s to %s%s"):format(lo, hi, o.few_seconds and FEW or "") or ""
end

--- The limit as the objective has it: "< 250 ms".
---@param o table
---@return string
function M.limit(o)
  local compare = o.expr:gsub("%b{}", ""):match("[<>]=?") or ""
  return type(o.limit) == "number" and ("%s %s"):format(compare, shown(o, o.limit)) or "-"
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

--- Why the verdict is what it is, and what it means.
---@param o table
---@return string
function M.remark(o)
  local parts = {}
  if o.marginal then parts[#parts + 1] = "marginal" end
  if o.stopped then parts[#parts + 1] = "stopped the load" end
  if o.severity == "warn" then parts[#parts + 1] = "a warning only" end
  parts[#parts + 1] = o.reason
  if o.verdict == "fail" then parts[#parts + 1] = o.why end
  if o.owner then parts[#parts + 1] = "owner " .. o.owner end
  return table.concat(parts, "; ")
end

-- ---- Loads ------------------------------------------------------------------------------------------

--- "Errors: check 400, tls 3."; nil without any.
---@param l table perilune.load/1
---@return string|nil
function M.errors(l)
  local errors = {}
  for class, n in pairs(l.errors or {}) do
    if n > 0 then errors[#errors + 1] = ("%s %s"):format(class, M.number(n)) end
  end
  table.sort(errors)
  return #errors > 0 and "Errors: " .. table.concat(errors, ", ") .. "." or nil
end

--- Why requests failed, a sentence for each reason.
---@param l table perilune.load/1
---@return string[]
function M.failures(l)
  local out = {}
  for i, f in ipairs(l.failures or {}) do
    local text = M.cut(f.text)
    out[i] = f.of and ("Check \u{201C}%s\u{201D}: %s of %s failed."):format(text, M.number(f.count), M.number(f.of)) or ("%s (%s): %s."):format(f.class, lines.counted(f.count, "time"), text)
  end
  return out
end

local function judged(what, t)
  local reasons = t.reasons or {}
  return ("%s %s%s."):format(what, t.verdict or "unknown", #reasons > 0 and ": " .. table.concat(reasons, "; ") or "")
end

--- How sure the quantiles of the latency are.
local function intervals_of(latency)
  local parts, ci, few = {}, latency.ci or {}, {}
  for _, q in ipairs(latency.few_seconds or {}) do few[q] = true end
  for _, q in ipairs { "p50", "p90", "p95", "p99", "p99_9" } do
    if ci[q] then
      parts[#parts + 1] = ("%s %s to %s%s"):format((q:gsub("_", ".")), M.seconds(ci[q][1]), M.seconds(ci[q][2]), few[q] and FEW or "")
    end
  end
  if #parts == 0 then return nil end
  return ("95 %% intervals of the latency: %s."):format(table.concat(parts, ", "))
end

local function steadiness_of(s)
  if not s or not s.lag1 then return nil end
  return ("%s measured seconds: autocorrelation with the next one %.2f; %s (KPSS %.2f)."):format(M.number(s.seconds), s.lag1,
    s.stationary and "their mean latency holds its level" or "their mean latency does not hold its level", s.kpss)
end

--- A beginning that lies apart, a level that still moves, a trend.
local function say_course(l, out)
  for _, text in ipairs(steadiness.notes(l)) do out[#out + 1] = "The load " .. text .. "." end
end

--- Whether starts came as their law says.
local function fit_of(s)
  local fit = s.arrivals_fit
  if not fit then return nil end
  if not fit.p then return ("%s: gaps between sends vary by %.1f %% of their mean (even: 0)."):format(s.name, fit.cv * 100) end
  return ("%s: gaps between sends fit a Poisson law with probability %.2f (Kolmogorov-Smirnov %.3f); they vary by %.0f %% of their mean (Poisson: 100)."):format(
    s.name, fit.p, fit.ks, fit.cv * 100)
end

--- What the system gave the generator.
local function machine_of(g)
  if not g or not g.workers or not g.clock then return nil end
  local waited, preempted = 0, 0
  for _, w in ipairs(g.workers) do
    waited, preempted = waited + (w.run_queue_s or 0), preempted + (w.switches and w.switches.preempted or 0)
  end
  return ("Its workers used %s of CPU time, waited %s for a CPU and lost it %s times; %s TCP segments were sent again; clock %s, largest step of the wall clock %s."):format(
    M.seconds(g.cpu_s), M.seconds(waited), M.number(preempted), M.number(g.retransmits), g.clock.source or "unknown", M.seconds(math.abs(g.clock.max_step_s)))
end

--- What the machine's network had left, and let fall.
local function network_of(g)
  if not g or not g.ports or not g.dropped then return nil end
  return ("Of %s local ports %s were held by closed connections at the end; receive queues let %s datagrams and %s segments fall, listening sockets %s connections, of all programs of the machine."):format(
    M.number(g.ports.available), M.number(g.ports.waiting), M.number(g.dropped.datagrams), M.number(g.dropped.segments), M.number(g.dropped.connections))
end

--- What the generator itself adds to a service time.
local function loopback_of(g)
  local l = g and g.loopback_s
  if not l or not l.p50 then return nil end
  return ("A server that does nothing took %s (p50), at most %s, over the loopback interface: what the generator itself adds, not subtracted anywhere."):format(M.seconds(l.p50), M.seconds(l.max))
end

--- "Changed by hand: 300/s at 2 s."; nil where it was not.
---@param l table perilune.load/1
---@return string|nil
function M.changed(l)
  local changes = by_hand.text(l.changed_by_hand)
  return changes and ("Changed by hand: %s."):format(changes)
end

--- A load in sentences.
---@param l table perilune.load/1
---@return string[]
function M.load(l)
  local out, t = {}, l.target or {}
  local function say(text, ...) out[#out + 1] = text:format(...) end
  say("%s requests in %s: %s ok, %s failed, %s aborted.", M.number(l.requests.total), M.seconds(l.duration_s), M.number(l.requests.ok), M.number(l.requests.failed), M.number(l.requests.aborted))
  local s = l.starts
  if s and s.planned then say("%s of %s starts; %s late, %s dropped, %s cancelled%s.", M.number(s.started), M.number(s.planned), M.number(s.late), M.number(s.dropped), M.number(s.cancelled),
    s.behind and s.behind.most > 0 and ("; at most %s were due and not sent, at %s"):format(M.number(s.behind.most), M.seconds(s.behind.at_s)) or "") end
  out[#out + 1] = M.changed(l)
  for _, scenario in ipairs(l.scenarios or {}) do out[#out + 1] = fit_of(scenario) end
  out[#out + 1] = intervals_of(l.latency_s)
  out[#out + 1] = steadiness_of(l.steadiness)
  say_course(l, out)
  say("Service time p50 %s, p99 %s; latency p50 %s, p99 %s.", M.seconds(l.service_s.p50), M.seconds(l.service_s.p99), M.seconds(l.latency_s.p50), M.seconds(l.latency_s.p99))
  out[#out + 1] = M.errors(l)
  table.move(M.failures(l), 1, #(l.failures or {}), #out + 1, out)
  if t.process then say("%s (pid %d) used %.2f cores.", t.process.name, t.process.pid, tonumber(t.process.cpu_cores) or 0) end
  out[#out + 1] = judged("Target", t)
  out[#out + 1] = judged("Generator", l.generator or {})
  for _, warning in ipairs(l.generator and l.generator.warnings or {}) do out[#out + 1] = "Generator, a warning: " .. warning .. "." end
  out[#out + 1] = machine_of(l.generator)
  out[#out + 1] = network_of(l.generator)
  out[#out + 1] = loopback_of(l.generator)
  return out
end

return M
