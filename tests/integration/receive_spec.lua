--- What other systems send to a run, by the systems themselves.
local json = require "perilune.core.json"
local support = require "integration.support"

local PLAYBOOK = [[
local pl = require "perilune"
return pl.playbook { name = "r", errors = "ignore", args = { port = pl.arg.integer { 0 }, samples = pl.arg.integer { 1 } },
  run = function(run)
    local receiver = run:receive { listen = "127.0.0.1:" .. run.args.port, %s }
    local waited = 0
    while receiver:counts().samples < run.args.samples and waited < 60 do
      run:sleep "100ms"
      waited = waited + 0.1
    end
    %s
  end }]]

describe("run:receive", function()
  after_each(support.clean)

  --- Starts a run that ends once so many samples came: { port, db, finish() -> code, result, progress }.
  local function receiving(samples, options, body)
    local folder, port = support.folder(), support.free_port()
    local path = support.write(folder .. "/r.lua", PLAYBOOK:format(options or "", body or ""))
    local out, err = folder .. "/out", folder .. "/err"
    local process = support.start(("sh -c '%s run %s --port %d --samples %d --db %s/r.db --json - >%s 2>%s; echo $? >%s/code'"):format(
      support.perilune, path, port, samples, folder, out, err, folder))
    support.wait_for(function() return support.listens(port) end, 20, "the receiver")
    local function finish()
      support.wait_for(function() return support.exists(folder .. "/code") and support.read(folder .. "/code"):match "%d" end, 90, "the run's end")
      process:stop()
      return tonumber(support.read(folder .. "/code")), json.decode(support.read(out)), support.read(err)
    end
    return { port = port, url = "http://127.0.0.1:" .. port, db = folder .. "/r.db", finish = finish }
  end
  local function sql(run, text)
    local code, out, err = support.run(("sql %s --db %s --json -"):format(support.quote(text), run.db))
    assert.equal(0, code, err)
    return json.decode(out).rows
  end

  it("takes what Prometheus writes, sample by sample", function()
    local prometheus, why = support.component "prometheus"
    if not prometheus then return pending(why) end
    local run, folder, port = receiving(2000), support.folder(), support.free_port()
    support.write(folder .. "/p.yml", ([[
global: { scrape_interval: 1s }
scrape_configs: [{ job_name: self, static_configs: [{ targets: ["127.0.0.1:%d"], labels: { role: db } }] }]
remote_write: [{ url: "%s/api/v1/write", queue_config: { batch_send_deadline: 200ms } }]
]]):format(port, run.url))
    local server = support.start(("%s --config.file=%s/p.yml --storage.tsdb.path=%s/data --web.listen-address=127.0.0.1:%d"):format(prometheus, folder, folder, port))
    local code, result, progress = run.finish()
    assert.equal(0, code, progress)
    assert.matches("received at 127.0.0.1:" .. run.port, table.concat(result.notes or {}, "\n") .. progress, 1, true)
    local ups = sql(run, "SELECT s.ts_ns, s.value, x.labels, o.kind, o.instance, o.role FROM points s JOIN series x ON x.id = s.series_id JOIN sources o ON o.id = x.source_id WHERE x.name = 'up' ORDER BY 1")
    assert.equal("127.0.0.1:" .. port, ups[1].instance)
    assert.same({ "remote_write", "target", '{"exported_role":"db","job":"self"}' }, { ups[1].kind, ups[1].role, ups[1].labels })
    -- Prometheus itself says the same of each moment.
    local _, answer = support.shell(("curl -sG http://127.0.0.1:%d/api/v1/query --data-urlencode 'query=up[10m]'"):format(port))
    local theirs = {}
    for _, v in ipairs(json.decode(answer).data.result[1].values) do theirs[math.floor(v[1] * 1000 + 0.5)] = tonumber(v[2]) end
    for _, up in ipairs(ups) do assert.equal(theirs[up.ts_ns // 1000000], up.value) end
    server:stop()
  end)

  it("refuses what is no message, and tells how much", function()
    local run = receiving(1, "series = 5", "")
    local function post(path, more)
      local _, out = support.shell(("curl -s -o /dev/null -w '%%{http_code}' %s %s%s"):format(more, run.url, path))
      return out
    end
    local good = "-H 'Content-Type: application/x-protobuf' -H 'Content-Encoding: snappy'"
    assert.equal("404", post("/other", "-d x"))
    assert.equal("405", post("/api/v1/write", ""))
    assert.equal("415", post("/api/v1/write", "-d x"))
    assert.equal("400", post("/api/v1/write", good .. " -d x"))
    -- up{} 1 @ 1 s, as its bytes stand on the wire, in a block of Snappy that is one literal.
    local message = "\n!\n\14\n\8__name__\18\2up\18\12\9\0\0\0\0\0\0\240?\16\232\7"
    message = message:gsub("^\n.", function() return "\n" .. string.char(#message - 2) end)
    support.write(run.db .. ".block", string.char(#message, (#message - 1) << 2) .. message)
    assert.equal("204", post("/api/v1/write", ("%s --data-binary @%s.block"):format(good, run.db)))
    local code, result, progress = run.finish()
    assert.equal(0, code, progress)
    assert.matches("1 samples of 1 series; refused: 1 requests (nothing is received there), 1 requests (it is sent by POST), ", progress, 1, true)
    local rows = sql(run, "SELECT p.ts_ns, p.value FROM points p JOIN series s ON s.id = p.series_id WHERE s.name = 'up'")
    assert.same({ { ts_ns = 1000000000, value = 1.0 } }, rows)
    assert.is_table(result)
  end)

  it("stays on this machine without a policy", function()
    local folder = support.folder()
    local path = support.write(folder .. "/r.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "r", run = function(run) run:receive { listen = "0.0.0.0:0" } end }]])
    local code, out, err = support.run(("run %s --db %s/r.db"):format(path, folder))
    assert.not_equal(0, code)
    assert.matches("give a policy file with receive", out .. err, 1, true)
  end)
end)
