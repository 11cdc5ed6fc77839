local config = require "perilune.cmd.config"
local support = require "lua.support"

describe("perilune config", function()
  teardown(support.clean)

  it("says what is set, and on request by whom", function()
    local path = support.folder() .. "/x.db"
    local plain = support.output(config.main, { db = path })
    assert.matches("db +" .. path:gsub("%p", "%%%0"), plain)
    assert.is_nil(plain:find("(option)", 1, true))
    assert.matches("(option)", (support.output(config.main, { db = path, show_origin = true })), 1, true)
  end)
  it("is data with --json", function()
    local path, found = support.folder() .. "/x.db", {}
    for _, s in ipairs(support.json_of(config.main, { db = path }).settings) do found[s.name] = s end
    assert.same({ name = "db", value = path, origin = "option" }, found.db)
    assert.equal("embedded", found["lua-dir"].value)
  end)
end)
