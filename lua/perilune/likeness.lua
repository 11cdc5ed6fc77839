--- How alike two runs are: what differs between them in words, and why a run has none that it could be compared with.
local by_hand = require "perilune.by_hand"
local database = require "perilune.database"
local json = require "perilune.core.json"
local units = require "perilune.core.units"

local M = {}

local LOOKED_AT = 100 -- most earlier runs that are looked at

local function decoded(text) return database.decoded(text) or {} end

local function shown(v)
  if v == nil or v == json.null or v == "" then return "none" end
  return type(v) == "table" and json.encode(v) or (tostring(v):gsub("\n", ", "))
end

--- Whether two texts are the same quantity, written differently: "100" and "100/s".
local function same(before, now)
  if before == now then return true end
  for _, kind in ipairs { "rate", "duration", "size", "ratio" } do
    local a, b = units.parse(kind, before), units.parse(kind, now)
    if a and a == b then return true end
  end
  return false
end

--- "rate 200/s, was 100/s; url ...": fields of b that are not those of a.
local function changed(a, b)
  local names, out = {}, {}
  for name in pairs(a) do names[name] = true end
  for name in pairs(b) do names[name] = true end
  for name in pairs(names) do
    local before, now = shown(a[name]), shown(b[name])
    if not same(before, now) then out[#out + 1] = ("%s %s, was %s"):format(name, now, before) end
  end
  table.sort(out)
  return table.concat(out, "; ")
end

local function planned_rate(row)
  local total
  for _, l in ipairs(decoded(row.result).loads or {}) do
    local rate = l.rate_per_s and l.rate_per_s.planned
    if type(rate) == "number" then total = (total or 0) + rate end
  end
  return total
end

local function differ_in_rate(a, b)
  local before, now = planned_rate(a), planned_rate(b)
  if not (before and now) or math.abs(now - before) <= 0.01 * before then return nil end
  return ("planned rate %s, was %s"):format(units.format("rate", now), units.format("rate", before))
end

--- What differs between two runs, older one first.
---@param a table row of the table of runs
---@param b table
---@return string[]
function M.differences(a, b)
  local out, la, lb = {}, decoded(a.labels), decoded(b.labels)
  local function note(what, before, now)
    if before ~= now then out[#out + 1] = ("%s %s, was %s"):format(what, shown(now), shown(before)) end
  end
  note("playbook", a.name, b.name)
  if a.args_hash ~= b.args_hash then
    local text = changed(decoded(a.args), decoded(b.args))
    out[#out + 1] = text ~= "" and "arguments: " .. text or "arguments"
  end
  if a.script_hash ~= b.script_hash and a.name == b.name then out[#out + 1] = "the script's text has changed" end
  note("machine", la.machine, lb.machine)
  note("env", la.env, lb.env)
  if a.args_hash == b.args_hash then out[#out + 1] = differ_in_rate(a, b) end
  note("changed by hand:", by_hand.of_loads(decoded(a.result).loads), by_hand.of_loads(decoded(b.result).loads))
  return out
end

--- The full row of a run.
---@param reader any
---@param ulid string
---@return table
function M.row(reader, ulid) return database.records(reader, "run_by_id_prefix", { prefix = ulid })[1] end

local function tally(states)
  local parts = {}
  for state, n in pairs(states) do parts[#parts + 1] = ("%d %s"):format(n, state) end
  table.sort(parts)
  return table.concat(parts, ", ")
end

--- "; the latest, 01A: the generator was limited (starts came late)", as far as a run's result tells why it did not pass.
local function why_not_passed(row)
  local result = decoded(row.result)
  if type(result.because) ~= "string" then return "" end
  local reason
  for _, l in ipairs(result.loads or {}) do
    local g = l.generator
    reason = reason or g and g.verdict == "limited" and g.reasons[1]
  end
  return ("; the latest, %s: %s%s"):format(row.ulid, result.because, reason and (" (%s)"):format(reason) or "")
end

--- Why no earlier run compares with this one.
---@param reader any
---@param mine table its row
---@return string
function M.why_none(reader, mine)
  local states, earlier, latest, last = {}, 0, nil, nil
  for _, row in ipairs(database.records(reader, "runs_recent", { name = mine.name, limit = LOOKED_AT })) do
    if row.id ~= mine.id and row.started_ns <= mine.started_ns then
      earlier, last = earlier + 1, last or row
      states[row.state] = (states[row.state] or 0) + 1
      latest = latest or (row.state == "passed" and row or nil)
    end
  end
  if earlier == 0 then return "this is the first run of this playbook" end
  if not latest then return ("no earlier run of this playbook has passed (%s)%s"):format(tally(states), why_not_passed(last)) end
  return ("no earlier run of this playbook that passed is alike; the latest, %s, differs: %s"):format(latest.ulid, table.concat(M.differences(latest, mine), "; "))
end

return M
