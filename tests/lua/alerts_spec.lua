local support = require "lua.support"
support.without_run()
local alerts = require "perilune.alerts"
local answers = require "perilune.answers"
local clock = require "perilune.core.clock"
local inquiry = require "perilune.inquiry"
local result = require "perilune.result"

describe("alerts while a run lasts", function()
  local BEGAN, STEP = 1700000000, 1

  --- What a watch makes of points up to a second: `value` of series a and b, or others, by the second; nil: it has none.
  local function watched(options, seconds, value, names)
    local run, now, events, kept = { notes = {} }, BEGAN, {}, nil
    function run:note(text) self.notes[#self.notes + 1] = text end
    local function query(_, _, o)
      local out = {}
      for at = o.from, o.to - STEP, STEP do
        for _, name in ipairs(names or { "a", "b" }) do
          local v = value(name, at - BEGAN)
          if v then out[#out + 1] = { labels = { name = name }, time = at, value = v } end
        end
      end
      return out
    end
    local function event(_, kind, text, at_ns, _, _, data)
      events[#events + 1] = { kind = kind, text = text, at = at_ns / 1e9 - BEGAN, data = data }
      return #events
    end
    local function event_ended(_, id, duration_ns) events[id].lasted = duration_ns / 1e9 end
    local handle
    support.with(clock, { wall = function() return now * 1000000000 end }, function()
      support.with(inquiry, { run = query }, function()
        support.with(result, { event = event, event_ended = event_ended }, function()
          support.with(answers, { anomalies = function(_, _, found) kept = found end }, function()
            handle = alerts.start(run, "p99(latency) by (name)", options)
            now = BEGAN + seconds
            alerts.finish(run)
          end)
        end)
      end)
    end)
    return events, kept, run.notes, handle
  end
  local function noise(name, i) return 5 + (i * (name == "a" and 7919 or 104729)) % 101 / 101 end

  it("are events at their moment, which last until it is calm again", function()
    local events, kept, notes, handle = watched({ live = true }, 400, function(name, i) return noise(name, i) + (name == "b" and i == 300 and 40 or 0) end)
    assert.equal(1, #events)
    assert.same({ "anomaly", 300 }, { events[1].kind, events[1].at })
    assert.matches("{name=b}: spike, 4", events[1].text, 1, true)
    assert.is_true(events[1].lasted >= 0 and events[1].lasted < 20)
    assert.equal(1, #kept)
    assert.equal("spike", handle.alerts()[1].kind)
    assert.matches("watched live: 1 alert in 800 rows", notes[1], 1, true)
  end)
  it("are named when rows have come after them", function()
    local events, kept = watched({ live = true }, 400, function(name, i) return noise(name, i) + (name == "a" and i >= 300 and 20 or 0) end)
    assert.equal("level shift", kept[1].kind)
    local last = events[#events]
    assert.is_true(events[1].text:find("level shift", 1, true) ~= nil or last.text:find("is a level shift", 1, true) ~= nil)
  end)
  it("are of all series together", function()
    local _, kept = watched({ live = true, together = true }, 400, function(name, i) return noise(name, i) + (name == "b" and i == 300 and 40 or 0) end)
    assert.same({ name = "b" }, kept[1].labels)
    assert.equal(2, kept[1].series)
  end)
  it("are of series together that begin later, too", function()
    -- One look takes 5,000 steps: the late one is not in the first.
    local _, kept = watched({ live = true, together = true }, 6000, function(name, i)
      if name ~= "late" then return noise(name, i) end
      return i >= 5200 and 7 + i * 15485863 % 101 / 101 + (i == 5900 and 40 or 0) or nil
    end, { "a", "b", "late" })
    local at
    for _, a in ipairs(kept) do at = a.time == BEGAN + 5900 and a or at end
    assert.same({ { name = "late" }, 3, "spike" }, { at.labels, at.series, at.kind })
    assert.is_true(#kept <= 2)
  end)
  it("are suppressed for a while", function()
    local function twice(name, i) return noise(name, i) + (name == "b" and (i == 300 and 40 or i == 350 and 4e6) or 0) end
    local _, kept = watched({ live = true }, 400, twice)
    assert.equal(2, #kept)
    _, kept = watched({ live = true, quiet = "5m" }, 400, twice)
    assert.equal(1, #kept)
  end)
  it("say what they cannot take", function()
    assert.matches("live begins now", (support.message(watched, { live = true, from = "5s" }, 1, noise)), 1, true)
    assert.matches("at least 50ms", (support.message(watched, { live = true, step = "1ms" }, 1, noise)), 1, true)
  end)
end)
