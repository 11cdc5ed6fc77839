local retry = require "perilune.http.retry"

local NOW = 1000000000
local function rule(o, method)
  local options = { retries = 3, backoff = 1, backoff_max = 5, wait_max = 60 }
  for k, v in pairs(o or {}) do options[k] = v end
  return retry.rule(options, method or "GET")
end
local function answer(status, after) return { status = status, headers = { ["retry-after"] = after } } end
local function most() return 1 end

describe("a retry", function()
  it("comes after up to twice as long each time, up to a bound", function()
    local r = rule { retries = 5 }
    local waits = {}
    for i = 1, 6 do waits[i] = retry.next(r, answer(503), nil, NOW, most) end
    assert.same({ 1, 2, 4, 5, 5 }, waits)
    assert.equal(0, retry.next(rule(), answer(503), nil, NOW, function() return 0 end))
  end)
  it("is for statuses that may pass", function()
    for _, status in ipairs { 408, 425, 429, 502, 503, 504 } do assert.is_number(retry.next(rule(), answer(status), nil, NOW, most), status) end
    for _, status in ipairs { 200, 400, 401, 404, 500, 501 } do assert.is_nil(retry.next(rule(), answer(status), nil, NOW, most), status) end
    assert.is_number(retry.next(rule { retry_on = "5xx" }, answer(500), nil, NOW, most))
    assert.is_nil(retry.next(rule { retry_on = "5xx" }, answer(429), nil, NOW, most))
  end)
  it("is for failures that may pass", function()
    for _, code in ipairs { "dns", "connect", "reset", "timeout", "truncated" } do assert.is_number(retry.next(rule(), nil, { code = code, phase = "wait" }, NOW, most), code) end
    for _, code in ipairs { "tls", "refused", "protocol", "limit", "invalid", "cancelled" } do assert.is_nil(retry.next(rule(), nil, { code = code, phase = "connect" }, NOW, most), code) end
  end)
  it("is for methods that may be sent twice, or for what was not sent", function()
    for method, is_safe in pairs { GET = true, HEAD = true, OPTIONS = true, PUT = true, DELETE = true, POST = false, PATCH = false } do
      assert.equal(is_safe, retry.next(rule({}, method), answer(503), nil, NOW, most) ~= nil, method)
    end
    assert.is_number(retry.next(rule({ repeatable = true }, "POST"), answer(503), nil, NOW, most))
    assert.is_nil(retry.next(rule { repeatable = false }, answer(503), nil, NOW, most))
    assert.is_number(retry.next(rule({}, "POST"), nil, { code = "timeout", phase = "connect" }, NOW, most))
    assert.is_number(retry.next(rule({}, "POST"), nil, { code = "reset", phase = "tls" }, NOW, most))
    assert.is_nil(retry.next(rule({}, "POST"), nil, { code = "timeout", phase = "send" }, NOW, most))
  end)
  it("comes when the server says, and a little later", function()
    assert.equal(7, retry.next(rule(), answer(503, "7"), nil, NOW, function() return 0 end))
    assert.equal(8, retry.next(rule(), answer(503, "7"), nil, NOW, most))
    assert.equal(30, retry.next(rule(), answer(503, "Sun, 09 Sep 2001 01:47:10 GMT"), nil, NOW, function() return 0 end))
    assert.equal(0, retry.next(rule(), answer(503, "Sun, 09 Sep 2001 01:46:00 GMT"), nil, NOW, function() return 0 end))
    local wait, why = retry.next(rule(), answer(503, "61"), nil, NOW, most)
    assert.is_nil(wait)
    assert.equal("it asks to wait 61 s, more than wait_max", why)
    assert.equal(1, retry.next(rule(), answer(503, "soon"), nil, NOW, most))
  end)
  it("reads a date in each form that HTTP knows", function()
    for _, text in ipairs { "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994" } do assert.equal(784111777 - 784111000, retry.after(text, 784111000)) end
  end)
end)
