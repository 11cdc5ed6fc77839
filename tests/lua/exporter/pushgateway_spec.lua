local pushgateway = require "perilune.exporter.pushgateway"

describe("the exporter of Pushgateways", function()
  it("pushes to a group, or to the one that the URL names", function()
    local function url(o) return pushgateway.build_request(o, "x").url end
    assert.equal("http://h:9091/metrics/job/perilune", url { url = "http://h:9091/" })
    assert.equal("http://h:9091/metrics/job/a%2Fb", url { url = "http://h:9091", job = "a/b" })
    assert.equal("http://h/metrics/job/j/zone/b", url { url = "http://h/metrics/job/j/zone/b" })
  end)
  it("says what it says", function() assert.equal("no timestamps", pushgateway.why { text = "no timestamps\n" }) end)
end)
