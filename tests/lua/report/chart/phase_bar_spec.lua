local phase_bar = require "perilune.report.chart.phase_bar"

describe("the bar of a slow request's phases", function()
  local function pieces(e, most)
    local out = {}
    for x, width, name in phase_bar.draw(e, most):gmatch 'x="([^"]+)" y="0" width="([^"]+)" height="12"><title>(%l+)' do out[#out + 1] = { name, tonumber(x), tonumber(width) } end
    return out
  end

  it("has its phases in the order of time, as wide as they took", function()
    assert.same({ { "wait", 0, 180 }, { "receive", 180, 60 } }, pieces({ phases_s = { receive = 1, wait = 3 } }, 4))
  end)
  it("waited in a queue for what the connection does not explain", function()
    assert.same({ { "queue", 0, 60 }, { "connect", 60, 60 }, { "wait", 120, 120 } }, pieces({ lag_s = 2, phases_s = { connect = 1, wait = 2 } }, 4))
    assert.same({ { "connect", 0, 240 } }, pieces({ lag_s = 0, phases_s = { connect = 4 } }, 4))
    assert.same({ { "queue", 0, 60 }, { "connect", 60, 180 } }, pieces({ latency_s = 4, phases_s = { connect = 3 } }, 4))
  end)
  it("shows what is short, and nothing of what took no time", function()
    assert.same({ { "send", 0, 0.5 } }, pieces({ phases_s = { send = 1e-9, tls = 0 } }, 4))
    assert.same({}, pieces({}, 4))
  end)
  it("says how long each phase took", function()
    assert.matches('aria-label="wait 3 s, receive 1 s"', phase_bar.draw({ phases_s = { receive = 1, wait = 3 } }, 4), 1, true)
  end)
  it("has a legend of all pieces", function()
    assert.equal(7, select(2, phase_bar.legend():gsub('class="key', "")))
  end)
end)
