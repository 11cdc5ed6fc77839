local database = require "perilune.database"
local json = require "perilune.core.json"
local likeness = require "perilune.likeness"
local support = require "lua.support"

describe("two runs", function()
  local function row(fields)
    local r = { name = "shop", args_hash = "h", args = "{}", script_hash = "s", labels = "{}", ulid = "U" }
    for k, v in pairs(fields or {}) do r[k] = type(v) == "table" and json.encode(v) or v end
    return r
  end

  it("are alike when nothing differs", function()
    assert.same({}, likeness.differences(row(), row()))
  end)
  it("differ in what changed, in words", function()
    assert.same({ "arguments: rate 200/s, was 100/s" }, likeness.differences(row { args = { rate = "100/s" } }, row { args = { rate = "200/s" }, args_hash = "i" }))
    assert.same({ "arguments: dns first, was none" }, likeness.differences(row { args = { headers = "", dns = "" } }, row { args = { dns = "first" }, args_hash = "i" }))
    assert.same({ "arguments: sla a < 1, b < 2, was none" }, likeness.differences(row { args = {} }, row { args = { sla = "a < 1\nb < 2" }, args_hash = "i" }))
    assert.same({ "arguments: url b, was a" }, likeness.differences(row { args = { peak = "100", url = "a" } }, row { args = { peak = "100/s", url = "b" }, args_hash = "i" }))
    assert.same({ "the script's text has changed" }, likeness.differences(row(), row { script_hash = "t" }))
    assert.same({ "machine b, was a" }, likeness.differences(row { labels = { machine = "a" } }, row { labels = { machine = "b" } }))
    local changed = row { result = { loads = { { changed_by_hand = { { at_s = 2, change = "paused" } } } } } }
    assert.same({ "changed by hand: paused at 2 s, was none" }, likeness.differences(row(), changed))
    assert.same({ "changed by hand: none, was paused at 2 s" }, likeness.differences(changed, row()))
    local function planned(rate) return row { result = { loads = { { rate_per_s = { planned = rate } } } } } end
    assert.same({ "planned rate 200/s, was 100/s" }, likeness.differences(planned(100), planned(200)))
    assert.same({}, likeness.differences(planned(100), planned(100.5)))
  end)
  it("are none where no earlier one has passed, and the latest says why it has not", function()
    local function why(result)
      local rows = { row { id = 3, started_ns = 3 }, row { id = 2, started_ns = 2, ulid = "B", state = "inconclusive", result = result }, row { id = 1, started_ns = 1, ulid = "A", state = "failed", result = { because = "failed: x" } } }
      return support.with(database, { records = function() return rows end }, likeness.why_none, {}, rows[1])
    end
    local start = "no earlier run of this playbook has passed (1 failed, 1 inconclusive)"
    assert.equal(start .. "; the latest, B: cannot tell p99(latency) < 1s", why { because = "cannot tell p99(latency) < 1s", loads = { { generator = { verdict = "valid", reasons = {} } } } })
    assert.equal(start .. "; the latest, B: the generator was limited (starts came late)", why { because = "the generator was limited", loads = { { generator = { verdict = "limited", reasons = { "starts came late" } } } } })
    assert.equal(start, why {})
  end)
end)
