local support = require "integration.support"

-- A disk that fills, a queue whose level changes, and every word of analysis asked once.
local PLAYBOOK = [[
  local pl = require "perilune"
  return pl.playbook { name = "looked", run = function(run)
    local disk = { name = "disk" }
    for i = 1, 200 do disk[i] = { 1790000000 + i * 3600, 40 + i * 0.1 + i * 7919 % 13 / 2 } end
    local ahead = run:forecast(disk, { horizon = "10d", levels = { 0.5, 0.9 } })
    ahead:crosses(70)
    run:replicas { demand = ahead, per_replica = 20 }
    run:rightsize(disk)
    run:capacity("usl", { from = { { users = 1, achieved = 10 }, { users = 2, achieved = 19 } } })
    for i = 1, 60 do
      run:record("queue", (i > 30 and 14 or 9) + i * i * 0.6180339887 % 1 * 2)
      run:sleep "50ms"
    end
    run:changes("queue", { step = "50ms" })
    run:anomalies("queue", { step = "50ms" })
    run:correlate { bad = { from = "1.5s", to = "3s" }, among = { "queue" }, step = "50ms" }
  end }]]

describe("what words of analysis found", function()
  teardown(support.clean)

  it("is in the run's reports, and the same in those made later", function()
    local folder = support.folder()
    local path = support.write(folder .. "/p.lua", PLAYBOOK)
    local code, html, err = support.run(("run %s --db %s/t.db --html -"):format(path, folder))
    assert.equal(0, code, html .. err)
    for _, part in ipairs { ">Analysis<", ">Forecast<", 'class="fan c2"', ">limit 70<", "It reaches 70, p10 ", ">Changes<", "line c2 level", ">Anomalies<", ">What changed with the bad window<", ">What can be had<", ">Replicas<", ">Right-sizing<" } do
      assert.is_truthy(html:find(part, 1, true), part)
    end
    local _, later = support.run(("report last --db %s/t.db --html -"):format(folder))
    assert.equal(html, later)
    local _, markdown = support.run(("report last --db %s/t.db --markdown -"):format(folder))
    assert.is_truthy(markdown:find("- disk: It reaches 70, p10 ", 1, true), markdown)
    assert.is_truthy(markdown:find("- queue: its level changed once", 1, true), markdown)
  end)
  it("is an error where there is nothing to look at", function()
    local folder = support.folder()
    local path = support.write(folder .. "/n.lua", [[
      return require("perilune").playbook { name = "none", run = function(run)
        run:record("queue", 1)
        for _, ask in ipairs {
          function() return run:anomalies("queu", { try = true }) end, function() return run:changes("queu", { try = true }) end,
          function() return run:changes("queu", { over = "runs", try = true }) end,
          function() return run:correlate { bad = { from = "0s", to = "1s" }, among = { "queu" }, try = true } end } do
          local found, why = ask()
          print(found, why.code, why)
        end
      end }]])
    local code, out, err = support.run(("run %s --db %s/n.db"):format(path, folder))
    assert.equal(0, code, out .. err)
    local _, _, unnamed = support.run(("changes run:last/queu --db %s/n.db"):format(folder))
    assert.matches("run:last/queu: there are no values of queu: no series is named \"queu\"; did you mean", unnamed, 1, true)
    local status, _, too_wide = support.run(("anomalies run:last/queue --step 1d --start -120d --db %s/n.db"):format(folder))
    assert.equal(8, status)
    assert.matches("; last_over_time(queue[1d]) takes", too_wide, 1, true)
    for _, word in ipairs { "anomalies", "changes", "correlate" } do
      assert.is_truthy((out .. err):find(("%s: there are no values of queu: no series is named \"queu\"; did you mean"):format(word), 1, true), out .. err)
    end
  end)
end)
