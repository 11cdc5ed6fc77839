local json = require "perilune.core.json"
local support = require "integration.support"

-- A page that costs CPU, asked more and more often; at no multiple of the 100, 250 or 1,000 times a second at which kernels look who has
-- the CPU: of what goes in step with them they see all or nothing.
local PLAYBOOK = [[
  local pl = require "perilune"
  return pl.playbook { name = "use", errors = "ignore", args = { target = pl.arg.url {} },
    scenarios = function(args) return {
      search = { arrivals = pl.even(pl.stages { { "3s", at = "467/s" }, { "3s", at = "933/s" }, { "3s", at = "1401/s" }, { "3s", at = "1893/s" } }), request = { url = args.target .. "/bytes?n=1000000" } } } end,
    run = function(run)
      local before = run:capacity "use"
      run:sample("host", { every = "250ms" })
      local load = run:load "search"
      local use = run:capacity "use"
      local b = use.bottleneck
      run:event("unknown", before.why)
      run:event("words", use:explain())
      run:event("figures", ("%s %s %s %.6f %.6f %.6f %.6f %d"):format(use.known, b.resource, b.role, use.load, b.demand, b.utilisation.mean, use.throughput.max, load.started))
    end }]]

describe('run:capacity "use"', function()
  local shop, folder, db
  setup(function() shop, folder = support.shop(), support.folder() db = folder .. "/t.db" end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  --- Seconds of CPU that a process took.
  local function cpu_of(pid)
    local user, system = support.read(("/proc/%d/stat"):format(pid)):match "^.*%) %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%d+) (%d+)"
    return (user + system) / 100
  end
  local function told(kind)
    local code, text, err = support.run(("sql --db %s --json - %s"):format(db, support.quote(("SELECT text FROM events WHERE kind = '%s'"):format(kind))))
    assert.equal(0, code, err)
    return json.decode(text).rows[1].text
  end

  it("names the resource of a real machine that ends first, at what load, and what a request costs of it", function()
    local path, cpu_s = support.write(folder .. "/p.lua", PLAYBOOK), cpu_of(shop.pid)
    local code, out, err = support.run(("run %s --target %s --db %s --html %s/r.html"):format(path, shop.url, db, folder), 60)
    assert.is_true(support.kept(code), out .. err)
    cpu_s = cpu_of(shop.pid) - cpu_s
    local known, resource, role, load, demand, used, most, started = table.unpack((function()
      local list = {}
      for word in told("figures"):gmatch "%S+" do list[#list + 1] = tonumber(word) or word end
      return list
    end)())
    local words = told "words"
    assert.same({ "true", "cpu", "both" }, { known, resource, role }, words)
    assert.equal(3 * (467 + 933 + 1401 + 1893), started)
    assert.is_true(demand >= 0.8 * cpu_s / started, ("a request takes %.4f s, of which the server's are %.4f"):format(demand, cpu_s / started))
    assert.is_true(used > 0 and used <= 1)
    assert.is_true(load >= 0.5 * most, words)
    assert.matches("^The cpu of .* ends first, at ", words)
    local pressure = io.open "/proc/pressure/cpu"
    if pressure then
      pressure:close()
      assert.matches("waited for it", words, 1, true)
    end
    assert.matches("memory of .* no limit is told", words)
    assert.matches("no machine was sampled", told "unknown", 1, true)
    assert.is_truthy(support.read(folder .. "/r.html"):find("ends first", 1, true))
  end)
end)
