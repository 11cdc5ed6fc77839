local hpa_cases = require "perilune.hpa_cases"
local json = require "perilune.core.json"
local support = require "lua.support"

describe("cases of the Horizontal Pod Autoscaler", function()
  local function answer(case) return hpa_cases.answer(case, "case 1") end
  local function pods(fields)
    local case = { kind = "resource_utilisation_percent", current = 3, target = 30, requests_m = { 1000, 1000, 1000 }, usage_m = { 300, 500, 700 } }
    for k, v in pairs(fields) do case[k] = v end
    return answer(case)
  end

  it("count pods from 0, and leave out those that do not count", function()
    assert.equal(5, pods({}).replicas)
    assert.equal(4, pods({ ignored_pods = { 0 } }).replicas)
    assert.equal(4, pods({ deleted_pods = { 0 }, current = 2 }).replicas)
    assert.equal(3, pods({ target = 55 }).replicas)
    assert.equal(2, pods({ target = 55, tolerance = 0.05, usage_m = { 100, 300, 500 } }).replicas)
  end)
  it("have a tolerance each way", function()
    assert.equal(4, pods({ target = 47, tolerance_up = 0.01 }).replicas)
    assert.equal(3, pods({ target = 47, tolerance_down = 0.01 }).replicas)
  end)
  it("take null for a metric that is missing", function()
    assert.same(pods({ current = 2, requests_m = { 1000, 1000 }, usage_m = { 600 }, target = 100 }), pods({ current = 2, requests_m = { 1000, 1000 }, usage_m = { json.null, 600 }, target = 100 }))
  end)
  it("tell pods that request nothing", function()
    assert.equal("missing request", pods({ current = 1, requests_m = {}, usage_m = { 200 } }).error)
  end)
  it("sum what an outside system says", function()
    assert.same({ replicas = 4, utilisation = 2867, error = json.null }, answer { kind = "external_per_pod", current = 3, target_milli = 2150, values_milli = { 4300, 4300 }, ready_pods = 3 })
    assert.equal("no metrics", answer({ kind = "external", current = 3, target_milli = 2150, values_milli = {} }).error)
  end)
  it("hold what is missing of a metric against the target", function()
    assert.equal(1, answer({ kind = "pods", current = 3, target_milli = 10000, values_milli = { 5000, 5000 }, ready_pods = 2 }).replicas)
    assert.same({ replicas = 2, utilisation = 1000, error = json.null }, answer { kind = "pods", current = 3, target_milli = 10000, values_milli = { 1000, 1000 }, ready_pods = 3 })
  end)
  it("name the field that is wrong", function()
    assert.matches("requests_m: 2 must be", (support.message(pods, { requests_m = { 1, -1 } })), 1, true)
    assert.matches("ignored_pods names pod 3", (support.message(pods, { ignored_pods = { 3 } })), 1, true)
    assert.matches("a tolerance is a share", (support.message(pods, { tolerance = 2 })), 1, true)
    assert.matches("case 1: it is no object", (support.message(answer, 5)), 1, true)
    assert.matches("is too large", (support.message(pods, { target = 1 << 40 })), 1, true)
  end)
end)
