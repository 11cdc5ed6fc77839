local json = require "perilune.core.json"
local support = require "integration.support"

-- A server that nobody here wrote: whatever it does to a client, the figures add up.
describe("against nginx", function()
  local shop, nginx

  local SERVER = [[
    location /hello { default_type text/plain; return 200 "hello from nginx, a text long enough to be compressed\n"; }
    location /gzip/ { default_type text/plain; gzip on; gzip_types text/plain; alias %F/; }
    location /proxy/ { proxy_pass %U/; proxy_http_version 1.1; proxy_buffering off; }
    location /few { keepalive_requests 10; return 200 "few\n"; }
    location /moved { return 301 /hello; }
    location /file/ { alias %F/; }
    client_max_body_size 8m;
    location /refused { client_max_body_size 1k; proxy_pass http://127.0.0.1:%P/hello; }
    location /upload { proxy_pass http://127.0.0.1:%P/hello; }
  ]]

  setup(function()
    shop = support.shop()
    local files = support.folder()
    support.write(files .. "/text", ("compressible "):rep(1000))
    support.write(files .. "/large", ("0123456789abcdef"):rep(1 << 17)) -- 2 MiB
    nginx = support.nginx_on_port((SERVER:gsub("%%(%u)", { F = files, U = shop.url, P = "%P" })))
  end)
  teardown(function()
    nginx:stop()
    shop:stop()
    support.clean()
  end)

  local function load(path, options, seconds) return support.load(("'%s%s' %s"):format(nginx.url, path, options), seconds) end

  -- Lines of nginx's access log with this text.
  local function logged(text)
    local n = 0
    for line in io.lines(nginx.folder .. "/access.log") do
      if line:find(text, 1, true) then n = n + 1 end
    end
    return n
  end

  it("keeps its connections alive", function()
    local code, r, err = load("/hello?kept", "--requests 500 --users 5")
    assert.equal(0, code, err)
    assert.equal(500, r.requests.ok)
    assert.equal(5, r.connections.opened)
    assert.equal(500, logged "/hello?kept")
    assert.equal("nginx", r.target.process.name)
  end)

  it("opens a new connection when nginx closes one after 10 requests", function()
    local code, r, err = load("/few", "--requests 500 --users 5")
    assert.equal(0, code, err)
    assert.equal(500, r.requests.ok)
    assert.equal(0, r.requests.failed)
    -- 10 on each, but for the last one of each user.
    assert.is_true(r.connections.opened >= 50 and r.connections.opened < 55, "opened " .. r.connections.opened)
    assert.equal(500, logged "/few")
  end)

  it("reads chunked bodies, compressed ones as they are", function()
    local _, plain = load("/gzip/text", "--requests 20 --users 2")
    local _, small = load("/gzip/text", "--requests 20 --users 2 -H 'Accept-Encoding: gzip'")
    local _, proxied = load("/proxy/chunked?n=100000", "--requests 20 --users 2")
    assert.same({ 20, 20, 20 }, { plain.requests.ok, small.requests.ok, proxied.requests.ok })
    assert.is_true(plain.bytes.received > 20 * 13000 and small.bytes.received < 20 * 1000, "compressed: " .. small.bytes.received)
    assert.is_true(proxied.bytes.received > 20 * 100000)
  end)

  it("takes the head of an answer to HEAD for all of it", function()
    local _, r = load("/file/large", "-m HEAD --requests 20 --users 2")
    assert.equal(20, r.requests.ok)
    assert.is_true(r.bytes.received < 20 * 1000, "received " .. r.bytes.received)
    assert.equal(20, logged "HEAD /file/large")
  end)

  it("counts a 404 as a failure, with nginx's page behind it", function()
    local code, r = load("/file/none", "--requests 20 --users 2")
    assert.equal(3, code)
    assert.same({ 20, 20, 0 }, { r.status["404"], r.errors.status, r.requests.ok })
  end)

  it("follows a redirect to nginx's own page", function()
    local _, r = load("/moved", "--requests 20 --users 2")
    assert.equal(20, r.requests.ok)
    assert.equal(20, logged "/moved")
  end)

  it("reads large bodies to their end", function()
    local _, r = load("/file/large", "--requests 20 --users 4")
    assert.equal(20, r.requests.ok)
    assert.is_true(r.bytes.received >= 20 * (2 << 20))
  end)

  it("sends large bodies", function()
    local body = support.write(support.folder() .. "/body", ("x"):rep(4 << 20))
    local _, r = load("/upload", ("-m POST --body-file %s --requests 8 --users 2"):format(body))
    assert.equal(8, r.requests.ok)
    assert.is_true(r.bytes.sent >= 8 * (4 << 20))
  end)

  it("reads an answer that comes before the body is sent", function()
    local body = support.write(support.folder() .. "/body", ("x"):rep(1 << 20))
    local _, r = load("/refused", ("-m POST --body-file %s --requests 8 --users 2"):format(body))
    assert.equal(8, r.status["413"])
    assert.equal(8, r.errors.status)
  end)

  it("loses no request when nginx is reloaded in the middle", function()
    local folder = support.folder()
    local events = folder .. "/events"
    local run = support.start(("%s load '%s/hello?reload' --rate 400/s --duration 3s --db %s/t.db --json %s/r.json --events %s"):format(
      support.perilune, nginx.url, folder, folder, events))
    support.wait_for(function() return support.exists(events) and support.read(events):find('"progress"', 1, true) end, 20, "progress")
    support.shell(("kill -HUP %d"):format(nginx.pid))
    support.wait_for(function() return not run:alive() end, 20, "the end of the load")
    local r = json.decode(support.read(folder .. "/r.json"))
    assert.equal(1200, r.starts.started)
    assert.equal(1200, r.requests.ok, "failed: " .. r.requests.failed)
    assert.is_true(r.connections.opened > r.connections.max_open, "the reload closed no connection")
    assert.equal(1200, logged "/hello?reload")
  end)

  it("counts what fails while nginx is restarted, and goes on", function()
    local folder = support.folder()
    local events = folder .. "/events"
    local run = support.start(("%s load '%s/hello?restart' --rate 200/s --duration 5s --db %s/t.db --json %s/r.json --events %s"):format(
      support.perilune, nginx.url, folder, folder, events))
    support.wait_for(function() return logged "/hello?restart" > 100 end, 20, "requests")
    nginx:stop "INT"
    local before = logged "/hello?restart"
    support.wait_for(function() return support.read(events):find('"failed":[1-9]') end, 20, "failures")
    local again = support.start(("nginx -c %s/nginx.conf -e %s/error.log"):format(nginx.folder, nginx.folder))
    support.wait_for(function() return support.listens(nginx.port) end, 10, "nginx again")
    support.wait_for(function() return not run:alive() end, 20, "the end of the load")
    nginx.pid, nginx.began = again.pid, again.began
    local r = json.decode(support.read(folder .. "/r.json"))
    assert.equal(1000, r.starts.started)
    assert.equal(1000, r.requests.total)
    assert.is_true(r.errors.connect > 0)
    assert.equal(r.requests.failed, r.errors.connect + r.errors.reset)
    assert.is_true(logged "/hello?restart" > before + 100, "it did not go on")
  end)
end)

describe("an nginx that a test left running", function()
  it("leaves nobody behind", function()
    local left = support.nginx_on_port "location / { return 200; }"
    support.clean()
    support.wait_for(function() return not support.listens(left.port) end, 5, "the end of nginx's workers")
  end)
end)
