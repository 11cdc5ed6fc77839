local json = require "perilune.core.json"
local redact = require "perilune.redact"

describe("what is cut before storage", function()
  it("is the user part of a URL, wherever it stands", function()
    assert.equal("http://h:80/x", redact.url("http://ada:pw@h:80/x"))
    assert.equal("see https://h/ and http://k/a@b", redact.url("see https://ada@h/ and http://k/a@b"))
    assert.equal("http://h/?api_key=***&q=1&access_token=***", redact.url("http://h/?api_key=abc&q=1&access_token=d%20e"))
    assert.equal("http://h/?q=1", redact.url("http://h/?q=1"))
  end)
  it("is telling fields of JSON, and bodies", function()
    local text = redact.text('{"headers":{"Authorization":"Bearer abc","Accept":"*/*","X-Api-Key":"k"},"body":"b","base":"http://u:p@h/","sla":["a"],"n":1}')
    assert.same({ headers = { Authorization = "***", Accept = "*/*", ["X-Api-Key"] = "***" }, body = "***", base = "http://h/", sla = { "a" }, n = 1 }, json.decode(text))
    assert.same({ Cookie = { "***", "***" } }, json.decode(redact.text('{"Cookie":["a","b"]}')))
    assert.equal("b", json.decode(redact.text('{"body":"b"}', true)).body)
  end)
  it("is every secret argument", function()
    local arg = require "perilune.arg"
    local declared = { key = arg.KINDS.secret {}, url = arg.KINDS.url {}, n = arg.KINDS.integer {} }
    assert.same({ key = "***", url = "http://h/", n = "3" }, redact.args(declared, { key = "abc", url = "http://a:b@h/", n = "3" }))
    local values = arg.read(declared, { key = "abc", url = "http://h/", n = "3" })
    assert.equal("***", tostring(values.key))
    assert.equal("***", redact.shown(values.key))
    assert.equal("3", redact.shown(values.n))
  end)
end)
