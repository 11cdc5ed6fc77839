--- The two sides of an A/B: what all loads of a side were sent to and answered, together.
local figures = require "perilune.figures"
local hist = require "perilune.core.hist"
local lines = require "perilune.lines"
local redact = require "perilune.redact"
local units = require "perilune.core.units"

local M = {}

--- Adds the rows of one load to those of the side, by request name.
local function add_rows(side, r)
  for _, row in ipairs(r.rows or {}) do
    local own = side.by_key[row.key]
    if not own then
      own = { name = row.name, requests = 0, failed = 0, timeouts = 0, hist = hist.new() }
      side.by_key[row.key], side.rows[#side.rows + 1] = own, own
    end
    own.requests, own.failed, own.timeouts = own.requests + row.requests, own.failed + row.failed, own.timeouts + row.errors.timeout
    own.limit = row.latency.limit or own.limit
    local h = r.handle:hist(side.name, row.key, "latency")
    if h then own.hist:add(h) end
  end
end

--- The loads of a side, together; rate is the mean of theirs, latencies are of all their requests.
---@param name string scenario
---@param results table[] of figures.result
---@return table { name, url, loads, requests, rate, rows = { { name, requests, failed, latency } } }
function M.of(name, results)
  local side = { name = name, loads = #results, requests = 0, rate = 0, rows = {}, by_key = {} }
  for _, r in ipairs(results) do
    local plan = r.plans and r.plans[1] or {}
    local url = plan.url or plan.base
    side.url = side.url or (url and redact.url(url)) or nil
    side.requests = side.requests + (r.stats and r.stats.requests or 0)
    side.rate = side.rate + r.rate / #results
    add_rows(side, r)
  end
  for _, row in ipairs(side.rows) do
    row.latency = figures.distribution(row.hist, row.timeouts, row.limit)
    row.hist = nil
  end
  side.by_key = nil
  return side
end

--- A line a side, and the requests of both in a table.
---@param sides table[] of M.of
---@return string[]
function M.lines(sides)
  local out, rows = {}, { { "request", "count", "failed", "p50", "p95", "p99", "max" } }
  for _, side in ipairs(sides) do
    out[#out + 1] = ("%s%s: %s in %s, %s"):format(side.name, side.url and (" (%s)"):format(side.url) or "", lines.counted(side.requests, "request"), lines.counted(side.loads, "load"),
      units.format("rate", side.rate))
    for _, row in ipairs(side.rows) do
      local l = row.latency
      rows[#rows + 1] = { ("%s: %s"):format(side.name, row.name), lines.count(row.requests), lines.count(row.failed), lines.figure(l, "p50"), lines.figure(l, "p95"), lines.figure(l, "p99"), lines.figure(l, "max") }
    end
  end
  if #rows > 1 then table.move(lines.columns(rows), 1, #rows, #out + 1, out) end
  return out
end

return M
