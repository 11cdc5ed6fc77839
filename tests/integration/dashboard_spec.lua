--- Every expression of the dashboard for Grafana finds data in a Prometheus that has our series, whichever way they came.
local json = require "perilune.core.json"
local support = require "integration.support"

local PLAYBOOK = [[
local pl = require "perilune"
return pl.playbook { name = "d", args = { target = pl.arg.url {} },
  scenarios = function(args) return {
    open = { arrivals = pl.even "50/s", duration = "6s", request = { url = args.target } },
    closed = { users = 2, pace = "100ms", duration = "6s", request = { url = args.target } },
  } end,
  run = function(run)
    run:sample "host"
    run:sample("process", { pid = %d })
    run:load { "open", "closed" }
  end }]]

describe("the dashboard", function()
  local prometheus, why, folder, shop
  setup(function()
    prometheus, why = support.component "prometheus"
    if prometheus then folder, shop = support.folder(), support.shop() end
  end)
  teardown(support.clean)

  local function start(config)
    local port = support.free_port()
    support.write(("%s/%d.yml"):format(folder, port), config)
    support.start(("%s --config.file=%s/%d.yml --storage.tsdb.path=%s/%d --web.listen-address=127.0.0.1:%d --web.enable-remote-write-receiver"):format(prometheus, folder, port, folder, port, port))
    support.wait_for(function()
      local _, out = support.shell(("curl -s http://127.0.0.1:%d/-/ready"):format(port))
      return out:find("Ready", 1, true)
    end, 30, "Prometheus")
    return port
  end
  local function run_load()
    local path = support.write(folder .. "/d.lua", PLAYBOOK:format(shop.pid))
    local code, out, err = support.run(("run %s --target %s --db %s/d.db"):format(path, shop.url, folder))
    assert.equal(0, code, out .. err)
  end
  --- at: seconds since 1970; nil: now.
  local function asked(port, expression, at)
    local expr = expression:gsub("%$__rate_interval", "1m"):gsub("%$scenario", ".*")
    local _, out = support.shell(("curl -sG http://127.0.0.1:%d/api/v1/query --data-urlencode %s%s"):format(port, support.quote("query=" .. expr), at and " -d time=" .. at or ""))
    local got = json.decode(out)
    assert.equal("success", got.status, expr .. ": " .. out)
    return got.data.result, expr
  end
  --- Asks everything that the dashboard asks.
  local function check(port, at)
    local code, text, err = support.run "export grafana"
    assert.equal(0, code, err)
    local n = 0
    for _, panel in ipairs(json.decode(text).panels) do
      for _, target in ipairs(panel.targets) do
        local result, expr = asked(port, target.expr, at)
        assert.is_true(#result > 0, panel.title .. ": no data for " .. expr)
        for _, r in ipairs(result) do assert.is_true((tonumber(r.value[2]) or -1) >= 0, panel.title .. ": " .. r.value[2] .. " for " .. expr) end
        n = n + 1
      end
    end
    assert.is_true(n > 20)
  end

  it("shows what was written to Prometheus", function()
    if not prometheus then return pending(why) end
    local port = start "global: {}\n"
    run_load()
    local code, out, err = support.run(("export remote_write last --to http://127.0.0.1:%d/api/v1/write --db %s/d.db"):format(port, folder))
    assert.equal(0, code, out .. err)
    check(port)
  end)
  it("shows what Prometheus scraped of a run that goes on", function()
    if not prometheus then return pending(why) end
    support.start(("sh -c 'exec %s serve --listen 127.0.0.1:0 --db %s/d.db >%s/s.out 2>%s/s.err'"):format(support.perilune, folder, folder, folder))
    local address = support.wait_for(function() return support.exists(folder .. "/s.err") and support.read(folder .. "/s.err"):match "at http://(127%.0%.0%.1:%d+)/metrics" end, 20, "the listener")
    local port = start(("global: { scrape_interval: 1s }\nscrape_configs: [{ job_name: perilune, honor_labels: true, static_configs: [{ targets: ['%s'] }] }]\n"):format(address))
    support.wait_for(function() return (asked(port, "up == 1"))[1] end, 20, "the first scrape") -- some seconds after it is ready
    run_load()
    support.wait_for(function() return (asked(port, 'load_requests_total{scenario="open"} >= 300'))[1] end, 20, "the end of the load")
    local running = 'max(max_over_time(timestamp(perilune_run_info{name="d",verdict="running"})[10m:1s]))'
    check(port, asked(port, running)[1].value[2]) -- gauges are there while it goes on
  end)
end)
