local load_command = require "perilune.cmd.load"
local session = require "perilune.session"
local support = require "lua.support"

describe("perilune load", function()
  teardown(support.clean)

  --- The spec that is run for these options.
  local function spec_of(o)
    local spec
    support.with(session, { run = function(_, s) spec = s return 0 end }, load_command.main, o)
    return spec
  end
  local function refused(o) return (support.message(spec_of, o)) end

  it("makes arguments of its options", function()
    local args = spec_of({ "h:8080", rate = 0.5, duration = 2.5, header = { "a: b" }, sla = { "x < 1", "y < 2" } }).args
    assert.same({ "http://h:8080", "0.5/s", "2.5s", "a: b", "x < 1\ny < 2" }, { args.url, args.rate, args.duration, args.headers, args.sla })
    assert.equal("unix:/s:/x", spec_of({ "unix:/s:/x" }).args.url)
    assert.same({ url = "the URL" }, spec_of({ "h" }).options.from_options) -- the one that is no option
  end)
  it("holds a rate that nobody set an objective for", function()
    assert.is_truthy(spec_of({ "h", rate = 5 }).options.hold_rate)
    assert.is_truthy(spec_of({ "h", stages = "5s:10/s" }).options.hold_rate)
    for _, o in ipairs { { "h", users = 5 }, { "h", rate = 5, sla = { "x < 1" } }, { "h", rate = 5, against = "http://i" } } do assert.is_falsy(spec_of(o).options.hold_rate) end
  end)
  it("reads -c by what stands beside it", function()
    assert.equal("4", spec_of({ "h", concurrency = 4 }).args.users)
    assert.equal("4", spec_of({ "h", concurrency = 4, rate = 9 }).args.connections)
    assert.matches("say the same thing", refused { "h", concurrency = 4, users = 5 }, 1, true)
  end)
  it("takes a pasted cURL command, its own options first", function()
    local args = spec_of({ header = { "a: 1" }, method = "PUT", rest = { "curl", "-X", "POST", "-H", "b: 2", "-d", "x=1", "http://h/p" } }).args
    assert.same({ "http://h/p", "PUT", "x=1" }, { args.url, args.method, args.body })
    assert.matches("^b: 2\n.*\na: 1$", args.headers)
    assert.matches("two URLs", refused { "http://other/", rest = { "curl", "http://h/" } }, 1, true)
  end)
  it("puts a script where the playbook asks for it", function()
    local path = support.file("s.lua", "return function(user) user:get '/' end")
    local spec = spec_of { "h", script = path }
    assert.equal(path, spec.options.script.name)
    assert.is_truthy(load(spec.text, "=p", "t"))
    assert.is_truthy(spec.text:find("user:get '/'", 1, true))
    assert.equal("syntax", select(2, support.message(spec_of, { "h", script = support.file("bad.lua", "return function(") })))
  end)
  it("reads what TLS needs from files that lie anywhere", function()
    local PEM = "-----BEGIN CERTIFICATE-----\nx\n"
    local path = support.file("me.pem", PEM)
    local args = spec_of({ "https://h", ca = path, cert = path, key = path, server_name = "shop", tls_min = "1.2", tls_max = "1.3", ciphers = "AES", groups = "X25519", alpn = "http/1.1", tls_resume = true }).args
    assert.same({ PEM, PEM, PEM, "shop", "1.2", "1.3", "AES", "true" }, { args.ca, args.cert, args.key, args.server_name, args.tls_min, args.tls_max, args.ciphers, args.tls_resume })
    assert.same({ "X25519", "http/1.1" }, { args.groups, args.alpn })
    assert.equal("P-256", spec_of({ rest = { "curl", "--curves", "P-256", "https://h/" } }).args.groups)
    assert.matches("add --http2", refused { "https://h", alpn = "http/1.1, h2" }, 1, true)
    assert.equal("h2", spec_of({ "https://h", alpn = "h2", http2 = true }).args.alpn)
    assert.same({ PEM, "1.3" }, { spec_of({ rest = { "curl", "--cacert", path, "--tlsv1.3", "https://h/" } }).args.ca, spec_of({ rest = { "curl", "--tlsv1.3", "https://h/" } }).args.tls_min })
    assert.matches("--ca: ", refused { "https://h", ca = "/no/such.pem" }, 1, true)
    assert.matches("is no PEM", refused { "https://h", ca = support.file("der", "0\x82") }, 1, true)
    assert.matches("add --cert FILE", refused { "https://h", key = path }, 1, true)
  end)
  it("says which proxies it asks, without their credentials", function()
    assert.equal("http://p:1", spec_of({ "h", proxy = "p:1" }).args.proxy)
    assert.equal("--proxy socks5h://p:1: SOCKS is not spoken; write the http://HOST:PORT of a proxy, which https passes by CONNECT", refused { "h", proxy = "socks5h://me:pw@p:1" })
    assert.matches("asked by HTTP alone", refused { "h", proxy = "https://p:1" }, 1, true)
    assert.matches("--proxy-user is for a proxy: add --proxy", refused { "h", proxy_user = "me:pw" }, 1, true)
  end)
  it("signs in by Digest as a cURL command does", function()
    local args = spec_of({ rest = { "curl", "--digest", "-u", "me:a:b", "h" } }).args
    assert.same({ "me", "a:b", "" }, { args.digest_user, args.digest_password, args.headers })
  end)
  it("takes a scheme of either case, and no versions of TLS between which none lies", function()
    assert.equal("http://H/A", spec_of({ "HTTP://H/A" }).args.url)
    assert.equal("https://h/", spec_of({ rest = { "curl", "Https://h/" } }).args.url)
    assert.matches("ftp:// is not sent", refused { "FTP://h/" }, 1, true)
    assert.matches("--tls-min 1.3 is above --tls-max 1.2", refused { "https://h", tls_min = "1.3", tls_max = "1.2" }, 1, true)
  end)
  it("counts the requests of whole rows", function()
    assert.equal("20", spec_of({ "h", requests = 20, pipeline = 10 }).args.requests)
    assert.equal("--requests 25 is no multiple of --pipeline 10, and such a row goes out whole", refused { "h", requests = 25, pipeline = 10 })
    assert.equal("--arrivals poisson says how the starts of a rate come: it goes with --rate, stages of a rate or --find", refused { "h", arrivals = "poisson", users = 2 })
    assert.equal("--requests-per-connection 15 closes a connection within a row of --pipeline 10, which goes out whole", refused { "h", requests_per_connection = 15, pipeline = 10 })
    assert.equal("--disable-keepalive closes a connection within a row of --pipeline 10, which goes out whole", refused { "h", disable_keepalive = true, pipeline = 10 })
  end)
  it("takes nothing that would not be sent", function()
    local path = support.file("s.lua", "return function(user) user:get '/' end")
    for name, value in pairs { method = "PUT", body = "x", body_file = path, pipeline = 4 } do
      assert.matches("--" .. name:gsub("_", "-") .. " is of the request on the URL", refused { "h", script = path, [name] = value }, 1, true)
    end
    assert.equal("http://h/", spec_of({ script = path, rest = { "curl", "http://h/" } }).args.url)
    assert.matches("--pipeline is HTTP/1.1's", refused { "h", http2 = true, pipeline = 4 }, 1, true)
    assert.matches("--pipeline is HTTP/1.1's", refused { pipeline = 4, rest = { "curl", "--http2-prior-knowledge", "http://h/" } }, 1, true)
    assert.matches("http+unix:// is not sent; use http:// or https://, or unix:/SOCKET:/PATH", refused { "http+unix:///s" }, 1, true)
    assert.equal("http+unix://%2Fs/x", spec_of({ "http+unix://%2Fs/x" }).args.url)
    assert.equal("unix:///s", spec_of({ "unix:///s" }).args.url)
  end)
  it("sends a file from where it lies", function()
    local path = support.file("body.bin", "x")
    local o = { "h", body_file = path }
    assert.equal(path:match("^(.*/)") .. "load", spec_of(o).playbook)
    assert.equal("body.bin", o.body_file)
    assert.matches("exclude each other", refused { "h", body = "x", body_file = path }, 1, true)
    assert.matches("there is no such file", refused { "h", body_file = "/no/such" }, 1, true)
  end)
  it("refuses what sends nothing, or cannot be", function()
    for why, o in pairs { ["the URL is missing"] = {}, ["exclude each other"] = { "h", rate = 1, users = 1 },
      ["--rate and --stages exclude each other"] = { "h", rate = 5, stages = "1s:10/s,1s@20/s" }, ["--users and --stages exclude each other"] = { "h", users = 5, stages = "1s@10" }, ["ftp:// is not sent; use http:// or https://"] = { "ftp://h/" }, ["user:ws in a playbook (perilune help protocols)"] = { "wss://h/" },
      ["write NAME: VALUE"] = { "h", header = { "nonsense" } }, ["do not go with it"] = { "h", find = "p99(latency) < 1s", users = 3 }, ["--against does not go with it"] = { "h", find = "p99(latency) < 1s", against = "http://i" }, ["--find: "] = { "h", find = "p99(" },
      ["more than 0 is needed"] = { "h", rate = 0 }, ['--method: "G T" is no method'] = { "h", method = "G T" }, ["--stages: \"foo\" is no stage"] = { "h", stages = "foo" } } do
      assert.matches(why, refused(o), 1, true)
    end
  end)
  it("gives the one load of the result", function()
    local spec = spec_of { "h" }
    assert.matches('"rate":5', spec.select '{"loads":[{"rate":5}],"searches":[],"comparisons":[]}', 1, true)
    assert.equal('{"loads":[]}', spec.select '{"loads":[]}')
  end)
end)
