local support = require "lua.support"
local findings = {}
support.without_run { writer = { record = function(name, fields) if name == "finding_put" then findings[#findings + 1] = fields.text end return 1 end, sync = function() return true end } }
local load = require "perilune.load"
local query = require "perilune.core.query"
local search = require "perilune.search"
local steps = require "perilune.steps"
local task = require "perilune.task"

-- The search against a target whose capacity is known: it answers up to `capacity` a second in time.
describe("run:search", function()
  before_each(function() findings = {} end)

  --- Searches; gives what was found, the rates that were sent, the rate that was held.
  local function found(capacity, options, target)
    target = target or {}
    local rates, held, run, last, lasted = {}, nil, support.run(), nil, nil
    run.times, target.run = {}, run
    function run.reader() return {} end
    local function result_of(level, users)
      last = level
      local limited = target.generator and level > target.generator and target.calm ~= 0 or held and target.busy
      if limited and target.calm then target.calm = target.calm - 1 end
      return { rate = math.min(level, capacity), valid = not limited, reasons = { "busy" }, latency = { p50 = 0.01, p99 = 0.02 }, error_ratio = 0, from_ms = 0, duration = 5,
        target = target.failing and { verdict = "failing", reasons = { "20 of 100 requests failed" } } or { verdict = "ok", reasons = {} },
        stats = { ok = target.silent and 0 or 100, errors = { status = 0 }, kept_up = level <= capacity * 1.5 and 1 or 0.5, rate_planned = level,
          rate_achieved = math.min(level, capacity), iterations = 100, requests = 100, users_max = users or 5 } }
    end
    local function step(_, _, o)
      if target.ends and #rates == target.ends then error({ code = "cancelled", message = "ended" }, 0) end
      local level = o.users or o.arrivals.stages and o.arrivals.stages[1][2] or o.arrivals.rate or o.arrivals[1]
      rates[#rates + 1], lasted = level, o.duration - o.warmup
      run.times[#rates] = lasted
      return result_of(level * (o.users and 10 or 1), o.users), {}
    end
    local function watch(expr, o)
      return { replay = function() return true end, result = function()
        local flaky = target.flaky and last == target.flaky.rate and target.flaky.times > 0
        if flaky then target.flaky.times = target.flaky.times - 1 end
        local needed, samples = expr:find "^p99" and target.needed or 1, last and lasted and math.floor(last * lasted * (target.share or 1)) or 0
        local over = last and last > (held and target.enduring or capacity) or flaky
        if samples < needed and not o.min_samples then return { verdict = "inconclusive", expr = expr, value = samples > 0 and 1 or nil, samples = samples, needed = needed, reason = "too few samples" } end
        return { verdict = over and "fail" or "pass", value = last, expr = expr, samples = samples, needed = needed }
      end }
    end
    local function hold(_, _, o, holds)
      held, last, lasted = o, o.arrivals.stages and o.arrivals.stages[1][2] or o.arrivals.rate or o.arrivals[1], o.duration - o.warmup
      run.held = run.held or {}
      table.insert(run.held, { rate = last, holds = holds(result_of(last), {}) })
    end
    target.needed = target.needed or 1
    options = options or {}
    options.until_fails = options.until_fails or (not options.users and "p99(latency) < 50ms" or nil)
    local f = support.with(load, { step = step, hold = hold }, support.with, query, { watch = watch }, support.with, task, { sleep = function() end }, search.run, run, "browse", options)
    return f, rates, held, run
  end

  it("keeps the steps of a run that ends before it", function()
    local target = { ends = 3 }
    assert.equal("ended", (support.message(found, 100, { from = 10 }, target)))
    local f = target.run.searches[1]
    assert.same({ false, 3, "it ended after 3 steps" }, { f.known, #f.steps, f.why })
    target = { ends = 0 }
    support.message(found, 100, { from = 10 }, target)
    assert.is_nil(target.run.searches)
  end)

  it("doubles, halves the gap, repeats and holds", function()
    local f, rates, held = found(100, { from = 10, confirm = 2, precision = "10%" })
    assert.is_true(f.known)
    assert.is_true(f.rate <= 100 and f.rate > 85, tostring(f.rate))
    assert.is_true(f.hi > 100 and (f.hi - f.lo) / f.lo <= 0.1 + 1e-9)
    assert.same({ 10, 20, 40, 80, 160, 160 }, table.move(rates, 1, 6, 1, {}))
    assert.equal("p99(latency) < 50ms", f.limited_by)
    assert.is_truthy(held)
    assert.matches("^browse: .* meet p99%(latency%) < 50ms", findings[1])
  end)
  it("begins below its first rate when that is too much", function()
    local f, rates = found(30, { from = 100, step = "10s", confirm = 1 })
    assert.same({ 100, 100, 50, 50, 25 }, table.move(rates, 1, 5, 1, {}))
    assert.is_true(f.known and f.rate <= 30)
  end)
  it("lets a step last until its objectives have their samples", function()
    local f, _, held, run = found(1000, { from = 100, confirm = 1, precision = "10%" }, { needed = 1000 })
    assert.is_true(f.known and f.rate <= 1000 and f.rate > 850, tostring(f.rate))
    assert.same({ true, 100, 11 }, { f.steps[1].passed, f.steps[1].rate, run.times[1] }) -- 1,100 arrivals, so that 1,000 do not lack by chance
    assert.equal(5, run.times[4])
    assert.equal(11, held.duration)
  end)
  it("lasts longer where a start gives less than a sample", function()
    local f, rates, _, run = found(1000, { from = 200, confirm = 1, precision = "10%" }, { needed = 1000, share = 0.5 })
    assert.is_true(f.known and f.rate > 850)
    assert.same({ 200, 200, 400 }, table.move(rates, 1, 3, 1, {}))
    assert.same({ "?", "✓" }, { steps.sign(f.steps[1]), steps.sign(f.steps[2]) })
    assert.is_true(run.times[2] > 10 and run.times[2] <= 15)
  end)
  it("passes over what it cannot judge on the way up, and judges it before it is the answer", function()
    local f, rates = found(30, { from = 10, confirm = 1, precision = "10%" }, { needed = 1000 })
    assert.same({ 10, 20, 40, 40, 20 }, table.move(rates, 1, 5, 1, {}))
    assert.same({ false, true, "?" }, { f.steps[1].passed, f.steps[1].unjudged, steps.sign(f.steps[1]) })
    assert.is_true(f.known and f.rate <= 30 and f.rate > 26)
    local last = found(1000, { from = 10, to = 20 }, { needed = 1000 })
    assert.same({ true, 20, "last" }, { last.known, last.rate, last.steps[#last.steps].kind })
  end)
  it("knows nothing where even the longest step has too few samples", function()
    local f, _, held = found(100, { from = 10 }, { needed = 100000 })
    assert.is_false(f.known)
    assert.is_nil(f.lo)
    assert.is_nil(held)
    assert.equal("too few samples", f.limited_by)
    assert.matches("it cannot be told whether 80/s meet p99(latency) < 50ms: too few samples: a step lasts 60 s at most, and longer ones would tell", f.why, 1, true)
    assert.is_false(found(1000, { from = 10, to = 40 }, { needed = 100000 }).known)
    local without = found(1000, { from = 10 }, { needed = 1000, share = 0 })
    assert.same({ false, 1 }, { without.known, #without.steps })
    for _, step in ipairs(f.steps) do assert.is_false(step.passed) end
  end)
  it("is limited by failures where they are what was not answered", function()
    local f = found(1, { from = 10 }, { failing = true })
    assert.equal("20 of 100 requests failed", f.steps[1].limited_by)
    assert.equal("answered 1/s of 10/s", found(1, { from = 10 }).steps[1].limited_by)
  end)
  it("is lowered by a repeat that fails", function()
    local clean = found(100, { from = 10, confirm = 2 })
    local f = found(100, { from = 10, confirm = 2 }, { flaky = { rate = clean.rate, times = 2 } })
    assert.is_true(f.known and f.rate < clean.rate)
    assert.is_true(f.hi <= clean.rate)
  end)
  it("goes on below a rate that does not hold as long as it is held", function()
    local clean = found(100, { from = 10, precision = "5%" })
    local f, _, held, run = found(100, { from = 10, precision = "5%" }, { enduring = 75 })
    assert.is_true(f.known and f.rate <= 75 and f.rate > 50, tostring(f.rate))
    assert.same({ false, false, true }, { run.held[1].holds, run.held[2].holds, run.held[#run.held].holds })
    assert.equal(f.rate, run.held[#run.held].rate)
    assert.equal(clean.rate, run.held[1].rate)
    assert.same({ f.rate, run.held[#run.held - 1].rate, 11 }, { f.lo, f.hi, held.duration })
    local last = f.steps[#f.steps]
    assert.same({ "hold", false, "p99(latency) < 50ms", f.hi }, { last.kind, last.passed, last.limited_by, last.rate })
    assert.equal("p99(latency) < 50ms", f.limited_by)
  end)
  it("knows nothing where no rate holds", function()
    local f, _, _, run = found(100, { from = 10 }, { enduring = 0.1 })
    assert.same({ false, "no rate held for 10 s" }, { f.known, f.why })
    assert.is_true(#run.held > 1 and #run.held <= 6)
    assert.equal("browse: no capacity known: no rate held for 10 s", findings[#findings])
  end)
  it("keeps a hold of which nothing can be told", function()
    local f, _, _, run = found(100, { from = 10, hold = "30s" }, { enduring = 75, busy = true })
    assert.is_true(f.known)
    assert.same({ { rate = f.rate, holds = true } }, run.held)
  end)
  it("is not misled by a step that fails once", function()
    local clean = found(100, { from = 10 })
    for _, rate in ipairs { 10, 40, clean.rate } do
      local f = found(100, { from = 10 }, { flaky = { rate = rate, times = 1 } })
      assert.same({ clean.rate, clean.hi }, { f.rate, f.hi }, "disturbed at " .. rate)
    end
    local f = found(100, { from = 10 }, { generator = 30, calm = 1 })
    assert.same({ clean.rate, clean.hi }, { f.rate, f.hi })
  end)
  it("ends at `to`, and says that nothing failed", function()
    local f = found(1000, { from = 10, to = 40 })
    assert.same({ true, 40, "40/s is the highest rate that it may try (to)" }, { f.known, f.rate, f.limited_by })
    assert.equal("browse: at least 40/s meet p99(latency) < 50ms; 40/s is the highest rate that it may try (to)", findings[#findings])
    assert.is_nil(f.hi)
  end)
  it("knows nothing where the generator was the limit, or nobody answered", function()
    local f = found(1000, { from = 10 }, { generator = 30 })
    assert.is_false(f.known)
    assert.same({ "the generator was the limit at 40/s", 20, "busy" }, { f.why, f.lo, f.steps[#f.steps].why })
    assert.equal("browse: at least 20/s; the generator was the limit at 40/s", findings[1])
    local first = found(1000, { from = 10 }, { generator = 5 })
    assert.same({ false, "the generator was the limit at 10/s" }, { first.known, first.why })
    assert.is_nil(first.lo)
    local few = found(1000, { from = 10 }, { generator = 30, needed = 100000 })
    assert.is_nil(few.lo) -- that a p99 of too few samples was not seen to fail is no bound
    assert.equal("browse: no capacity known: the generator was the limit at 40/s", findings[#findings])
    local silent = found(1000, { from = 10 }, { silent = true })
    assert.same({ false, true }, { silent.known, silent.silent })
  end)
  it("sweeps over users, and finds the best", function()
    local f, users, held = found(70, { users = { 1, 4, 16 } })
    assert.same({ 1, 4, 16 }, users)
    assert.same({ true, 70, 16 }, { f.known, f.rate, f.users })
    assert.is_nil(held)
  end)
  it("sends nothing where a number of users is none", function()
    local run = support.run()
    for _, users in ipairs { {}, { 4, 0 }, { 1.5 }, { "many" }, { n = 4 } } do
      assert.matches("a list of whole numbers from 1 on", (support.message(search.run, run, "browse", { users = users })), 1, true)
    end
    assert.same({}, run.events)
  end)
  it("needs an objective, and rates that make sense", function()
    local run = support.run()
    assert.matches("until_fails is missing", (support.message(search.run, run, "browse", {})), 1, true)
    for _, o in ipairs { { step = 0 }, { precision = 0 } } do assert.matches("step and precision are more than 0", (support.message(search.run, run, "browse", o)), 1, true) end
    assert.matches("from is a rate above 0", (support.message(search.run, run, "browse", { from = 5, to = 2, until_fails = "p99(latency) < 1s" })), 1, true)
  end)
end)
