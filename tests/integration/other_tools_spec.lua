local json = require "perilune.core.json"
local support = require "integration.support"

-- The tables of lua/perilune/README.md that say what k6's executors and Gatling's steps are here: every row is planned.
describe("what other tools call otherwise", function()
  local folder
  setup(function() folder = support.folder() end)
  teardown(support.clean)

  --- Rows of the tables: { name, keys }.
  local function rows()
    local text, list = support.read "lua/perilune/README.md":match "## From k6 and Gatling\n(.-)\n## ", {}
    for name, keys in text:gmatch "\n| ([%w%-%(%)%.]+) | `([^`]+)` |" do list[#list + 1] = { name, keys } end
    return list
  end

  local function planned(keys)
    local path = support.write(folder .. "/p.lua", ([[
      local pl = require "perilune"
      return pl.playbook { name = "p", run = function(run) run:load "s" end, errors = "ignore",
        scenarios = { s = { base = "http://127.0.0.1:8080", user = function(user) user:get "/" end, %s } } }]]):format(keys))
    local code, out, err = support.run("plan --json - " .. path)
    assert.equal(0, code, keys .. "\n" .. err)
    return json.decode(out).scenarios[1]
  end

  --- What k6 and Gatling would begin: iterations, or users at once.
  local STARTS = { ["shared-iterations"] = 100, ["per-vu-iterations"] = 100, ["constant-arrival-rate"] = 3000, ["ramping-arrival-rate"] = 2500, ["nothingFor(10)"] = 300, ["atOnceUsers(10)"] = 10,
    ["rampUsers(100).during(10)"] = 100, ["constantUsersPerSec(10).during(30)"] = 300, ["constantUsersPerSec(10).during(30).randomized"] = 300, ["rampUsersPerSec(10).to(20).during(10)"] = 150,
    ["rampUsersPerSec(10).to(20).during(10).randomized"] = 150, ["stressPeakUsers(1000).during(20)"] = 1000, ["incrementUsersPerSec(5).times(3).eachLevelLasting(10).startingFrom(10)"] = 450 }
  local USERS = { ["constant-vus"] = 50, ["ramping-vus"] = 50, ["externally-controlled"] = 5, ["constantConcurrentUsers(10).during(30)"] = 10, ["rampConcurrentUsers(10).to(20).during(10)"] = 20,
    ["incrementConcurrentUsers(5).times(3).eachLevelLasting(10).startingFrom(10)"] = 20 }

  it("is planned as they would send it", function()
    local seen = {}
    for _, row in ipairs(rows()) do
      local name, plan = row[1], planned(row[2])
      seen[name] = true
      if STARTS[name] then assert.is_true(math.abs(plan.starts - STARTS[name]) <= STARTS[name] / 100, ("%s: %g"):format(name, plan.starts)) else assert.equal(USERS[name], plan.users, name) end
    end
    for _, known in ipairs { STARTS, USERS } do
      for name in pairs(known) do assert.is_true(seen[name], name .. " is no row") end
    end
  end)
end)
