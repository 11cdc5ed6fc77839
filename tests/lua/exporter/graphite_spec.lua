local graphite = require "perilune.exporter.graphite"

describe("the exporter of graphite", function()
  it("sends lines as they are", function()
    assert.is_true(graphite.LINES)
    assert.same({ body = "lines", headers = {} }, graphite.build_request({ url = "tcp://h:1" }, "lines"))
  end)
end)
