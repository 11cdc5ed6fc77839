--- k6's JSON output as its documentation has it: what reads those files finds every request of a load.
local json = require "perilune.core.json"
local support = require "integration.support"

describe("export k6-json", function()
  after_each(support.clean)

  it("has a point for each request, as the summary counts them", function()
    local folder, shop = support.folder(), support.shop "--errors 0.2"
    local script = support.write(folder .. "/s.lua", [[return function(user)
  local answer = user:get("/", { name = "front" })
  user:check(answer, { status = 200, { "is there", function(r) return r.status > 0 end } })
end]])
    local code, out, err = support.run(("load %s --script %s --rate 100/s --duration 2s --db %s/k.db"):format(shop.url, script, folder))
    assert.is_true(code == 0 or code == 3, out .. err)
    code, out, err = support.run(("export k6-json last --db %s/k.db --output %s/k.json"):format(folder, folder))
    assert.equal(0, code, out .. err)
    local declared, points = {}, {}
    for line in io.lines(folder .. "/k.json") do
      local row = json.decode(line)
      if row.type == "Metric" then
        assert.is_nil(declared[row.metric])
        assert.equal(row.metric, row.data.name)
        declared[row.metric] = row.data.type
      else
        assert.equal("Point", row.type)
        assert.is_string(declared[row.metric])
        assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d+Z$", row.data.time)
        points[row.metric] = points[row.metric] or {}
        table.insert(points[row.metric], row.data)
      end
    end
    assert.same({ "trend", "counter", "rate", "rate", "counter", "trend" },
      { declared.http_req_duration, declared.http_reqs, declared.http_req_failed, declared.checks, declared.data_received, declared.http_req_waiting })
    local _, text = support.run(("export k6 last --db %s/k.db"):format(folder))
    local summary = json.decode(text).metrics
    local function sum(metric)
      local total = 0
      for _, p in ipairs(points[metric]) do total = total + p.value end
      return total
    end
    assert.equal(200, #points.http_req_duration)
    assert.same({ 200, 200 }, { sum "http_reqs", summary.http_reqs.count })
    assert.equal(200, #points.http_req_failed)
    assert.equal(summary.http_req_failed.passes, sum "http_req_failed")
    assert.is_true(sum "http_req_failed" > 0)
    assert.same({ summary.checks.passes, summary.checks.passes + summary.checks.fails }, { sum "checks", #points.checks })
    assert.equal(summary.data_received.count, sum "data_received")
    assert.equal(200, sum "iterations")
    table.sort(points.http_req_duration, function(a, b) return a.value < b.value end)
    assert.near(summary.http_req_duration.max, points.http_req_duration[200].value, 1e-9)
    assert.near(summary.http_req_duration.med, points.http_req_duration[100].value, 1e-9)
    local tags = points.http_reqs[1].tags
    assert.same({ "front", "load", "GET" }, { tags.name, tags.scenario, tags.method })
    assert.is_true(tags.expected_response == "true" or tags.expected_response == "false")
  end)
end)
