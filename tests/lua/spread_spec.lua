local query = require "perilune.core.query"
local spread = require "perilune.spread"
local support = require "lua.support"

describe("how sure a load's figures are", function()
  local function load_of(parts)
    local l = { names = {}, latency = {}, service = {}, start_ms = 0 }
    for i in ipairs(parts) do l.names[i] = "s" .. i end
    l.handle = { part = function(_, i) return parts[i] end, hist = function() return nil end }
    return l
  end
  --- Adds with this answer of the bootstrap; gives the load and the ranges that were asked.
  local function added(answer, parts)
    local asked, l = {}, load_of(parts or { { from_ms = 1000, drained_ms = 5000 } })
    local function answered(_, _, metric, _, range)
      asked[metric] = range
      return answer, { code = "io", message = "gone" }
    end
    local run = support.run { reader = function() end }
    support.with(query, { spread = answered }, spread.add, run, l)
    return l, asked
  end

  it("is an interval for each quantile that has one", function()
    local l = added { { 1, 2 }, false, false, { 3, 5, few_seconds = true }, false, seconds = 4, lag1 = 0.1 }
    assert.same({ p50 = { 1, 2 }, p99 = { 3, 5 } }, l.latency.ci)
    assert.same(l.latency.ci, l.service.ci)
    assert.same({ "p99" }, l.latency.few_seconds)
    assert.same({ seconds = 4, lag1 = 0.1 }, l.steadiness)
  end)
  it("is taken over all that was measured", function()
    local _, asked = added({}, { { from_ms = 4000, drained_ms = 9000 }, { from_ms = 2000, drained_ms = 7000 } })
    assert.same({ start_ms = 0, from_ms = 1001, to_ms = 9000 }, asked.load_latency_seconds)
  end)
  it("says whether the seconds hold their level", function()
    assert.is_true(added({ kpss = 0.1 }).steadiness.stationary)
    assert.is_false(added({ kpss = 0.5 }).steadiness.stationary)
    assert.is_nil(added({}).steadiness.stationary)
  end)
  it("raises what kept it from asking", function()
    assert.equal("gone", (support.message(added, nil)))
  end)
end)
