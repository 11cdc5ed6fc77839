local core = require "perilune.core.outlet"
local delivery = require "perilune.delivery"
local schema = require "perilune.schema"
local support = require "lua.support"
local task = require "perilune.task"
local words = require "perilune.words"

describe("a delivery", function()
  local parcels, answers, sent, slept, moved, opened
  before_each(function() parcels, answers, sent, slept, moved = { 3, 2 }, {}, {}, 0, {} end)

  --- An outlet that has these parcels, the n-th of which is everything before n.
  local outlet = {}
  outlet.__index = outlet
  function outlet:next()
    local n = parcels[self.at + 1]
    if not n then return nil end
    self.at = self.at + 1
    return "body " .. self.at, { samples = n, left_out = 1 }
  end
  function outlet:done() return self.at end
  function outlet:left()
    local n = 0
    for i = self.at + 1, #parcels do n = n + parcels[i] end
    return n
  end

  --- A client that answers as the list says, 200 behind its end.
  local client = {}
  function client:request(request)
    sent[#sent + 1] = request
    local status = answers[#sent]
    if not status then return { status = 200, text = "" } end
    if type(status) == "string" then return { status = 200, text = status } end
    if type(status) == "table" then error(status, 0) end
    error({ code = "status", status = status, message = "POST h: " .. status, answer = { status = status, text = "because", headers = { ["retry-after"] = status == 429 and "7" or nil } } }, 0)
  end

  local function new(options)
    local o = { to = "remote_write", url = "http://h:1/write?token=abcdefgh" }
    for k, v in pairs(options or {}) do o[k] = v end
    local function open(what)
      opened = what
      return setmetatable({ at = 0 }, outlet)
    end
    return support.with(core, { open = open }, delivery.new, schema.check(words.options.export, o, "export"), { run = 4, from_ns = 5 }, client)
  end
  local function deliver(d)
    local function sleep(seconds) slept = slept + seconds end
    local now = 0
    local function clock_now()
      now = now + 0.05
      return now
    end
    return support.with(task, { sleep = sleep }, support.with, require "perilune.core.clock", { now = clock_now }, d.deliver, d, "reader", 9, function(done) moved[#moved + 1] = done end)
  end

  it("sends every parcel in its order, and says how far it has come", function()
    local d = new { labels = { run = "x" }, headers = { ["x-scope-orgid"] = "me" }, auth = { bearer = "t" } }
    deliver(d)
    assert.same({ "remote_write", 4, 5, { run = "x" } }, { opened.format, opened.run, opened.from_ns, opened.labels })
    assert.same({ "body 1", "body 2" }, { sent[1].body, sent[2].body })
    assert.same({ "me", "snappy", "t", 0, true }, { sent[1].headers["x-scope-orgid"], sent[1].headers["content-encoding"], sent[1].auth.bearer, sent[1].retries, sent[1].dry })
    assert.same({ 1, 2 }, moved)
    assert.equal("export to http://h:1 (remote_write): 5 samples delivered; 2 samples left out: it has neither NaN nor infinities", d:told(0))
  end)
  it("says which samples a format's times cannot tell apart", function()
    local d = new { to = "graphite", url = "tcp://127.0.0.1:2003" }
    parcels, d.outlet.passed_over = {}, function() return 7 end
    assert.equal("export to tcp://127.0.0.1:2003 (graphite): 0 samples delivered; 7 samples left out: of those of a series within one second the first goes", d:told(0))
  end)
  it("takes labels that are texts", function()
    assert.matches("export: labels are ", (support.message(new, { labels = { "x" } })), 1, true)
  end)
  it("sends again what may be taken later, the same", function()
    answers = { 503, 500, 429, { code = "connect", phase = "connect", message = "no connection" }, { code = "timeout", message = "slow" } }
    local d = new {}
    deliver(d)
    for i = 1, 6 do assert.equal("body 1", sent[i].body) end
    assert.equal("body 2", sent[7].body)
    assert.same({ 5, 0, 7 }, { d.sent, d.refused, d.requests })
    assert.is_true(slept >= 4, "429 asked for 7 s") -- the clock moves, too
  end)
  it("counts what is refused, and goes on", function()
    answers = { 400 }
    local d = new {}
    deliver(d)
    assert.same({ 2, 2, 3 }, { #sent, d.sent, d.refused })
    assert.matches("2 samples delivered; 3 samples refused: .*POST h: 400: because", d:told(0))
  end)
  it("counts what is refused of what was taken, and says why", function()
    answers = { "\10\9\8\2\18\5quota", "\10\9\8\99\18\5other" }
    local d = new { to = "otlp", url = "http://h:1" }
    deliver(d)
    assert.same({ 2, 1, 4 }, { #sent, d.sent, d.refused })
    assert.matches("1 sample delivered; 4 samples refused: POST http://h:1: quota;", d:told(0), 1, true)
  end)
  it("ends where nobody can say no", function()
    answers = { { code = "refused", message = "h is not granted" } }
    local d = new {}
    local message, code = support.message(deliver, d)
    assert.matches("h is not granted$", message)
    assert.equal("refused", code)
    assert.equal(5, d:missing("reader", 9))
  end)
  it("gives up where there is a limit", function()
    answers = setmetatable({}, { __index = function() return 503 end })
    local d = new {}
    d.patience = 30
    local message, code = support.message(deliver, d)
    assert.matches("POST h: 503: because$", message)
    assert.equal("unavailable", code)
    assert.matches("0 samples delivered; 5 samples not delivered: .*POST h: 503: because", d:told(d:missing("reader", 9)))
  end)
  it("finds at once what no request may hold", function()
    local checking = require("perilune.http").new {}
    local o = schema.check(words.options.export, { to = "influx", url = "http://127.0.0.1:1", database = "d", headers = { ["x-a"] = "b\nc" } }, "export")
    assert.matches("the header x-a holds a control character", (support.message(delivery.new, o, { run = 4, from_ns = 5 }, checking)), 1, true)
    assert.same({}, sent)
  end)
  it("shows no more of a URL than whose it is", function()
    assert.equal("http://h:1", new({}).place)
  end)
  it("refuses what it does not know", function()
    assert.matches('nothing is sent to "remote_wrote"; did you mean "remote_write"', (support.message(new, { to = "remote_wrote" })), 1, true)
    assert.matches("export: ", (support.message(new, { url = "nowhere" })), 1, true)
    assert.matches("listen is run:export's, while a run lasts", (support.message(new, { to = "listen" })), 1, true)
  end)
  it("sends lines to whom that is granted", function()
    local function client_of(url, typed) return delivery.client({ to = "graphite", url = url }, typed or {}, { entries = {}, fetch = {} }) end
    assert.is_table(client_of "tcp://127.0.0.1:2003")
    assert.matches('takes a url such as "udp://', (support.message(client_of, "http://127.0.0.1:1")), 1, true)
    local message, code = support.message(client_of, "tcp://192.0.2.1:2003")
    assert.matches("export: 192.0.2.1:2003 is not granted", message, 1, true)
    assert.equal("refused", code)
    assert.is_table(client_of("tcp://192.0.2.1:2003", { ["192.0.2.1"] = true }))
    assert.equal("tcp://h:1", delivery.place "tcp://h:1")
  end)
end)
