local folder = require "perilune.folder"
local support = require "lua.support"

describe("files of a playbook's folder", function()
  local place
  setup(function() place = support.file("a.txt", "text"):match("^(.*)/") end)
  teardown(support.clean)

  it("are read by their names in it", function()
    assert.equal("text", folder.read(place, "a.txt", "attach"))
    assert.equal(place .. "/a.txt", folder.path(place, "./a.txt", "attach"))
  end)
  it("may be new", function()
    assert.equal(place .. "/new.html", folder.path(place, "new.html", "report"))
  end)
  it("do not lie outside, not by way of a link either", function()
    os.execute(("ln -s /etc %s/link"):format(place))
    for _, path in ipairs { "../x", "/etc/passwd", "link/passwd" } do
      local message, code = support.message(folder.read, place, path, "attach")
      assert.matches("^attach: ", message)
      assert.equal("refused", code)
    end
  end)
  it("are told of when they are not there, or too large", function()
    assert.matches("^feeder people: .*none.csv", (support.message(folder.read, place, "none.csv", "feeder people")))
    assert.matches("^attach: ", (support.message(folder.read, place, "a.txt", "attach", 3)))
  end)
end)
