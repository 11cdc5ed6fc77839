local json = require "perilune.core.json"
local support = require "integration.support"

-- What a scenario's functions do to their user, whole runs against the shop.
describe("a scripted user", function()
  local shop, folder
  setup(function()
    shop, folder = support.shop("--delay constant:2ms"), support.folder()
  end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  --- Runs one scenario, given by its fields, below locals of the chunk: code, the load's result, texts.
  local function run(scenario, locals, more)
    local path = support.write(folder .. "/s.lua", ([[
local pl = require "perilune"
%s
return pl.playbook { name = "s", args = { target = pl.arg.url {} }, objectives = { "error_ratio < 100%%" },
  scenarios = function(args) return { s = { base = args.target, %s } } end,
  run = function(run) run:load "s" end }
]]):format(locals or "", scenario))
    local code, out, err = support.run(("run %s --target %s --db %s/s.db --json - --workers 1 %s"):format(path, shop.url, folder, more or ""))
    local ok, r = pcall(json.decode, out)
    return code, ok and r.loads[1] or nil, out .. err
  end

  it("may change its header table while a request is in flight", function()
    local code, load, text = run([[
      users = 8, iterations = 400, user = function(user)
        n = n + 1
        shared["x-a"] = ("v"):rep(20000) .. n
        shared["x-b" .. n % 7] = n % 2 == 0 and ("w"):rep(100) .. n or nil
        user:get("/redirect", { headers = shared })
      end]], "local n, shared = 0, {}")
    assert.equal(0, code, text)
    assert.equal(400, load.requests.ok, text)
  end)
end)
