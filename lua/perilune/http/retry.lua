--- When a request is repeated, and after how long: exponential backoff with full jitter (each wait is uniform between 0 and a bound that
--- doubles), or what the server asks for by Retry-After.
local core = require "perilune.core.http"
local failures = require "perilune.failures"
local request = require "perilune.http.request"
local scenario = require "perilune.scenario"

local M = {}

--- Statuses that may be others a moment later.
M.STATUSES = "408,425,429,502,503,504"

--- Phases of a failure that may pass in which nothing was sent yet.
local UNSENT = { connect = true, tls = true }

--- Whether a status is one of ranges.
---@param status integer
---@param ranges table { { from, to } ... }
---@return boolean
function M.is_among(status, ranges)
  for _, r in ipairs(ranges) do
    if status >= r[1] and status <= r[2] then return true end
  end
  return false
end

--- The rule of a request's options.
---@param o table checked options
---@param method string
---@return table
function M.rule(o, method)
  local repeatable = o.repeatable
  if repeatable == nil then repeatable = request.IDEMPOTENT[method] or false end
  return { left = o.retries, repeatable = repeatable, statuses = scenario.expected(o.retry_on or M.STATUSES, "http: retry_on"), backoff = o.backoff, backoff_max = o.backoff_max, wait_max = o.wait_max, attempt = 0 }
end

--- Whether the same may be sent again after this end: an answer that says so, or a failure that may pass; where repeating is not safe
--- only when nothing was sent.
local function may_again(rule, answer, err)
  if answer then return rule.repeatable and M.is_among(answer.status, rule.statuses) end
  return failures.PASSING[err.code] and (rule.repeatable or UNSENT[err.phase] or false) or false
end

--- The seconds that Retry-After asks for: a number of them, or a date.
---@param text string|nil
---@param now number seconds since 1970
---@return number|nil
function M.after(text, now)
  if not text then return nil end
  local seconds = text:match "^%s*(%d+)%s*$"
  if seconds then return tonumber(seconds) end
  local date = core.date(text)
  return date and math.max(0, date - now)
end

--- What comes after an attempt: the seconds until the next one; or nil, and why not where a server asks for more than is waited.
---@param rule table of M.rule, which counts
---@param answer table|nil
---@param err table|nil
---@param now number seconds since 1970
---@param random fun(): number 0 to 1
---@return number|nil
---@return string|nil
function M.next(rule, answer, err, now, random)
  if rule.left < 1 or not may_again(rule, answer, err) then return nil end
  local asked = answer and M.after(answer.headers["retry-after"], now)
  if asked and asked > rule.wait_max then return nil, ("it asks to wait %.0f s, more than wait_max"):format(asked) end
  rule.left = rule.left - 1
  local bound = math.min(rule.backoff_max, rule.backoff * 2 ^ rule.attempt)
  rule.attempt = rule.attempt + 1
  -- Who was told when to come again comes a little later, so that not all come at once.
  return asked and asked + random() * math.min(bound, 1) or random() * bound
end

return M
