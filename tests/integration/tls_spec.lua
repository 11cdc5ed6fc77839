local json = require "perilune.core.json"
local support = require "integration.support"

-- https against a real nginx: who is trusted, who shows a certificate, what the result says of it.
describe("TLS", function()
  local nginx, folder, port, plain

  local CONFIG = [[
daemon off; master_process off; error_log %F/error.log; pid %F/pid; events { worker_connections 256; }
http {
  access_log off; client_body_temp_path %F; proxy_temp_path %F; fastcgi_temp_path %F; uwsgi_temp_path %F; scgi_temp_path %F;
  server {
    listen 127.0.0.1:%P ssl; ssl_certificate %F/server.pem; ssl_certificate_key %F/server.key;
    ssl_client_certificate %F/ca.pem; ssl_verify_client optional; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_tickets on;
    location / { return 200 "$ssl_protocol $ssl_client_verify $ssl_server_name $ssl_session_reused"; }
    location /big { root %F; }
    location /close { keepalive_timeout 0; return 200 "closed"; }
    location /up { client_max_body_size 0; proxy_pass http://127.0.0.1:%Q/sink; }
  }
  server { listen 127.0.0.1:%Q; location /sink { client_max_body_size 0; return 200 "$content_length"; } location / { return 302 https://127.0.0.1:%P/; } }
}]]

  setup(function()
    folder = support.folder()
    support.certificate(folder, "server", "IP:127.0.0.1,DNS:shop.example")
    support.certificate(folder, "client", "DNS:client.example")
    support.write(folder .. "/big", ("x"):rep(1 << 20))
    port, plain = support.free_port(), support.free_port()
    local text = CONFIG:gsub("%%(%u)", { F = folder, P = tostring(port), Q = tostring(plain) })
    nginx = support.start("nginx -c " .. support.write(folder .. "/nginx.conf", text))
    support.wait_for(function() return support.shell(("curl -s -k -o /dev/null https://127.0.0.1:%d/"):format(port)) == 0 end, 10, "nginx")
  end)
  teardown(function()
    nginx:stop()
    support.clean()
  end)

  local function load(arguments)
    local code, out, err = support.run(("load %s --users 2 --requests 20 --db %s/l.db --json -"):format(arguments, folder))
    local ok, result = pcall(json.decode, out)
    return code, ok and result or {}, out .. err
  end

  it("a certificate that nobody vouches for is refused, and the reason said", function()
    local code, r, text = load(("https://127.0.0.1:%d/"):format(port))
    assert.equal(6, code, text)
    assert.equal(20, r.errors.tls)
    assert.matches("20 × tls %(certificate: ", text)
  end)
  it("--insecure takes it, and the result says so", function()
    local code, r, text = load(("https://127.0.0.1:%d/ --insecure"):format(port))
    assert.equal(0, code, text)
    assert.equal(20, r.requests.ok)
    assert.same({ "TLSv1.3", true, 2 }, { r.tls.version, r.tls.insecure, r.tls.handshakes })
    assert.matches("^%d%d%d%d%-%d%d%-%d%dT", r.tls.expires_at)
    assert.equal(2, r.phases_s.tls.count)
    assert.matches("2 handshakes; a full one took %S+ %S+ on average; the certificate ends %d+%-%d+%-%d+; it was not verified", text)
  end)

  it("--ca is trusted, --cert is shown, --tls-max holds, and no file's text is kept", function()
    local url = ("https://127.0.0.1:%d/"):format(port)
    local code, r, text = load(("%s --ca %s/ca.pem --cert %s/client.pem --key %s/client.key --server-name shop.example --tls-max 1.2"):format(url, folder, folder, folder))
    assert.equal(0, code, text)
    assert.same({ 20, "TLSv1.2", false }, { r.requests.ok, r.tls.version, r.tls.insecure })
    local _, rows = support.run(("sql 'SELECT args FROM runs' --db %s/l.db"):format(folder))
    assert.matches("shop.example", rows, 1, true)
    assert.is_nil(rows:find("BEGIN", 1, true))
    code, _, text = load(url .. " --ca " .. folder .. "/client.pem")
    assert.equal(6, code, text)
    assert.matches("An authority of your own is trusted with --ca FILE", text, 1, true)
    code, _, text = load(url .. " --cacert x.pem")
    assert.equal(2, code)
    assert.matches("unknown option --cacert", text, 1, true)
  end)

  it("http:// where TLS is spoken is told so", function()
    local code, r, text = load(("http://127.0.0.1:%d/"):format(port))
    assert.same({ 3, 20 }, { code, r.status["400"] }, text)
    assert.matches("What listens there speaks TLS: https:// is meant?", text, 1, true)
  end)

  --- Runs a user function under these TLS settings; gives the exit code, the load and all text.
  local function run(tls, user, more)
    local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "t", args = { target = pl.arg.string {} },
  scenarios = function(args) return { t = { base = args.target, users = 1, iterations = 1, defaults = { tls = %s }, %s
    user = function(user)
      local function hold(ok, what) if not ok then user:fail(tostring(what)) end end
      %s
    end } } end,
  run = function(run) run:load "t" end }
]]):format(tls, more or "", user))
    local code, out, err = support.run(("run %s --target https://127.0.0.1:%d --db %s/p.db --json %s/p.json --workers 1"):format(path, port, folder, folder))
    local ok, r = pcall(json.decode, support.read(folder .. "/p.json"))
    return code, ok and r.loads[1] or nil, out .. err
  end

  it("an authority of the playbook's folder is trusted; names and versions are as asked", function()
    local code, _, text = run('{ ca = "ca.pem", server_name = "shop.example", max = "1.2" }', [[
      local r = user:get "/"
      hold(r.text and r.text:find "^TLSv1.2 NONE shop.example", r.text or r.why) ]])
    assert.equal(0, code, text)
  end)
  it("the client shows its certificate", function()
    local code, _, text = run('{ ca = "ca.pem", cert = "client.pem", key = "client.key" }', [[
      local r = user:get "/"
      hold(r.text and r.text:find "^TLSv1.3 SUCCESS", r.text or r.why) ]])
    assert.equal(0, code, text)
  end)
  it("each answer tells what its phases took", function()
    local code, _, text = run('{ ca = "ca.pem" }', [[
      local t = user:get("/").timings
      hold(t.tls > 0 and t.connect > 0 and t.send > 0 and t.wait > 0 and t.receive, "a phase is missing")
      hold(t.total >= t.connect + t.tls + t.send + t.wait + t.receive, "more phases than time")
      t = user:get("/").timings
      hold(t.total and not (t.connect or t.tls), "the connection stood") ]])
    assert.equal(0, code, text)
  end)
  it("sessions are resumed when asked for", function()
    local user = [[ for _ = 1, 3 do user:get("/close") end ]]
    local code, r, text = run('{ ca = "ca.pem", resume = true }', user)
    assert.equal(0, code, text)
    assert.same({ 3, 2 }, { r.tls.handshakes, r.tls.resumed })
    assert.is_true(r.tls.full_mean_s > 0 and r.tls.resumed_mean_s > 0)
    assert.matches("3 handshakes, 2 resumed; a full one took %S+ %S+, a resumed one %S+ %S+ on average", text)
    code, r, text = run('{ ca = "ca.pem" }', user)
    assert.equal(0, code, text)
    assert.same({ 3, 0 }, { r.tls.handshakes, r.tls.resumed })
  end)
  it("a redirect leads from http to https, bodies of any size come through", function()
    local code, _, text = run('{ ca = "ca.pem" }', ([[
      local r = user:get "http://127.0.0.1:%d/x"
      hold(r.status == 200 and r.text:find "^TLSv1.3", r.status)
      local big = user:get "/big"
      hold(big.text == ("x"):rep(1 << 20), big.status)
      hold(user:post("/", { body = ("y"):rep(300000) }).status == 200, "post") ]]):format(plain))
    assert.equal(0, code, text)
  end)
  it("files of 100 MB go up, whole and in chunks, in constant memory", function()
    support.shell(("head -c %d /dev/zero > %s/large"):format(100 << 20, folder))
    local code, l, text = run('{ ca = "ca.pem" }', ([[
      local r = user:post("/up", { body_file = "large", timeout = "60s" })
      hold(r.text == "%d", r.text or r.why)
      r = user:post("/up", { body_file = "large", chunked = true, expect100 = true, timeout = "60s" })
      hold(r.text == "%d", r.text or r.why) ]]):format(100 << 20, 100 << 20))
    assert.equal(0, code, text)
    assert.is_true(l.bytes.sent >= 200 << 20)
    assert.is_true(l.generator.rss_bytes < 200 << 20, l.generator.rss_bytes)
  end)

  --- What openssl's own server, with these options, has of one request under these settings: how the load fared, and its words.
  local function beside_s_server(options, tls)
    local other = support.free_port()
    local log = ("%s/s_server%d.log"):format(folder, other)
    local server = support.start(("sh -c 'exec openssl s_server -accept 127.0.0.1:%d -cert %s/server.pem -key %s/server.key -www %s >%s 2>&1'"):format(other, folder, folder, options, log))
    support.wait_for(function() return support.listens(other) end, 10, "openssl s_server")
    local _, l, text = run(tls, ([[
      local r = user:get "https://127.0.0.1:%d/"
      hold(r.status == 200, r.why)
      user.vars.shown = r.text ]]):format(other))
    server:stop()
    return l, text
  end

  it("versions, ciphers and groups are as asked, of openssl's server, too", function()
    local function agreed(options, tls)
      local l, text = beside_s_server(options, tls)
      assert.equal(1, l.requests.ok, text)
      return l.tls.version, l.tls.cipher
    end
    assert.same({ "TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305" }, { agreed("-tls1_2", '{ ca = "ca.pem", ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305" }') })
    assert.same({ "TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256" }, { agreed("-tls1_3", '{ ca = "ca.pem", min = "1.3", ciphers = "TLS_CHACHA20_POLY1305_SHA256" }') })
    assert.equal("TLSv1.3", (agreed("-groups P-384", '{ ca = "ca.pem", groups = "P-384" }')))
    for options, tls in pairs { ["-tls1_2"] = '{ ca = "ca.pem", min = "1.3" }', ["-groups X25519"] = '{ ca = "ca.pem", groups = "P-384" }',
                                ["-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256"] = '{ ca = "ca.pem", max = "1.2", ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384" }' } do
      local l, text = beside_s_server(options, tls)
      assert.equal(1, l.errors.tls, text)
    end
  end)
  it("wrong settings end before the first request", function()
    local code, _, text = run('{ ca = "server.key" }', 'user:get "/"')
    assert.matches("scenario t: tls.ca: server.key: no certificate is in it", text, 1, true)
    assert.equal(8, code)
    support.write(folder .. "/broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    for options, words in pairs { ["--ca %s/broken.pem"] = "--ca: %s/broken.pem: no certificate is in it", ["--cert %s/server.pem"] = "--cert: %s/server.pem: no private key" } do
      local out, err
      code, out, err = support.run(("load https://127.0.0.1:1/ -n 1 --db %s/t.db "):format(folder) .. options:format(folder))
      assert.matches(words:format(folder), out .. err, 1, true)
      assert.equal(8, code)
    end
    code, _, text = run('{ ca = "nobody.pem" }', 'user:get "/"')
    assert.matches("nobody%.pem", text)
    assert.equal(8, code)
  end)
end)
