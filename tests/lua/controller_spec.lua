local support = require "lua.support"
support.without_run()
local controller = require "perilune.controller"

describe("a run obeys", function()
  --- A run with one load: an open and a closed scenario at these levels.
  local function run()
    local load = { done = {}, names = { "browse", "idle" }, plans = { { model = "open" }, { model = "closed" } } }
    function load:each(model, change, only, by_hand)
      assert.is_true(by_hand)
      if only and only ~= "browse" then return 0 end
      table.insert(self.done, ("%s %g"):format(model, change(100)))
      return 1
    end
    function load:hold(paused, by_hand) self.paused = by_hand and paused table.insert(self.done, paused and "pause" or "resume") end
    function load:halt(by_hand) table.insert(self.done, by_hand and "stop" or "ended") end
    return { row = 1, live = { [load] = true } }, load
  end
  local function done(...)
    local r, load = run()
    for _, word in ipairs { ... } do controller.obey(r, word) end
    return load.done
  end

  it("levels of one model, or of both", function()
    assert.same({ "open 800" }, done "rate=800/s")
    assert.same({ "closed 50" }, done "users=50")
    assert.same({ "open 110", "closed 110" }, done "level=+10%")
    assert.same({ "open 5" }, done "browse:rate=5/s")
  end)
  it("pause, resume and the key that changes between them", function()
    assert.same({ "pause", "resume" }, done("pause", "resume"))
    assert.same({ "pause", "resume" }, done("toggle", "toggle"))
  end)
  it("stop", function() assert.same({ "stop" }, done "stop") end)
  it("not what there is not", function()
    assert.matches("no scenario on its way has such a level; there are browse:rate, idle:users", (support.message(done, "other:rate=5/s")), 1, true)
    assert.matches("no load is on its way", (support.message(controller.obey, { live = {} }, "pause")), 1, true)
  end)
end)
