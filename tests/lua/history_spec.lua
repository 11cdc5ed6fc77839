local history = require "perilune.history"
local json = require "perilune.core.json"

describe("runs of a timeline", function()
  it("are described in one word and figures", function()
    local result = json.encode { loads = { { url = "http://h/", rate_per_s = { achieved = 5 }, latency_s = { p99 = 0.1 } }, { rate_per_s = { achieved = 9 }, latency_s = { p99 = json.null } } } }
    local d = history.describe { ulid = "A", name = "n", state = "passed", exit_code = 0, started_ns = 0, ended_ns = 2000000000, result = result }
    assert.equal("pass", d.verdict)
    assert.equal("http://h/", d.url)
    assert.equal(9, d.rate_per_s)
    assert.equal(0.1, d.p99_s)
    assert.equal(2, d.took_s)
    assert.equal("1970-01-01T00:00:02.000Z", d.ended_at)
  end)
  it("have the place of a search or comparison, and the rate that was found", function()
    local function described(result) return history.describe { ulid = "A", name = "n", state = "passed", started_ns = 0, result = json.encode(result) } end
    local d = described { url = "http://h/", loads = json.array {}, searches = { { rate_per_s = json.null }, { rate_per_s = 70 } } }
    assert.same({ "http://h/", 70 }, { d.url, d.rate_per_s })
    -- Where no capacity is known: what surely held, else the most that was answered.
    assert.equal(40, described({ loads = json.array {}, searches = { { rate_per_s = json.null, lo = 40, steps = { { achieved = 70 } } } } }).rate_per_s)
    assert.equal(70, described({ loads = json.array {}, searches = { { rate_per_s = json.null, lo = json.null, steps = { { achieved = 20 }, { achieved = 70 } } } } }).rate_per_s)
    assert.same({}, { described({ url = json.null, loads = json.array {} }).url })
  end)
  it("are interrupted when their process is gone", function()
    assert.equal("interrupted", history.verdict { state = "running", boot_id = "another boot", pid = 1, process_start = 1 })
    assert.equal("cancelled", history.verdict { state = "cancelled" })
  end)
  it("have an age and a place", function()
    assert.equal("59 s ago", history.ago(59.9))
    assert.equal("2 min ago", history.ago(120))
    assert.equal("3 d ago", history.ago(3.9 * 86400))
    assert.equal("h:8080", history.place "http://ada:pw@h:8080/x?y")
    assert.equal("unix:/run/shop.sock", history.place "unix:/run/shop.sock:/x")
    assert.equal("h", history.place "http://h?mail=me@home/x")
    assert.equal("-", history.place(nil))
  end)
  it("have ids that are cut where they differ", function()
    assert.equal(10, history.prefix_length { "01ABCDEFGH1", "01ABCDEFGJ1" })
    assert.equal(12, history.prefix_length { "01ABCDEFGHI1", "01ABCDEFGHI2" })
  end)
end)
