local fixture = require "lua.report.fixture"
local trace_section = require "perilune.report.trace_section"
local trace_tree = require "perilune.trace_tree"

describe("the section on traces", function()
  local function example(id)
    local rows = trace_tree.rows(fixture.spans(), 10)
    for _, row in ipairs(rows) do row.events, row.links, row.attributes = {}, {}, "" end
    rows[1].attributes = "k=<v>"
    return { trace_id = id, rows = rows, hidden = 0, missing = 0, from_ns = 100000000, to_ns = 200000000, notes = {}, more_notes = 0, path = { { service = "db", operation = "read", critical = 0.04 } } }
  end
  local function traces(change)
    local t = { spans = 4, traces = 1, traced = 0, joined = 0, missing = 0, more = 0, examples = { example "t1" },
      operations = { { service = "db", operation = "<read>", kind = "client", count = 4, rate = 2, errors = 1, p50 = 0.01, max = 0.04, self = 0.08, critical = 0.04, share = 0.4 } } }
    if change then change(t) end
    return t
  end
  local function has(text, words) assert.is_truthy(text:find(words, 1, true), words .. " in\n" .. text) end

  it("is empty where nothing was traced and nothing came", function() assert.equal("", trace_section.draw(fixture.model().traces)) end)
  it("has the operations and the traces", function()
    local text = trace_section.draw(traces())
    for _, words in ipairs { "4 spans of 1 trace came.", "db <b>&lt;read&gt;</b>", '<td><span class="fail">1</span></td>', "<td>40 %</td>", '<details id="trace-1" open><summary>1. front GET /: 100 ms <code>t1</code>',
      "Critical path: db read 40 ms.", "<summary>Attributes</summary>", "k=&lt;v&gt;" } do has(text, words) end
  end)
  it("says what is missing", function()
    has(trace_section.draw(traces(function(t) t.traced, t.joined, t.missing = 9, 7, 3 end)), "Of the slowest requests above 9 carried a trace id; spans came of 7 of them. Spans are missing: 3 are named as parents")
    has(trace_section.draw(traces(function(t) t.spans, t.traced, t.examples, t.operations = 0, 2, {}, {} end)), "spans came of none of them. Either nobody sent them to run:receive (nor run:fetch")
    has(trace_section.draw(traces(function(t) t.examples[1].missing, t.examples[1].hidden = 1, 2 end)), "1 span missing: named as a parent, and did not come. 2 spans not drawn")
  end)
  it("says where the request was moved", function()
    local function draw(moved_ns)
      return trace_section.draw(traces(function(t) t.examples[1].request = { name = "GET /", at = 65, latency_s = 0.1, from_ns = 100000000, sent_ns = 100000000, to_ns = 200000000, moved_ns = moved_ns } end))
    end
    has(draw(-5000000), "1. GET / at 1:05: 100 ms")
    has(draw(-5000000), "the request is drawn 5 ms earlier than it was told")
    assert.is_nil(draw(1000):find("clocks", 1, true))
  end)
  it("lists events and links", function()
    local text = trace_section.draw(traces(function(t)
      t.examples[1].notes = { { row = 1, at_ns = 150000000, name = "<begun>", attributes = "n=1" }, { row = 2, link = { trace_id = "u", span_id = "v" }, attributes = "" }, { at_ns = 160000000, name = "<out>", severity = "error", attributes = "" } }
      t.examples[1].more_notes = 4
    end))
    for _, words in ipairs { "1. GET /", "<td>50 ms</td>", "&lt;begun&gt;", "link to <code>v</code> of trace <code>u</code>", "<b>error</b> &lt;out&gt;", "<td>60 ms</td>", "4 more events, links and logs" } do has(text, words) end
  end)
  it("opens the first of many", function()
    local text = trace_section.draw(traces(function(t)
      for i = 2, 20 do t.examples[i] = example("t" .. i) end
    end))
    assert.equal(1, select(2, text:gsub("<details id=\"trace%-%d+\" open>", "")))
  end)
  it("is led to by the ids of slow requests", function()
    assert.equal('<a href="#trace-1"><code>t1</code></a>', trace_section.reference(traces(), "t1"))
    assert.equal("<code>&lt;</code>", trace_section.reference(traces(), "<"))
    assert.equal("", trace_section.reference(traces(), nil))
  end)
end)
