--- run:fetch against the real Prometheus: what its API says is what is stored, and is asked for once.
local json = require "perilune.core.json"
local support = require "integration.support"

describe("run:fetch of Prometheus", function()
  local url, folder
  setup(function()
    local prometheus = support.component "prometheus"
    if not prometheus then return end
    local port = support.free_port()
    folder = support.folder()
    support.write(folder .. "/p.yml", ([[
global: { scrape_interval: 1s }
scrape_configs: [{ job_name: self, static_configs: [{ targets: ["127.0.0.1:%d"], labels: { role: db } }] }]
]]):format(port))
    support.start(("%s --config.file=%s/p.yml --storage.tsdb.path=%s/data --web.listen-address=127.0.0.1:%d --web.enable-remote-write-receiver"):format(prometheus, folder, folder, port))
    url = "http://127.0.0.1:" .. port
    local function scraped()
      local _, out = support.shell(("curl -s '%s/api/v1/query?query=count_over_time(up\\[1m\\])'"):format(url))
      return tonumber(out:match '"value":%[[%d.]+,"(%d+)"' or 0) >= 8
    end
    support.wait_for(scraped, 60, "eight scrapes")
  end)
  teardown(support.clean)

  local function run(lines)
    local path = support.write(folder .. "/f.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "f", args = { url = pl.arg.url {} }, run = function(run)
  local function fetch(o) o.url = run.args.url return run:fetch("prometheus", o) end
%s end }]]):format(lines))
    local code, out, err = support.run(("run %s --url %s --db %s/f.db"):format(path, url, folder))
    return code, out .. err
  end

  it("stores what its API says, once", function()
    if not url then return pending "there is no Prometheus" end
    local stop = os.time()
    local lines = ([[
  local got = fetch { query = "sum(up) + time() %%%% 7", as = "demand", from = %d, to = %d, step = "1s" }
  print("got", #got, got.requests, got.samples) for _, p in ipairs(got) do print("point", p.time, p.value) end
  for _, v in ipairs(run:query("demand", { from = got.from, to = got.to, step = "1s" })) do print("query", v.time, v.value) end]]):format(stop - 4, stop):gsub("%%%%", "%%")
    local code, text = run(lines)
    assert.equal(0, code, text)
    local _, out = support.shell(("curl -sG %s/api/v1/query_range --data-urlencode 'query=sum(up) + time() %% 7' -d start=%d -d end=%d -d step=1"):format(url, stop - 4, stop))
    local theirs = json.decode(out).data.result[1].values
    assert.equal(5, #theirs)
    assert.matches("got\t5\t1\t5", text, 1, true)
    for _, v in ipairs(theirs) do
      for _, word in ipairs { "point", "query" } do assert.matches(("%s\t%.1f\t%.1f"):format(word, v[1], tonumber(v[2])), text, 1, true) end
    end
    code, text = run(lines)
    assert.equal(0, code, text)
    assert.matches("got\t5\t0\t0", text, 1, true)
    code, text = run((lines:gsub("from = " .. stop - 4, "from = " .. stop - 6)))
    assert.matches("got\t%d\t1\t%d", text)
  end)
  it("is read by objectives' expressions, though it belongs to no run", function()
    if not url then return pending "there is no Prometheus" end
    local stop = os.time()
    local code, text = run(([[
  local got = fetch { query = "time() %%%% 7", as = "sevens", from = %d, to = %d, step = "1s" }
  local sum = 0
  for i = 1, 4 do sum = sum + got[i].value end
  local v = run:query("mean(sevens)", { from = got.from, to = got.from + 4 })[1]
  print("mean", v and v.value == sum / 4, v and v.samples)
  run:query "sevensome"]]):format(stop - 4, stop):gsub("%%%%", "%%"))
    assert.equal(0, code, text)
    assert.matches("mean\ttrue\t4", text, 1, true)
    assert.matches('query "sevensome": no series is named "sevensome"', text, 1, true)
  end)
  it("keeps the labels of many series, and a moment's value", function()
    if not url then return pending "there is no Prometheus" end
    local code, text = run [[
  local got = fetch { query = 'up{job="self"}' }
  print("labels", got.series[1].labels.job, got.series[1].labels.exported_role, got.series[1].labels.instance, got[1].value)
  print("many", #fetch({ query = "prometheus_http_requests_total" }).series > 1)]]
    assert.equal(0, code, text)
    assert.matches(("labels\tself\tdb\t%s\t1.0"):format(url:match "//(.*)"), text, 1, true)
    assert.matches("many\ttrue", text, 1, true)
  end)
  it("says what it asked where it found nothing, and keeps the name free", function()
    if not url then return pending "there is no Prometheus" end
    local code, text = run [[ fetch { query = "ups", as = "typed", from = "-5s", step = "1s" } ]]
    assert.equal(0, code, text)
    assert.matches(("fetch typed: nothing found: %s has no values of ups from %%d+%%-[%%dTZ:.-]+ to [%%dTZ:.-]+ by 1 s"):format(url:gsub("[.-]", "%%%0")), text)
    code, text = run [[ print("found", fetch({ query = "up", as = "typed", from = "-5s", step = "1s" }).requests) ]]
    assert.equal(0, code, text)
    assert.matches("found\t1", text, 1, true)
    assert.is_nil(text:find("nothing found", 1, true))
  end)
  it("brings back what was written there with its origin and role", function()
    if not url then return pending "there is no Prometheus" end
    local code, text = run [[ run:record("mine", 4.5) ]]
    assert.equal(0, code, text)
    code, text = support.run(("export remote_write last --metric mine --to %s/api/v1/write --db %s/f.db"):format(url, folder))
    assert.equal(0, code, text)
    code, text = run [[
  local got = fetch { query = "mine", as = "back" }
  print("origin", got.series[1].labels.origin, got.series[1].labels.exported_origin, got[1].value)
  print("stored", run:query("back")[1].labels.origin, run:query("back")[1].labels.role, run:query("back")[1].labels.exported_role) ]]
    assert.equal(0, code, text)
    assert.matches("origin\tsynthetic\tnil\t4.5", text, 1, true)
    assert.matches("stored\tsynthetic\tother\tnil", text, 1, true)
  end)
  it("says what it thinks of a query", function()
    if not url then return pending "there is no Prometheus" end
    local code, text = run [[fetch { query = "sum(", as = "x" }]]
    assert.equal(5, code)
    assert.matches("/api/v1/query?query=sum%28", text, 1, true)
    assert.matches("400 Bad Request: invalid parameter \"query\"", text, 1, true)
  end)
end)
