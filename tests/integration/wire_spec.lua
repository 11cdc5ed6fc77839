--- What a wire that fails does to what is received: the real Prometheus writes through toxiproxy, which delays, cuts and resets.
local json = require "perilune.core.json"
local support = require "integration.support"

describe("A receiver behind a bad wire", function()
  after_each(support.clean)

  --- A request to toxiproxy, or Prometheus: its body.
  local function curl(arguments)
    local code, out, err = support.shell("curl -sf " .. arguments)
    assert.equal(0, code, err)
    return out
  end
  --- `perilune serve`, toxiproxy before it and a Prometheus that writes to that; nil, and why not.
  local function start()
    local toxiproxy, why = support.component "toxiproxy-server"
    local prometheus, why_not = support.component "prometheus"
    if not toxiproxy or not prometheus then return nil, why or why_not end
    local folder, serve, api, wire, port = support.folder(), support.free_port(), support.free_port(), support.free_port(), support.free_port()
    local t = { db = folder .. "/w.db", toxics = ("http://127.0.0.1:%d/proxies/wire/toxics"):format(api), url = ("http://127.0.0.1:%d"):format(port) }
    t.serve = support.start(("%s serve --listen 127.0.0.1:%d --db %s 2>%s/err"):format(support.perilune, serve, t.db, folder))
    support.start(("%s -host 127.0.0.1 -port %d"):format(toxiproxy, api))
    support.wait_for(function() return support.listens(serve) and support.listens(api) end, 30, "serve and toxiproxy")
    curl(("-d '{\"name\":\"wire\",\"listen\":\"127.0.0.1:%d\",\"upstream\":\"127.0.0.1:%d\"}' http://127.0.0.1:%d/proxies"):format(wire, serve, api))
    support.write(folder .. "/p.yml", ([[
global: { scrape_interval: 250ms }
scrape_configs: [{ job_name: self, static_configs: [{ targets: ["127.0.0.1:%d"] }] }]
remote_write: [{ url: "http://127.0.0.1:%d/api/v1/write", remote_timeout: 2s, queue_config: { batch_send_deadline: 100ms, max_shards: 1, max_samples_per_send: 500, min_backoff: 30ms, max_backoff: 100ms } }]
]]):format(port, wire))
    t.prometheus = support.start(("%s --config.file=%s/p.yml --storage.tsdb.path=%s/data --storage.remote.flush-deadline=1s --web.listen-address=127.0.0.1:%d"):format(prometheus, folder, folder, port))
    support.wait_for(function() return support.listens(port) end, 30, "Prometheus")
    return t
  end
  --- What Prometheus counts of its remote write.
  local function counted(t, name)
    return tonumber(curl(t.url .. "/metrics"):match("\nprometheus_remote_storage_" .. name .. "{[^}]*} (%S+)")) or 0
  end
  local function rows(t, text)
    local code, out, err = support.run(("sql %s --db %s --json -"):format(support.quote(text), t.db))
    assert.equal(0, code, err)
    return json.decode(out).rows
  end
  local OF_PROMETHEUS = " FROM points p JOIN series s ON s.id = p.series_id JOIN sources o ON o.id = s.source_id WHERE o.kind = 'remote_write' AND s.name = "

  --- The samples of a series of Prometheus', but for its markers of staleness, before a moment in ms: { [ms] = value }, how many.
  local function theirs(t, name, before)
    local answer = json.decode(curl(("-G %s/api/v1/query --data-urlencode 'query=%s[10m]'"):format(t.url, name)))
    local all, n = {}, 0
    for _, v in ipairs(answer.data.result[1].values) do
      local ms = math.floor(v[1] * 1000 + 0.5)
      if ms < before then all[ms], n = tonumber(v[2]), n + 1 end
    end
    return all, n
  end

  it("loses nothing and has nothing twice", function()
    local t, why = start()
    if not t then return pending(why) end
    local faults = {
      { '{"name":"f","type":"latency","stream":"downstream","attributes":{"latency":300,"jitter":100}}', "samples_total" },
      { '{"name":"f","type":"reset_peer","stream":"downstream","attributes":{"timeout":0}}', "samples_retried_total" }, -- taken, and the answer is lost
      { '{"name":"f","type":"limit_data","stream":"upstream","attributes":{"bytes":700}}', "samples_retried_total" }, -- in mid-body
      { '{"name":"f","type":"slicer","stream":"upstream","attributes":{"average_size":100,"size_variation":50,"delay":1000}}', "samples_total" },
      { '{"name":"f","type":"slow_close","stream":"downstream","attributes":{"delay":1000}}', "samples_total" },
      { '{"name":"f","type":"timeout","stream":"upstream","attributes":{"timeout":100}}', "samples_retried_total" } }
    support.wait_for(function() return counted(t, "samples_total") > 0 end, 30, "the first samples")
    for _, fault in ipairs(faults) do
      local before = counted(t, fault[2])
      curl(("-d '%s' %s"):format(fault[1], t.toxics))
      support.wait_for(function() return counted(t, fault[2]) > before end, 60, fault[1])
      curl(("-X DELETE %s/f"):format(t.toxics))
      assert.is_true(t.serve:alive(), fault[1])
    end
    support.wait_for(function() return select(2, theirs(t, "up", math.huge)) > 8 end, 60, "samples enough to compare")
    local ended = (os.time() + 1) * 1000
    support.wait_for(function() return rows(t, "SELECT coalesce(max(p.ts_ns), 0) / 1000000 AS ms" .. OF_PROMETHEUS .. "'up'")[1].ms > ended + 1000 end, 60, "what came behind the faults")
    for _, name in ipairs { "up", "prometheus_remote_storage_samples_retried_total", "prometheus_tsdb_head_samples_appended_total" } do
      local want, n = theirs(t, name .. (name:find "tsdb" and '{type="float"}' or ""), ended)
      local got = rows(t, ("SELECT p.ts_ns / 1000000 AS ms, p.value%s'%s' AND p.value IS NOT NULL AND p.ts_ns < %d %s ORDER BY 1"):format(OF_PROMETHEUS, name, ended * 1000000, name:find "tsdb" and "AND s.labels ->> 'type' = 'float'" or ""))
      assert.is_true(n > 1, name)
      assert.equal(n, #got, name)
      for _, row in ipairs(got) do assert.equal(want[row.ms], row.value, name) end
    end
    assert.equal(0, counted(t, "samples_failed_total"))
    t.prometheus:stop()
    t.serve:stop()
  end)
end)
