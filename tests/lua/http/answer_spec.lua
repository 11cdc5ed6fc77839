local answer = require "perilune.http.answer"

local function of(text, head) return answer.new({ status = 200, head = head or "HTTP/1.1 200 OK\r\n\r\n", text = text, total = 2, phases = { connect = 1 }, address = "127.0.0.1:80", version = 1.1 }, { shown = "http://h/" }) end

describe("an answer", function()
  it("has headers in any case; several of a name are one", function()
    local a = of("", "HTTP/1.1 404 Not Found\r\nA-b: 1\r\nLink: <x>\r\nlink:  <y>  \r\nEmpty:\r\n\r\n")
    assert.same({ "Not Found", "1", "<x>, <y>  ", "" }, { a.reason, a:header "A-B", a:header "LINK", a:header "empty" })
    assert.is_nil(a:header "c")
  end)
  it("has values by their paths, or says why there is none", function()
    local a = of '{"items":[{"id":7},{"id":null}],"n":false}'
    assert.same({ 7, false }, { a:json "items[0].id", a:json "n" })
    assert.equal(2, #a:json "items")
    assert.same({ nil, 'no "items[1].id" in the answer' }, { a:json "items[1].id" })
    assert.same({ nil, 'no "a.b" in the answer' }, { a:json "a.b" })
    local none, why = of("<html>"):json "a"
    assert.is_nil(none)
    assert.is_string(why)
  end)
  it("is shown to scripts as it is, and cannot be changed", function()
    local a = of "text"
    a.ok, a.attempts = true, 1
    local face = a.face(a)
    assert.same({ 200, true, "text", "http://h/", 1, 2, 1 }, { face.status, face.ok, face.text, face.url, face.attempts, face.timings.total, face.timings.connect })
    assert.is_false(pcall(function() face.status = 1 end))
    assert.is_false(pcall(function() return face.request end))
  end)
end)
