local dashboard = require "perilune.grafana_dashboard"
local json = require "perilune.core.json"
local promql = require "perilune.core.promql"

describe("the dashboard for Grafana", function()
  local board
  setup(function() board = json.decode(dashboard.text()) end)

  it("is one that Grafana imports", function()
    assert.same({ "perilune", "Perilune", 39 }, { board.uid, board.title, board.schemaVersion })
    local seen = {}
    for _, p in ipairs(board.panels) do
      assert.equal("timeseries", p.type)
      assert.is_nil(seen[p.id])
      seen[p.id] = true
      assert.is_true(p.gridPos.x + p.gridPos.w <= 24)
      assert.is_true(#p.targets > 0)
    end
  end)
  it("asks the data source and the scenarios that are chosen", function()
    local names = {}
    for i, v in ipairs(board.templating.list) do names[i] = v.name end
    assert.same({ "datasource", "scenario" }, names)
    for _, p in ipairs(board.panels) do
      for _, t in ipairs(p.targets) do
        assert.equal("${datasource}", t.datasource.uid)
        assert.equal(t.expr:find("load_", 1, true) ~= nil and not t.expr:find("load_connections", 1, true), t.expr:find('scenario=~"$scenario"', 1, true) ~= nil, t.expr)
      end
    end
  end)
  it("asks in PromQL that perilune query takes too", function()
    for _, p in ipairs(board.panels) do
      for _, t in ipairs(p.targets) do assert.equal("vector", assert(promql.check((t.expr:gsub("%$__rate_interval", "1m"))))) end
    end
  end)
end)
