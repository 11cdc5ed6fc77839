local http = require "perilune.http"
local support = require "lua.support"
local task = require "perilune.task"

local sent, answers
--- Gives the answers in turn: { status, head lines, text }, or { nil, err }.
local transport = {}
function transport:send(exchange)
  sent[#sent + 1] = exchange
  local a = answers[#sent] or answers[#answers]
  if not a[1] then return nil, a[2] end
  return { status = a[1], head = ("HTTP/1.1 %d X\r\n%s\r\n"):format(a[1], a[2] or ""), text = a[3] or "", phases = {}, total = 0, version = 1.1 }
end

describe("perilune.http", function()
  local told, client
  before_each(function()
    sent, told = {}, {}
    client = http.new { transport = transport, apply = true, tell = function(call) told[#told + 1] = call end }
  end)
  local function ask(o, ...)
    answers = { ... }
    o.url = o.url or "http://127.0.0.1/"
    return support.with(task, { sleep = function() end }, client.request, client, o)
  end

  it("begins anew behind a redirect that failed", function()
    local got = ask({}, { 302, "Location: /b\r\n" }, { 503 }, { 302, "Location: /b\r\n" }, { 200 })
    assert.equal(2, got.attempts)
    assert.same({ "http://127.0.0.1/", "http://127.0.0.1/b", "http://127.0.0.1/", "http://127.0.0.1/b" }, { sent[1].url, sent[2].url, sent[3].url, sent[4].url })
  end)
  it("tells of failures, and raises them", function()
    local message, code = support.message(ask, {}, { nil, { code = "tls", message = "certificate", phase = "tls" } })
    assert.same({ "GET http://127.0.0.1/: certificate", "tls" }, { message, code })
    assert.same({ "tls", "certificate", 1 }, { told[1].error, told[1].why, told[1].attempts })
  end)
  it("changes nothing where it may not", function()
    client = http.new { transport = transport }
    local message, code = support.message(ask, { method = "DELETE" }, { 200 })
    assert.equal("refused", code)
    assert.matches("give --apply, or say dry = true", message, 1, true)
    assert.equal(0, #sent)
    for _, o in ipairs { { method = "DELETE", dry = true }, { method = "HEAD" }, { method = "OPTIONS" }, {} } do assert.equal(200, ask(o, { 200 }).status) end
  end)
  it("sends its limits with each exchange", function()
    ask({ timeout = "2s", connect_timeout = "1s", first_byte_timeout = "500ms", max_body = "1KiB", tls_timeout = 3 }, { 200 })
    assert.same({ 2, 1, 0.5, 3, 1024, 256 * 1024 }, { sent[1].timeout, sent[1].connect_timeout, sent[1].first_byte_timeout, sent[1].tls_timeout, sent[1].max_body, sent[1].max_headers })
  end)
  it("knows its options", function()
    assert.matches('unknown option "qeury"; did you mean "query"', support.message(ask, { qeury = {} }, { 200 }), 1, true)
    assert.matches("option url is missing", support.message(client.request, client, {}), 1, true)
  end)
end)
