local json = require "perilune.core.json"
local support = require "integration.support"

-- Bad input: each row ends with a message of what, where, why and what to do, and its frozen exit code.
describe("bad input", function()
  local folder
  setup(function() folder = support.folder() end)
  teardown(support.clean)

  local function ends(arguments, want, pattern, seconds)
    local code, out, err = support.run(arguments, seconds or 20)
    assert.equal(want, code, arguments .. "\n" .. out .. err)
    assert.is_truthy((out .. err):find(pattern), arguments .. "\n" .. out .. err)
  end

  local function playbook(name, text) return support.write(folder .. "/" .. name, text) end

  it("a wrong URL", function() ends("load 'http://' --db " .. folder .. "/a.db", 2, "URL") end)
  it("half a scheme", function() ends("load http:/x", 2, '"http:/x" is not a URL') end)
  it("an unknown option", function() ends("load http://127.0.0.1:1/ --ratte 5/s", 2, "%-%-rate") end)
  it("an unknown command", function() ends("laod http://127.0.0.1:1/", 2, "load") end)
  it("a missing argument", function() ends("load", 2, "URL") end)
  it("a unit that is none", function() ends("load http://127.0.0.1:1/ --duration soon", 2, "soon") end)
  it("an option under its own name", function() ends("load http://127.0.0.1:1/ --connect-to foo", 2, "%-%-connect%-to: \"foo\": write HOST") end)
  it("what is not in this version", function() ends("apply a.csv", 2, "not in this version") end)
  it("a script of wrk that is not there", function() ends("load http://127.0.0.1:1/ --wrk-script a.lua", 8, "read a.lua") end)
  it("a refused port of https ends with 6", function()
    ends("load https://127.0.0.1:9/ --rate 20/s --duration 1s --db " .. folder .. "/h.db", 6, "connect")
  end)

  it("a refused port ends with 6", function()
    ends("load http://127.0.0.1:9/ --rate 20/s --duration 1s --db " .. folder .. "/b.db", 6, "connect")
  end)
  it("a name that does not resolve ends with 6", function()
    ends("load http://no-such-name.localdomain.invalid/ --rate 5/s --duration 1s --db " .. folder .. "/c.db", 6, "dns", 40)
  end)

  it("a target that never answers ends with 6", function()
    local shop = support.shop("--stall 100s:now")
    ends("load " .. shop.url .. "/ --rate 20/s --duration 1s --timeout 500ms --db " .. folder .. "/d.db", 6, "timeout")
    shop:stop()
  end)

  it("a playbook with a syntax error shows its line", function()
    ends("run " .. playbook("syntax.lua", "local pl = require 'perilune'\nreturn pl.playbook { name = = }\n") .. " --db " .. folder .. "/e.db", 5, "syntax.lua:2")
  end)
  it("a playbook that is not there", function() ends("run " .. folder .. "/none.lua", 8, "none.lua") end)
  it("an unknown key suggests the near one", function()
    ends("run " .. playbook("key.lua", 'local pl = require "perilune"\nreturn pl.playbook { name = "x", objectivs = {}, run = function() end }\n') .. " --db " .. folder .. "/f.db",
      5, "objectives")
  end)
  it("an unknown metric suggests the near one", function()
    ends("load http://127.0.0.1:9/ --duration 1s --sla 'p99(latncy) < 1s' --db " .. folder .. "/g.db", 2, "latency")
  end)
  it("a missing argument of the playbook", function()
    ends("run " .. playbook("args.lua", 'local pl = require "perilune"\nreturn pl.playbook { name = "x", args = { target = pl.arg.url {} }, run = function() end }\n') .. " --db " .. folder .. "/h.db",
      2, "target")
  end)

  it("an endless loop is stopped", function()
    ends("run " .. playbook("loop.lua", 'local pl = require "perilune"\nreturn pl.playbook { name = "x", run = function() while true do end end }\n') .. " --db " .. folder .. "/i.db",
      5, "loop.lua:2", 30)
  end)
  it("1 GB of text is refused", function()
    ends("run " .. playbook("big.lua", 'local pl = require "perilune"\nreturn pl.playbook { name = "x", run = function() local s = ("x"):rep(2^30) end }\n') .. " --db " .. folder .. "/j.db",
      5, "big.lua:2: out of memory: a script may hold %d+ MiB.*\n  > return pl.playbook", 30)
  end)

  it("so are 2 GB", function()
    ends("run " .. playbook("bigger.lua", 'local pl = require "perilune"\nreturn pl.playbook { name = "x", run = function() local s = ("x"):rep(2^31) end }\n') .. " --db " .. folder .. "/j.db",
      5, "too large", 30)
  end)

  it("a database that is none", function()
    support.write(folder .. "/text.db", ("this is no database\n"):rep(100))
    ends("runs --db " .. folder .. "/text.db", 8, "text.db")
  end)
  it("a database of somebody else", function()
    support.shell(("sqlite3 %s/other.db 'CREATE TABLE a(b); PRAGMA application_id = 7'"):format(folder))
    ends("load http://127.0.0.1:9/ --duration 1s --db " .. folder .. "/other.db", 8, "other.db")
  end)
  it("a newer database", function()
    support.run("load http://127.0.0.1:9/ --requests 1 --db " .. folder .. "/newer.db")
    support.shell(("sqlite3 %s/newer.db 'PRAGMA user_version = 999'"):format(folder))
    ends("runs --db " .. folder .. "/newer.db", 8, "newer")
  end)
  it("a folder in place of the database", function() ends("load http://127.0.0.1:9/ --duration 1s --db " .. folder, 8, "database") end)

  it("too few descriptors for the users asked", function()
    local code, out, err = support.shell(("ulimit -n 64; %s load http://127.0.0.1:9/ --users 500 --duration 1s --db %s/k.db --json %s/k.json"):format(support.perilune, folder, folder), 30)
    assert.equal(2, code, out .. err)
    assert.equal(2, json.decode(support.read(folder .. "/k.json")).exit.code)
    assert.is_truthy((out .. err):find "%f[^\n\0]the load needs 500 connections", out .. err)
    assert.is_truthy((out .. err):find("ulimit %-n"), out .. err)
    assert.is_nil((out .. err):find("stack:", 1, true), out .. err)
  end)
end)
