local hist = require "perilune.core.hist"
local json = require "perilune.core.json"
local k6_summary = require "perilune.k6_summary"

describe("the summary of k6", function()
  --- A reader of these series: { name, labels, values } of samples, { name, labels, hist = seconds } of distributions.
  local function reader_of(list)
    local reader = {}
    function reader:series(name, run, labels)
      assert.equal(4, run)
      local out = {}
      for i, s in ipairs(list) do
        if s[1] == name and (not labels or labels.phase == s[2].phase) then out[#out + 1] = { id = i, labels = s[2] } end
      end
      return out
    end
    function reader:samples(id) return { 1 }, list[id][3] end
    function reader:dists(id, _, resolution)
      assert.equal(0, resolution)
      local h = hist.new()
      for _, seconds in ipairs(list[id].hist) do h:record(seconds) end
      return { 0 }, { h }
    end
    return reader
  end
  local RESULT = { loads = { { requests = { total = 8, failed = 2 }, duration_s = 3 }, { requests = { total = 2, failed = 0 }, duration_s = 1 } } }
  local function summary(list, result) return json.decode(k6_summary.text(reader_of(list), 4, result or RESULT)) end

  it("adds up loads and scenarios, times in milliseconds", function()
    local got = summary({ { "load_service_seconds", { scenario = "a" }, hist = { 0.1, 0.2 } }, { "load_service_seconds", { scenario = "b" }, hist = { 0.4 } },
      { "load_phase_seconds", { phase = "wait" }, hist = { 0.05 } }, { "load_phase_seconds", { phase = "send" }, hist = { 0.01 } }, { "load_iteration_seconds", {}, hist = { 1, 1, 1, 1 } },
      { "load_bytes_total", { direction = "sent", scenario = "a" }, { 10, 400 } }, { "load_bytes_total", { direction = "sent", scenario = "b" }, { 100 } }, { "load_users", {}, { 2, 5, 3 } } }).metrics
    assert.same({ count = 10, rate = 2.5 }, got.http_reqs)
    assert.same({ value = 0.2, passes = 2, fails = 8 }, got.http_req_failed)
    local d = got.http_req_duration
    for key, value in pairs { avg = 700 / 3, min = 100, med = 200, max = 400, ["p(90)"] = 400, ["p(95)"] = 400 } do assert.near(value, d[key], value / 1000, key) end
    assert.near(50, got.http_req_waiting.med, 0.05)
    assert.near(10, got.http_req_sending.max, 0.01)
    assert.same({ { count = 4, rate = 1 }, { count = 500, rate = 125 }, { count = 0, rate = 0 } }, { got.iterations, got.data_sent, got.data_received })
    assert.same({ value = 3, min = 2, max = 5 }, got.vus)
    assert.is_nil(got.group_duration or got.checks)
  end)
  it("has the checks by their names", function()
    local got = summary { { "load_checks_total", { check = "found", ok = "true", scenario = "a" }, { 3 } }, { "load_checks_total", { check = "found", ok = "false" }, { 1 } },
      { "load_checks_total", { check = "found", ok = "true", scenario = "b" }, { 4 } } }
    assert.same({ name = "found", path = "::found", passes = 7, fails = 1 }, got.root_group.checks.found)
    assert.same({ value = 0.875, passes = 7, fails = 1 }, got.metrics.checks)
  end)
  it("holds where nothing was sent", function()
    local text = k6_summary.text(reader_of {}, 4, {})
    assert.same({ count = 0, rate = 0 }, json.decode(text).metrics.http_reqs)
    assert.matches('"checks":{}', text, 1, true)
    assert.matches('"groups":{}', text, 1, true)
  end)
  it("raises what the reader says", function()
    local broken = { series = function() return nil, { code = "corrupt", message = "damaged" } end }
    assert.has_error(function() k6_summary.text(broken, 4, {}) end, { code = "corrupt", message = "damaged" })
  end)
end)
