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
  it("leave no file behind where protoc is not there or does not end", function()
    local file, program = require "perilune.core.file", require "perilune.core.program"
    local folder = support.file("a.proto", 'syntax = "proto3";'):match("^(.*)/")
    for why, fakes in pairs { ["there is no protoc here"] = { start = function() end }, ["does not end within"] = { start = function() return 1 end, wait = function() end } } do
      local path = support.file("set", "")
      local function read() return descriptors.read("a.proto", "scenario a", folder) end
      assert.matches(why, support.message(support.with, file, { temporary = function() return path end }, support.with, program, fakes, read), 1, true)
      assert.is_nil((file.exists(path)))
    end
  end)
end)
