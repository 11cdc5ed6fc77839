--- How long the timeline keeps what: raw samples, then one a minute, then one an hour; spans, logs, events and artifacts as they are.
local clock = require "perilune.core.clock"
local database = require "perilune.database"
local gc = require "perilune.core.gc"
local suggest = require "perilune.suggest"
local timeline = require "perilune.core.timeline"
local units = require "perilune.core.units"

-- STAGES: of samples, one after the other; RECORDS go as a whole; ALL of them in the order in which they are shown.
local M = { STAGES = { "raw", "minute", "hour" }, RECORDS = { "spans", "logs", "events", "artifacts" }, FOREVER = "forever" }
M.ALL = { table.unpack(M.STAGES) }
table.move(M.RECORDS, 1, #M.RECORDS, #M.ALL + 1, M.ALL)

local HOUR = 3600

local function invalid(why) error({ code = "invalid", message = "retention: " .. why }, 0) end

--- Seconds of an age such as "7d"; math.huge for "forever".
---@param text string
---@return number
function M.age(text)
  if text == M.FOREVER then return math.huge end
  local seconds, err = units.parse("duration", text)
  if not seconds then invalid(("%s: %s, or forever"):format(text, err.message)) end
  return seconds
end

--- An age as it is written: "7d", "forever".
---@param seconds number|nil nil: for ever
---@return string
function M.text(seconds)
  if not seconds or seconds == math.huge then return M.FOREVER end
  local days = seconds / 86400
  return days % 1 == 0 and ("%dd"):format(days) or ("%gh"):format(seconds / HOUR)
end

--- The rules of a timeline: seconds by stage, math.huge for ever.
---@param reader any
---@return table<string, number>
function M.rules(reader)
  local rules = {}
  for _, stage in ipairs(M.ALL) do rules[stage] = math.huge end
  for _, row in ipairs(database.records(reader, "retention_get", {})) do rules[row.stage] = row.keep_s or math.huge end
  return rules
end

--- Raises where the rules do not fit together.
local function check(rules)
  for i = 2, #M.STAGES do
    local shorter, longer = M.STAGES[i - 1], M.STAGES[i]
    if rules[longer] < rules[shorter] then invalid(("%s %s is shorter than %s %s"):format(longer, M.text(rules[longer]), shorter, M.text(rules[shorter]))) end
  end
  if rules.raw < HOUR then invalid "raw samples are kept for an hour at least" end
  for _, kind in ipairs(M.RECORDS) do
    if rules[kind] < HOUR then invalid(kind .. " are kept for an hour at least") end
  end
end

--- Changes rules: ages by stage, such as { raw = "14d", hour = "forever", spans = "60d" }; each stage of samples is kept at least as long as the one before it.
---@param path string of the database
---@param ages table<string, string>
---@return table<string, number> rules as they are now
function M.set(path, ages)
  local reader, err = timeline.open(path)
  if not reader then error(err, 0) end
  local rules = M.rules(reader)
  reader:close()
  for stage, text in pairs(ages) do
    if not rules[stage] then invalid(("there is no stage %q%s"):format(stage, suggest.hint(stage, rules))) end
    rules[stage] = M.age(text)
  end
  check(rules)
  local fields = {}
  for stage, seconds in pairs(rules) do fields[stage] = seconds < math.huge and math.floor(seconds) or nil end
  local id, failure = timeline.put(path, "retention_put", fields)
  if not id then error(failure, 0) end
  return rules
end

--- Rolls up samples that are older than the rules say, and takes away records that are. Others read and write meanwhile; it can end at any moment, and goes on the next time.
---@param path string of the database
---@param o { now_ms: number|nil, dry: boolean|nil } now_ms: wall time that ages are counted from; dry: counts only
---@return table counts samples, samples_left, dists, dists_left, spans, logs, events, artifacts, damaged, named, bytes, bytes_left, gives_back
function M.collect(path, o)
  local collector, err = gc.begin(path, o.now_ms or clock.wall() / 1e6, o.dry)
  if not collector then error(err, 0) end
  local more, failure
  repeat more, failure = collector:step() until not more
  local counts = collector:counts()
  collector:close()
  if failure then error(failure, 0) end
  return counts
end

return M
