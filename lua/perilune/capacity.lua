--- Models of capacity on tables: how throughput grows (universal scalability law, Amdahl's), queues, and the knee of a curve. Answers are tables with
--- `known`, intervals and `:explain()`; what has no answer is known = false with `why`. What cannot be read at all raises.
local core = require "perilune.core.capacity"

local M = {}

local FEW, FEW_OF_AMDAHL = 6, 4 -- points from which on a curve of three parameters, and of two, is worth its intervals

local function invalid(message, ...) error({ code = "invalid", message = message:format(...) }, 0) end

local function finite(v) return type(v) == "number" and v == v and math.abs(v) ~= math.huge and v or nil end

--- An answer that is none.
local function unknown(why)
  return { known = false, why = why, explain = function() return "not known: " .. why end }
end

--- { value, se, ci, ci95 } of an estimate of the core's. ci is the interval that R's package usl publishes: Student's t of the level, on one side and
--- at n - 1 degrees, times the standard error; ci95 the one that holds the truth in 95 of 100: on two sides, at the degrees that are left.
local function estimate(e, t)
  if not e then return nil end
  local out = { value = e.value, se = e.se }
  if e.lo and e.hi then
    out.ci95 = { e.lo, e.hi }
    out.ci = e.se and t and { e.value - t * e.se, e.value + t * e.se } or { e.lo, e.hi }
  end
  return out
end

local function interval(e)
  return e.ci95 and ("%.4g (95 %%: %.4g to %.4g)"):format(e.value, e.ci95[1], e.ci95[2]) or ("%.4g"):format(e.value)
end

local function lines_of_usl(u)
  local lines = {}
  if u.peak then
    lines[1] = ("Throughput is highest, %.4g, at a load of %s; more load gives less."):format(u.peak.throughput, interval(u.peak))
  elseif u.alpha.value > 0 then
    lines[1] = ("Throughput rises with the load to a limit of %s; it was not seen to fall."):format(interval(u.limit_estimate))
  else
    lines[1] = "Throughput grows in proportion to the load: no limit was seen."
  end
  lines[2] = ("One load unit alone gives gamma = %s; contention alpha = %s; coherency beta = %s."):format(interval(u.gamma), interval(u.alpha), interval(u.beta))
  if u.limit and u.peak then lines[3] = ("Without coherency delays the limit would be %s."):format(interval(u.limit_estimate)) end
  return lines
end

local function lines_of_amdahl(u)
  local of_one = ("One load unit alone gives gamma = %s"):format(interval(u.gamma))
  if u.alpha.value <= 0 then return { "Throughput grows in proportion to the load: no limit was seen.", of_one .. "." } end
  return { ("By Amdahl's law throughput rises to a limit of %s: %.4g times what one load unit gives."):format(interval(u.limit_estimate), 1 / u.alpha.value),
    ("%s; the serial fraction alpha = %s."):format(of_one, interval(u.alpha)) }
end

local function explain_usl(u)
  local lines = (u.amdahl and lines_of_amdahl or lines_of_usl)(u)
  if u.knee then lines[#lines + 1] = ("The knee of what was measured is at a load of %.4g."):format(u.knee) end
  for _, w in ipairs(u.warnings) do lines[#lines + 1] = "warning: " .. w end
  return table.concat(lines, "\n")
end

local function warnings_of(u, largest, few)
  local out = {}
  if u.distinct < few then out[1] = ("only %d different loads: with fewer than %d the law fits nearly anything"):format(u.distinct, few) end
  if u.freedom == 0 then out[#out + 1] = "as many parameters as points: there are no intervals" end
  if u.beta_at_bound then out[#out + 1] = "no coherency delay was seen (beta would be below 0): there is no peak within these loads" end
  if u.superlinear then
    out[#out + 1] = ("throughput grew faster than the load (superlinear: contention alpha would be %.3g): a slow beginning, or caches that fit once there are enough; the law does not describe that, and there is no limit to tell"):format(u.superlinear)
  elseif u.alpha_at_bound and u.alpha.value <= 0 then
    out[#out + 1] = "no contention was seen (alpha would not be above 0): there is no limit to tell"
  end
  if u.alpha_at_bound and u.alpha.value >= 1 then out[#out + 1] = "throughput does not rise with the load at all" end
  if u.peak_n and u.peak_n.value > largest then out[#out + 1] = ("the peak lies beyond the largest load measured, %g: it is extrapolated"):format(largest) end
  return out
end

local function few_loads(loads)
  local seen, n = {}, 0
  for _, v in ipairs(loads) do
    if not seen[v] then seen[v], n = true, n + 1 end
  end
  return n
end

--- The universal scalability law fitted to throughputs at loads.
---
---     capacity.usl({ 1, 2, 4, 8, 16, 32 }, { 100, 190, 350, 590, 840, 900 }):explain()
---@param loads number[] above 0: users, processors, nodes
---@param throughputs number[]
---@param o table|nil { amdahl: without coherency; level = 0.95 }
---@return table { known, alpha, beta, gamma: { value, se, ci, ci95 }, peak: { value, ci95, throughput, … }|nil, limit, warnings, explain }
function M.usl(loads, throughputs, o)
  o = o or {}
  if #loads ~= #throughputs then invalid("%d loads and %d throughputs", #loads, #throughputs) end
  local largest, all_zero, needed, few = 0, true, o.amdahl and 2 or 3, o.amdahl and FEW_OF_AMDAHL or FEW
  for i, n in ipairs(loads) do
    local x = throughputs[i]
    if not (finite(n) and n > 0) then invalid("point %d: a load of %s; loads are numbers above 0", i, tostring(n)) end
    if not (finite(x) and x >= 0) then invalid("point %d: a throughput of %s; it is a number of 0 or more", i, tostring(x)) end
    largest, all_zero = math.max(largest, n), all_zero and x == 0
  end
  local different = few_loads(loads)
  if different < needed then
    return unknown(("%d different load%s; the law has %d parameters and needs as many loads, better %d"):format(different, different == 1 and "" or "s", needed, few))
  end
  if all_zero then return unknown "the throughput is 0 everywhere" end
  local u, err = core.usl(loads, throughputs, o)
  if not u then return unknown(err.message) end
  local t = u.t_one_sided
  local out = { known = true, alpha = estimate(u.alpha, t), beta = estimate(u.beta, t), gamma = estimate(u.gamma, t), limit = u.limit and u.limit.value,
    limit_estimate = estimate(u.limit), sigma = u.sigma, n = u.n, freedom = u.freedom, superlinear = u.superlinear,
    points = { loads = loads, throughputs = throughputs }, warnings = warnings_of(u, largest, few), amdahl = o.amdahl, explain = explain_usl }
  if u.peak_n then
    out.peak = estimate(u.peak_n)
    out.peak.throughput, out.peak.whole = u.peak_x.value, math.floor(u.peak_n.value)
    out.peak.throughput_ci95 = u.peak_x.lo and { u.peak_x.lo, u.peak_x.hi }
  end
  return out
end

--- What throughput an answer of M.usl predicts at a load.
---@param u table
---@param n number
---@return number
function M.usl_at(u, n) return u.gamma.value * n / (1 + u.alpha.value * (n - 1) + u.beta.value * n * (n - 1)) end

local function number_of(case, name, what)
  local v = finite(case[name])
  if not v then invalid("%s: %s is %s; it is a number", what, name, case[name] == nil and "missing" or tostring(case[name])) end
  return v
end

local function whole_of(case, name, what)
  local v = math.tointeger(number_of(case, name, what))
  if not v then invalid("%s: %s = %g is no whole number", what, name, case[name]) end
  return v
end

local function list_of(case, name, what)
  local list = case[name]
  if type(list) ~= "table" or #list == 0 then invalid("%s: %s is an array of numbers", what, name) end
  for i, v in ipairs(list) do
    if not finite(v) then invalid("%s: %s, item %d: %s is no number", what, name, i, type(v) == "userdata" and "null" or tostring(v)) end
  end
  return list
end

local function asked(what, result, err)
  if not result then invalid("%s: %s", what, err.message) end
  return result
end

--- The long run of a queue; numbers that are not finite are left out, and why.
local function of_queue(q, names)
  local out = { known = q.stable ~= false }
  for key, name in pairs(names) do out[key] = finite(q[name]) end
  if not out.known then out.why = ("more arrives than it can serve (utilisation %.4g): the queue grows for ever"):format(q.rho) end
  return out
end

local WAITING = { rho = "rho", erlang_b = "erlang_b", erlang_c = "erlang_c", Lq = "lq", Wq = "wq", W = "w", L = "l" }

local SOLVERS = {
  ["M/M/c"] = function(case, what)
    return of_queue(asked(what, core.mmc(number_of(case, "lam", what), number_of(case, "mu", what), whole_of(case, "c", what))), WAITING)
  end,
  ["M/M/c/K"] = function(case, what)
    local q = asked(what, core.mmck(number_of(case, "lam", what), number_of(case, "mu", what), whole_of(case, "c", what), whole_of(case, "K", what)))
    return of_queue(q, { rho = "rho", p_block = "p_block", throughput = "throughput", L = "l", W = "w", Lq = "lq", Wq = "wq" })
  end,
  ["M/G/1"] = function(case, what)
    local q = asked(what, core.mg1(number_of(case, "lam", what), number_of(case, "service", what), number_of(case, "cs2", what)))
    return of_queue(q, { rho = "rho", Wq = "wq", W = "w", Lq = "lq", L = "l" })
  end,
  ["G/G/c"] = function(case, what)
    local q = asked(what, core.ggc(number_of(case, "lam", what), number_of(case, "mu", what), whole_of(case, "c", what), number_of(case, "ca2", what), number_of(case, "cs2", what)))
    return of_queue(q, { rho = "rho", Wq = "wq", W = "w", Lq = "lq", L = "l" })
  end,
  MVA = function(case, what)
    local think = case.think == nil and 0 or number_of(case, "think", what)
    local q = asked(what, core.mva(list_of(case, "demands", what), think, whole_of(case, "N", what), { servers = case.servers and list_of(case, "servers", what) }))
    return { known = true, X = q.x, R = q.r, U = q.utilisation, Q = q.queue, Xmax_bound = finite(q.x_max), Nstar = finite(q.n_star), bottleneck = q.bottleneck,
      approximate = not q.exact or nil, why = not q.exact and "so many users and servers are solved by Seidmann's approximation" or nil }
  end,
  staffing = function(case, what)
    if case.of ~= nil and case.of ~= "response" and case.of ~= "waiting" then invalid("%s: of is \"waiting\" or \"response\", not %s", what, tostring(case.of)) end
    local q = asked(what, core.staffing(number_of(case, "lam", what), number_of(case, "mu", what), number_of(case, "service_level", what), number_of(case, "T", what), case.of == "response"))
    return { known = true, c = q.c, p = q.p }
  end,
}

--- What each model computes: keys of a case that are no input.
M.COMPUTED = {
  ["M/M/c"] = { "rho", "erlang_b", "erlang_c", "Lq", "Wq", "W", "L" }, ["M/M/c/K"] = { "rho", "p_block", "throughput", "L", "W", "Lq", "Wq" },
  ["M/G/1"] = { "rho", "Wq", "W", "Lq", "L" }, ["G/G/c"] = { "rho", "Wq", "W", "Lq", "L" },
  MVA = { "X", "R", "U", "Q", "Xmax_bound", "Nstar", "bottleneck" }, staffing = { "c", "p" },
}

local EXPLAINED = {
  MVA = function(q) return ("Throughput %.4g/s, response time %.4g s; station %d is used most (%.1f %%), no load gives more than %.4g/s, and from about %.1f users on it is the limit.%s")
    :format(q.X, q.R, q.bottleneck, 100 * q.U[q.bottleneck], q.Xmax_bound or math.huge, q.Nstar or math.huge, q.approximate and " " .. q.why .. "." or "") end,
  staffing = function(q) return ("%d servers: %.2f %% are within the time."):format(q.c, 100 * q.p) end,
  ["M/M/c/K"] = function(q) return ("%.3g %% are turned away, %.4g get through; %.4g are inside, for %.4g each."):format(100 * q.p_block, q.throughput, q.L, q.W) end,
}

local function explain_queue(q)
  if not q.known then return "not known: " .. q.why end
  local special = EXPLAINED[q.model]
  if q.after then return ("%s\nWith the changes: %s"):format(special(q), special(q.after)) end
  return special and special(q) or ("Servers are %.1f %% used; who comes waits %.4g on average and takes %.4g; %.4g are inside."):format(100 * q.rho, q.Wq, q.W, q.L)
end

local CHANGES = { users = "whole", N = "whole", think = "number", station = "whole", servers = "whole", speed = "number" }
local CHANGES_MOST = 1000

--- One change of what_if, checked: a name that is not known would change nothing, unseen.
local function change_of(c, what)
  if type(c) ~= "table" then invalid("%s: a change is an object such as { users = 200 } or { station = 2, speed = 2 }, not %s", what, tostring(c)) end
  for name in pairs(c) do
    if not CHANGES[name] then invalid("%s: %s changes nothing that is known (known: users, think, station, servers, speed)", what, tostring(name)) end
  end
  local out = {}
  for name, kind in pairs(CHANGES) do
    if c[name] ~= nil then out[name] = (kind == "whole" and whole_of or number_of)(c, name, what) end
  end
  out.users, out.N = out.users or out.N, nil
  if (out.servers or out.speed) and not out.station then invalid("%s: station is missing: which one has other servers, or another speed", what) end
  if out.station and not (out.servers or out.speed) then invalid("%s: station %d has neither servers nor speed: nothing changes", what, out.station) end
  if next(out) == nil then invalid("%s: it changes nothing", what) end
  return out
end

local function apply_changes(case, what)
  local servers, changes = {}, {}
  for i = 1, #list_of(case, "demands", what) do servers[i] = case.servers and case.servers[i] or 1 end
  if type(case.what_if) ~= "table" then invalid("%s: what_if is a change such as { users = 200 }, or a list of them", what) end
  local list = case.what_if[1] and case.what_if or { case.what_if }
  if #list > CHANGES_MOST then invalid("%s: what_if: %d changes; at most %d", what, #list, CHANGES_MOST) end
  for i, c in ipairs(list) do changes[i] = change_of(c, ("%s: what_if, change %d"):format(what, i)) end
  local demands, now, think, users = core.what_if(case.demands, servers, case.think or 0, whole_of(case, "N", what), changes)
  if not demands then invalid("%s: what_if: %s", what, now.message) end
  return { model = "MVA", demands = demands, servers = now, think = think, N = users }
end

--- A queue, solved. case.model: "M/M/c" (lam, mu, c), "M/M/c/K" (and K), "M/G/1" (lam, service, cs2), "G/G/c" (lam, mu, c, ca2, cs2), "MVA" (demands, think,
--- N, servers, what_if) or "staffing" (lam, mu, service_level, T; of = "response": all of the time, not only waiting). what_if of MVA:
--- { users = 200 }, { station = 2, servers = 8 } or { station = 2, speed = 2 }, or a list of those: `after` is what would be.
---
---     capacity.queue { model = "MVA", demands = { 0.05, 0.08 }, think = 1, N = 50, what_if = { station = 2, speed = 2 } }
---@param case table
---@param what string|nil whose case, for messages
---@return table { model, known, why, explain } with what the model computes
function M.queue(case, what)
  what = what or "queue"
  if type(case) ~= "table" then invalid("%s: a case is a table with a model", what) end
  local solve = SOLVERS[case.model]
  if not solve then
    invalid("%s: %s is no model (known: M/M/c, M/M/c/K, M/G/1, G/G/c, MVA, staffing)", what, case.model == nil and "model is missing: nothing" or tostring(case.model))
  end
  local what_if = type(case.what_if) ~= "userdata" and case.what_if or nil -- null of JSON is none
  if what_if ~= nil and case.model ~= "MVA" then invalid("%s: what_if is of MVA; of %s, solve a changed case", what, case.model) end
  local out = solve(case, what)
  out.model, out.explain = case.model, explain_queue
  if what_if ~= nil then
    local changed = apply_changes(case, what)
    out.after = solve(changed, what)
    out.after.model, out.after.explain = "MVA", explain_queue
  end
  return out
end

local function one_of(value, default, a, b, what)
  if value == nil then value = default end
  if value ~= a and value ~= b then invalid("%s is %q or %q, not %s", what, a, b, tostring(value)) end
  return value
end

--- The knee of a curve (Kneedle).
---@param case table { x, y: numbers; curve = "concave"|"convex", direction = "increasing"|"decreasing", S = 1 }
---@param what string|nil whose case, for messages
---@return table { known, knee, knee_y, all: all knees, why, explain }
function M.knee(case, what)
  what = what or "knee"
  if type(case) ~= "table" then invalid("%s: a case is a table with x and y", what) end
  local x, y = list_of(case, "x", what), list_of(case, "y", what)
  if #x ~= #y then invalid("%s: %d x and %d y", what, #x, #y) end
  local curve = one_of(case.curve, "concave", "concave", "convex", what .. ": curve")
  local direction = one_of(case.direction, "increasing", "increasing", "decreasing", what .. ": direction")
  local s = case.S == nil and 1 or number_of(case, "S", what)
  local k = asked(what, core.knee(x, y, { convex = curve == "convex", decreasing = direction == "decreasing", s = s }))
  return { known = k.found, why = k.why, knee = k.x, knee_y = k.y, all = k.all,
    explain = function(self) return self.known and ("The knee is at %g, where the curve is %g."):format(self.knee, self.knee_y) or "no knee: " .. self.why end }
end

--- Pairs of load and throughput of what people give: { n = {…}, throughput = {…} }, or a list of { n|users|load, throughput|rate }, named or in this order.
local function points_of(from)
  if type(from) ~= "table" then invalid "capacity: from is a table: { n = { … }, throughput = { … } }, or a list of { users = …, rate = … }" end
  if from.n or from.throughput then return list_of(from, "n", "capacity: from"), list_of(from, "throughput", "capacity: from") end
  local loads, throughputs = {}, {}
  for i, row in ipairs(from) do
    if type(row) ~= "table" then invalid("capacity: from, item %d: { users = …, rate = … }", i) end
    loads[i], throughputs[i] = row.n or row.users or row.load or row[1], row.throughput or row.achieved or row.rate or row[2]
  end
  return loads, throughputs
end

--- The steps of the run's closed loads: users, and answers a second.
local function points_of_run(run)
  local loads, throughputs = {}, {}
  for _, l in ipairs(run.loads) do
    local users, rate = l.stats and l.stats.users_max, l.rate
    if l.model == "closed" and finite(users) and users > 0 and finite(rate) then loads[#loads + 1], throughputs[#throughputs + 1] = users, rate end
  end
  return loads, throughputs
end

--- The knee of throughput against load. Where it grows faster than the load the smallest load counts as one, which it is not.
---@param loads number[]
---@param throughputs number[]
---@param what string|nil for messages
---@return table as M.knee
function M.bend(loads, throughputs, what)
  local k, least = M.knee({ x = loads, y = throughputs }, what), math.huge
  for _, load in ipairs(loads) do least = math.min(least, load) end
  if k.known and k.knee <= least then k.known, k.knee, k.knee_y, k.all, k.why = false, nil, nil, {}, "throughput bends nowhere above the smallest load" end
  return k
end

local OF_POINTS = { usl = true, amdahl = true, knee = true }

--- run:capacity(kind, { from }).
---
---     local c = run:capacity("usl", { from = run:search("browse", { users = { 1, 2, 4, 8, 16, 32 } }).steps })
---@param run table
---@param kind string "usl", "amdahl", "queue" or "knee" ("use" is use.lua)
---@param o table { from }
---@return table
function M.run(run, kind, o)
  if kind == "queue" then return M.queue(o.from, "capacity: from") end
  if not OF_POINTS[kind] then invalid('capacity: %q is none of "usl", "amdahl", "queue", "knee", "use"', tostring(kind)) end
  if kind == "knee" and type(o.from) == "table" and o.from.x then return M.knee(o.from, "capacity: from") end
  local loads, throughputs
  if o.from ~= nil then loads, throughputs = points_of(o.from) else loads, throughputs = points_of_run(run) end
  if #loads == 0 then return unknown "there are no loads with users and a rate: give from, such as the steps of run:search" end
  local u = kind ~= "knee" and M.usl(loads, throughputs, { amdahl = kind == "amdahl" }) or nil
  if u and not u.known then return u end
  local knee = M.bend(loads, throughputs, "capacity: from")
  knee.points = { loads = loads, throughputs = throughputs }
  if not u then return knee end
  u.knee = knee.knee
  return u
end

return M
