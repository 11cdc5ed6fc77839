local json = require "perilune.core.json"
local support = require "integration.support"

-- Commands around a load: where they say what they found, and what they leave behind.
describe("first commands", function()
  local folder
  setup(function() folder = support.folder() end)
  teardown(support.clean)

  it("init writes a playbook that passes lint, and never overwrites one", function()
    local path = folder .. "/first.lua"
    local code, out, err = support.run("init " .. path)
    assert.equal(0, code, out .. err)
    assert.equal(0, (support.run("lint " .. path)))
    support.write(path, "-- mine\n")
    code, out, err = support.run("init " .. path)
    assert.is_true(code ~= 0, out .. err)
    assert.equal("-- mine\n", support.read(path))
  end)

  it("doctor tells a machine with few descriptors from one with many", function()
    local function found(limit)
      local code, out, err = support.shell(("ulimit -n %d; %s doctor --json -"):format(limit, support.perilune))
      local ok, object = pcall(json.decode, out)
      assert.is_true(ok, out .. err)
      assert.equal("perilune.doctor/1", object.schema)
      return out, code
    end
    assert.is_true((found(64)) ~= (found(4096)))
    assert.is_truthy((found(64)):find("64", 1, true))
  end)

  it("version is the one of the headers", function()
    local _, out = support.run "version"
    local header = support.read "include/perilune/version.h"
    assert.equal("perilune " .. header:match('PL_VERSION "([%d.]+)"') .. "\n", out)
  end)

  it("help knows every command, and each command its options", function()
    local _, out = support.run "help"
    for _, name in ipairs { "run", "load", "sample", "scrape", "runs", "report", "compare", "baseline", "db", "status", "plan", "doctor", "init", "lint", "config", "sql", "query" } do
      assert.is_truthy(out:find("%f[%a]" .. name .. "%f[%A]"), name)
      local code, text = support.run(name .. " --help")
      assert.equal(0, code, name)
      assert.is_truthy(text:find("Usage: perilune " .. name, 1, true), text)
    end
  end)

  it("compare of files exits with 3 for a regression only", function()
    local function numbers(name, mean)
      local lines = {}
      for i = 1, 30 do lines[i] = tostring(mean + (i * 7 % 11 - 5) / 100) end
      return support.write(folder .. "/" .. name, table.concat(lines, "\n") .. "\n")
    end
    local a, same, slower = numbers("a", 10), numbers("same", 10), numbers("slower", 11)
    assert.equal(0, (support.run(("compare %s %s"):format(a, same))))
    assert.equal(3, (support.run(("compare %s %s"):format(a, slower))))
    assert.equal(0, (support.run(("compare %s %s --better higher"):format(a, slower))))
    assert.equal(0, (support.run(("compare %s %s --limit 20%%"):format(a, slower))))
    assert.equal(8, (support.run(("compare %s %s/none"):format(a, folder))))
  end)
end)
