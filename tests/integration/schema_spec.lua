local json = require "perilune.core.json"
local support = require "integration.support"

-- perilune.load/1 as it is frozen: every field is there, of its kind, and null only where a figure may be absent.
local number, text, count = "number", "string", "integer"
local function maybe(kind) return { null_or = kind } end
local function list(kind) return { each = kind } end
local function any_key(kind) return { values = kind } end

local interval = maybe(list(number))
local distribution = { count = count, ci = { p50 = interval, p99 = interval } }
for _, name in ipairs { "mean", "stdev", "min", "p50", "p90", "p95", "p99", "p99_9", "p99_99", "max" } do distribution[name] = maybe(number) end

local LOAD = {
  schema = text, run_id = text, version = text, started_at = text, url = text, exit = { code = count, reason = text }, seed = count, model = text,
  arrivals = maybe(text), duration_s = number, colocated = "boolean",
  users = { planned = maybe(count), max = count }, connections = { planned = maybe(count), opened = count, max_open = count },
  starts = { planned = maybe(count), started = count, late = count, dropped = count, cancelled = count },
  requests = { total = count, ok = count, failed = count, aborted = count },
  errors = { dns = count, connect = count, tls = count, timeout = count, reset = count, protocol = count, truncated = count, status = count, check = count, script = count },
  status = any_key(count), bytes = { sent = count, received = count }, rate_per_s = { planned = maybe(number), achieved = number },
  latency_s = distribution, service_s = distribution, schedule_lag_s = maybe(distribution),
  phases_s = { dns = distribution, connect = distribution, tls = distribution, send = distribution, wait = distribution, receive = distribution },
  objectives = list { expr = text, value = maybe(number), limit = number, ci = interval, samples = maybe(count), verdict = text },
  target = { verdict = text, reasons = list(text), process = maybe { pid = count, name = text, cpu_cores = maybe(number) } },
  generator = { verdict = text, reasons = list(text), cpu_s = number, workers = list { cpu_s = number, busy = number }, rss_bytes = count },
}

local function walk(kind, value, path)
  if type(kind) == "string" then
    local ok = kind == "integer" and math.tointeger(value) or type(value) == kind
    assert.truthy(ok, ("%s is no %s: %s"):format(path, kind, tostring(value)))
  elseif kind.null_or then
    assert.is_not_nil(value, path .. " is absent")
    if value ~= json.null then walk(kind.null_or, value, path) end
  elseif kind.each or kind.values then
    assert.equal("table", type(value), path)
    for k, v in pairs(value) do walk(kind.each or kind.values, v, ("%s[%s]"):format(path, k)) end
  else
    assert.equal("table", type(value), path)
    for name, inner in pairs(kind) do
      assert.is_not_nil(value[name], path .. "." .. name .. " is absent")
      walk(inner, value[name], path .. "." .. name)
    end
  end
end

describe("perilune.load/1", function()
  local shop
  setup(function() shop = support.shop() end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  local function load(arguments)
    local _, r, err = support.load(arguments)
    assert.is_not_nil(r, err)
    walk(LOAD, r, "load")
    assert.equal("perilune.load/1", r.schema)
    local failed = 0
    for _, n in pairs(r.errors) do failed = failed + n end
    assert.equal(r.requests.failed, failed)
    assert.equal(r.requests.total, r.requests.ok + r.requests.failed)
    return r
  end

  it("of an open loop", function()
    local r = load(shop.url .. "/ --rate 300/s --duration 5s --connections 7")
    assert.same({ "open", "even", 7, 300, 1500 }, { r.model, r.arrivals, r.connections.planned, r.rate_per_s.planned, r.starts.planned })
    assert.equal(json.null, r.users.planned)
    assert.same({ 2, 2 }, { #r.latency_s.ci.p50, #r.service_s.ci.p99 })
    assert.is_number(r.schedule_lag_s.p50)
    assert.equal(json.null, load(shop.url .. "/ --rate 50/s --duration 1s").connections.planned)
  end)

  it("of a closed loop", function()
    local r = load(shop.url .. "/ --users 64 --duration 1s")
    assert.same({ 64, 64 }, { r.users.planned, r.connections.planned })
    for _, path in ipairs { "arrivals", "schedule_lag_s" } do assert.equal(json.null, r[path], path) end
    assert.equal(json.null, r.starts.planned)
    assert.equal(json.null, r.rate_per_s.planned)
    assert.equal(12, load(shop.url .. "/ --stages '500ms@12,500ms@3'").users.planned)
  end)

  it("of nothing that answers", function()
    local r = load(("http://127.0.0.1:%d/ -n 3 -c 1"):format(support.free_port()))
    assert.equal("silent", r.target.verdict)
    assert.equal(0, r.latency_s.count)
    assert.equal(json.null, r.latency_s.p50)
    assert.equal(json.null, r.latency_s.ci.p99)
  end)
end)
