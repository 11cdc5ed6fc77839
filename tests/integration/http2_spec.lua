local json = require "perilune.core.json"
local support = require "integration.support"

-- HTTP/2 against a real nginx: over TLS by its choice, over plain TCP by prior knowledge.
describe("HTTP/2", function()
  local nginx, folder, ports

  local CONFIG = [[
daemon off; master_process off; error_log %F/error.log; pid %F/pid; events { worker_connections 256; }
http {
  log_format protocol "$server_protocol $request_uri $request_length"; access_log %F/access.log protocol;
  client_body_temp_path %F; proxy_temp_path %F; fastcgi_temp_path %F; uwsgi_temp_path %F; scgi_temp_path %F; client_max_body_size 64m;
  ssl_certificate %F/server.pem; ssl_certificate_key %F/server.key;
  server {
    listen 127.0.0.1:%S ssl http2; listen 127.0.0.1:%H http2; http2_max_concurrent_streams 10;
    location / { return 200 "$server_protocol $http_x_tag $cookie_seen"; }
    location /set { add_header Set-Cookie "seen=yes; Path=/"; return 200 "set"; }
    location /big { root %F; }
    location /gzip { gzip on; gzip_types *; gzip_min_length 1; root %F; }
    location /moved { return 302 /moved-here; }
    location /up { proxy_pass http://127.0.0.1:%P/sink; }
    location /sink { return 200 "sunk"; }
  }
  server { listen 127.0.0.1:%K http2; keepalive_requests 7; location / { return 200 "few"; } }
  server { listen 127.0.0.1:%O ssl; location / { return 200 "$server_protocol"; } }
  server { listen 127.0.0.1:%P; location /sink { return 200 "sunk"; } }
}]]

  setup(function()
    folder = support.folder()
    ports = { S = 0, H = 0, K = 0, O = 0, P = 0 } -- over TLS, plain, seven requests a session, HTTP/1 only over TLS, plain HTTP/1
    for name in pairs(ports) do ports[name] = support.free_port() end
    local code, _, err = support.shell(("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.pem -days 30 -subj /CN=server"):format(folder))
    assert(code == 0, err)
    support.write(folder .. "/big", ("0123456789abcdef"):rep(1 << 17)) -- 2 MiB
    support.write(folder .. "/gzip", ("compressible "):rep(1000))
    local text = CONFIG:gsub("%%(%u)", function(name) return name == "F" and folder or tostring(ports[name]) end)
    nginx = support.start("nginx -c " .. support.write(folder .. "/nginx.conf", text))
    support.wait_for(function() return support.shell(("curl -s -o /dev/null http://127.0.0.1:%d/sink"):format(ports.P)) == 0 end, 10, "nginx")
  end)
  teardown(function()
    nginx:stop()
    support.clean()
  end)

  local function secure(path) return ("https://127.0.0.1:%d%s --insecure"):format(ports.S, path) end
  local function plain(path) return ("http://127.0.0.1:%d%s"):format(ports.H, path) end

  local function load(arguments, seconds)
    local code, out, err = support.run(("load %s --http2 --workers 1 --db %s/l.db --json -"):format(arguments, folder), seconds)
    local ok, result = pcall(json.decode, out)
    return code, ok and result or {}, out .. err
  end

  it("is named where HTTP/1 was spoken to it", function()
    local code, out, err = support.run(("load %s --users 2 --requests 20 --db %s/l.db"):format(plain "/", folder))
    assert.equal(6, code, out .. err)
    assert.matches("protocol (the answer is HTTP/2, not an HTTP/1 status line)", out, 1, true)
    assert.matches("speaks HTTP/2 without being asked: --http2 is meant?", out, 1, true)
  end)

  --- Lines of nginx's log that begin with this text.
  local function logged(text)
    local n = 0
    for line in io.lines(folder .. "/access.log") do
      if line:sub(1, #text) == text then n = n + 1 end
    end
    return n
  end

  it("is chosen by the server over TLS, and many users share a session", function()
    local code, r, text = load(secure("/tls") .. " --users 8 --requests 200")
    assert.equal(0, code, text)
    assert.equal(200, r.requests.ok)
    assert.same({ 1, 0, 0, 0, 0 }, { r.http2.sessions, r.http2.fallbacks, r.http2.goaways, r.http2.resets, r.http2.refused })
    assert.same({ 1, "h2" }, { r.connections.opened, r.tls and "h2" })
    assert.equal(200, logged "HTTP/2.0 /tls ")
    assert.matches("HTTP/2: 1 session%.", text)
  end)

  it("needs no TLS where it is known", function()
    local code, r, text = load(plain("/plain") .. " --users 8 --requests 200")
    assert.equal(0, code, text)
    assert.equal(200, logged "HTTP/2.0 /plain ")
    assert.is_nil(r.tls)
  end)

  it("has sessions and streams as h2load has -c and -m", function()
    local code, r, text = load(secure("/many") .. " --connections 4 --streams 5 --requests 400")
    assert.equal(0, code, text)
    assert.same({ 4, 4, 20 }, { r.http2.sessions, r.connections.opened, r.users.max })
    assert.equal(400, logged "HTTP/2.0 /many ")
  end)

  it("gives each user a session where it carries one request at a time", function()
    local code, r, text = load(plain("/each") .. " --users 6 --streams 1 --requests 60")
    assert.equal(0, code, text)
    assert.same({ 6, 6 }, { r.http2.sessions, r.connections.planned })
  end)

  it("gives each user a session of its own where it is asked to", function()
    local code, r, text = load(plain("/own") .. " --users 6 --pool user --requests 60")
    assert.equal(0, code, text)
    assert.same({ 6, 6 }, { r.http2.sessions, r.connections.planned })
  end)

  it("plans the sessions that workers open, each its own", function()
    local function of(arguments)
      local code, out, err = support.run(("load %s --http2 --workers 2 --requests 200 --db %s/l.db --json - %s"):format(plain "/workers", folder, arguments))
      assert.equal(0, code, out .. err)
      local r = json.decode(out)
      return { r.http2.sessions, r.connections.opened, r.connections.planned }
    end
    assert.same({ 2, 2, 2 }, of "--users 16")
    assert.same({ 4, 4, 4 }, of "--users 16 --streams 4")
  end)

  it("closes a session behind as many requests as are asked for", function()
    local code, r, text = load(plain "/" .. " --users 2 --requests 40 --requests-per-connection 5")
    assert.equal(0, code, text)
    assert.equal(40, r.requests.ok)
    assert.same({ 8, 0 }, { r.http2.sessions, r.http2.goaways })
    code, r, text = load(plain "/" .. " --users 4 --requests 20 --disable-keepalive")
    assert.equal(0, code, text)
    assert.equal(20, r.http2.sessions)
  end)

  it("respects how many streams the server takes", function()
    local code, r, text = load(plain("/limit") .. " --users 30 --connections 1 --requests 300")
    assert.equal(0, code, text)
    assert.equal(300, r.requests.ok)
    assert.same({ 0, 1 }, { r.http2.resets, r.connections.opened })
  end)

  it("goes on with a new session when the server ends one", function()
    local code, r, text = load(("http://127.0.0.1:%d/few --users 4 --requests 100"):format(ports.K))
    assert.equal(0, code, text)
    assert.same({ 100, 0 }, { r.requests.ok, r.requests.failed })
    assert.is_true(r.http2.goaways >= 10, text)
    assert.equal(r.connections.opened, r.http2.sessions)
    assert.matches("the server ended %d+ of them %(GOAWAY%)", text)
  end)

  it("falls back to HTTP/1.1, and says so", function()
    local code, r, text = load(("https://127.0.0.1:%d/one --insecure --users 3 --requests 30"):format(ports.O))
    assert.equal(0, code, text)
    assert.equal(30, logged "HTTP/1.1 /one ")
    assert.same({ 0, 30 }, { r.http2.sessions, r.requests.ok })
    assert.is_true(r.http2.fallbacks >= 1)
    assert.matches("the server chose HTTP/1.1 on", text)
  end)

  it("is told from HTTP/1 where nobody chooses", function()
    local code, r, text = load(("http://127.0.0.1:%d/sink --users 2 --requests 10"):format(ports.P))
    assert.equal(6, code, text)
    assert.equal(10, r.errors.protocol)
    assert.matches("the server does not speak it", text)
  end)

  it("sends bodies of files", function()
    local path = folder .. "/upload"
    support.write(path, ("y"):rep(20 << 20))
    local code, r, text = load(plain("/up") .. (" --body-file %s --users 2 --requests 4"):format(path), 60)
    assert.equal(0, code, text)
    assert.is_true(r.bytes.sent > 4 * (20 << 20), text)
  end)

  it("speaks with scripts: headers, cookies, bodies, codings, redirects", function()
    local file = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "h", args = { target = pl.arg.url {} },
  scenarios = function(args) return { h = { base = args.target, users = 2, iterations = 6, http2 = true, streams = 4, defaults = { tls = { insecure = true } },
    user = function(user)
      local function hold(ok, what) if not ok then user:fail(tostring(what)) end end
      user:get "/set"
      local r = user:get("/x", { headers = { ["X-Tag"] = "tagged" } })
      hold(r.text == "HTTP/2.0 tagged yes", r.text)
      hold(r:header "server":find "nginx", r:header "server")
      local big = user:get "/big"
      hold(#big.text == 2 << 20 and big.text:sub(-4) == "cdef", #big.text)
      hold(user:get("/gzip", { headers = { ["Accept-Encoding"] = "gzip" } }).text == ("compressible "):rep(1000), "gzip")
      hold(user:get("/moved").text:find "^HTTP/2.0", "moved")
      hold(user:post("/up", { body = ("z"):rep(300000) }).text == "sunk", "post")
      hold(user:head("/big").status == 200, "head")
      hold(user:get("/none/../%%zz").status >= 400, "bad path")
    end } } end,
  run = function(run) run:load "h" end }
]]))
    local code, out, err = support.run(("run %s --target https://127.0.0.1:%d --db %s/p.db --json %s/p.json --workers 1"):format(file, ports.S, folder, folder))
    local r = json.decode(support.read(folder .. "/p.json")).loads[1]
    assert.same({}, r.given_up or {}, out .. err)
    assert.equal(0, r.errors.script, out .. err)
    assert.is_true(code == 3 or code == 0, out .. err) -- the bad path is an answer of 400
    assert.equal(1, r.http2.sessions)
  end)

  it("has streams only together with it", function()
    local code, _, err = support.run "load http://127.0.0.1:1/ --streams 4"
    assert.equal(2, code)
    assert.matches("add %-%-http2", err)
  end)
end)
