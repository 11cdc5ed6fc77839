--- Capacity searches and interleaved comparisons against a shop whose capacity is known.
local json = require "perilune.core.json"
local support = require "integration.support"

-- The object of --json and the exit code of what support.begin began.
local function object(wait)
  local code, out, err = wait()
  local ok, result = pcall(json.decode, out)
  assert(ok and result, err)
  return result, code
end

local function begin(arguments, seconds) return support.begin(("%s %s --json - --quiet"):format(support.perilune, arguments), seconds) end

local function playbook(folder, url, body)
  return support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "p", errors = "ignore",
  scenarios = function() return {
    s = { arrivals = pl.even "1/s", duration = "1s", base = "%s", request = { url = "/" } },
    t = { arrivals = pl.even "100/s", duration = "1s", base = "%s", request = { url = "/search?q=lamp" } },
    c = { users = 1, duration = "1s", base = "%s", request = { url = "/" } } } end,
  run = function(run) %s end }]]):format(url, url, url, body))
end

local CAPPED = "--delay constant:20ms --cap 2" -- 100 a second at most

-- A search lasts as long as its steps, and most of that it waits: AT_ONCE run beside each other, each with a shop and a timeline of its own. More would
-- hold up each other's generators where a build runs beside them, and a generator that lags makes its answer inconclusive.
local AT_ONCE = 2

describe("search", function()
  local searches, waits = {}, {}
  -- Begins the searches up to the i-th one. The two longest stand first, so that they run beside each other.
  local function begin_up_to(i)
    while #waits < math.min(i, #searches) do
      local search, folder = searches[#waits + 1], support.folder()
      waits[#waits + 1] = begin(("%s --db %s/d"):format(search.arguments(folder, search.shop and support.shop(search.shop).url), folder), search.seconds)
    end
  end
  teardown(support.clean)

  -- One test: search.arguments(folder, url of its shop) begin it; check(result, code, folder) looks at it.
  local function searching(what, search, check)
    local i = #searches + 1
    searches[i] = search
    it(what, function()
      begin_up_to(i + AT_ONCE - 1)
      check(object(waits[i]))
    end)
  end
  -- The arguments of a run of a playbook that does this.
  local function running(body)
    return function(folder, url) return "run " .. playbook(folder, url, body) end
  end

  searching("finds a rate below the capacity, confirms and holds it", { shop = CAPPED, seconds = 120, arguments = running
    [[local cap = run:search("s", { until_fails = "p90(latency) < 100ms", from = "25/s", step = "2s", hold = "2s", warmup = "100ms", precision = "10%", confirm = 1 })
      run:record("found", cap.rate)]] }, function(r, code)
    assert.equal(0, code)
    local f = r.searches[1]
    assert.is_true(f.known)
    assert.is_true(f.rate_per_s > 30 and f.rate_per_s < 105, tostring(f.rate_per_s))
    assert.is_true(f.hi > f.lo and f.hi <= 200)
    assert.equal(1, #r.loads)
    assert.equal("rise", f.steps[1].kind)
    assert.is_true(f.steps[1].passed)
    local last = #f.steps
    while f.steps[last].kind == "hold" do -- one that did not hold, on a busy machine: a lower rate was held
      assert.is_false(f.steps[last].passed)
      last = last - 1
    end
    assert.equal("confirm", f.steps[last].kind)
  end)

  searching("adds what --find looks for to the objectives of the run", { shop = CAPPED, seconds = 150, arguments = function(_, url)
    return ("load %s --find 'p50(latency) < 60ms' --duration 1s"):format(url)
  end }, function(r)
    assert.is_true(r.searches[1].known, r.searches[1].why)
    local of = {}
    for _, o in ipairs(r.objectives) do of[o.expr] = o end
    assert.is_truthy(of["p50(latency) < 60ms"])
    assert.is_true(of["p50(latency) < 60ms"].samples > 100)
  end)

  searching("sweeps over users", { shop = CAPPED, seconds = 60, arguments = running
    [[run:search("c", { users = { 1, 2, 4 }, step = "1s", warmup = "100ms" })]] }, function(r)
    local steps = r.searches[1].steps
    assert.equal(3, #steps)
    assert.is_true(steps[2].achieved > 1.5 * steps[1].achieved)
    assert.is_true(steps[3].achieved < 1.3 * steps[2].achieved)
  end)

  searching("takes no step of few samples for one that holds", { shop = "--delay constant:8ms", seconds = 60, arguments = function(_, url)
    return ("load %s --find 'p99(latency) < 2ms' --duration 1s --rate 40/s"):format(url)
  end }, function(r, code)
    assert.equal(4, code)
    assert.is_false(r.searches[1].known)
    assert.matches("fails at %d+/s already: p99%(latency%) < 2ms", r.searches[1].why)
    for _, step in ipairs(r.searches[1].steps) do assert.is_false(step.passed) end
  end)

  searching("cannot tell what its longest step has too few samples for", { shop = "--delay constant:1ms", seconds = 60, arguments = running
    [[run:search("s", { until_fails = "p99(latency) < 100ms", from = "20/s", to = "20/s", step = "1s", warmup = "100ms" })]] }, function(r, code)
    assert.equal(4, code)
    local f = r.searches[1]
    assert.same({ false, "too few samples" }, { f.known, f.limited_by })
    assert.matches("at least 1000 are needed: a step lasts 12 s at most", f.why, 1, true)
    assert.is_true(f.steps[1].unjudged and not f.steps[1].passed)
  end)

  local shown -- the file of the search below
  searching("judges the hold by what it searched for, and shows the answer everywhere", { shop = "--delay constant:1ms", seconds = 60, arguments = function(folder, url)
    shown = folder .. "/r.md"
    return ("run %s --markdown %s"):format(support.write(folder .. "/load.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "p", scenarios = function() return { s = { arrivals = pl.even "1/s", duration = "1s", base = "%s", request = { url = "/" } } } end,
  objectives = { "p90(latency) < 500ms" },
  run = function(run) run:search("s", { from = "200/s", to = "200/s", step = "1s", hold = "1s", warmup = "100ms" }) end }]]):format(url)), shown)
  end }, function(r, code)
    assert.equal(0, code)
    assert.equal("200/s is the highest rate that it may try (to)", r.searches[1].limited_by)
    assert.matches("**Capacity** of s: at least 200/s meet p90(latency) < 500ms", support.read(shown), 1, true)
  end)

  searching("says that nothing answers", { seconds = 60, arguments = function() return "load http://127.0.0.1:1/ --find 'p99(latency) < 1s'" end }, function(r, code)
    assert.equal(6, code)
    assert.is_false(r.searches[1].known)
  end)

  it("refuses what it cannot read", function()
    local code, out, err = support.run(("load http://127.0.0.1:1/ --find 'p99(latncy) < 1s' --db %s/d"):format(support.folder()))
    assert.is_true(code == 2 or code == 5)
    assert.matches('did you mean "latency"', out .. err, 1, true)
  end)
end)

describe("ab", function()
  after_each(support.clean)

  it("finds a difference, and none where there is none", function()
    local slow, other, fast = support.shop "--delay constant:8ms", support.shop "--delay constant:8ms", support.shop "--delay constant:4ms"
    local function compare(a, b) return begin(("load %s --against %s --rate 50/s --duration 1s --db %s/d"):format(a.url, b.url, support.folder()), 120) end
    local different, equal = compare(slow, fast), compare(other, other)
    local r, code = object(different)
    local same, same_code = object(equal)
    assert.equal(3, code)
    local p50 = r.comparisons[1]
    assert.equal("p50(latency)", p50.metric)
    assert.equal("fail", p50.verdict)
    assert.is_true(p50.noise_known and p50.effect > 0.5)
    assert.is_true(same_code ~= 3, tostring(same_code))
    assert.is_true(math.abs(same.comparisons[1].effect) < 0.3)
  end)
end)
