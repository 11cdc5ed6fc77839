local metrics = require "perilune.metrics"
local query = require "perilune.core.query"
local support = require "lua.support"

local function world(options)
  options = options or {}
  return metrics.world {
    spec = { text = options.text or "" }, options = { from_options = options.sealed and {} }, scenarios = { browse = {}, buy = {} },
    plans = { { tags = { tenant = "a" } } },
  }, function() return nil end
end

local function check(expr, options) return metrics.check(assert(query.parse(expr)), world(options), ("%q"):format(expr)) end

local function refused(expr, options) return (support.message(check, expr, options)) end

describe("metrics", function()
  it("with unknown names are refused with the near one", function()
    assert.matches('column 5: unknown metric "latncy"; did you mean "latency"?', refused("p99(latncy) < 1s"), 1, true)
    assert.matches('did you mean "node_load1"?', refused("node_laod1 < 3"), 1, true)
    assert.matches('did you mean "load_requests_total"?', refused("rate(load_request_total) < 3/s"), 1, true)
    assert.matches('did you mean "latency"?', refused("error_ratio < 1% when p50(latancy) < 1s"), 1, true)
  end)
  it("are what an aggregate needs", function()
    assert.matches("column 1: p99 needs a metric, such as p99(latency)", refused("p99 < 5ms"), 1, true)
    assert.matches("rate needs a metric, such as rate(requests)", refused("rate > 5/s"), 1, true)
    assert.same({}, check("mean < 3", { text = 'run:record("mean", 1)' }))
  end)
  it("that exist on this machine are known", function()
    assert.same({}, check("node_load5 < 30"))
    assert.same({}, check("rate(process_cpu_seconds_total) < 30/s"))
    assert.same({}, check("p99(load_latency_seconds) < 1s"))
  end)
  it("that only a script can know are a warning, and an error where there is none", function()
    assert.matches("no such series yet: nosuch_metric_total", check("rate(nosuch_metric_total) < 1/s")[1], 1, true)
    assert.matches('unknown metric "nosuch_metric_total"', refused("rate(nosuch_metric_total) < 1/s", { sealed = true }), 1, true)
    assert.same({}, check("q < 3", { text = 'run:record("q", 1)' }))
  end)
end)

describe("labels", function()
  it("that a metric does not have are refused", function()
    assert.matches('latency has no label "nam"; did you mean "name"?', refused("p99(latency{nam='x'}) < 1s"), 1, true)
    assert.matches('has no label "nam"', refused("p99(latency) by (nam) < 1s"), 1, true)
    assert.matches('its labels: ', refused("p99(latency{status='200'}) < 1s"), 1, true)
    assert.matches('cpu_utilization has no label "cpus"; did you mean "cpu"?', refused("cpu_utilization{cpus='0'} < 80%"), 1, true)
  end)
  it("of the metric, its source and its tags are known", function()
    for _, expr in ipairs { "p99(latency{name='x',tenant='a'}) < 1s", "rate(requests{status='200'}) > 1/s", "cpu_utilization{role='target',cpu='0'} < 80%",
      "p99(latency) by (instance, scenario) < 1s" } do
      assert.same({}, check(expr))
    end
  end)
  it("may be tags that the script names", function()
    assert.matches('has no label "kind"', refused("p99(latency{kind='big'}) < 1s"), 1, true)
    assert.same({}, check("p99(latency{kind='big'}) < 1s", { text = 'user:tag("kind", size)' }))
    assert.same({}, check("p99(latency{kind='big'}) < 1s", { text = 'user:get("/", { tags = { kind = "big" } })' }))
    assert.same({}, check("p99(latency{kind='big'}) < 1s", { text = "for k, v in pairs(t) do user:tag(k, v) end" }))
  end)
end)

describe("instances", function()
  --- Checks while these sources sample the CPU; each has these labels besides the metric's own.
  local function check_of(expr, ...)
    local series = {}
    for _, labels in ipairs { ... } do
      for _, mode in ipairs { "user", "idle" } do
        local s = { labels = { cpu = "0", mode = mode, source = "host", instance = "vm", role = "target" } }
        for k, v in pairs(labels) do s.labels[k] = v end
        series[#series + 1] = s
      end
    end
    local w = world()
    w.sources = function() return series end
    return metrics.check(assert(query.parse(expr)), w, ("%q"):format(expr))
  end
  local function unclear(...) return (support.message(check_of, ...)) end

  it("that a short name could mean are listed by what tells them apart", function()
    assert.equal([["cpu_utilization < 80%", column 1: cpu_utilization could mean several instances; write one of cpu_utilization{role='generator'}, cpu_utilization{role='target'}]],
      unclear("cpu_utilization < 80%", { role = "target" }, { role = "generator" }))
    assert.matches("cpu_utilization{instance='db',role='target'}, cpu_utilization{instance='vm',role='generator'}", unclear("mean(cpu_utilization) < 80%", { instance = "db" }, { role = "generator" }), 1, true)
    assert.matches("cpu_utilization{rack='a'}, cpu_utilization{rack='b'}", unclear("cpu_utilization < 80%", { rack = "a" }, { rack = "b" }), 1, true)
    assert.matches("write one of", unclear("cpu_utilization{instance='vm'} < 80%", { role = "target" }, { role = "generator" }), 1, true)
  end)
  it("are clear where there is one, one is named, or each is judged", function()
    assert.same({}, check_of("cpu_utilization < 80%", {}))
    assert.same({}, check_of("cpu_utilization < 80%"))
    for _, expr in ipairs { "cpu_utilization{role='target'} < 80%", "cpu_utilization{role!='generator'} < 80%", "mean(cpu_utilization) by (role) < 80%", "p99(latency) < 1s", "node_load1 < 3" } do
      assert.same({}, check_of(expr, { role = "target" }, { role = "generator" }))
    end
  end)
end)

describe("scenarios", function()
  it("that there are not are refused", function()
    assert.matches('there is no scenario "brows"; did you mean "browse"?', refused("p99(latency{scenario='brows'}) < 1s"), 1, true)
    assert.same({}, check("p99(latency{scenario='browse'}) < 1s"))
  end)
end)

describe("absent values of labels", function()
  local function absent(expr, values)
    local series = {}
    for i, value in ipairs(values) do series[i] = { labels = { name = value } } end
    return metrics.absent(query.parse(expr), function() return series end)
  end

  it("are named with those that there are", function()
    assert.equal('no name is "b" (there are "GET /")', absent("p99(latency{name='b'}) < 1s", { "GET /" }))
    assert.is_nil(absent("p99(latency{name='GET /'}) < 1s", { "GET /" }))
    assert.is_nil(absent("p99(latency{name!='b'}) < 1s", { "GET /" }))
    assert.is_nil(absent("p99(latency{name='b'}) < 1s", {}))
  end)
  it("are ten at most, of many", function()
    local values = {}
    for i = 1, 12 do values[i] = ("v%02d"):format(i) end
    assert.matches('"v10" and 2 more)', absent("p99(latency{name='other'}) < 1s", values), 1, true)
  end)
end)
