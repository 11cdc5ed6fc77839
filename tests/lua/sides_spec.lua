local hist = require "perilune.core.hist"
local sides = require "perilune.sides"

describe("the sides of an A/B", function()
  --- A load of 20 requests that took so many seconds each.
  local function load_of(seconds, url, failed)
    local h = hist.new()
    for _ = 1, 20 do h:record(seconds) end
    return { rate = 10, stats = { requests = 20 }, plans = { { url = url } }, handle = { hist = function() return h end },
      rows = { { key = "k", name = "GET /", requests = 20, failed = failed, errors = { timeout = 0 }, latency = {} } } }
  end

  it("are what all their loads did, together", function()
    local side = sides.of("base", { load_of(0.01, "http://me:pw@a/", 1), load_of(0.03, "http://me:pw@a/", 2) })
    assert.same({ "base", 2, 40, 10, 1 }, { side.name, side.loads, side.requests, side.rate, #side.rows })
    local row = side.rows[1]
    assert.same({ 40, 3, 40 }, { row.requests, row.failed, row.latency.count })
    assert.is_true(math.abs(row.latency.mean - 0.02) < 1e-4 and math.abs(row.latency.max - 0.03) < 1e-4)
    assert.equal("http://a/", side.url)
  end)
  it("are told with their URLs, and a row a request", function()
    local out = sides.lines { sides.of("base", { load_of(0.01, "http://a/", 1) }), sides.of("head", { load_of(0.03, "http://b/", 0) }) }
    assert.same({ "base (http://a/): 20 requests in 1 load, 10/s", "head (http://b/): 20 requests in 1 load, 10/s" }, { out[1], out[2] })
    assert.matches("request +count +failed +p50 +p95 +p99 +max", out[3])
    assert.matches("base: GET / +20 +1 +10 ms +%- +%- +10 ms", out[4])
    assert.matches("head: GET / +20 +0 +30 ms", out[5])
  end)
  it("have no table where nothing was counted", function()
    assert.same({ "base: 0 requests in 0 loads, 0/s" }, sides.lines { sides.of("base", {}) })
  end)
end)
