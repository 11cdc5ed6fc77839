local feeder = require "perilune.feeder"
local support = require "lua.support"

describe("feeders", function()
  it("read CSV as RFC 4180 has it", function()
    local rows = feeder.parse_csv('name,quote\r\nada,"say ""hi"", twice"\r\nbob,"two\nlines"\n', ",", "x.csv")
    assert.equal(2, #rows)
    assert.equal('say "hi", twice', rows[1].quote)
    assert.equal("two\nlines", rows[2].quote)
  end)
  it("refuse broken CSV with its line", function()
    assert.matches("line 2", support.message(feeder.parse_csv, 'a,b\n1,"open', ",", "x.csv"), 1, true)
  end)
  it("give each user or iteration its row", function()
    local rows = { { n = 1 }, { n = 2 }, { n = 3 } }
    assert.equal(2, feeder.row({ rows = rows, order = "sequential", at_end = "loop" }, 0, 1, nil).n)
    assert.equal(1, feeder.row({ rows = rows, order = "sequential", at_end = "loop" }, 0, 3, nil).n)
    assert.equal(3, feeder.row({ rows = rows, order = "unique", at_end = "loop" }, 2, 0, nil).n)
    assert.equal(2, feeder.row({ rows = rows, order = "random", at_end = "loop" }, 0, 0, function() return 2 end).n)
  end)
end)
