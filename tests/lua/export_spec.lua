local support = require "lua.support"
support.without_run { writer = { reader = function() return "reader" end } }
local core = require "perilune.core.outlet"
local export = require "perilune.export"
local http = require "perilune.http"

describe("run:export", function()
  local marks, requests, run, asked
  before_each(function()
    marks, requests, asked = {}, 0, nil
    run = support.run { exports = {}, started_ns = 1000 }
    run.prepared.typed, run.prepared.policy = {}, { entries = {}, fetch = {} }
    function run:record(name, value, labels) marks[#marks + 1] = { name, value, labels } end
  end)

  --- One parcel that is there from the begin, and a client that answers so.
  local function exporting(answer, options)
    local outlet = { at = 0 }
    function outlet:next()
      self.at = self.at + 1
      if self.at == 1 then return "body", { samples = 2, left_out = 0 } end
      self.at = 2
    end
    function outlet:done() return math.min(self.at, 1) * 1000000000 end
    function outlet:left() return self.at > 0 and 0 or 2 end
    local client = {}
    function client:request()
      requests = requests + 1
      return answer()
    end
    local o = { to = "remote_write", url = "http://h:1/", every = 0.1, at_end = 0.5 }
    for k, v in pairs(options or {}) do o[k] = v end
    support.with(core, { open = function(what) asked = what return outlet end }, support.with, http, { new = function() return client end }, export.start, run, o)
  end

  it("delivers what is left at the run's end, and notes how far it came", function()
    exporting(function() return { status = 200 } end)
    export.finish(run)
    assert.same({ 1000, 1 }, { asked.from_ns, asked.run })
    assert.same({ { "export_delivered_seconds", 1.0, { to = "remote_write", url = "http://h:1" } } }, marks)
    assert.same({ "export to http://h:1 (remote_write): 2 samples delivered" }, run.notes)
  end)
  it("ends within its limit, and says what was not delivered", function()
    exporting(function() error({ code = "connect", phase = "connect", message = "no connection" }, 0) end)
    export.finish(run)
    assert.is_true(requests > 0)
    assert.matches("^export to http://h:1 %(remote_write%): 0 samples delivered; 2 samples not delivered: .*no connection$", run.notes[1])
  end)
  it("says why it failed for good", function()
    exporting(function() error({ code = "refused", message = "not granted" }, 0) end)
    export.finish(run)
    assert.equal(1, requests)
    assert.matches("0 samples delivered; 2 samples not delivered: .*not granted$", run.notes[1])
  end)
  it("listens for those that scrape", function()
    local stopped = false
    local exposed = { url = "http://127.0.0.1:9464/metrics", asked = 2, stop = function() stopped = true end }
    support.with(require "perilune.receive", { expose = function() return exposed end }, export.start, run, { to = "listen", url = "http://127.0.0.1:9464" })
    export.finish(run)
    assert.same({ "export at http://127.0.0.1:9464/metrics (listen)", "export at http://127.0.0.1:9464/metrics (listen): asked 2 times" }, run.notes)
    assert.is_true(stopped)
  end)
  it("does not look all the time", function()
    assert.matches("every is at least 100ms", (support.message(exporting, nil, { every = 0 })), 1, true)
  end)
  it("has nothing to end where there is none", function()
    export.finish(run)
    assert.same({}, run.notes)
  end)
end)
