local support = require "lua.support"
support.without_run()
local core = require "perilune.core.receiver"
local pages = require "perilune.pages"
local receive = require "perilune.receive"

describe("run:receive", function()
  local started, stopped, counts
  before_each(function() started, stopped, counts = {}, {}, { samples = 3, series = 2, spans = 0, logs = 0, exemplars = 0, refused = {} } end)

  local fakes = {
    start = function(o) started[#started + 1] = o 
      local ports = { http = 40000 + #started, otlp_grpc = o.otlp_grpc and 45000, statsd = o.statsd and 50000, graphite = o.graphite and 60000 }
      if table.concat(o.protocols):match "^[sg][tr]a" or o.protocols[1] == "otlp_grpc" then ports.http = nil end
      return #started, ports
    end,
    stop = function(n) stopped[#stopped + 1] = n end,
    counts = function() return counts end,
  }
  local function with_core(fn, ...) return support.with(core, fakes, fn, ...) end
  local function new_run(allowed)
    local run = support.run()
    run.receivers, run.prepared = {}, run.prepared or {}
    run.prepared.policy = { entries = {}, receive = allowed or {} }
    return run
  end
  local function start(options, run) return with_core(receive.start, run or new_run(), options) end
  local function refused(...) return (support.message(start, ...)) end

  it("listens on this machine, for every protocol", function()
    local receiver = start()
    assert.same({ "127.0.0.1", 0 }, started[1].listen)
    assert.same({ "remote_write", "otlp", "push", "influx", "zipkin" }, started[1].protocols)
    assert.same({ "http://127.0.0.1:40001", 40001 }, { receiver.url, receiver.port })
    assert.equal("http://[::1]:40002", start({ listen = "[::1]:9090" }).url)
    assert.equal(9090, started[2].listen[2])
  end)
  it("takes the protocols that are asked for, or all but those that are not wanted", function()
    start { otlp = true }
    start { otlp = false }
    assert.same({ { "otlp" }, { "remote_write", "push", "influx", "zipkin" } }, { started[1].protocols, started[2].protocols })
  end)
  it("listens for StatsD and Graphite where they are asked for", function()
    local receiver = start { statsd = true, graphite = "[::1]:2003", influx = true }
    assert.same({ "influx", "statsd", "graphite" }, started[1].protocols)
    assert.same({ { "127.0.0.1", 0 }, { "::1", 2003 } }, { started[1].statsd, started[1].graphite })
    assert.same({ { address = "127.0.0.1:50000", port = 50000 }, { address = "[::1]:60000", port = 60000 } }, { receiver.statsd, receiver.graphite })
    local alone = start { statsd = "127.0.0.1:8125" }
    assert.same({ { "statsd" }, { "127.0.0.1", 8125 } }, { started[2].protocols, started[2].statsd })
    assert.is_nil(alone.url)
    assert.is_nil(receiver.face(alone).port)
    assert.equal(50000, alone.face(alone).statsd.port)
    local unix = start { statsd = "unix:/run/s.sock" }
    assert.same({ { "unix:/run/s.sock", 0 }, "unix:/run/s.sock" }, { started[3].statsd, unix.statsd.address })
    assert.matches('"unix:s.sock": unix: is followed by an absolute path', refused { statsd = "unix:s.sock" }, 1, true)
    assert.matches("StatsD alone is received at a Unix socket", refused { graphite = "unix:/run/g.sock" }, 1, true)
    assert.matches("statsd is true or an address, not 8125", refused { statsd = 8125 }, 1, true)
    assert.matches('graphite: "x" is no address', refused { graphite = "x" }, 1, true)
    assert.matches('receive = { "0.0.0.0:8125" }', refused { statsd = "0.0.0.0:8125" }, 1, true)
  end)
  it("answers who asks for pages, where that is wanted", function()
    local run, cancelled = new_run(), 0
    local function answering(options)
      local page
      local function start_pages(_, answer)
        page = answer
        return { cancel = function() cancelled = cancelled + 1 end }
      end
      local receiver = support.with(pages, { start = start_pages }, start, options, run)
      return receiver, page
    end
    local receiver, page = answering { pages = true }
    assert.is_true(started[1].pages)
    assert.matches("serving the runs at http://127.0.0.1:40001/ and their newest values at http://127.0.0.1:40001/metrics", run.notes[1], 1, true)
    assert.is_function(page)
    with_core(receiver.stop, receiver)
    assert.equal(1, cancelled)
    assert.is_nil((select(2, answering {})))
  end)
  it("may give the run's metrics alone", function()
    local page
    local function expose(url) return support.with(pages, { start = function(_, answer) page = answer return { cancel = function() end } end }, with_core, receive.expose, new_run(), url) end
    local exposed = expose "http://127.0.0.1:9464/metrics"
    assert.same({ {}, { "127.0.0.1", 9464 }, "http://127.0.0.1:40001/metrics", 0 }, { started[1].protocols, started[1].listen, exposed.url, exposed.asked })
    assert.equal(404, (page { path = "/", accept = "" }))
    with_core(exposed.stop)
    assert.same({ 1 }, stopped)
    assert.matches("is no address", (support.message(expose, "https://127.0.0.1:1")), 1, true)
  end)
  it("listens for OTLP over gRPC where it is asked for", function()
    local receiver = start { otlp_grpc = true, otlp = true }
    assert.same({ "otlp", "otlp_grpc" }, started[1].protocols)
    assert.same({ address = "127.0.0.1:45000", port = 45000 }, receiver.otlp_grpc)
    assert.is_nil(start({ otlp_grpc = "127.0.0.1:4317" }).url)
    assert.same({ { "otlp_grpc" }, { "127.0.0.1", 4317 } }, { started[2].protocols, started[2].otlp_grpc })
    assert.matches('receive = { "0.0.0.0:4317" }', refused { otlp_grpc = "0.0.0.0:4317" }, 1, true)
  end)
  it("takes limits as people write them", function()
    start { body = "1MiB", expanded = "2MiB", rate = "500/s", series = 10 }
    assert.same({ 1 << 20, 2 << 20, 500, 10 }, { started[1].body, started[1].expanded, started[1].rate, started[1].series })
  end)
  it("needs a policy beyond this machine", function()
    local entry = { host = "0.0.0.0", port = 9090, suffix = false }
    local message, code = support.message(start, { listen = "0.0.0.0:9090" })
    assert.equal("refused", code)
    assert.matches('receive = { "0.0.0.0:9090" }', message, 1, true)
    assert.equal("0.0.0.0:40001", start({ listen = "0.0.0.0:9090" }, new_run { entry }).address)
    assert.matches("policy", refused({ listen = "0.0.0.0:9091" }, new_run { entry }), 1, true)
  end)
  it("refuses what makes no sense", function()
    assert.matches('"localhost" is no address', refused { listen = "localhost" }, 1, true)
    assert.matches('is no address', refused { listen = "127.0.0.1:70000" }, 1, true)
    assert.matches('unknown option "remote_wirte"; did you mean "remote_write"?', refused { remote_wirte = true }, 1, true)
    assert.matches("no protocol is left", refused { remote_write = false, otlp = false, push = false, influx = false, zipkin = false }, 1, true)
    assert.same({}, started)
  end)
  it("raises why nobody can listen there", function()
    local message, code = support.message(support.with, core, { start = function() return nil, { code = "busy", message = "127.0.0.1:1: listen: taken" } end }, receive.start, new_run())
    assert.same({ "receive: 127.0.0.1:1: listen: taken", "busy" }, { message, code })
  end)
  it("counts, and tells at the end what was refused and why", function()
    local run = new_run()
    local receiver = start(nil, run)
    counts.refused = { { reason = "series", count = 5, of = "samples", text = "too many series" }, { reason = "path", count = 1, of = "requests", text = "nothing is received there" } }
    assert.same({ samples = 3, series = 2, spans = 0, logs = 0, exemplars = 0, refused = { series = 5, path = 1 } }, with_core(receiver.counts, receiver))
    with_core(receive.finish, run)
    assert.same({ 1 }, stopped)
    assert.same({ "received at 127.0.0.1:40001: 3 samples of 2 series; refused: 5 samples (too many series), 1 request (nothing is received there)" }, run.notes)
  end)
  it("tells of every listener", function()
    local run = new_run()
    start({ influx = true, statsd = true }, run)
    with_core(receive.finish, run)
    assert.same({ "received at 127.0.0.1:40001, 127.0.0.1:50000 (statsd): 3 samples of 2 series" }, run.notes)
  end)
  it("tells of spans, logs and exemplars where some came", function()
    local run = new_run()
    start({ spans = 10, logs = 20, exemplars = 30 }, run)
    assert.same({ 10, 20, 30 }, { started[1].spans, started[1].logs, started[1].exemplars })
    counts.spans, counts.logs, counts.exemplars = 1, 2, 3
    with_core(receive.finish, run)
    assert.same({ "received at 127.0.0.1:40001: 3 samples of 2 series, 1 span, 2 logs, 3 exemplars" }, run.notes)
  end)
  it("is ended once", function()
    local run = new_run()
    local receiver = start(nil, run)
    with_core(receiver.stop, receiver)
    with_core(receive.finish, run)
    assert.same({ 1 }, stopped)
    assert.same({ "received at 127.0.0.1:40001: 3 samples of 2 series" }, run.notes)
  end)
end)
