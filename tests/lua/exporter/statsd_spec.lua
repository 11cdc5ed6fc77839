local statsd = require "perilune.exporter.statsd"

describe("the exporter of statsd", function()
  it("sends lines as they are", function()
    assert.is_true(statsd.LINES)
    assert.same({ body = "lines", headers = {} }, statsd.build_request({ url = "tcp://h:1" }, "lines"))
  end)
end)
