local json = require "perilune.core.json"
local support = require "integration.support"

describe("a load is stopped", function()
  local folder, shop
  before_each(function() folder, shop = support.folder(), support.shop() end)
  after_each(function()
    shop:stop()
    support.clean()
  end)

  --- Runs a playbook of one scenario with these objectives and run function; trouble is switched on after `seconds`.
  local function run(o)
    local path = support.write(folder .. "/p.lua", ([[
      local pl = require "perilune"
      return pl.playbook { name = "stop", args = { target = pl.arg.url {} }, errors = "ignore", objectives = { %s },
        scenarios = function(args) return { a = { arrivals = pl.even "200/s", duration = "%s", request = { url = args.target .. "/" } } } end,
        run = function(run)
          %s
          local l = run:load "a"
          local s = l.stopped
          print(pl.json.encode { stopped = s or false })
        end }]]):format(o.objectives or "", o.duration or "8s", o.before or ""))
    local trouble = o.after and ("(sleep %g; curl -s -d %s %s/trouble) & "):format(o.after, o.trouble or "errors=1", shop.url) or ""
    local code, out, err = support.shell(("%s%s run %s --target %s --db %s/t.db --json -; code=$?; wait; exit $code"):format(trouble, support.perilune, path, shop.url, folder), 60)
    local stopped, result = err:match '({"stopped":[^\n]*})', out:match '^%s*({.*)$'
    assert(stopped and result, out .. err)
    return code, json.decode(stopped).stopped, json.decode(result), out .. err
  end

  --- Seconds from the first answer with trouble until the last request that came.
  local function lasted()
    local first, last
    support.shell(("curl -s -X POST %s/flush"):format(shop.url))
    for _, e in ipairs(support.journal(shop.journal)) do
      if e.status >= 500 and (not first or e.arrival < first) then first = e.arrival end
      if e.path == "/" then last = math.max(last or 0, e.arrival) end
    end
    return last - first
  end

  it("within a second of the breach, by an objective", function()
    local code, stopped, r = run { objectives = '{ "error_ratio < 5% over last 3s", stop = true, why = "it hurts" }, "p50(latency) < 1s over any 60s"', after = 3 }
    assert.equal("error_ratio < 5% over last 3s", stopped.objective)
    assert.equal("it hurts", stopped.why)
    assert.is_true(stopped.value > 0.05 and stopped.at > 2.5 and stopped.at < 6, "at " .. stopped.at)
    assert.equal("fail", r.objectives[1].verdict)
    assert.matches("stopped the load", r.objectives[1].line, 1, true)
    assert.is_true(lasted() < 1, "lasted " .. lasted())
    -- The machine may be too busy to generate well; else what was cut short is a failure, although nothing else can be told.
    assert.equal(r.loads[1].generator.verdict == "limited" and 4 or 3, code)
  end)

  it("and the next one by its own seconds alone", function()
    local path = support.write(folder .. "/two.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "two", args = { target = pl.arg.url {} }, errors = "ignore", objectives = { { "error_ratio < 5% over last 1s", stop = true } },
        scenarios = function(args)
          local function of(path) return { arrivals = pl.even "100/s", duration = "1500ms", request = { url = args.target .. path } } end
          return { bad = of "/none", good = of "/" }
        end,
        run = function(run)
          run:stop_when(function(now) return now:value "error_ratio over last 1s" > 0.05 end)
          local bad = run:load "bad"
          local good = run:load "good"
          run:event("seen", pl.json.encode { bad.stopped and bad.stopped.at < 1 or false, good.stopped or false, good.started })
        end }]])
    local _, out, err = support.run(("run %s --target %s --db %s/two.db"):format(path, shop.url, folder))
    local _, seen = support.run(("sql --db %s/two.db --json - \"SELECT text FROM events WHERE kind = 'seen'\""):format(folder))
    assert.equal("[true,false,150]", json.decode(seen).rows[1].text, out .. err)
  end)

  it("by every form of a window and a condition", function()
    for _, form in ipairs { "over any 2s", "over last 1s", "when rate(requests) > 1/s", "over last 2s when rate(requests) > 1/s", "" } do
      support.shell(("curl -s -d errors=0 %s/trouble"):format(shop.url))
      support.shell((": >%s"):format(shop.journal))
      local _, stopped = run { objectives = ('{ "error_ratio < 5%% %s", stop = true }'):format(form), after = 2 }
      assert.is_truthy(stopped, form)
      assert.is_true(lasted() < 1.4, ("%s: lasted %g"):format(form, lasted()))
    end
  end)

  it("by a function of the playbook over two windows", function()
    local code, stopped, r = run { after = 3, before = [[
      run:stop_when(function(now)
        if now:value("error_ratio over last 3s") > 0.05 and now:value("error_ratio over last 1s") > 0.5 then return "burning" end
      end)]] }
    assert.equal("stop_when", stopped.objective)
    assert.equal("burning", stopped.why)
    assert.matches("%.lua:%d+$", stopped.rule)
    assert.is_true(stopped.value > 0.5)
    assert.equal("fail", r.objectives[1].verdict)
    assert.is_true(lasted() < 1.9, "lasted " .. lasted())
    assert.equal(r.loads[1].generator.verdict == "limited" and 4 or 3, code)
  end)

  it("by a burn rate: the long window and the present second", function()
    local _, stopped = run { objectives = '{ "error_ratio < 20% over last 3s when error_ratio > 50%", stop = true }', after = 3 }
    assert.matches("when error_ratio", stopped.objective, 1, true)
    assert.is_true(lasted() > 0.5 and lasted() < 2.5, "lasted " .. lasted())
  end)

  it("not before `after`, `for` and min_samples allow it", function()
    support.shell(("curl -s -d errors=1 %s/trouble"):format(shop.url))
    local _, stopped = run { objectives = '{ "error_ratio < 5%", stop = true, after = "2500ms" }' }
    assert.is_true(stopped.at >= 2.5 and stopped.at < 4, "at " .. stopped.at)
    _, stopped = run { objectives = '{ "error_ratio < 5% for 2s", stop = true }' }
    assert.is_true(stopped.at > 2.5 and stopped.at < 4.5, "at " .. stopped.at)
    _, stopped = run { objectives = '{ "error_ratio < 5%", stop = true, min_samples = 500 }' }
    assert.is_true(stopped.at > 2.5 and stopped.at < 4.5, "at " .. stopped.at)
    _, stopped = run { objectives = '{ "error_ratio < 5%", stop = true, min_samples = 5000 }', duration = "2s" }
    assert.is_false(stopped)
  end)

  it("and passes where that is a warning only", function()
    support.shell(("curl -s -d errors=1 %s/trouble"):format(shop.url))
    local code, stopped, r = run { objectives = '{ "error_ratio < 5%", stop = true, severity = "warn" }' }
    assert.is_truthy(stopped)
    assert.equal("fail", r.objectives[1].verdict)
    assert.is_true(code == 0 or code == 4)
  end)

  it("also while the script does not wait for it", function()
    local path = support.write(folder .. "/w.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "w", args = { target = pl.arg.url {} }, objectives = { { "error_ratio < 5%", stop = true } },
        scenarios = function(args) return { a = { arrivals = pl.even "100/s", duration = "30s", request = { url = args.target .. "/status/500" } } } end,
        run = function(run)
          local load = run:load("a", { wait = false })
          run:sleep "3s"
          local l = load:wait()
          print("stopped at " .. l.stopped.at)
          assert(l.stopped.at < 2, l.stopped.at)
        end }]])
    local code, out, err = support.run(("run %s --target %s --db %s/t.db"):format(path, shop.url, folder))
    assert.is_true(code == 3 or code == 4, out .. err)
    assert.matches("stopped at", out .. err, 1, true)
  end)
end)
