local clock = require "perilune.core.clock"
local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local support = require "lua.support"
local view = require "perilune.view"

describe("the live view", function()
  teardown(support.clean)

  local function plan(fields)
    local p = { name = "visit", model = "open", law = "poisson", stages = { { 20, 300, true } }, duration = 20, warmup = 0, offset = 0, url = "http://ada:pw@h:80/" }
    for k, v in pairs(fields or {}) do p[k] = v end
    return p
  end

  --- What is shown of these events, a second apart, on a terminal or not.
  local function shown(run, events, tty)
    local now = 1000
    local options = { tty = tty, columns = 60, settings = {} }
    return select(3, support.with(engine, { options = function() return options end }, support.with, clock, { now = function() return now end }, support.output, function()
      for _, e in ipairs(events) do
        view.event(run, e)
        now = now + (e.seconds or 1)
      end
    end))
  end
  local function progress(requests, fields)
    local e = { type = "progress", load = { plans = { plan() } }, elapsed = 5, figures = {}, states = {}, seconds = 10,
      stats = { requests = requests, planned = requests, iterations = requests, users = 3, failed = 0, dropped = 0 } }
    for k, v in pairs(fields or {}) do e[k] = v end
    return e
  end

  it("draws sparks", function()
    assert.same({ "▁█", "█", "▁▁", "" }, { view.spark({ 0, 8 }, 2), view.spark({ 1, 5 }, 1), view.spark({ 0, 0 }, 5), view.spark({}, 5) })
  end)
  it("tells planned starts from answered requests", function()
    assert.equal("199/s of 200/s", view.rate_text(199, 200, { requests = 1000, iterations = 998, users = 2 }))
    assert.equal("600/s (200/s starts planned)", view.rate_text(600, 200, { requests = 3000, iterations = 1000, users = 2 }))
    assert.equal("5/s", view.rate_text(5, nil, { requests = 5, iterations = 5, users = 1 }))
  end)
  it("says what is sent, without credentials", function()
    assert.equal("load visit: Poisson 300/s for 20 s to http://h:80/", view.plan_line(plan()))
    assert.equal("load: even up to 300/s for 20 s (5 s of it warm-up)", view.plan_line(plan { name = "load", law = "even", url = false, warmup = 5, stages = { { 10, 300 }, { 10, 100, true } } }))
    assert.equal("visit: Poisson 300/s for 20 s to http://h:80/", view.plan_line(plan(), true))
    assert.equal("load visit: 5 users 20 iterations each", view.plan_line(plan { model = "iterations_each", users = 5, iterations = 20, stages = {}, url = false }))
  end)
  it("is a line each ten seconds away from a terminal", function()
    local text = shown(support.run(), { { type = "load_begin", plans = { plan() }, seconds = 6 }, progress(3000, { seconds = 5 }), progress(6000, { figures = { p50 = "1 ms", p99 = "2 ms", cpu = "40 %" }, seconds = 5 }) })
    assert.equal(1, select(2, text:gsub("requests", "")))
    local late = shown(support.run(), { { type = "load_begin", plans = {}, seconds = 10 }, progress(3000, { figures = { p50 = "1 ms", cpu = "40 %" }, stats = { requests = 3000, planned = 3000, iterations = 3000, users = 3, failed = 2, dropped = 1 } }) })
    assert.matches("5 s, 15 s left  300/s of 300/s  p50 1 ms  p99 %-  2 failed  1 dropped\n", late)
    local short = shown(support.run(), { { type = "load_begin", plans = {}, seconds = 10 }, progress(3000, { figures = { cpu = "40 %" }, stats = { requests = 3000, planned = 3000, iterations = 3000, users = 3, failed = 2, dropped = 0 } }) })
    assert.matches("5 s, 15 s left  300/s of 300/s  3,000 requests  2 failed  3 users  cpu 40 %%\n", short)
    for line in (late .. short):gmatch "[^\n]+" do assert.is_true(#line <= 80) end
  end)
  it("shows what a load was changed to", function()
    local load = { plans = { plan(), plan { name = "other" } }, levels = { [2] = 50 }, paused = true }
    local text = shown(support.run(), { { type = "load_begin", plans = {}, seconds = 10 }, progress(3500, { load = load }) })
    assert.matches("5 s, 15 s left, paused  350/s of 350/s", text, 1, true)
  end)
  it("compares the rate with what was planned for the same seconds, not with what comes", function()
    local load = { plans = { plan { stages = { { 20, 300 } } } } } -- a ramp
    local text = shown(support.run(), { { type = "load_begin", plans = {}, seconds = 1 }, progress(60, { load = load, elapsed = 4 }), progress(127, { load = load, elapsed = 5 }) }, true)
    assert.matches("60/s of 60/s", text, 1, true)
    local odd = progress(127, { load = load, elapsed = 5 })
    odd.stats.planned = 130
    text = shown(support.run(), { { type = "load_begin", plans = {}, seconds = 1 }, progress(60, { load = load, elapsed = 4, seconds = 1 }), odd }, true)
    assert.matches("67/s of 70/s", text, 1, true)
  end)
  it("drops whole fields on a narrow terminal", function()
    local stats = { requests = 3000, planned = 3000, iterations = 3000, users = 3, failed = 2, dropped = 0 }
    local text = shown(support.run(), { { type = "load_begin", plans = {} }, progress(3000, { figures = { p50 = "4.37 ms", p99 = "13.7 ms", cpu = "40 %" }, stats = stats }) }, true)
    assert.matches("5 s, 15 s left  3,000/s of 3,000/s  2 failed\n", text, 1, true)
    local states = { { row = { expr = "p99(latency{scenario='browse',name='checkout of the cart'}) < 400ms over any 30s" }, verdict = "pass", text = "20 ms" } }
    text = shown(support.run(), { { type = "load_begin", plans = {} }, progress(300, { states = states }) }, true)
    assert.matches("✓ p99[^\n]+…[^\n]+ over any 30s  20 ms\n", text)
  end)
  it("is redrawn on a terminal, with objectives, cut at its width", function()
    local states = { { row = { expr = "p99(latency) < 1s" }, verdict = "pass", text = "20 ms" }, { row = { expr = ("x"):rep(100) }, text = "" } }
    local text = shown(support.run(), { { type = "load_begin", plans = { plan() } }, progress(300, { states = states }), progress(600, { states = states }), { type = "load_end" } }, true)
    assert.matches("✓ p99(latency) < 1s  20 ms", text, 1, true)
    assert.matches("\27[4A\27[J", text, 1, true)
    for line in text:gsub("\27%[%d*%u", ""):gmatch "[^\n]+" do assert.is_true(utf8.len(line) < 62, line) end
  end)
  it("fills the width, and cuts what is no UTF-8 as well", function()
    local states = { { row = { expr = ("é"):rep(100) }, text = "" }, { row = { expr = ("a\xb0"):rep(50) }, text = "" } }
    local text = shown(support.run(), { { type = "load_begin", plans = { plan() } }, progress(300, { states = states }) }, true)
    assert.matches("\n  · " .. ("é"):rep(27) .. "…" .. ("é"):rep(27) .. "\n", text, 1, true)
    assert.matches("\n  · " .. ("a\xb0"):rep(13), text, 1, true)
  end)
  it("shows nothing where it shall be quiet", function()
    local run = support.run()
    run.prepared.spec.quiet = true
    assert.equal("", shown(run, { { type = "load_begin", plans = { plan() }, seconds = 10 }, progress(300) }))
  end)
  it("shows what a search or a comparison tells on its way", function()
    assert.equal("  held 20/s\n", shown(support.run(), { { type = "note", text = "  held 20/s" } }))
    local long = { { type = "note", text = "shop.example is beyond loopback and no policy names it: held to 50/s" } }
    assert.equal("shop.example is beyond loopback and no policy names it: held\n    to 50/s\n", shown(support.run(), long, true))
    assert.equal(1, select(2, shown(support.run(), long):gsub("\n", "")))
    assert.equal("", shown(support.run { prepared = { spec = { quiet = true } } }, { { type = "note", text = "held" } }))
  end)
  it("writes events as lines of JSON", function()
    local path = support.folder() .. "/events"
    local run = support.run { options = { events = path } }
    shown(run, { { type = "note", text = "x", fn = print }, progress(5) })
    local lines = {}
    for line in io.lines(path) do lines[#lines + 1] = json.decode(line) end
    assert.same({ "note", "x", "01R" }, { lines[1].type, lines[1].text, lines[1].run_id })
    assert.equal(5, lines[2].stats.requests)
    assert.matches("nowhere", (support.message(shown, support.run { options = { events = "/nowhere/x" } }, { { type = "note" } })), 1, true)
  end)
end)
