--- What a server's own log says about a load of even arrivals, and whether a result agrees with it. The log is the truth: it
--- was written by another process, on the same monotonic clock.
local assert = require "luassert"
local json = require "perilune.core.json"

local M = {}

--- The nearest rank of an ascending array: ceil(p n), as everywhere in Perilune.
---@param sorted number[]
---@param p number
---@return number
function M.quantile(sorted, p)
  return sorted[math.max(1, math.ceil(p * #sorted - 1e-9))]
end

--- Seconds that each request took from its intended start to the end, ascending, and how late each came to the server.
--- Start i was due at t0 + i / rate. The log does not know t0: it is taken from the start that came with the least delay, so
--- that t0 is late by that delay, a loopback's crossing.
---@param entries table[] support.journal
---@param rate number starts per second
---@return number[] latencies, number[] delays
function M.from_intended(entries, rate)
  table.sort(entries, function(a, b) return a.arrival < b.arrival end)
  local t0 = math.huge
  for i, e in ipairs(entries) do t0 = math.min(t0, e.arrival - (i - 1) / rate) end
  local latencies, delays = {}, {}
  for i, e in ipairs(entries) do
    local due = t0 + (i - 1) / rate
    latencies[i], delays[i] = e.completion - due, e.arrival - due
  end
  table.sort(latencies)
  table.sort(delays)
  return latencies, delays
end

--- How many requests of a result may have been timed apart from the log, and by how much: the server saw the way there, whose
--- delays stand in the log; the way back is like it. A histogram keeps three digits. The floor is a slice of the scheduler.
local SLICE = 0.004
local function tolerance(delays, value)
  return 2 * math.max(SLICE, M.quantile(delays, 0.999)) + 0.001 * value
end

--- Raises unless a result's percentiles and count are those of the log. Both saw the same requests, so there is no sampling
--- error: when no request differs by more than d, no percentile does.
---@param distribution table latency_s of a result
---@param entries table[]
---@param rate number
---@param limited boolean|nil whether the generator says that it was held up, and so was late itself
function M.agrees(distribution, entries, rate, limited)
  assert.equal(#entries, distribution.count)
  local latencies, delays = M.from_intended(entries, rate)
  -- Starts that wait for a stall to end are a closed loop's; a busy machine delays a few, and by less.
  for p, most in pairs(limited and {} or { [0.9] = 0.05, [0.999] = 0.25 }) do
    assert.is_true(M.quantile(delays, p) < most, ("starts came late to the server: %g of them by up to %.3f s"):format(p, M.quantile(delays, p)))
  end
  for name, p in pairs { p50 = 0.5, p90 = 0.9, p99 = 0.99, p99_9 = 0.999 } do
    local truth, seen = M.quantile(latencies, p), distribution[name]
    if #latencies * (1 - p) >= 10 then
      local d = tolerance(delays, truth)
      assert.is_true(math.abs(seen - truth) <= d, ("%s: the server's log says %.4f s, the result %.4f s, more than %.4f s apart"):format(name, truth, seen, d))
    else
      assert.equal(json.null, seen, name .. " of too few requests")
    end
  end
end

return M
