local fixture = require "lua.report.fixture"
local trace_tree = require "perilune.trace_tree"
local waterfall = require "perilune.report.chart.waterfall"

describe("a waterfall", function()
  local function trace(change)
    local rows = trace_tree.rows(fixture.spans(), 10)
    for _, row in ipairs(rows) do row.events, row.links, row.attributes = {}, {}, "" end
    local x = { from_ns = 100000000, to_ns = 200000000, rows = rows }
    if change then change(x) end
    return waterfall.draw(x)
  end
  local function count(text, words) return select(2, text:gsub(words, "")) end

  it("has a row a span, indented under its parent, with its times in words, too", function()
    local text = trace()
    assert.equal(5, count(text, "<tr>"))
    assert.is_truthy(text:find('<span class="in1">2. front <b>load</b>', 1, true))
    assert.is_truthy(text:find('aria-label="from 10 ms, 60 ms; 60 ms on the critical path"', 1, true))
    assert.is_truthy(text:find("<td>10 ms</td><td>60 ms</td><td>60 ms</td><td>60 ms</td>", 1, true))
    assert.is_truthy(text:find("<span>0</span><span>50 ms</span><span>100 ms</span>", 1, true))
  end)
  it("marks the stretches of the critical path", function()
    local text = trace()
    assert.is_truthy(text:find('<rect class="critical" x="700" y="11" width="300" height="3">', 1, true))
    assert.equal(4, count(text, '<rect class="critical"'))
  end)
  it("has a colour for each service, and one for all from the sixth on", function()
    assert.is_truthy(trace():find('<span class="key c1">front</span><span class="key c2">db</span>', 1, true))
    local text = trace(function(x)
      for i = 1, 8 do x.rows[i] = { span = { service = "s" .. i, operation = "o", kind = "internal", status = "unset", ts_ns = 100000000, duration_ns = 5 }, depth = 30, self_ns = 5, critical_ns = 0, path = {}, events = {} } end
    end)
    assert.is_truthy(text:find('<span class="key c6">3 more services</span>', 1, true))
    assert.is_nil(text:find("in30", 1, true))
  end)
  it("shows errors, events, lost parents and the request, escaped", function()
    local text = trace(function(x)
      x.rows[4].message, x.rows[4].lost = "<no>", true
      x.rows[1].events = { { at_ns = 150000000, name = "<begun>" } }
      x.request = { name = "<b>", from_ns = 100000000, sent_ns = 110000000, to_ns = 200000000 }
    end)
    for _, words in ipairs { "✗ &lt;no&gt;", "its parent did not come", '<rect class="event" x="500"', "<title>&lt;begun&gt;</title>", "&lt;price&gt;", "the request <b>&lt;b&gt;</b>", "10 ms before it was sent, 100 ms in all" } do
      assert.is_truthy(text:find(words, 1, true), words)
    end
  end)
end)
