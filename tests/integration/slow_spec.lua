local json = require "perilune.core.json"
local support = require "integration.support"

describe("slow requests", function()
  teardown(support.clean)

  it("are in the result, on the timeline and in the report, with phases and trace ids", function()
    local shop, folder = support.shop("--delay bimodal:1ms,150ms,0.05"), support.folder()
    local code, out, err = support.run(("load %s/ --rate 100/s --duration 2s --trace --db %s/t.db --html %s/r.html --json -"):format(shop.url, folder, folder))
    local r = json.decode(out)
    support.ended(code, r, err)
    assert.equal(5, #r.slow)
    local first = r.slow[1]
    assert.equal(r.latency_s.max, first.latency_s)
    assert.is_true(math.abs(first.lag_s + first.service_s - first.latency_s) < 1e-6, "the first request of its iteration")
    assert.is_true(first.phases_s.wait > 0 and first.status == 200 and first.name == "GET /" and first.error == json.null)
    local ids = {}
    for i, e in ipairs(r.slow) do
      local p = e.phases_s
      if not p.connect then assert.is_true(math.abs(p.send + p.wait + p.receive - e.service_s) < 1e-6, json.encode(e)) end
      assert.matches("^" .. ("%x"):rep(32) .. "$", e.trace_id)
      assert.is_nil(ids[e.trace_id])
      assert.is_true(i == 1 or e.latency_s <= r.slow[i - 1].latency_s)
      ids[e.trace_id] = true
    end
    local _, stored = support.run(("sql --db %s/t.db --json - \"SELECT text, duration_ns / 1e9 AS s, data ->> 'trace_id' AS id FROM events WHERE kind = 'slow' ORDER BY duration_ns DESC\""):format(folder))
    local page = support.read(folder .. "/r.html")
    for _, e in ipairs(r.slow) do
      assert.is_truthy(stored:find(e.trace_id, 1, true), stored)
      assert.is_truthy(page:find(e.trace_id, 1, true))
    end
    assert.is_truthy(page:find("Slowest requests", 1, true))
  end)

  it("cost a precise load no more of its CPU while it waits for their answers", function()
    local shop, folder = support.shop("--delay bimodal:2s,2s,0.5"), support.folder()
    local _, out, err = support.run(("load %s/ --rate 50/s --duration 500ms --precise --workers 1 --db %s/t.db --json -"):format(shop.url, folder))
    local r = json.decode(out)
    assert.equal(25, r.requests.ok, out .. err)
    assert.is_true(r.service_s.max > 1.9 and r.generator.cpu_s < 1, ("%g s of CPU, of which a worker that polls on has 2"):format(r.generator.cpu_s))
  end)
  it("say of a timeout what it waited for; a wait that was cut is in no distribution", function()
    local shop, folder = support.shop("--delay bimodal:1ms,2s,0.1"), support.folder()
    local code, out, err = support.run(("load %s/ --rate 50/s --duration 2s --timeout 300ms --db %s/t.db --json - --sla 'error_ratio < 100%%'"):format(shop.url, folder))
    local r = json.decode(out)
    assert.is_true(r.errors.timeout > 0, out .. err)
    assert.equal(r.requests.total, r.phases_s.send.count)
    assert.equal(r.requests.ok, r.phases_s.wait.count)
    assert.equal(r.requests.ok, r.phases_s.receive.count)
    assert.is_true(r.phases_s.wait.max < 0.3)
    for _, e in ipairs(r.slow) do
      local p = e.phases_s
      if e.error == "timeout" then
        assert.is_true(p.wait > 0 and p.receive == nil, json.encode(e))
        assert.is_true(math.abs((p.connect or 0) + p.send + p.wait - 0.3) < 0.1, json.encode(e))
      end
    end
    assert.equal("timeout", r.slow[1].error)
    assert.is_true(code == 0 or code == 4, out .. err)
  end)

  it("are kept whole beside others that were chosen", function()
    local shop, folder = support.shop(), support.folder()
    local path = support.write(folder .. "/k.lua", [[
local pl = require "perilune"
return pl.playbook { name = "k", errors = "ignore", args = { target = pl.arg.url {} },
  scenarios = function(args) return { ask = { users = 2, iterations = 400, request = { url = args.target }, defaults = { trace_ratio = "10%" } } } end,
  run = function(run) run:load "ask" end }]])
    local code, out, err = support.run(("run %s --target %s --db %s/k.db"):format(path, shop.url, folder))
    assert.equal(0, code, out .. err)
    local _, text = support.run(("sql --db %s/k.db --json - \"SELECT count(*) AS n, count(DISTINCT data ->> 'trace_id') AS ids FROM events WHERE kind = 'request'\""):format(folder))
    local row = json.decode(text).rows[1]
    assert.is_true(row.n > 4 and row.n < 76, text) -- 40, and six times its deviation
    assert.equal(row.n, row.ids)
  end)

  it("carry no trace unless it is asked for", function()
    local shop, folder = support.shop(), support.folder()
    local code, out, err = support.run(("load %s/ --users 2 --requests 50 --db %s/t.db --json -"):format(shop.url, folder))
    local r = json.decode(out)
    support.ended(code, r, err)
    assert.is_true(#r.slow == 5 and r.slow[1].trace_id == json.null)
  end)
end)
