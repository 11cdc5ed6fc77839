local serve = require "perilune.cmd.serve"
local session = require "perilune.session"
local support = require "lua.support"

describe("perilune serve", function()
  it("runs the serving playbook", function()
    local spec
    local code = support.with(session, { run = function(_, s) spec = s return 143, {} end }, serve.main, { listen = "127.0.0.1:0", otlp_grpc = "127.0.0.1:4317", statsd = "127.0.0.1:8125", duration = "1s" })
    assert.equal(143, code)
    assert.equal("serve", spec.playbook)
    assert.matches("run:receive", spec.text, 1, true)
    assert.same({ "127.0.0.1:0", "127.0.0.1:4317", "127.0.0.1:8125", "1s" }, { spec.args.listen, spec.args.otlp_grpc, spec.args.statsd, spec.args.duration })
  end)
end)
