local support = require "integration.support"

-- A queue whose level changes while it is watched, and two figures of one host that are watched together.
local PLAYBOOK = [[
  return require("perilune").playbook { name = "watched", run = function(run)
    local watched = run:anomalies("queue", { live = true, step = "50ms" })
    run:anomalies("{__name__=~'host_.*'}", { live = true, step = "50ms", together = true })
    for i = 1, 120 do
      run:record("queue", (i > 70 and 24 or 9) + i % 3)
      run:record("host_cpu", i == 90 and 40 or 2 + i * 7919 % 5 / 5)
      run:record("host_memory", 5 + i * 104729 % 7 / 7)
      run:sleep "50ms"
    end
    print("at the end: " .. #watched.alerts())
  end }]]

describe("anomalies that are watched live", function()
  teardown(support.clean)

  it("are events while the run lasts, and in its report", function()
    local folder = support.folder()
    local path = support.write(folder .. "/p.lua", PLAYBOOK)
    local code, html, err = support.run(("run %s --db %s/t.db --html - --events %s/e.ndjson"):format(path, folder, folder))
    assert.equal(0, code, html .. err)
    local file = assert(io.open(folder .. "/e.ndjson"))
    local events = file:read "a"
    file:close()
    assert.is_truthy(events:find('"kind":"anomaly"', 1, true), events)
    assert.is_truthy(events:find("queue: ", 1, true), events)
    for _, part in ipairs { ">Anomalies<", "queue", "contributed most", "host_cpu" } do
      assert.is_truthy(html:find(part, 1, true), part .. "\n" .. err .. events)
    end
    assert.is_truthy(err:find("watched live: ", 1, true), err)
    assert.is_truthy((html .. err):find "level shift", err)
  end)
end)
