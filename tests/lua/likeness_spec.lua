local json = require "perilune.core.json"
local likeness = require "perilune.likeness"

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
    assert.same({ "the script's text has changed" }, likeness.differences(row(), row { script_hash = "t" }))
    assert.same({ "machine b, was a" }, likeness.differences(row { labels = { machine = "a" } }, row { labels = { machine = "b" } }))
    local function planned(rate) return row { result = { loads = { { rate_per_s = { planned = rate } } } } } end
    assert.same({ "planned rate 200/s, was 100/s" }, likeness.differences(planned(100), planned(200)))
    assert.same({}, likeness.differences(planned(100), planned(100.5)))
  end)
end)
