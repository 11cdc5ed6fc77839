local by_hand = require "perilune.by_hand"

describe("what people did to a load", function()
  local CHANGES = { { at_s = 2.04, change = "300/s" }, { at_s = 3, change = "paused" }, { at_s = 4, change = "stopped", of_s = 8 } }

  it("is told with its moments", function()
    assert.equal("300/s at 2 s, paused at 3 s, stopped at 4 s of 8 s", by_hand.text(CHANGES))
    assert.equal("5 users at 500 ms", by_hand.text { { at_s = 0.5, change = "5 users" } })
  end)
  it("is told of all loads of a run", function()
    assert.equal("paused at 1 s; stopped at 2 s", by_hand.of_loads { { changed_by_hand = { { at_s = 1, change = "paused" } } }, {}, { changed_by_hand = { { at_s = 2, change = "stopped" } } } })
  end)
  it("is nothing where nobody did anything", function()
    assert.is_nil(by_hand.text(nil))
    assert.is_nil(by_hand.text {})
    assert.is_nil(by_hand.of_loads { {} })
    assert.is_nil(by_hand.of_loads(nil))
  end)
end)
