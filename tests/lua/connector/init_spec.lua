local connector = require "perilune.connector"
local copy = require "perilune.copy"
local words = require "perilune.words"

describe("connectors", function()
  it("are those that the words name", function()
    local names = {}
    for name in pairs(connector.systems) do names[#names + 1] = name end
    table.sort(names)
    local named = words.names(words.systems)
    table.sort(named)
    assert.same(named, names)
  end)
  it("make requests of a range and of a moment without asking anybody", function()
    for name, system in pairs(connector.systems) do
      if system.traces then goto continue end
      assert.is_true(math.type(system.RANGE_MOST) == "integer" and system.RANGE_MOST > 0, name)
      local asked = { range = { { url = "http://h:1/", query = "up", step = 60 }, 0, 3600 }, moment = { { url = "http://h:1/", query = "up" }, nil, 3600 } }
      for what, question in pairs(asked) do
        local before = copy.shallow(question[1])
        local request = system.build_request(table.unpack(question, 1, 3))
        assert.matches("^http://h:1/", request.url, nil, nil, name .. ", " .. what)
        assert.same(before, question[1], name .. ", " .. what)
      end
      ::continue::
    end
  end)
  it("make requests of a stretch's traces without asking anybody", function()
    for name, system in pairs(connector.systems) do
      local question = { url = "http://h:1/", service = "shop", limit = 5 }
      local before = copy.shallow(question)
      if system.traces then
        assert.matches("^http://h:1/", system.build_request(question, 0, 3600).url, nil, nil, name)
        assert.is_string(system.question(question), name)
      end
      assert.same(before, question, name)
    end
  end)
  it("give no reason where the answer has none", function()
    for name, system in pairs(connector.systems) do
      assert.is_nil(system.why { json = function() return nil, "no JSON" end }, name)
    end
  end)
end)
