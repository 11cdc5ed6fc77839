local support = require "integration.support"

-- What users met of the shop: a quarter of the requests fail, all of one customer.
local PLAYBOOK = [[
  local pl = require "perilune"
  return pl.playbook { name = "met", errors = "ignore", args = { target = pl.arg.url {} },
    scenarios = function(args) return {
      shop = { users = 4, iterations_each = 50, base = args.target, user = function(user)
        user:tag("customer", "c" .. user.id)
        user:get(user.id == 0 and "/nowhere" or "/", { name = "page" })
      end } } end,
    run = function(run)
      run:load "shop"
      local met = run:experience { threshold = "20ms", tolerating = "1s", objective = "90%", users = "customer", every = "1h" }
      local all = run:experience { threshold = "20ms", from = "-1h" }
      local before = run:experience { threshold = "20ms", from = "-2d", to = "-1d" }
      run:event("met", ("%d %.6f %.6f %s %.6f %d %d %d %d %d %s"):format(met.apdex.samples, met.budget.total, met.budget.bad, met.budget.met, met.budget.rate, met.apdex.frustrated, met.users.users,
        met.users.affected, #met.rows, all.apdex.samples, before.known))
    end }]]

describe("run:experience", function()
  local shop, folder
  setup(function() shop, folder = support.shop("--delay constant:2ms"), support.folder() end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  it("agrees with what was stored of the load, run by run", function()
    local path, db = support.write(folder .. "/p.lua", PLAYBOOK), folder .. "/t.db"
    local function run_once()
      local code, out, err = support.run(("run %s --target %s --db %s --html %s/r.html"):format(path, shop.url, db, folder))
      assert.equal(0, code, out .. err)
      local _, text = support.run(("sql --db %s %s"):format(db, support.quote "SELECT text FROM events WHERE kind = 'met' ORDER BY ts_ns DESC LIMIT 1"))
      local found = {}
      for word in text:match("%d+ [%d.]+ [^\n]+"):gmatch "%S+" do found[#found + 1] = tonumber(word) or word end
      return found
    end
    local samples, total, bad, is_met, rate, frustrated, users, affected, rows, all, before = table.unpack(run_once())
    assert.same({ 200, "false", 4, 1, 200, "false" }, { samples, is_met, users, affected, all, before })
    assert.near(200, total, 1e-5)
    assert.near(50, bad, 1e-5)
    assert.near(50 / 200 / 0.1, rate, 1e-5)
    assert.is_true(frustrated >= 50 and rows >= 1, "failed ones are frustrated")
    local html = support.read(folder .. "/r.html")
    for _, part in ipairs { "What users met", "1 of 4 users (25 %", "the objective of 90 % was missed" } do assert.is_truthy(html:find(part, 1, true), part) end
    assert.equal(400, run_once()[10], "both runs are in the last hour")
  end)
end)
