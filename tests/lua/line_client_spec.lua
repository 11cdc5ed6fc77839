local core = require "perilune.core.lines"
local line_client = require "perilune.line_client"
local support = require "lua.support"
local task = require "perilune.task"

describe("a client of lines", function()
  it("knows where a URL leads", function()
    assert.same({ scheme = "udp", host = "127.0.0.1", port = "8125" }, line_client.parse "udp://127.0.0.1:8125")
    assert.same({ scheme = "tcp", host = "::1", port = "2003" }, line_client.parse "tcp://[::1]:2003/")
    for _, url in ipairs { "http://h:1", "tcp://h", "tcp://h:99999", "h:1" } do assert.is_nil(line_client.parse(url), url) end
  end)

  --- A client whose peer goes on to these places, one a call.
  local function client_of(steps)
    local peer, calls = { closed = 0 }, 0
    function peer:send(_, at)
      calls = calls + 1
      local step = steps[calls]
      if type(step) == "table" then return nil, step end
      return step or at
    end
    function peer:close() self.closed = self.closed + 1 end
    local client = support.with(core, { open = function() return peer end }, line_client.new, "tcp://h:1")
    return client, peer
  end
  local function send(client, timeout)
    local slept = 0
    support.with(task, { sleep = function(seconds) slept = slept + seconds end }, client.request, client, { body = "0123456789", timeout = timeout or 30 })
    return slept
  end

  it("goes on where it was cut off, and waits for room", function()
    assert.equal(0, send((client_of { 4, 11 })))
    assert.is_true(send((client_of { 4, 4, 4, 11 })) > 0)
  end)
  it("raises what may pass, closed", function()
    local client, peer = client_of { 3, { code = "reset", message = "gone" } }
    local message, code = support.message(send, client)
    assert.matches("gone$", message)
    assert.same({ "reset", 1 }, { code, peer.closed })
    client, peer = client_of {}
    assert.equal("timeout", select(2, support.message(send, client, 0)))
    assert.equal(1, peer.closed)
  end)
  it("raises where the host is unknown", function()
    assert.equal("dns", select(2, support.message(line_client.new, "tcp://no-such-name.invalid:1")))
  end)
end)
