local descriptors = require "perilune.descriptors"
local support = require "lua.support"

describe("descriptors of gRPC", function()
  local place
  setup(function()
    place = support.file("a.pb", "\10\0"):match("^(.*)/")
  end)
  teardown(support.clean)

  local function refused(name) return (support.message(descriptors.read, name, "scenario a", place)) end

  it("are none where nothing is said", function() assert.is_nil(descriptors.read(nil, "scenario a", place)) end)
  it("are the bytes of a file of the playbook's folder", function()
    assert.equal("\10\0", descriptors.read("a.pb", "scenario a", place))
    assert.matches("descriptors: ", refused "none.pb", 1, true)
    assert.matches("descriptors: ", refused "../a.pb", 1, true)
  end)
end)
