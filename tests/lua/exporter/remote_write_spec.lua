local remote_write = require "perilune.exporter.remote_write"

describe("the exporter of remote write", function()
  it("says what a message is", function()
    local request = remote_write.build_request({ url = "http://h/api/v1/write" }, "body")
    assert.same({ "http://h/api/v1/write", "POST", "body" }, { request.url, request.method, request.body })
    assert.same({ ["content-type"] = "application/x-protobuf", ["content-encoding"] = "snappy", ["x-prometheus-remote-write-version"] = "0.1.0" }, request.headers)
  end)
  it("gives the first line of what the receiver says", function()
    assert.equal("out of order sample", remote_write.why { text = "\nout of order sample\nmore" })
    assert.is_nil(remote_write.why { text = "" })
  end)
end)
