local support = require "lua.support"
support.without_run()
local core = require "perilune.core.scrape"
local scrape = require "perilune.scrape"
local task = require "perilune.task"

--- What run:sample "scrape" is given, with the defaults that the specs look at.
local function target(options)
  options.labels, options.relabel = options.labels or {}, options.relabel or {}
  return scrape.target(options)
end

describe("the target of a scrape", function()
  it("has /metrics where no path is written, and its address as instance", function()
    local url, labels = target { url = "http://127.0.0.1:9100", labels = { job = "node" } }
    assert.equal("http://127.0.0.1:9100/metrics", url)
    assert.same({ instance = "127.0.0.1:9100", job = "node" }, labels)
    assert.equal("http://h/x?a=1", (target { url = "http://h/x?a=1#f" }))
  end)
  it("is a socket, too", function()
    local url, labels = target { url = "unix:/run/m.sock:/metrics" }
    assert.equal("unix:/run/m.sock:/metrics", url)
    assert.same({ instance = "/run/m.sock" }, labels)
  end)
  it("is what its rules say", function()
    support.with(core, { relabel = function(labels, rules)
      assert.same({ __address__ = "h:1", __scheme__ = "http", __metrics_path__ = "/probe", __param_target = "db", __param_x = "", job = "a" }, labels)
      assert.same({ { action = "replace", target_label = "instance" } }, rules)
      return { __address__ = "h:2", __scheme__ = "https", __metrics_path__ = "/m", __param_target = "db", __param_b = "2", __tmp = "gone", instance = "db", job = "a" }
    end }, function()
      local url, labels = target { url = "http://h:1/probe?target=db&x", labels = { job = "a" }, relabel = { { action = "replace", target_label = "instance" } } }
      assert.equal("https://h:2/m?b=2&target=db", url)
      assert.same({ instance = "db", job = "a" }, labels)
    end)
  end)
  it("may be dropped by them, and says which is wrong", function()
    local rules = { { action = "drop" } }
    assert.is_nil((support.with(core, { relabel = function() end }, target, { url = "http://h/", relabel = rules })))
    assert.matches("sample: relabel: rule 1: bad", (support.message(support.with, core, { relabel = function() return nil, { message = "rule 1: bad" } end }, target, { url = "http://h/", relabel = rules })), 1, true)
    assert.matches("relabel is a list of rules", (support.message(target, { url = "http://h/", relabel = { action = "drop" } })), 1, true)
    assert.matches('rule 1: unknown option "sources"', (support.message(target, { url = "http://h/", relabel = { { sources = { "a" } } } })), 1, true)
  end)
  it("has labels that are texts", function()
    assert.matches("labels are", (support.message(target, { url = "http://h/", labels = { a = 1 } })), 1, true)
    assert.matches("sample: ", (support.message(target, { url = "nonsense" })), 1, true)
  end)
end)

describe("run:sample scrape", function()
  local answers, taken, started, stopped, run
  before_each(function()
    answers, taken, started, stopped = {}, {}, {}, {}
    local client = { sender = function() end, request = function(_, request)
      local answer = answers[1]
      assert.equal(0, request.retries)
      if not answer then task.sleep(3600) end
      table.remove(answers, 1)
      if answer.code then error(answer, 0) end
      return { text = answer.text, header = function(_, name) return name == "content-type" and answer.type or nil end }
    end }
    run = support.run { scrapes = {}, scrape_client = client }
    run.prepared.typed, run.prepared.policy = {}, { entries = {}, fetch = {} }
    for name, fn in pairs {
      start = function(t) started[#started + 1] = t return #started end,
      take = function(n, t) taken[#taken + 1] = t return { samples = 1, kept = 1, added = 1, failed = t.body == "bad" and { message = "line 1: no" } or nil } end,
      stop = function(n) stopped[#stopped + 1] = n return true end,
      counts = function() return { samples = 12, series = 6, exemplars = 1, refused = { { reason = "series", count = 2, of = "samples", text = "too many series" } } } end,
    } do core[name] = fn end
  end)

  --- Starts a scrape and waits until so many scrapes were taken.
  local function scraped(n, options)
    options.every, options.timeout = options.every or "100ms", options.timeout
    local handle = scrape.start(run, options)
    while #taken < n do task.sleep(0.005) end
    return handle
  end

  it("hands on what is answered, and that nothing was", function()
    answers = { { text = "a 1\n", type = "text/plain" }, { code = "connect", message = "GET http://127.0.0.1:1/metrics: no", why = "no" }, { text = "bad" } }
    local handle = scraped(3, { url = "http://127.0.0.1:1", labels = { job = "j" } })
    assert.same({ "a 1\n", "text/plain" }, { taken[1].body, taken[1].type })
    assert.is_nil(taken[2].body)
    assert.is_true(taken[3].at > taken[1].at and taken[3].seconds >= 0)
    assert.same({ scrapes = 3, failed = 2, why = "line 1: no", samples = 12, series = 6, exemplars = 1, refused = { series = 2 } }, handle:counts())
    handle:stop()
    handle:stop()
    assert.same({ 1 }, stopped)
    assert.same({ instance = "127.0.0.1:1", job = "j" }, started[1].labels)
    assert.same({ "target", "synthetic", false, true }, { started[1].role, started[1].origin, started[1].honor_labels, started[1].honor_timestamps })
    scrape.finish(run)
    assert.same({ "scraped http://127.0.0.1:1/metrics: 3 times, 12 samples of 6 series; 2 failed, the last one: line 1: no; refused: 2 samples (too many series)" }, run.notes)
  end)
  it("knows whether it was ever answered", function()
    local function answered(first)
      answers, taken = { first }, {}
      local handle = scraped(1, { url = "http://127.0.0.1:1" })
      handle:stop()
      return handle.answered
    end
    assert.is_false(answered { code = "connect", message = "no", why = "no" })
    assert.is_true(answered { code = "status", status = 404, message = "404", why = "404" })
    assert.is_true(answered { code = "limit", message = "too large" })
    assert.is_true(answered { text = "bad" })
  end)
  it("ends a wait with the run", function()
    local handle = scrape.start(run, { url = "http://127.0.0.1:1" })
    task.sleep(0.01)
    scrape.finish(run)
    assert.equal(0, handle.scrapes)
    assert.same({}, stopped)
    assert.is_true(handle.ended)
  end)
  it("asks with Prometheus' headers, limits and a timeout of its own", function()
    local handle = scrape.start(run, { url = "http://127.0.0.1:1", every = "30s", sample_limit = 5, label_limit = 6, label_name_length_limit = 7, label_value_length_limit = 8, body_size_limit = "1KiB", headers = { x = "y" }, auth = { bearer = "t" } })
    local r = handle.request
    assert.equal("t", r.auth.bearer)
    assert.same({ 10, 1024, "200", "10", "y" }, { r.timeout, r.max_body, r.expect, r.headers["x-prometheus-scrape-timeout-seconds"], r.headers.x })
    assert.matches("^application/openmetrics%-text;version=1.0.0,", r.headers.accept)
    assert.same({ 5, 6, 7, 8 }, { started[1].samples, started[1].label_count, started[1].name_bytes, started[1].value_bytes })
    scrape.finish(run)
  end)
  it("fails the run's end where what was answered cannot be handed on", function()
    answers = { { text = "a 1\n" } }
    core.take = function(_, t) taken[#taken + 1] = t return nil, { code = "misuse", message = "there is no such target" } end
    local handle = scraped(1, { url = "http://127.0.0.1:1" })
    while not handle.broken do task.yield() end
    assert.equal("there is no such target", (support.message(scrape.finish, run)))
  end)
  it("refuses what cannot be scraped", function()
    local function refused(options) return (support.message(scrape.start, run, options)) end
    assert.matches("option url is missing", refused {}, 1, true)
    assert.matches("every is at least 100ms", refused { url = "http://127.0.0.1:1", every = "50ms" }, 1, true)
    assert.matches("not longer than every", refused { url = "http://127.0.0.1:1", every = "1s", timeout = "2s" }, 1, true)
    assert.matches('scraping db.example:9100 is not granted: give the URL on the command line, or a policy file with fetch = { "db.example:9100" }', refused { url = "http://db.example:9100" }, 1, true)
    assert.matches('unknown option "interval"', refused { url = "http://127.0.0.1:1", interval = "1s" }, 1, true)
    core.start = function() return nil, { message = "rule 1: replace needs a target_label" } end
    assert.equal("sample: metric_relabel: rule 1: replace needs a target_label", refused { url = "http://127.0.0.1:1", metric_relabel = { {} } })
    assert.same({}, run.scrapes)
  end)
end)
