local fixture = require "lua.report.fixture"
local trace_tree = require "perilune.trace_tree"

describe("the tree of a trace", function()
  it("has a server under the client whose id it shares", function()
    local spans = { { trace_id = "a", span_id = "2", parent_id = "1", kind = "client" }, { trace_id = "a", span_id = "2", parent_id = "1", kind = "server" },
      { trace_id = "a", span_id = "3", parent_id = "2", kind = "internal" }, { trace_id = "b", span_id = "3", parent_id = "2", kind = "internal" } }
    assert.same({ 0, 1, 2, 0 }, trace_tree.parents(spans))
  end)
  it("says who is missing, each once", function()
    local spans = fixture.spans()
    assert.same({ "9", "8" }, trace_tree.missing(spans, trace_tree.parents(spans)))
    spans[4].parent_id = "8"
    assert.same({ "9", "8" }, trace_tree.missing(spans, trace_tree.parents(spans)))
    spans[3].parent_id, spans[4].parent_id, spans[1].parent_id = "1", "1", nil
    assert.same({}, trace_tree.missing(spans, trace_tree.parents(spans)))
  end)
  it("has the load's request as its first parent, which is not missing", function()
    local id = "0123456789abcdefrequest"
    local spans = { { trace_id = id, span_id = "1", parent_id = "request", kind = "server", ts_ns = 1, duration_ns = 5 } }
    assert.same({}, trace_tree.missing(spans, trace_tree.parents(spans)))
    assert.is_false(trace_tree.rows(spans, 9)[1].lost)
  end)
  it("lies under its parents, with self times and stretches of the path", function()
    local rows, missing = trace_tree.rows(fixture.spans(), 10)
    local short = {}
    for i, r in ipairs(rows) do short[i] = ("%d %s %d %d %s"):format(r.depth, r.span.operation, r.self_ns // 1000000, r.critical_ns // 1000000, r.lost) end
    assert.same({ "0 GET / 40 40 true", "1 load 60 60 false", "1 <price> 5 0 false", "0 read 40 40 true" }, short)
    assert.same({ { 170000000, 200000000 }, { 100000000, 110000000 } }, rows[1].path)
    assert.same({}, rows[3].path)
    assert.equal(2, #missing)
  end)
  it("leaves out the shortest that no path goes through, where there are too many", function()
    local function operations(most)
      local list = {}
      for i, r in ipairs(trace_tree.rows(fixture.spans(), most)) do list[i] = r.span.operation end
      return list
    end
    assert.same({ "GET /", "load", "read" }, operations(3))
    assert.same({ "GET /" }, operations(1))
  end)
  it("is not drawn where spans are each other's parents", function()
    local rows = trace_tree.rows({ { trace_id = "a", span_id = "1", parent_id = "2", kind = "internal", ts_ns = 1, duration_ns = 5 }, { trace_id = "a", span_id = "2", parent_id = "1", kind = "internal", ts_ns = 1, duration_ns = 5 } }, 10)
    assert.same({}, rows)
  end)
  it("knows traces in the order in which they begin", function()
    local by_trace, ids = trace_tree.by_trace { { trace_id = "b", n = 1 }, { trace_id = "a", n = 2 }, { trace_id = "b", n = 3 } }
    assert.same({ "b", "a" }, ids)
    assert.same({ 1, 3 }, { by_trace.b[1].n, by_trace.b[2].n })
  end)
end)
