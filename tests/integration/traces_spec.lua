--- Slow requests of a load, joined to the spans that their target sent.
local json = require "perilune.core.json"
local support = require "integration.support"

describe("traces", function()
  after_each(support.clean)

  it("say what the slow requests of a load were made of", function()
    local folder, port, listen = support.folder(), support.free_port(), support.free_port()
    local server = support.start(("/usr/bin/python3 tests/integration/servers/traced.py %d http://127.0.0.1:%d"):format(port, listen))
    support.wait_for(function() return support.listens(port) end, 20, "the server")
    local path = support.write(folder .. "/t.lua", ([[
      local pl = require "perilune"
      return pl.playbook { name = "t", errors = "ignore",
        scenarios = { ask = { users = 1, iterations = 5, request = { url = "http://127.0.0.1:%d/" }, defaults = { trace = true } } },
        run = function(run)
          run:receive { listen = "127.0.0.1:%d" }
          run:load "ask"
        end }]]):format(port, listen))
    local code, out, err = support.run(("run %s --db %s/t.db --json -"):format(path, folder))
    server:stop()
    assert.equal(0, code, err)
    local slow = out:match '"slow":(%b[])'
    local list = json.decode(slow)
    assert.equal(5, #list)
    for _, e in ipairs(list) do assert.same({ { service = "traced", operation = "answer", kind = "server", seconds = 0.001 } }, e.critical_path) end
  end)

  it("are drawn in the report, as waterfalls of the slowest requests", function()
    local folder, port, listen = support.folder(), support.free_port(), support.free_port()
    local server = support.start(("/usr/bin/python3 tests/integration/servers/traced_shop.py %d http://127.0.0.1:%d"):format(port, listen))
    support.wait_for(function() return support.listens(port) end, 20, "the server")
    local path = support.write(folder .. "/t.lua", ([[
      local pl = require "perilune"
      return pl.playbook { name = "t", errors = "ignore",
        scenarios = { ask = { users = 1, iterations = 40, request = { url = "http://127.0.0.1:%d/" }, defaults = { trace = true } } },
        run = function(run)
          run:receive { listen = "127.0.0.1:%d", otlp = true }
          run:load "ask"
        end }]]):format(port, listen))
    local code, _, err = support.run(("run %s --db %s/t.db --html %s/r.html"):format(path, folder, folder))
    server:stop()
    assert.equal(0, code, err)
    local page = support.read(folder .. "/r.html")
    local function has(words) assert.is_truthy(page:find(words, 1, true), words) end
    for _, words in ipairs { "198 spans of 40 traces came.", "spans came of all of them", "2 are named as parents and did not come", "db <b>SELECT items</b> <small>client</small>",
      '<a href="#trace-1">', '<details id="trace-1" open>', "the request <b>GET /</b>", "✗ canceling statement", "Critical path: ", ">rows read<", "rows=3", "link to <code>eee19b7ec3c1b174</code>" } do has(words) end
    assert.equal(5, select(2, page:gsub('<details id="trace%-', "")))
  end)

  it("are what the playbook of traces reads: operations, as series, too", function()
    local folder, port, listen = support.folder(), support.free_port(), support.free_port()
    local server = support.start(("/usr/bin/python3 tests/integration/servers/traced_shop.py %d http://127.0.0.1:%d"):format(port, listen))
    support.wait_for(function() return support.listens(port) end, 20, "the server")
    local words = ("run playbooks/traces.lua --target http://127.0.0.1:%d --rate 40/s --duration 2s --settle 0s --db %s/t.db"):format(port, folder)
    local code, out, err = support.run(("%s --listen 127.0.0.1:%d"):format(words, listen))
    assert.equal(0, code, out .. err)
    assert.matches("db SELECT items +p99 +%d+%.%d ms +self +%d", err)
    local _, rows = support.run(("sql %s --db %s/t.db"):format(support.quote "SELECT count(DISTINCT labels) AS n FROM sample_list WHERE name = 'trace_operation_p99_seconds'", folder))
    assert.matches("5", rows)
    server:stop()
  end)

  it("that nobody sends fail the playbook of traces", function()
    local shop, folder = support.shop(), support.folder()
    local code, out = support.run(("run playbooks/traces.lua --target %s --rate 20/s --duration 500ms --settle 0s --listen 127.0.0.1:0 --db %s/t.db --html %s/r.html"):format(shop.url, folder, folder))
    shop:stop()
    assert.equal(5, code, out)
    assert.is_truthy(out:find("no span came to http://127.0.0.1:", 1, true), out)
    assert.is_truthy(support.read(folder .. "/r.html"):find("spans came of none of them", 1, true))
  end)
end)
