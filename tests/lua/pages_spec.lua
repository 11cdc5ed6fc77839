local support = require "lua.support"
support.without_run()
local core = require "perilune.core.receiver"
local pages = require "perilune.pages"
local task = require "perilune.task"

describe("pages", function()
  --- Answers these requests, one after the other: what was answered.
  local function answered(asked, answer)
    local given = {}
    local fakes = { page = function() return table.remove(asked, 1) end, answer = function(...) given[#given + 1] = { ... } end }
    support.with(core, fakes, function()
      local serving = pages.start(3, answer)
      while #asked > 0 do task.sleep(0.001) end
      serving:cancel()
    end)
    return given
  end

  it("are given to whoever asks", function()
    local given = answered({ { number = 7, path = "/a" }, { number = 8, path = "/b" } }, function(asked) return 200, "text/html", asked.path end)
    assert.same({ { 3, 7, 200, "text/html", "/a" }, { 3, 8, 200, "text/html", "/b" } }, given)
  end)
  it("say what is wrong with them", function()
    local given = answered({ { number = 1, path = "x" }, { number = 2, path = "y" } }, function(asked)
      if asked.path == "x" then error({ code = "not_found", message = "there is no run" }, 0) end
      error "broken"
    end)
    assert.same({ 404, pages.TEXT, "there is no run\n" }, { given[1][3], given[1][4], given[1][5] })
    assert.equal(500, given[2][3])
    assert.matches("broken\n$", given[2][5])
  end)
end)
