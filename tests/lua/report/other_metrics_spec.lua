local hist = require "perilune.core.hist"
local other_metrics = require "perilune.report.other_metrics"
local timelines = require "perilune.report.timeline"

describe("the other metrics of a run", function()
  --- Times of one sample a second, ms, and values by fn(second).
  local function every_second(fn)
    local times, values = {}, {}
    for i = 1, 20 do times[i], values[i] = (i - 1) * 1000, fn(i) end
    return times, values
  end
  --- The metrics of series { name, labels, kind, fn(second) or hists, unit }.
  local function read(list, load)
    local reader = {}
    function reader:series()
      local out = {}
      for i, s in ipairs(list) do out[i] = { id = i, name = s[1], labels = s[2], kind = s[3], unit = s[5] or "" } end
      return out
    end
    function reader:samples(id) return every_second(list[id][4]) end
    function reader:dists(id) return every_second(list[id][4]) end
    return other_metrics.read(timelines.open(reader, { id = 1, started_ns = 0, ended_ns = 20000000000 }), load or {})
  end
  local function scraped(labels)
    local out = { source = "scrape", instance = "db:9100", job = "db", role = "target", origin = "synthetic" }
    for k, v in pairs(labels or {}) do out[k] = v end
    return out
  end
  local function rising(i) return i end

  it("are none of the load, of machines, of scraping itself, and no buckets", function()
    local found = read { { "load_users", { source = "load" }, "gauge", rising }, { "node_forks_total", { source = "host" }, "counter", rising }, { "node_load1", scraped(), "gauge", rising },
      { "scrape_duration_seconds", scraped(), "gauge", rising }, { "x_bucket", scraped { le = "1" }, "counter", rising } }
    assert.same({ names = 0, moved = 0 }, found)
  end)
  it("are those of control groups that have no chart of their own", function()
    local found = read { { "container_cpu_usage_seconds_total", { source = "cgroup" }, "counter", rising }, { "container_threads", { source = "cgroup", instance = "vm" }, "gauge", rising },
      { "container_cpu_usage_seconds_total", scraped(), "counter", rising } }
    assert.equal(2, found.names)
    assert.equal(1, #found[1].series)
  end)
  it("leave out what never changed, but for what the playbook recorded", function()
    local function still() return 7 end
    local found = read { { "build_info", scraped(), "gauge", still }, { "queue", { source = "script", instance = "vm", queue = "mail" }, "gauge", still }, { "depth", scraped(), "gauge", rising } }
    assert.same({ 3, 2, "queue", "depth" }, { found.names, found.moved, found[1].name, found[2].name })
    assert.equal("queue=mail", found[1].series[1].name)
  end)
  it("put what went with the load before what moved by itself, and that before noise", function()
    local load, noise = {}, { 3, 9, 1, 7, 2, 8, 1, 9, 4, 6 }
    for i = 6, 15 do load[i] = 100 end
    local found = read({ { "noise", scraped(), "gauge", function(i) return noise[i % 10 + 1] end }, { "wave", scraped(), "gauge", function(i) return 5 + math.sin(i) end },
      { "threads", scraped(), "gauge", function(i) return load[i] and 9 or 1 end } }, load)
    assert.equal("threads", found[1].name)
    assert.is_true(other_metrics.telling({ 1, 2, 3, 4, 5 }, {}, 5) > other_metrics.telling({ 1, 5, 2, 4, 3 }, {}, 5))
    assert.equal(0, other_metrics.telling({ 4, 4, 4 }, {}, 3))
    assert.equal(0, other_metrics.telling({ 4 }, {}, 3))
  end)
  it("are rates of counters, in units that follow", function()
    local function square(i) return i * i end
    local found = read { { "a_total", scraped(), "counter", square }, { "b_bytes_total", scraped(), "counter", square }, { "c_seconds", scraped(), "gauge", rising }, { "d_total", scraped(), "gauge", square } }
    local by_name = {}
    for _, m in ipairs(found) do by_name[m.name] = m end
    assert.same({ "rate", "per second", 3 }, { by_name.a_total.unit, by_name.a_total.note, by_name.a_total.series[1].values[2] })
    assert.same({ "size", "bytes per second" }, { by_name.b_bytes_total.unit, by_name.b_bytes_total.note })
    assert.equal("duration", by_name.c_seconds.unit)
    assert.equal(3, by_name.d_total.series[1].values[2])
  end)
  it("are the mean of what has a sum and a count", function()
    local found = read { { "x_seconds_sum", scraped(), "counter", function(i) return i < 10 and i or 9 + 3 * (i - 9) end }, { "x_seconds_count", scraped(), "counter", function(i) return 2 * i end } }
    local mean
    for _, m in ipairs(found) do mean = m.name == "x_seconds" and m or mean end
    assert.same({ "duration", "mean", 0.5, 1.5 }, { mean.unit, mean.note, mean.series[1].values[5], mean.series[1].values[15] })
  end)
  it("are the p99 of what was received as distributions", function()
    local found = read { { "db_query", { source = "statsd", instance = "vm" }, "distribution", function(i)
      local h = hist.new()
      h:record(i / 1000)
      return h
    end, "seconds" } }
    assert.same({ "duration", "p99", "vm" }, { found[1].unit, found[1].note, found[1].series[1].name })
    assert.is_true(math.abs(found[1].series[1].values[10] - 0.01) < 1e-4)
  end)
  it("name lines by the labels in which they differ, and show four", function()
    local list = {}
    for i = 1, 6 do list[i] = { "requests", scraped { code = tostring(200 + i), page = "cart" }, "gauge", function(s) return s * i end } end
    local found = read(list)
    assert.same({ 6, 4 }, { found[1].of, #found[1].series })
    assert.matches("^code=20%d$", found[1].series[1].name)
    local places = read { { "g", scraped(), "gauge", rising }, { "g", scraped { instance = "web:1", job = "web" }, "gauge", rising } }
    assert.same({ "db:9100 (db)", "web:1 (web)" }, { places[1].series[1].name, places[1].series[2].name })
  end)
  it("are bounded, and leave out values that cannot be drawn", function()
    local list = {}
    for i = 1, 30 do list[i] = { ("m%02d"):format(i), scraped(), "gauge", rising } end
    list[31] = { "wild", scraped(), "gauge", function(i) return i % 2 == 0 and math.huge or 1 end }
    local found = read(list)
    assert.same({ 31, 30, other_metrics.MOST }, { found.names, found.moved, #found })
  end)
end)
