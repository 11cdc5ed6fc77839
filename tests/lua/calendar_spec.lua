local calendar = require "perilune.calendar"
local support = require "lua.support"

local DAY = 86400

describe("calendars", function()
  teardown(support.clean)

  it("read dates, stretches and quoted names", function()
    local list = calendar.parse("# ours\nFrom,To,Name\n2026-11-27,2026-11-30,\"sale, \"\"big\"\"\"\n\n2026-03-01T10:00Z,,deploy\r\n", "c.csv")
    assert.same({ "deploy", 'sale, "big"' }, { list[1].name, list[2].name })
    assert.same({ 3600, 4 * DAY }, { list[1].to - list[1].from, list[2].to - list[2].from })
    assert.equal(DAY, (function(e) return e.to - e.from end)(calendar.parse("date,name\n2026-12-25,christmas", "c.csv")[1]))
  end)
  it("say which line is wrong", function()
    assert.matches("c.csv, line 3: \"2026%-13%-01\" is no moment", (support.message(calendar.parse, "date,name\n2026-12-25,a\n2026-13-01,b", "c.csv")))
    assert.matches("c.csv, line 2: it has no name", (support.message(calendar.parse, "date,name\n2026-12-25,", "c.csv")), 1, true)
    assert.matches("line 2: it ends before it begins", (support.message(calendar.parse, "from,to,name\n2026-12-25,2026-12-01,x", "c.csv")), 1, true)
    assert.matches("the header is date,name", (support.message(calendar.parse, "2026-12-25,a", "c.csv")), 1, true)
    assert.equal("corrupt", select(2, support.message(calendar.parse, "date,name\nsoon,a", "c.csv")))
    assert.equal("invalid", select(2, support.message(calendar.events, { { name = "a", from = "soon" } })))
    assert.matches("it is empty", (support.message(calendar.parse, "", "c.csv")), 1, true)
    assert.matches("takes the path", (support.message(calendar.declare, 7)), 1, true)
  end)
  it("are files or lists", function()
    assert.same({ { name = "x", from = 0, to = DAY } }, calendar.events { { name = "x", from = "1970-01-01" } })
    assert.equal("event", calendar.events({ "1970-01-02" })[1].name)
    local path = support.file("c.csv", "date,name\n1970-01-03,y\n")
    assert.equal("y", calendar.events(calendar.declare(path))[1].name)
    assert.same({}, calendar.events(nil))
  end)
  it("cover steps; what was never before is not learnt", function()
    local events = calendar.events { { name = "a", from = "1970-01-02" }, { name = "a", from = "1970-01-06" }, { name = "new", from = "1970-01-05" } }
    local columns, names, unknown = calendar.columns(events, { start = 0, step = DAY, n = 4 }, 3)
    assert.same({ { { 2, 6 } }, { "a" }, { "new" } }, { columns, names, unknown })
    columns = calendar.columns({ { name = "a", from = 5400, to = 9000 } }, { start = 0, step = 3600, n = 5 }, 1)
    assert.same({ { 3 } }, columns)
  end)
end)
