local json = require "perilune.core.json"
local promql = require "perilune.promql"
local scrape = require "perilune.cmd.scrape"
local session = require "perilune.session"
local support = require "lua.support"

describe("perilune scrape", function()
  local db
  setup(function() db = support.timeline { { ulid = "01A" } } end)
  teardown(support.clean)

  local RESULT = '{"schema":"perilune.run/1","run_id":"01A","verdict":"pass","exit":{"code":0},"interval":["a","b"]}'
  local FOUND = { series = { { labels = { __name__ = "up", job = "j" }, values = { 1 } }, { labels = { __name__ = "a", x = "1" }, values = { -2 } }, { labels = { __name__ = "a", x = "2" }, values = { 5.5 } } } }

  --- Runs the command with a run that has scraped these series; gives output, the spec.
  local function scraped(o, found)
    local spec
    local function run(_, s) spec = s return 3, { json = RESULT } end
    local values = { "http://h:1/", db = db, duration = "1s", job = "j" }
    for k, v in pairs(o or {}) do values[k] = v end
    local text, code = support.with(session, { run = run }, support.with, promql, { ask = function() return found or FOUND end }, support.output, scrape.main, values)
    return text, spec, code
  end

  it("runs the scraping playbook and shows a row a metric", function()
    local text, spec, code = scraped()
    assert.matches("^ *metric +series +last values\n *a +2 +%-2 to 5.5\n *up +1 +1\n3 series of 2 metrics; %-%-all shows each with its last value\n$", text)
    assert.same({ "http://h:1/", "1s", "j" }, { spec.args.url, spec.args.duration, spec.args.job })
    assert.equal(3, code)
  end)
  it("folds many metrics by the beginnings of their names", function()
    local found = { series = { { labels = { __name__ = "up" }, values = { 1 } }, { labels = { __name__ = "node_load1" }, values = { 0.5 } } } }
    for i = 1, 50 do found.series[#found.series + 1] = { labels = { __name__ = ("node_memory_%02d_bytes"):format(i) }, values = { i } } end
    assert.matches("^ *metric +series +last values\n *node_load1 +1 +0.5\n *node_memory%* +50 +50 metrics\n *up +1 +1\n52 series of 52 metrics; ", (scraped({}, found)))
  end)
  it("shows each series where all are asked for", function()
    assert.equal('a{x="1"} -2\na{x="2"} 5.5\nup{job="j"} 1\n', (scraped { all = true }))
  end)
  it("gives the series as perilune.scrape/1", function()
    local text, spec = scraped { quiet = true }
    assert.equal("", text)
    local facts = json.decode((support.with(promql, { ask = function() return FOUND end }, spec.select, RESULT)))
    assert.same({ "perilune.scrape/1", "01A", "pass", 0, 0 }, { facts.schema, facts.run_id, facts.verdict, facts.scrapes, facts.failed })
    assert.same({ { name = "a", labels = { x = "1" }, value = -2 }, { name = "a", labels = { x = "2" }, value = 5.5 }, { name = "up", labels = { job = "j" }, value = 1 } }, facts.series)
  end)
end)
