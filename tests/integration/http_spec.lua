--- run:http and pl.http against a server that has bad days, and against nginx.
local clock = require "perilune.core.clock"
local guard = require "perilune.core.guard"
local http = require "perilune.http"
local json = require "perilune.core.json"
local support = require "integration.support"
local task = require "perilune.task"

describe("run:http in a run", function()
  local server, folder
  setup(function()
    server, folder = support.python_server "trouble", support.folder()
  end)
  teardown(support.clean)

  --- The command line of a run of these lines.
  local function command(lines, more)
    local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "p", errors = "ignore", args = { url = pl.arg.url {}, key = pl.arg.secret { optional = true } },
  run = function(run)
    local url = run.args.url
    %s
  end }]]):format(lines))
    return ("run %s --url %s --db %s/p.db --json %s/out.json --events %s/events %s"):format(path, server.url, folder, folder, folder, more or "")
  end
  local function run(lines, more)
    local code, out, err = support.run(command(lines, more))
    return code, out .. err
  end

  it("leaves an event on the timeline, and no secret anywhere", function()
    local code, text = run([[
      local seen = run:http { url = url .. "/echo", auth = { bearer = run.args.key }, query = { k = run.args.key }, json = { k = run.args.key }, method = "POST", dry = true }
      run:event("told", seen.text)
      local _, err = run:http { url = url .. "/leak", auth = { bearer = run.args.key }, try = true }
      run:event("failed", err.message)
      run:phase("inner", function() run:http { url = url .. "/leak", auth = { bearer = run.args.key } } end)]], [[--key 'canary se"cret']])
    assert.equal(5, code)
    assert.matches("GET " .. server.url .. "/leak: 418 I was told ***", text, 1, true)
    local _, rows = support.shell(("sqlite3 %s/p.db \"SELECT text, data FROM events WHERE kind = 'http' ORDER BY id\""):format(folder))
    assert.matches("POST " .. server.url .. "/echo?k=***: 200|", rows, 1, true)
    assert.matches('"attempts":1', rows, 1, true)
    local _, parents = support.shell(("sqlite3 %s/p.db \"SELECT count(*) FROM events e JOIN events p ON e.parent = p.id WHERE p.text = 'inner' AND e.kind = 'http'\""):format(folder))
    assert.equal("1\n", parents)
    local _, report = support.run(("report last --db %s/p.db --html -"):format(folder))
    for name, all in pairs { shown = text, database = select(2, support.shell(("strings %s/p.db %s/p.db-wal 2>/dev/null; sqlite3 %s/p.db .dump"):format(folder, folder, folder))),
      json = support.read(folder .. "/out.json"), events = support.read(folder .. "/events"), report = report } do
      for _, canary in ipairs { 'canary se', "canary%20se", "Y2FuYXJ5IHNl" } do assert.is_nil(all:find(canary, 1, true), name) end
    end
  end)
  it("changes nothing without --apply", function()
    local code, text = run 'run:http { url = url .. "/echo", method = "DELETE" }'
    assert.equal(7, code)
    assert.matches("DELETE " .. server.url .. "/echo may change something: give --apply", text, 1, true)
    assert.equal(0, (run('run:http { url = url .. "/echo", method = "DELETE" }', "--apply")))
  end)
  it("asks nobody that is not granted", function()
    local code, text = run 'run:http { url = "http://192.0.2.1/" }'
    assert.equal(7, code)
    assert.matches("requests to 192.0.2.1 are not granted", text, 1, true)
    support.write(folder .. "/policy.lua", 'fetch = { "192.0.2.1" }')
    code, text = run('run:http { url = "http://192.0.2.1/", connect_timeout = "100ms", retries = 0 }', ("--policy %s/policy.lua"):format(folder))
    assert.equal(5, code)
    assert.is_nil(text:find("not granted", 1, true), text)
  end)
  it("ends with the run's deadline", function()
    assert.equal(124, (run('run:http { url = url .. "/slow_head?seconds=60" }', "--deadline 300ms")))
  end)
  it("ends when the run is asked to", function()
    local process = support.start(support.perilune .. " " .. command 'run:http { url = url .. "/slow_head?seconds=60&signal=1" }')
    local function asked()
      local _, seen = support.shell(("curl -s %s/seen"):format(server.url))
      return seen:find("signal=1", 1, true)
    end
    support.wait_for(asked, 20, "the request")
    process:stop "INT"
    local _, state = support.shell(("sqlite3 %s/p.db \"SELECT state FROM runs ORDER BY id DESC LIMIT 1\""):format(folder))
    assert.equal("cancelled\n", state)
    local _, rows = support.shell(("sqlite3 %s/p.db \"SELECT text FROM events WHERE kind = 'http' ORDER BY id DESC LIMIT 1\""):format(folder))
    assert.matches("signal=1: cancelled", rows, 1, true)
  end)
  it("is pl.http there, too", function() assert.equal(0, (run 'assert(pl.http { url = url .. "/echo" }.status == 200)')) end)
  it("is nothing for a user of a load", function()
    local path = support.write(folder .. "/load.lua", ('local pl = require "perilune"  return pl.playbook { name = "p", run = function(run) run:load "s" end, scenarios = { s = { users = 1, iterations = 1, user = function() pl.http { url = "%s/echo" } end } } }'):format(server.url))
    local _, out, err = support.run(("run %s --db %s/p.db"):format(path, folder))
    assert.matches("pl.http: only run(run) and its tasks can do this", out .. err, 1, true)
  end)
end)

describe("a request to another system", function()
  local server, ports, client
  local calls = {}
  setup(function()
    server = support.python_server "trouble"
    client = http.new { apply = true, tell = function(call) calls[#calls + 1] = call end }
    ports = client:request({ url = server.url .. "/ports" }):json()
  end)
  before_each(function() calls = {} end)
  teardown(support.clean)

  --- Asks a path; options beside.
  local function ask(path, options)
    local o = { url = (type(path) ~= "string" or path:find "://") and path or server.url .. path }
    for name, value in pairs(options or {}) do o[name] = value end
    return client:request(o)
  end
  --- The error of that, and the seconds it took.
  local function refused(path, options)
    local began = clock.now()
    local ok, err = pcall(ask, path, options)
    assert(not ok, "it was answered")
    return err, clock.now() - began
  end
  local function echoed(options) return ask("/echo", options):json() end

  describe("sends", function()
    it("method, query, headers and bodies as they were given", function()
      local got = echoed { query = { b = { 1, "x y" }, a = guard.secret "s&t" }, headers = { ["X-Own"] = "v", ["X-Empty"] = "", accept = "text/plain" } }
      assert.equal("GET", got.method)
      assert.equal("/echo?a=s%26t&b=1&b=x%20y", got.path)
      assert.same({ "v", "", "text/plain" }, { got.headers["x-own"], got.headers["x-empty"], got.headers.accept })
      assert.matches("^perilune/", got.headers["user-agent"])
      got = echoed { json = { a = 1, s = guard.secret 'x"y' } }
      assert.same({ "POST", "application/json" }, { got.method, got.headers["content-type"] })
      assert.same({ a = 1, s = 'x"y' }, json.decode(got.body))
      got = echoed { method = "put", form = { a = "x y", b = guard.secret "p=q" } }
      assert.same({ "PUT", "a=x%20y&b=p%3Dq" }, { got.method, got.body })
      got = echoed { method = "DELETE" }
      assert.same({ "DELETE", "" }, { got.method, got.body })
      got = echoed { body = ("z"):rep(3 << 20), headers = { ["content-type"] = "text/plain" } }
      assert.equal(3 << 20, #got.body)
      assert.is_nil(got.headers.expect)
    end)
    it("credentials", function()
      assert.equal("Bearer abcd", echoed({ auth = { bearer = guard.secret "abcd" } }).headers.authorization)
      assert.equal("Basic YWRhOnB3MTIz", echoed({ auth = { basic = { user = "ada", password = "pw123" } } }).headers.authorization)
    end)
    it("what it is asked for as HEAD", function() assert.same({ 200, "" }, { ask("/echo", { method = "HEAD" }).status, ask("/echo", { method = "HEAD" }).text }) end)
    it("nothing that breaks the protocol", function()
      assert.equal("invalid", refused("/echo", { headers = { a = "b\r\nc: d" } }).code)
      assert.equal("invalid", refused("/echo", { headers = { ["a b"] = "c" } }).code)
      assert.equal("invalid", refused("/echo", { method = "GE T" }).code)
      assert.equal("invalid", refused("http://ada:pw@127.0.0.1/").code)
      assert.equal("invalid", refused("/echo", { body = "a", json = 1 }).code)
    end)
  end)

  describe("gives up", function()
    it("in connecting", function()
      local err, seconds = refused(("http://127.0.0.1:%d/"):format(ports.full), { connect_timeout = "200ms", retries = 0 })
      assert.same({ "timeout", "connect" }, { err.code, err.phase })
      assert.is_true(seconds >= 0.2, seconds)
    end)
    it("in the TLS handshake", function()
      local err, seconds = refused(("https://127.0.0.1:%d/"):format(ports.mute), { tls_timeout = "200ms", retries = 0 })
      assert.same({ "timeout", "tls" }, { err.code, err.phase })
      assert.is_true(seconds >= 0.2)
    end)
    it("in waiting for the first byte", function()
      local err, seconds = refused("/slow_head?seconds=20", { first_byte_timeout = "200ms", retries = 0 })
      assert.same({ "timeout", "wait" }, { err.code, err.phase })
      assert.is_true(seconds >= 0.2)
    end)
    it("in receiving, when all in all it takes too long", function()
      local err, seconds = refused("/slow_body?seconds=20", { timeout = "1s", retries = 0 })
      assert.same({ "timeout", "receive" }, { err.code, err.phase }, err.message)
      assert.is_true(seconds >= 1)
    end)
    it("on what is larger than it may be", function()
      assert.equal("limit", refused("/big?bytes=2000000", { max_body = "1MB" }).code)
      assert.equal("limit", refused("/big?bytes=2000000&chunked=1", { max_body = "1MB" }).code)
      assert.equal("limit", refused("/long_head?kilobytes=20", { max_headers = "10KiB" }).code)
      local err, seconds = refused("/bomb?megabytes=300", { max_body = "10MB" })
      assert.equal("limit", err.code)
      assert.is_true(seconds < 20)
    end)
    it("on what is no answer", function()
      assert.equal("truncated", refused("/truncated", { retries = 0 }).code)
      assert.equal("protocol", refused("/garbage", { retries = 0 }).code)
      assert.equal("protocol", refused("/broken_coding", { retries = 0 }).code)
      assert.equal("reset", refused("/resets?times=9", { retries = 0 }).code)
      assert.equal("connect", refused(("http://127.0.0.1:%d/"):format(support.free_port()), { retries = 0 }).code)
      assert.equal("dns", refused("http://no-such-host.invalid/", { retries = 0 }).code)
    end)
    it("at any moment, when its task is cancelled", function()
      for _, url in ipairs { ("http://127.0.0.1:%d/"):format(ports.full), ("https://127.0.0.1:%d/"):format(ports.mute), server.url .. "/slow_head?seconds=20", server.url .. "/slow_body?seconds=20",
        server.url .. "/fails?status=503&times=99&after=30&cancelled=1", "http://127.0.0.1:1/" } do
        local began = clock.now()
        local ok, err = pcall(task.within, 0.2, ask, url, { retries = 50, backoff = "30s", backoff_max = "30s" })
        assert.is_false(ok, url)
        assert.equal("timeout", err.code, url)
        assert.is_true(clock.now() - began < 5, url .. (clock.now() - began))
      end
      assert.equal(6, #calls)
      assert.equal("timeout", calls[3].error)
    end)
  end)

  describe("takes", function()
    it("100 MB, when it may", function()
      assert.equal(100000000, #ask("/big?bytes=100000000", { max_body = "100MB" }).text)
    end)
    it("what was compressed", function() assert.equal("plain text", ask("/coded").text) end)
    it("a status that is expected, and no other", function()
      local err = refused "/nowhere"
      assert.same({ "status", 404, "no such place" }, { err.code, err.status, err.answer:json "error" })
      assert.matches("GET " .. server.url .. "/nowhere: 404 Not Found", err.message, 1, true)
      assert.equal(404, ask("/nowhere", { expect = "2xx,404" }).status)
      assert.equal("status", refused("/echo", { expect = 204 }).code)
    end)
  end)

  describe("is repeated", function()
    it("after failures that may pass", function()
      local got = ask("/fails?status=503&times=2", { backoff = "10ms" })
      assert.same({ "at last", 3 }, { got.text, got.attempts })
      assert.equal("at last", ask("/resets?times=2&x=1", { backoff = "10ms" }).text)
    end)
    it("as often as it may", function()
      local err = refused("/fails?status=503&times=99", { backoff = "10ms", retries = 2 })
      assert.equal(503, err.status)
      assert.matches("503 Service Unavailable (3 attempts)", err.message, 1, true)
    end)
    it("when the server says: in seconds", function()
      local began = clock.now()
      assert.equal(2, ask("/fails?status=429&times=1&after=1", { backoff = "1ms" }).attempts)
      assert.is_true(clock.now() - began >= 1)
    end)
    it("when the server says: a date", function()
      local began = clock.now()
      assert.equal(2, ask("/fails?status=503&times=1&after=1&date=1", { backoff = "1ms" }).attempts)
      assert.is_true(clock.now() - began >= 0.9)
    end)
    it("not when the server asks for too long a wait", function()
      local err, seconds = refused("/fails?status=503&times=1&after=3600", { backoff = "1ms" })
      assert.matches("asks to wait 3600 s", err.message, 1, true)
      assert.is_true(seconds < 10)
    end)
    it("not where that is not safe, unless it is told to", function()
      assert.equal("status", refused("/fails?status=503&times=1&post=1", { method = "POST", backoff = "1ms" }).code)
      assert.equal("reset", refused("/resets?times=1&post=1", { method = "POST", backoff = "1ms" }).code)
      assert.equal(2, ask("/fails?status=503&times=1&post=2", { method = "POST", backoff = "1ms", repeatable = true }).attempts)
    end)
    it("where nothing was sent, whatever it is", function()
      local err = refused(("http://127.0.0.1:%d/"):format(ports.full), { method = "POST", connect_timeout = "50ms", retries = 2, backoff = "1ms" })
      assert.matches("(3 attempts)", err.message, 1, true)
    end)
  end)

  describe("follows", function()
    local function other(path) return ("http://localhost:%d%s"):format(server.port, path) end
    local function redirect(to, status) return "/redirect?status=" .. (status or 302) .. "&to=" .. to:gsub("[%%&?:/]", function(c) return ("%%%02X"):format(c:byte()) end) end
    local PRIVATE = { auth = { bearer = "abcdef" }, headers = { cookie = "a=b", ["x-api-key"] = "k12345", ["x-plain"] = guard.secret "hidden", ["x-open"] = "open" } }

    it("redirects on one host with what it has", function()
      local got = ask(redirect "/echo", PRIVATE):json()
      assert.same({ "Bearer abcdef", "a=b", "k12345", "hidden" }, { got.headers.authorization, got.headers.cookie, got.headers["x-api-key"], got.headers["x-plain"] })
    end)
    it("those to another host without credentials", function()
      local got = ask(redirect(other "/echo"), PRIVATE):json()
      assert.equal("localhost:" .. server.port, got.host)
      assert.same({ nil, nil, nil, nil, "open" }, { got.headers.authorization, got.headers.cookie, got.headers["x-api-key"], got.headers["x-plain"], got.headers["x-open"] })
    end)
    it("with the method and body that each asks for", function()
      local got = ask(redirect("/echo", 303), { json = 1 }):json()
      assert.same({ "GET", "" }, { got.method, got.body })
      got = ask(redirect("/echo", 307), { json = 1 }):json()
      assert.same({ "POST", "1" }, { got.method, got.body })
      local err = refused(redirect(other "/echo", 307), { json = 1 })
      assert.equal("refused", err.code)
      assert.matches("does not get the body", err.message, 1, true)
    end)
    it("no further than it may", function()
      assert.equal(302, ask(redirect "/echo", { follow = 0 }).status)
      assert.equal(302, ask(redirect(redirect(redirect "/echo")), { follow = 2 }).status)
    end)
    it("nowhere that is not granted", function()
      local err = refused(redirect "http://192.0.2.1/")
      assert.equal("refused", err.code)
      assert.matches("requests to 192.0.2.1 are not granted (a redirect)", err.message, 1, true)
      assert.equal("invalid", refused(redirect "file:///etc/passwd").code)
    end)
  end)

  describe("to pages", function()
    local function pages(path, options)
      local o, out = { url = server.url .. path }, {}
      for name, value in pairs(options or {}) do o[name] = value end
      for page in client:pages(o) do out[#out + 1] = page:json "page" end
      return out
    end
    it("goes where Link says", function() assert.same({ 1, 2, 3 }, pages "/pages?page=1&of=3") end)
    it("goes where a function says", function()
      assert.same({ 1, 2, 3 }, pages("/pages?page=1&of=3", { next = function(a) return a:json "next" and ("/pages?of=3&page=%d"):format(a:json "next") end }))
      assert.same({ 1, 2, 3 }, pages("/pages?page=1&of=3", { next = function(a) return a:json "next" and { page = a:json "next" } end }))
    end)
    it("leaves the credentials at home when a page is elsewhere", function()
      assert.same({ 1, 2 }, pages(("/pages?page=1&of=2&at=http%%3A%%2F%%2Flocalhost%%3A%d"):format(server.port), { auth = { bearer = "abcdef" } }))
      local seen = client:request({ url = server.url .. "/seen" }):json()
      assert.same({ "localhost:" .. server.port, nil, "Bearer abcdef" }, { seen[#seen].host, seen[#seen].headers.authorization, seen[#seen - 1].headers.authorization })
    end)
    it("does not go round in circles, nor on for ever", function()
      assert.matches("leads back to itself", select(2, pcall(pages, "/pages?page=1&of=3", { next = function() return "/pages?page=1&of=3" end })).message, 1, true)
      assert.matches("more than 2 pages", select(2, pcall(pages, "/pages?page=1&of=9", { max_pages = 2 })).message, 1, true)
    end)
  end)

  describe("goes", function()
    it("nowhere that is not granted", function()
      for _, url in ipairs { "http://192.0.2.1/", "http://[2001:db8::1]/" } do
        local err, seconds = refused(url)
        assert.same({ "refused", true }, { err.code, seconds < 5 }, url)
      end
      assert.equal(200, http.new({ hosts = { { host = "localhost", port = server.port } } }):request({ url = ("http://localhost:%d/echo"):format(server.port) }).status)
    end)
    it("through a proxy, with its own credentials", function()
      local got = ask("http://127.0.0.1:1/echo", { proxy = { url = server.url, user = "ada:pw" } }):json()
      assert.same({ "127.0.0.1:1", "Basic YWRhOnB3" }, { got.host, got.headers["proxy-authorization"] })
      local err = refused("http://192.0.2.1/echo", { proxy = server.url })
      assert.equal("refused", err.code)
    end)
  end)

  describe("is told of", function()
    it("once a call, with what became of it", function()
      ask("/fails?status=503&times=1&told=1", { backoff = "1ms" })
      assert.equal(1, #calls)
      assert.same({ "GET", server.url .. "/fails?status=503&times=1&told=1", 200, 2, 7 }, { calls[1].method, calls[1].url, calls[1].status, calls[1].attempts, calls[1].bytes })
      assert.is_true(calls[1].seconds > 0)
      refused "/nowhere"
      assert.same({ "status", 404 }, { calls[2].error, calls[2].status })
    end)
    it("without anything that is a secret", function()
      local canary = guard.secret 'can"ary /7&'
      local err = refused("/leak", { auth = { bearer = canary }, query = { q = canary, token = "plain-token" }, headers = { ["x-a"] = canary } })
      ask("/redirect", { query = { to = "/echo?x=" .. "1", s = canary } })
      local err2 = refused(server.url .. "/leak/" .. guard.secret "path-canary-path", { body = canary, auth = { basic = { user = "ada", password = canary } } })
      for _, call in ipairs(calls) do call.thread = nil end
      local all = json.encode { calls, err.message, err2.message }
      for _, text in ipairs { "ary", "plain-token", "Y2FuImFyeSAvNyY", "path-canary" } do assert.is_nil(all:find(text, 1, true), all) end
      assert.matches("***", err.message, 1, true)
      assert.matches(":%d+/%*%*%*", err2.message)
    end)
  end)
end)

describe("a request over TLS", function()
  local folder, url, socket
  local client
  setup(function()
    folder = support.folder()
    support.certificate(folder, "server", "IP:127.0.0.1,DNS:shop.example")
    support.certificate(folder, "client", "DNS:client.example")
    local other = support.folder()
    support.certificate(other, "other", "DNS:x")
    support.shell(("cp %s/ca.pem %s/other-ca.pem"):format(other, folder))
    local nginx = support.nginx_on_port(([[return 400; }
      server {
        listen 127.0.0.1:%P ssl http2 default_server;
        ssl_certificate %F/server.pem; ssl_certificate_key %F/server.key; ssl_client_certificate %F/ca.pem; ssl_verify_client optional; ssl_protocols TLSv1.2;
        location / { return 200 "$ssl_protocol $ssl_client_verify $server_protocol"; }
      }
      server { listen unix:%F/sock; location / { return 200 "socket $request_uri"; }]]):gsub("%%F", folder))
    url, socket = ("https://127.0.0.1:%d/"):format(nginx.port), folder .. "/sock"
    client = http.new { folder = folder }
  end)
  teardown(support.clean)

  local function ask(tls, to) return client:request { url = to or url, tls = tls, retries = 0 } end
  local function refused(...)
    local ok, err = pcall(ask, ...)
    assert.is_false(ok)
    return err
  end

  it("trusts whom the system trusts, or whom it is told to", function()
    local err = refused()
    assert.same({ "tls", "tls" }, { err.code, err.phase })
    assert.matches("certificate", err.message)
    assert.equal("tls", refused({ ca = "other-ca.pem" }).code)
    local got = ask { ca = "ca.pem" }
    assert.equal("TLSv1.2 NONE HTTP/2.0", got.text)
    assert.is_true(got.phases.tls > 0)
  end)
  it("is sent to the host that the certificate names", function()
    local err = refused({ ca = "ca.pem" }, (url:gsub("127.0.0.1", "localhost")))
    assert.equal("tls", err.code)
    assert.equal("TLSv1.2 NONE HTTP/2.0", ask({ insecure = true }, (url:gsub("127.0.0.1", "localhost"))).text)
  end)
  it("shows the client's certificate", function()
    assert.equal("TLSv1.2 SUCCESS HTTP/2.0", ask({ ca = "ca.pem", cert = "client.pem", key = "client.key" }).text)
    assert.equal("TLSv1.2 SUCCESS HTTP/2.0", ask({ ca = "ca.pem", cert = support.read(folder .. "/client.pem"), key = guard.secret(support.read(folder .. "/client.key")) }).text)
  end)
  it("has a least version", function() assert.equal("tls", refused({ ca = "ca.pem", min = "1.3" }).code) end)
  it("goes without it by a Unix socket", function() assert.equal("socket /a?b=1", client:request({ url = ("unix:%s:/a"):format(socket), query = { b = 1 } }).text) end)
end)
