--- run:sample "scrape" against real targets (node_exporter, Prometheus' own client library), and beside the real Prometheus: the same target
--- gives both the same series.
local json = require "perilune.core.json"
local support = require "integration.support"

local RULES = {
  { source_labels = { "__name__" }, regex = "go_.*", action = "drop" },
  { source_labels = { "path", "code" }, separator = ":", regex = "/(tmp/)?(.*):(.).*", target_label = "class", replacement = "${2}-${3}xx" },
  { source_labels = { "class" }, target_label = "class", action = "lowercase" },
  { source_labels = { "class" }, target_label = "loud", action = "uppercase" },
  { source_labels = { "mode", "cpu" }, target_label = "shard", modulus = 7, action = "hashmod" },
  { regex = "(c)(pu|ode)", replacement = "the_${1}_$2", action = "labelmap" },
  { regex = "cpu", action = "labeldrop" },
  { source_labels = { "__name__" }, regex = "shop_queue", target_label = "__name__", replacement = "shop_line" },
  { source_labels = { "name" }, regex = "pr(?P<rest>.*)", target_label = "to_$rest", replacement = "yes" },
  { source_labels = { "job" }, target_label = "class", action = "dropequal" },
  { source_labels = { "zone" }, regex = "p-127[.].*", action = "keep" },
  { regex = "path|device", action = "labeldrop" },
}
local TARGET_RULES = {
  { source_labels = { "__address__" }, regex = "(.*):(.*)", target_label = "zone", replacement = "p-$1" },
  { source_labels = { "__param_of" }, target_label = "of" },
  { target_label = "__tmp_x", replacement = "gone" },
}

describe("run:sample scrape", function()
  local folder
  setup(function() folder = support.folder() end)
  teardown(support.clean)

  --- A playbook's run with these lines; gives exit code and what it wrote.
  local function run(lines, url, more)
    local path = support.write(folder .. "/s.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "s", errors = "ignore", args = { url = pl.arg.url {} }, %s run = function(run)
  local function sample(o) o.url = o.url or run.args.url return run:sample("scrape", o) end
%s end }]]):format(more or "", lines))
    local code, out, err = support.run(("run %s --url %s --db %s/s.db"):format(path, url, folder), 60)
    return code, out .. err
  end
  --- Waits in a playbook until so many scrapes were done.
  local UNTIL = [[
  local function scraped(s, n) for _ = 1, 1000 do if s:counts().scrapes >= n then return s:counts() end run:sleep "50ms" end error "too few scrapes" end
]]

  local function lines_of(list)
    local out = {}
    for _, labels in ipairs(list) do
      local pairs_of = {}
      for name, value in pairs(labels) do
        local ours = name == "source" or name == "role" or name == "origin"
        if name ~= "__name__" and not ours then pairs_of[#pairs_of + 1] = ("%s=%q"):format(name, value) end
      end
      table.sort(pairs_of)
      out[#out + 1] = ("%s{%s}"):format(labels.__name__, table.concat(pairs_of, ","))
    end
    table.sort(out)
    return out
  end

  --- What Prometheus has of these targets: { job, port, honor }.
  local function by_prometheus(prometheus, targets)
    local port, configs, dir = support.free_port(), {}, support.folder()
    for i, t in ipairs(targets) do
      configs[i] = { job_name = t.job, honor_labels = t.honor, params = { of = { "x" } }, static_configs = { { targets = { "127.0.0.1:" .. t.port } } }, relabel_configs = TARGET_RULES, metric_relabel_configs = RULES }
    end
    support.write(dir .. "/p.yml", json.encode { global = { scrape_interval = "1s" }, scrape_configs = configs }) -- JSON is YAML
    local server = support.start(("%s --config.file=%s/p.yml --storage.tsdb.path=%s/data --web.listen-address=127.0.0.1:%d"):format(prometheus, dir, dir, port))
    local function ask(what)
      local _, out = support.shell(("curl -sG http://127.0.0.1:%d/api/v1/%s"):format(port, what))
      local ok, answer = pcall(json.decode, out)
      return ok and answer and answer.data or nil
    end
    support.wait_for(function()
      local data = ask "query --data-urlencode 'query=count(scrape_samples_scraped > 0)'"
      return data and data.result and data.result[1] and tonumber(data.result[1].value[2]) == #targets
    end, 60, "scrapes by Prometheus")
    local list = ask "series --data-urlencode 'match[]={job!=\"\"}'"
    server:stop()
    return lines_of(list)
  end

  it("gives the series that Prometheus has of the same targets, by the same rules", function()
    local prometheus, why = support.component "prometheus"
    local exporter, no_exporter = support.component "prometheus-node-exporter"
    if not prometheus or not exporter then return pending(why or no_exporter) end
    local shop, node_port = support.python_server "exposer", support.free_port()
    local node = support.start(("%s --web.listen-address=127.0.0.1:%d --collector.disable-defaults --collector.cpu --collector.diskstats --collector.meminfo --collector.loadavg"):format(exporter, node_port))
    support.wait_for(function() return support.listens(node_port) end, 10, "node_exporter")
    local targets = { { job = "shop", port = shop.port, honor = false }, { job = "kept", port = shop.port, honor = true }, { job = "node", port = node_port, honor = false } }
    local theirs = by_prometheus(prometheus, targets)
    local lines = { ("local rules, target_rules, all = pl.json.decode [==[%s]==], pl.json.decode [==[%s]==], {}"):format(json.encode(RULES), json.encode(TARGET_RULES)) }
    for _, t in ipairs(targets) do
      lines[#lines + 1] = ("all[#all + 1] = sample { url = 'http://127.0.0.1:%d/metrics?of=x', labels = { job = %q }, honor_labels = %s, relabel = target_rules, metric_relabel = rules, every = '500ms' }"):format(t.port, t.job, t.honor)
    end
    lines[#lines + 1] = "for _, s in ipairs(all) do local c = scraped(s, 2) assert(c.failed == 0, c.why) end"
    local code, text = run(UNTIL .. table.concat(lines, "\n"), shop.url)
    assert.equal(0, code, text)
    local _, out = support.run(("sql \"SELECT x.name, x.labels, o.instance FROM series x JOIN sources o ON o.id = x.source_id WHERE o.kind = 'scrape'\" --json - --db %s/s.db"):format(folder))
    local ours = {}
    for i, row in ipairs(json.decode(out).rows) do
      ours[i] = json.decode(row.labels)
      ours[i].__name__, ours[i].instance = row.name, row.instance
    end
    assert.is_true(#theirs > 100, #theirs)
    assert.same(theirs, lines_of(ours))
    node:stop()
    shop:stop()
  end)

  it("asks for OpenMetrics, packed, and makes distributions of histograms", function()
    local shop = support.python_server "exposer"
    local code, text = run(UNTIL .. [[
  scraped(sample { every = "500ms", distributions = true, labels = { job = "shop" } }, 4)
  print("asked", #run:query('shop_asked_total{packed="True", open="True"}', { at = run:now() }))
  local p
  for _ = 1, 600 do
    p = run:query("histogram_quantile(0.5, shop_latency_seconds)", { at = run:now() })[1]
    if p then break end
    run:sleep "50ms"
  end
  print("p50", p.value > 0.005 and p.value <= 0.1, p.labels.job)
  run:sla { "max(shop_latency_seconds{job='shop'}) <= 1s" }]], shop.url, 'objectives = { "mean(shop_latency_seconds) < 1us", "count(shop_latency_seconds) > 1" },')
    assert.equal(3, code, text)
    assert.matches("✗ mean(shop_latency_seconds) < 1us", text, 1, true)
    assert.matches("✓ max(shop_latency_seconds{job='shop'}) <= 1s", text, 1, true)
    assert.matches("✓ count(shop_latency_seconds) > 1", text, 1, true)
    assert.matches("asked\t1", text, 1, true)
    assert.matches("p50\ttrue\tshop", text, 1, true)
    shop:stop()
  end)

  it("marks what vanishes, and tells when a target is down", function()
    local shop = support.python_server "exposer"
    local code, text = run(UNTIL .. [[
  local s = sample { every = "1s", labels = { job = "shop" } }
  scraped(s, 2)
  local before = #run:query("shop_queue{name=\"print\"}", { at = run:now() })
  run:http { url = run.args.url .. "/vanish" }
  scraped(s, s:counts().scrapes + 2)
  local function count(selector) return #run:query(selector, { at = run:now() }) end
  print("queues", before, count 'shop_queue{name="print"}', count 'shop_queue{name="mail"}')]], shop.url)
    assert.equal(0, code, text)
    assert.matches("queues\t1\t0\t1", text, 1, true)
    shop:stop()
    code, text = run(UNTIL .. [[
  local c = scraped(sample { every = "1s", labels = { job = "gone" } }, 2)
  print("down", c.failed == c.scrapes, run:query('up{job="gone"}', { at = run:now() })[1].value, c.why)]], shop.url)
    assert.equal(0, code, text)
    assert.matches("down\ttrue\t0.0\t", text, 1, true)
    assert.matches("the last one: ", text, 1, true)
  end)

  it("fails a scrape that exceeds a limit, and says which", function()
    local shop = support.python_server "exposer"
    for option, why in pairs { ["sample_limit = 3"] = "sample_limit: it has ", ["label_limit = 2"] = "label_limit: ", ["label_value_length_limit = 8"] = "label_value_length_limit: ",
      ["body_size_limit = '1KiB'"] = "body_size_limit: ", ["url = run.args.url .. '/text'"] = "line 2: ", ["url = run.args.url .. '/huge', body_size_limit = '10KiB'"] = "body_size_limit: " } do
      local code, text = run(UNTIL .. ([[ local c = scraped(sample { every = "5s", labels = { job = "l" }, %s }, 1) print("failed", c.failed >= 1, c.why)]]):format(option), shop.url)
      assert.equal(0, code, text)
      assert.matches("failed\ttrue\t[^\n]*" .. why:gsub("%p", "%%%0"), text, 1)
    end
    shop:stop()
  end)

  it("holds up neither the load nor the end of a run", function()
    local server, shop = support.python_server "exposer", support.shop()
    local code, text = run(UNTIL .. ([[
  local s = sample { url = "%s/silent", every = "30s", labels = { job = "silent" } }
  local live = sample { every = "1s" }
  local load = run:load("a", { arrivals = pl.even "200/s", duration = "1s" })
  print("load", load.started, s:counts().scrapes)
  scraped(live, 2)]]):format(server.url), server.url,
      ([[scenarios = function() return { a = { request = { url = %q }, arrivals = pl.even "1/s", duration = "1s" } } end, objectives = function() return { "shop_queue{name='mail'} <= 2", "last(up) >= 1" } end,]]):format(shop.url .. "/"))
    assert.is_true(support.kept(code), text)
    assert.matches("load\t200\t0\n", text, 1, true)
    server:stop()
    shop:stop()
  end)

  it("is a command, too, which tells what there is", function()
    local shop = support.python_server "exposer"
    local code, out, err = support.run(("scrape %s --duration 2500ms --every 1s --job shop --db %s/c.db"):format(shop.url, folder))
    assert.equal(0, code, out .. err)
    assert.matches("shop_queue +2 +2 to 3\n", out)
    assert.matches("up +1 +1\n", out)
    code, out = support.run(("scrape %s --duration 2500ms --every 1s --job shop --db %s/c.db --json -"):format(shop.url, folder))
    local result = json.decode(out)
    assert.same({ 0, "perilune.scrape/1", "pass" }, { code, result.schema, result.verdict })
    assert.is_true(#result.series > 20 and result.scrapes >= 2 and result.failed == 0)
    shop:stop()
    code, out, err = support.run(("scrape %s --duration 2500ms --every 1s --db %s/c.db"):format(shop.url, folder))
    assert.equal(6, code, out .. err)
    assert.matches("up +1 +0\n", out)
    code, out, err = support.run(("scrape nonsense:// --db %s/c.db"):format(folder))
    assert.equal(2, code, out .. err)
  end)

  it("asks nobody who is not granted", function()
    local code, text = run('sample { url = "http://db.example:9100" }', "http://127.0.0.1:1")
    assert.equal(7, code, text)
    assert.matches("scraping db.example:9100 is not granted", text, 1, true)
  end)
end)
