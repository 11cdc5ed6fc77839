local retention = require "perilune.retention"
local support = require "lua.support"
local timeline = require "perilune.core.timeline"

describe("retention", function()
  local path
  before_each(function() path = support.timeline { { ulid = "01A" } } end)
  teardown(support.clean)

  local function rules()
    local reader = assert(timeline.open(path))
    local found = retention.rules(reader)
    reader:close()
    return found
  end

  --- The rules that a timeline begins with, but for these.
  local function with(changes)
    local all = { raw = 7 * 86400, minute = 90 * 86400, hour = math.huge, spans = 30 * 86400, logs = 30 * 86400, events = 400 * 86400, artifacts = 90 * 86400 }
    for stage, seconds in pairs(changes) do all[stage] = seconds end
    return all
  end

  it("begins with a week, a quarter and for ever, and with ages of all that is no sample", function() assert.same(with {}, rules()) end)

  it("reads and writes ages", function()
    assert.equal(36 * 3600, retention.age "36h")
    assert.equal(math.huge, retention.age "forever")
    assert.equal("36h", retention.text(36 * 3600))
    assert.equal("14d", retention.text(14 * 86400))
    assert.equal("forever", retention.text(nil))
    assert.matches("or forever", (support.message(retention.age, "soon")), 1, true)
  end)

  it("is changed by stages, and remembers", function()
    assert.same(with { raw = 86400, hour = 400 * 86400 }, retention.set(path, { raw = "1d", hour = "400d" }))
    assert.same(with { raw = 86400, hour = 400 * 86400 }, rules())
    retention.set(path, { hour = "forever", minute = "forever", spans = "2h", artifacts = "forever" })
    assert.same(with { raw = 86400, minute = math.huge, hour = math.huge, spans = 7200, artifacts = math.huge }, rules())
  end)

  it("refuses what does not ascend", function()
    assert.matches("minute 90d is shorter than raw 91d", (support.message(retention.set, path, { raw = "91d" })), 1, true)
    assert.matches("for an hour at least", (support.message(retention.set, path, { raw = "59m" })), 1, true)
    assert.matches("spans are kept for an hour at least", (support.message(retention.set, path, { spans = "59m" })), 1, true)
    assert.matches('there is no stage "minutes"; did you mean "minute"?', (support.message(retention.set, path, { minutes = "9d" })), 1, true)
    assert.equal(7 * 86400, rules().raw)
  end)

  it("collects where there is nothing to do", function()
    local counts = retention.collect(path, {})
    assert.same({ 0, 0, 0, 0, true }, { counts.samples, counts.samples_left, counts.dists, counts.damaged, counts.gives_back })
  end)
end)
