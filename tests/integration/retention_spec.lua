local json = require "perilune.core.json"
local support = require "integration.support"

-- What is left of old samples, for those who ask as before.
describe("db gc", function()
  local folder, db, DAY, NOW = nil, nil, 86400, 1795000020 -- begins a minute
  setup(function() folder = support.folder() db = folder .. "/t.db" end)
  teardown(support.clean)

  local function perilune(words)
    local code, out, err = support.run(words .. " --db " .. db)
    assert.equal(0, code, out .. (err or ""))
    return out
  end

  local function number(expression, at)
    local result = json.decode(perilune(("query %s --time %d --json -"):format(support.quote(expression), at))).result[1]
    return result and tonumber(result.value[2])
  end

  --- A gauge and a counter every ten seconds of these two days; the counter begins anew every 1,000 samples.
  local function import(from)
    local lines = { "timestamp,metric,value" }
    for i = 0, 2 * DAY / 10 - 1 do
      lines[#lines + 1] = ("%d,heat,%d"):format(from + 10 * i, i % 12)
      lines[#lines + 1] = ("%d,done_total,%d"):format(from + 10 * i, i % 1000 * 3)
    end
    perilune("import csv " .. support.write(folder .. "/a.csv", table.concat(lines, "\n") .. "\n"))
  end

  it("leaves what averages, extremes and increases need", function()
    import(NOW - 30 * DAY)
    local at = NOW - 29 * DAY - 10
    local before = number("increase(done_total[6h])", at)
    local asked, answers = { "min", "max", "avg", "sum", "count" }, {}
    local function over_time(of) return number(of .. "_over_time(heat[6h])", at) end
    for _, of in ipairs(asked) do answers[of] = over_time(of) end
    local answer = json.decode(perilune(("db gc --now %d --json -"):format(NOW)))
    assert.equal(4 * DAY / 10, answer.samples_before)
    assert.is_true(answer.samples_after < answer.samples_before / 2)
    assert.same({ min = 0, max = 11, avg = 5.5, sum = 11880, count = 2160 }, answers)
    for _, of in ipairs(asked) do assert.equal(answers[of], over_time(of)) end
    assert.equal(11, number('max_over_time({__name__="heat:max"}[6h])', at))
    assert.is_true(math.abs(number("increase(done_total[6h])", at) / before - 1) < 0.01)
    assert.equal(1, number("count(heat)", at))
    perilune "db check"
    perilune(("db gc --now %d"):format(NOW + 90 * DAY))
    assert.is_true(math.abs(number("increase(done_total[6h])", at) / before - 1) < 0.2)
    assert.equal(11, over_time "max")
    assert.equal(5.5, over_time "avg")
    assert.is_true(json.decode(perilune "db stats --json -").samples < 4 * 48 + 300)
    local between = (NOW - 29 * DAY) // 3600 * 3600 + 1800
    assert.matches("; heat is kept by the hour there", perilune(("query 'max(heat)' --time %d"):format(between)), 1, true)
    assert.equal(5.5, number("last_over_time(heat[2h])", between))
    assert.matches("; the newest value of heat is of 20", perilune(("query 'max(heat)' --time %d"):format(NOW)), 1, true)
    perilune "db check"
  end)

  it("lets a run go on, and loses nothing of it", function()
    support.write(folder .. "/sampled.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "s", run = function(run)
        run:sample("host", { every = "100ms" })
        run:event("mark", "begun")
        run:sleep("60s")
      end }]])
    local busy = folder .. "/busy.db"
    support.shell(("cp %s %s"):format(db, busy))
    assert.equal(0, (support.run(("import csv %s/a.csv --db %s"):format(folder, busy))))
    local code, out, err = support.shell(([[cd %s; %s run sampled.lua --db busy.db --events events 2>log & pid=$!
      until grep -q begun events 2>/dev/null; do kill -0 $pid || exit 99; done
      for i in 1 2 3 4 5; do %s db gc --now %d --db busy.db || exit 98; done
      kill -INT $pid
      wait $pid]]):format(folder, support.perilune, support.perilune, NOW), 60)
    assert.equal(130, code, out .. (err or "") .. support.read(folder .. "/log"))
    assert.is_nil(support.read(folder .. "/log"):find("wait in memory", 1, true))
    assert.is_nil(out:find("not stored", 1, true), out)
    code, out = support.run("db check --db " .. busy)
    assert.equal(0, code, out)
  end)

  it("is killed at any moment, and goes on the next time", function()
    local slain, kills = folder .. "/slain.db", 0
    assert.equal(0, (support.run(("import csv %s/a.csv --db %s"):format(folder, slain))))
    for i = 1, 30 do
      local code = support.shell(("timeout -s KILL %.3f %s db gc --now %d --db %s >/dev/null"):format(0.002 * i, support.perilune, NOW, slain))
      kills = kills + (code == 0 and 0 or 1)
    end
    assert.is_true(kills > 0)
    assert.equal(0, (support.run(("db gc --now %d --db %s"):format(NOW, slain))))
    local _, out = support.run(("query %s --time %d --json - --db %s"):format(support.quote("count_over_time(heat[6h])"), NOW - 29 * DAY - 10, slain))
    assert.equal(2160, tonumber(json.decode(out).result[1].value[2]), out)
    local code, findings = support.run("db check --db " .. slain)
    assert.equal(0, code, findings)
  end)
end)
