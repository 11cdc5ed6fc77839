--- Exemplars of what is scraped and received: the trace that a value is of, at its series.
local json = require "perilune.core.json"
local support = require "integration.support"

local TRACE = ("5b8efff798038103"):rep(2)
local QUERY = [[SELECT e.text AS name, s.labels ->> 'le' AS le, e.data ->> 'value' AS value, e.data ->> 'trace_id' AS trace, coalesce(e.data ->> 'span_id', '') AS span,
  coalesce(e.data ->> '$.attributes.user', '') AS user, o.kind FROM events e JOIN series s ON s.id = e.data ->> 'series' JOIN sources o ON o.id = s.source_id WHERE e.kind = 'exemplar' GROUP BY 1, 2 ORDER BY 1]]

describe("exemplars", function()
  local folder
  before_each(function() folder = support.folder() end)
  after_each(support.clean)

  local function rows()
    local code, out, err = support.run(("sql %s --db %s/e.db --json -"):format(support.quote(QUERY), folder))
    assert.equal(0, code, err)
    local list = {}
    for i, r in ipairs(json.decode(out).rows) do list[i] = { r.name, r.le ~= json.null and r.le or "", r.value, r.trace, r.user, r.kind } end
    return list, json.decode(out).rows
  end
  --- A run that goes on until it has exemplars, beside a shell command.
  local function run(lines, command)
    local path = support.write(folder .. "/e.lua", ([[
      local pl = require "perilune"
      return pl.playbook { name = "e", errors = "ignore", run = function(run)
        local from = %s
        for _ = 1, 300 do if from:counts().exemplars >= 2 then return end run:sleep "100ms" end
      end }]]):format(lines))
    local process = command and support.start(command)
    local code, out, err = support.run(("run %s --db %s/e.db"):format(path, folder), 60)
    assert.equal(0, code, out .. err)
    if process then process:stop() end
    return out .. err
  end
  local function target()
    if support.shell "/usr/bin/python3 -c 'import prometheus_client'" ~= 0 then return nil, "there is no prometheus_client for Python" end
    local port = support.free_port()
    support.start(("/usr/bin/python3 tests/integration/servers/exemplars.py %d %s"):format(port, TRACE))
    support.wait_for(function() return support.listens(port) end, 20, "the target")
    return port
  end
  local function want(kind)
    return { { "order_seconds_bucket", kind == "scrape" and "1.0" or "1", 0.5, TRACE, "", kind }, { "orders_total", "", 1.0, TRACE, "a", kind } }
  end

  it("of Prometheus' client library are kept where it is scraped", function()
    local port, why = target()
    if not port then return pending(why) end
    local text = run(('run:sample("scrape", { url = "http://127.0.0.1:%d", every = "200ms" })'):format(port))
    assert.same(want "scrape", (rows()))
    assert.is_nil(text:find("exemplars (", 1, true))
  end)
  it("are kept that Prometheus sends on", function()
    local prometheus, why = support.component "prometheus"
    if not prometheus then return pending(why) end
    local port, none = target()
    if not port then return pending(none) end
    local listen, own = support.free_port(), support.free_port()
    support.write(folder .. "/p.yml", ([[
global: { scrape_interval: 1s }
scrape_configs: [{ job_name: shop, static_configs: [{ targets: ["127.0.0.1:%d"] }] }]
remote_write: [{ url: "http://127.0.0.1:%d/api/v1/write", send_exemplars: true, queue_config: { batch_send_deadline: 200ms } }]
]]):format(port, listen))
    run(('run:receive { listen = "127.0.0.1:%d" }'):format(listen),
      ("%s --config.file=%s/p.yml --storage.tsdb.path=%s/data --enable-feature=exemplar-storage --web.listen-address=127.0.0.1:%d"):format(prometheus, folder, folder, own))
    local list = rows()
    list[1][2] = "1" -- Prometheus 3 writes 1.0
    assert.same(want "remote_write", list)
  end)
  for _, way in ipairs { "http", "grpc" } do
    it("of OpenTelemetry's SDK are kept, over " .. way, function()
      local python = support.build .. "/python/bin/python3"
      local module = "opentelemetry.exporter.otlp.proto." .. way
      if support.shell(("%s -c 'import %s'"):format(python, module)) ~= 0 then return pending(("no %s in build/tests/python"):format(module)) end
      local where = "127.0.0.1:" .. support.free_port()
      run(("run:receive { %s = %q, otlp = %s }"):format(way == "grpc" and "otlp_grpc" or "listen", where, way == "http"),
        ("sh -c 'while ! %s tests/integration/servers/exemplar_sender.py %s%s >%s/ids 2>/dev/null; do sleep 0.2; done'"):format(python, way == "http" and "http://" or "", where, folder))
      local trace, span = support.read(folder .. "/ids"):match "(%x+) (%x+)"
      local list, all = rows()
      assert.same({ { "order_duration_seconds_bucket", "1", 0.5, trace, "", "otlp" }, { "orders_total", "", 3.0, trace, "", "otlp" } }, list)
      assert.equal(span, all[1].span)
    end)
  end
end)
