local support = require "lua.support"
local stored = {}
support.without_run { writer = { record = function(name, row) stored[#stored + 1] = { name, row } return #stored end } }
local artifact = require "perilune.artifact"
local engine = require "perilune.core.engine"

describe("run:attach", function()
  local kept
  before_each(function() stored, kept = {}, { n = 0, bytes = 0 } end)
  teardown(support.clean)

  local function attach(name, options)
    local path = support.file(name, "text")
    local run = support.run { started_ns = 1000000000000 }
    run.prepared.spec.folder = path:match "^(.*)/"
    function run.reader() return { record = function() return { kept } end } end
    artifact.attach(run, name, options)
    return stored[1][2]
  end

  it("keeps a file of the playbook's folder, with its hash", function()
    local row = attach("plan.txt")
    assert.same({ "plan.txt", "text/plain", 4, "text", engine.sha256 "text", 0 }, { row.name, row.type, row.bytes, row.data, row.sha256, row.duration_ns })
    assert.is_nil(row.labels)
    assert.equal("refused", select(2, support.message(artifact.attach, support.run(), "../x")))
  end)
  it("keeps what it is of: range and labels", function()
    local row = attach("cpu.pprof", { type = "application/vnd.google.protobuf", from = "5s", to = 1008, labels = { service = "shop" } })
    assert.same({ 1005000000000, 3000000000, '{"service":"shop"}', "application/vnd.google.protobuf" }, { row.ts_ns, row.duration_ns, row.labels, row.type })
    assert.matches("from is not before to", (support.message(attach, "a.txt", { from = "9s", to = "5s" })), 1, true)
    assert.matches("labels are names with texts", (support.message(attach, "a.txt", { labels = { {} } })), 1, true)
  end)
  it("takes the media type from the name", function()
    for path, media in pairs { ["a.LOG"] = "text/plain", ["b/c.json"] = "application/json", ["d"] = "application/octet-stream", ["e.f"] = "application/octet-stream" } do assert.equal(media, artifact.type_of(path)) end
    assert.equal("text/html; charset=utf-8", artifact.type_of("a", "text/html; charset=utf-8"))
    assert.matches('type "html" is no media type', (support.message(artifact.type_of, "a", "html")), 1, true)
  end)
  it("is bounded", function()
    kept = { n = 1000, bytes = 5 }
    assert.matches("1000 files at most", (support.message(attach, "a.txt")), 1, true)
    kept = { n = 3, bytes = (256 << 20) - 3 }
    assert.matches("256 MiB at most", (support.message(attach, "a.txt")), 1, true)
    kept.bytes = kept.bytes - 1
    assert.equal(4, attach("a.txt").bytes)
  end)
end)
