local guard = require "perilune.core.guard"
local otlp = require "perilune.exporter.otlp"

describe("the exporter of OpenTelemetry", function()
  it("sends to a path that is given, else to where metrics go", function()
    local function url(o) return otlp.build_request({ url = o }, "x").url end
    assert.equal("http://h:4318/v1/metrics", url "http://h:4318")
    assert.equal("http://h:4318/v1/metrics", url "http://h:4318/")
    assert.equal("http://h:9090/api/v1/otlp/v1/metrics", url "http://h:9090/api/v1/otlp/v1/metrics")
    assert.equal("https://h/v1/metrics", url(guard.secret "https://h"))
    assert.equal("application/x-protobuf", otlp.build_request({ url = "http://h" }, "x").headers["content-type"])
  end)
  it("sends no metrics to where other signals go", function()
    local function refused(url)
      local ok, err = pcall(otlp.check, { url = url })
      return not ok and err.message
    end
    assert.equal("export: otlp sends metrics, and /v1/traces is where traces go: give /v1/metrics, or no path", refused "http://h:4318/v1/traces")
    assert.matches("/v1/logs is where logs go", refused(guard.secret "http://h/v1/logs/"), 1, true)
    for _, url in ipairs { "http://h", "http://h/", "http://h/v1/metrics", "http://h/traces" } do assert.is_false(refused(url)) end
  end)
  it("reads what was refused of a message that was taken", function()
    local function rejected(text) return { otlp.rejected { text = text } } end
    assert.same({ 300, "quota" }, rejected "\10\10\8\172\2\18\5quota")
    assert.same({ 5, "no reason given" }, rejected "\10\2\8\5")
    for _, text in ipairs { "", "\10\0", "\10", "\10\2\8", "\8\5", "\13\1\2\3\4", "{}", ("\255"):rep(20) } do assert.equal(0, rejected(text)[1]) end
  end)
  it("finds the text of a status", function()
    assert.equal("too many points", otlp.why { text = "\8\3\18\15too many points" })
    assert.is_nil(otlp.why { text = "\8\3" })
  end)
end)
