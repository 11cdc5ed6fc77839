--- What a playbook would send, before anything is sent: hosts, peak rates, numbers of requests, bytes.
local arg = require "perilune.arg"
local arrivals = require "perilune.arrivals"
local engine = require "perilune.core.engine"
local grant = require "perilune.grant"
local history = require "perilune.history"
local json = require "perilune.core.json"
local lines = require "perilune.lines"
local lint = require "perilune.lint"
local output = require "perilune.output"
local policy = require "perilune.policy"
local scenario = require "perilune.scenario"
local summary = require "perilune.summary"
local units = require "perilune.core.units"

local M = {}

--- "shop:8080", the port only where the URL has one; nil where a script decides.
local function place_of(plan)
  local url = plan.url or plan.base
  return url and history.place(url)
end

--- Bytes of one declared request as it goes out, cookies apart; nil where a script decides.
local function request_bytes(plan)
  if plan.scripted then return nil end
  local socket_path = plan.url:match("^unix:[^:]*:?([^#]*)")
  local path = socket_path or plan.url:match("^%a+://[^/?#]*([^#]*)")
  local lines, given = { ("%s %s HTTP/1.1"):format(plan.method, path == "" and "/" or path) }, {}
  for _, header in ipairs(plan.headers) do
    given[header[1]:lower()] = true
    lines[#lines + 1] = header[1] .. ": " .. header[2]
  end
  if not given.host then lines[#lines + 1] = "Host: " .. (socket_path and "localhost" or place_of(plan)) end
  if not given["user-agent"] then lines[#lines + 1] = "User-Agent: perilune/" .. engine.version() end
  if plan.body and not given["content-length"] then lines[#lines + 1] = "Content-Length: " .. #plan.body end
  return #table.concat(lines, "\r\n") + #"\r\n\r\n" + #(plan.body or "")
end

local function scenario_facts(plan)
  if plan.later then return { name = plan.name, to = place_of(plan), scripted = plan.scripted, later = true } end
  local peak, total = scenario.volume(plan)
  local each, open = request_bytes(plan), plan.model == "open"
  total = total and math.floor(total + 0.5)
  return {
    name = plan.name, to = place_of(plan), model = plan.model, arrivals = open and plan.law or nil, scripted = plan.scripted,
    peak_rate_per_s = open and peak or nil, users = not open and peak or nil, starts = total, requests = not plan.scripted and total or nil,
    bytes_sent = each and total and each * total or nil, duration_s = plan.duration, warmup_s = plan.warmup,
  }
end

--- The sum of a field over scenarios, and whether every scenario has it.
local function sum(list, field)
  local total, complete = 0, true
  for _, s in ipairs(list) do
    total = total + (s[field] or 0)
    complete = complete and s[field] ~= nil
  end
  return total, complete
end

--- Where load may go besides loopback, and how much of it.
local function granted_facts(granted)
  local hosts = json.array {}
  for i, e in ipairs(granted.hosts) do hosts[i] = policy.text(e) end
  return { hosts = hosts, rate_per_s = granted.rate_cap or json.null, connections = granted.max_connections or json.null }
end

--- The systems that needs.fetch names, "$prom" being an argument, and whether they may be asked.
local function asked_facts(prepared)
  local out = json.array {}
  for _, text in ipairs((prepared.book.needs or {}).fetch or {}) do
    local name = tostring(text):match "^%$([%w_]+)$"
    local url = name and (prepared.args or {})[name] or not name and text
    if url then
      local may, place = grant.may_ask(url:find("://", 1, true) and url or "http://" .. url, prepared.typed, prepared.policy)
      out[#out + 1] = place and { host = place, granted = may } or nil
    end
  end
  return out
end

--- The plan as perilune.plan/1: what the run would send if it loads every scenario once.
---@param prepared table
---@return table
function M.facts(prepared)
  local scenarios, objectives, hosts, seen = json.array {}, json.array {}, json.array {}, {}
  for i, plan in ipairs(prepared.plans) do
    scenarios[i] = scenario_facts(plan)
    local to = scenarios[i].to
    if to and not seen[to] then seen[to], hosts[#hosts + 1] = true, to end
  end
  for i, row in ipairs(prepared.objectives) do objectives[i] = { expr = row.expr, default = row.default or false, stop = row.stop or false } end
  local granted = #prepared.plans > 0 and grant.load(prepared.plans, prepared.typed, prepared.policy) or { hosts = {} }
  local function total(field)
    local value, complete = sum(scenarios, field)
    return complete and value or json.null
  end
  return {
    schema = "perilune.plan/1", name = prepared.book.name, hosts = hosts, scenarios = scenarios, objectives = objectives, note = granted.why, granted = granted_facts(granted), asks = asked_facts(prepared),
    filled = json.array(prepared.filled or {}), peak_rate_per_s = (sum(scenarios, "peak_rate_per_s")), starts = total "starts",
    requests = total "requests", bytes_sent = total "bytes_sent", paid_calls = 0, actions = json.array {},
  }
end

local function count(v, unit, what)
  return type(v) == "number" and ("%s %s"):format(units.format(unit, v), what) or nil
end

local function how(s)
  if s.later then return "as run:load says" end
  if s.model == "open" then return ("%s arrivals, at most %s"):format(arrivals.NAMES[s.arrivals], units.format("rate", s.peak_rate_per_s)) end
  return ("%s users%s"):format(units.format("number", s.users), s.model == "closed" and ", closed loop" or "")
end

local function row_of(s)
  if s.later then return { s.name, s.to or "set by the script", how(s), "as many as that makes", "as long as it says" } end
  local much = s.requests and count(s.requests, "number", "requests") or count(s.starts, "number", s.model == "open" and "starts" or "iterations") or "as many as are answered"
  local long = units.format("duration", s.duration_s) .. (s.warmup_s > 0 and (", warm-up %s"):format(units.format("duration", s.warmup_s)) or "")
  return { s.name, s.to or "set by the script", how(s), much, s.model:match("^iterations") and "until done" or long }
end

local function totals(facts)
  local requests = count(facts.requests, "number", "requests") or count(facts.starts, "number", "starts, each of as many requests as its script sends")
  local bytes = count(facts.bytes_sent, "size", "sent") or "bytes sent: depends on scripts and answers"
  local peak = facts.peak_rate_per_s > 0 and units.format("rate", facts.peak_rate_per_s) or "set by the answers"
  return ("In all: %s;\n  peak rate %s; %s."):format(requests or "as many requests as are answered", peak, bytes)
end

--- The preview for people.
---@param facts table of M.facts
---@return string
function M.text(facts)
  local out = { ("%s: nothing was sent. A run that loads every scenario once would send:"):format(facts.name) }
  local rows = {}
  for i, s in ipairs(facts.scenarios) do rows[i] = row_of(s) end
  if #rows == 0 then rows[1] = { "no scenario: no load" } end
  for _, line in ipairs(summary.columns(rows, { [2] = true, [3] = true, [4] = true, [5] = true })) do out[#out + 1] = line end
  if #facts.scenarios > 0 then out[#out + 1] = totals(facts) end
  for _, text in ipairs(facts.filled) do out[#out + 1] = "note: " .. text end
  local hosts = { "loopback", table.unpack(facts.granted.hosts) }
  out[#out + 1] = "granted: load to " .. table.concat(hosts, ", ")
  for _, asked in ipairs(facts.asks) do out[#out + 1] = ("would ask %s%s"):format(asked.host, asked.granted and "" or ", which is not granted: type it as an argument, or name it in a policy's fetch") end
  if facts.note then out[#out + 1] = "note: " .. facts.note end
  for _, row in ipairs(facts.objectives) do out[#out + 1] = ("objective: %s%s%s"):format(row.expr, row.default and " (default)" or "", row.stop and ", stops the load" or "") end
  out[#out + 1] = "Paid API calls: none. Actions: none."
  return table.concat(out, "\n") .. "\n"
end

local function arguments(prepared)
  local list = arg.help(prepared.book.args)
  if #list == 0 then return ("\n%s takes no arguments.\n"):format(prepared.spec.playbook) end
  return ("\nArguments of %s:\n%s\n"):format(prepared.spec.playbook, table.concat(list, "\n"))
end

--- What `perilune lint` found, for people.
local function lint_text(prepared)
  local name, out = prepared.spec.playbook, {}
  for i, finding in ipairs(prepared.findings) do out[i] = lint.show(name, prepared.spec.text, finding) end
  local problems = #lint.problems(prepared.findings)
  out[#out + 1] = problems == 0 and ("%s: no problem found"):format(name) or lines.counted(problems, "problem")
  return table.concat(out, "\n") .. "\n"
end

local function lint_facts(prepared, name)
  local problems = json.array {}
  for i, f in ipairs(prepared.findings) do problems[i] = { line = f.line or json.null, what = f.what, warning = f.warning or false } end
  return { schema = "perilune.lint/1", name = name, file = prepared.spec.playbook, problems = problems }
end

--- `perilune lint`, `plan` and `run FILE --help`: shows what was prepared; gives it as an object.
---@param prepared table
---@return string json
function M.show(prepared)
  local options = prepared.options
  if options.only == "args" then
    engine.write("result", arguments(prepared))
    return "{}"
  end
  lint.sort(prepared.findings)
  local facts = M.facts(prepared)
  if options.only == "lint" then facts = lint_facts(prepared, facts.name) end
  if options.stdout_taken ~= "json" then
    engine.write("result", options.only == "plan" and lines.folded(M.text(facts), output.columns(), "    ") or lint_text(prepared))
  end
  return json.encode(facts)
end

return M
