--- Where connections go and come from, with a real server, as its own log has it.
local json = require "perilune.core.json"
local support = require "integration.support"

describe("connections", function()
  local nginx
  setup(function()
    nginx = support.nginx_on_port('location / { return 200 "$remote_addr $host\\n"; }')
  end)
  teardown(function()
    nginx:stop()
    support.clean()
  end)

  --- How often each address stands in nginx's log, the log begun anew.
  local function clients(before, after)
    support.write(nginx.folder .. "/access.log", "")
    local code, out, err = support.run(("load %s --db %s/t.db --json - %s"):format(before, support.folder(), after or ""))
    local r = json.decode(out)
    assert.equal(0, code, err)
    local seen = {}
    for line in io.lines(nginx.folder .. "/access.log") do
      local address = line:match("^%S+")
      seen[address] = (seen[address] or 0) + 1
    end
    return seen, r
  end

  it("carry as many requests as they may", function()
    local _, r = clients(("%s -n 40 -c 4"):format(nginx.url))
    assert.is_true(r.connections.made <= 4, tostring(r.connections.made))
    assert.equal(40, r.connections.made + r.connections.reused)
    _, r = clients(("%s -n 40 -c 4 --requests-per-connection 5"):format(nginx.url))
    assert.is_true(r.connections.made >= 8 and r.connections.made < 40, tostring(r.connections.made))
    assert.equal(40, r.connections.made + r.connections.reused)
    _, r = clients(("%s -n 40 -c 4 --disable-keepalive"):format(nginx.url))
    assert.same({ 40, 0 }, { r.connections.made, r.connections.reused })
    assert.equal(40, r.phases_s.connect.count)
  end)

  it("carry several requests in a row, each with an answer and a latency of its own", function()
    local _, r = clients(("%s/x -n 80 -c 2 --workers 1 --pipeline 8"):format(nginx.url))
    assert.same({ 80, 80, 80 }, { r.requests.total, r.requests.ok, r.latency_s.count })
    assert.is_true(r.connections.made <= 2)
    -- A server that closes behind the third answer of each connection: five of eight are lost, and told so.
    local short = support.nginx_on_port("keepalive_requests 3; location / { return 200; }")
    local code
    code, r = support.load(("%s/x -n 40 -c 1 --workers 1 --pipeline 8"):format(short.url))
    short:stop()
    assert.equal(3, code)
    assert.same({ 40, 15, 25 }, { r.requests.total, r.requests.ok, r.requests.failed })
    assert.equal(25, r.errors.reset)
    assert.equal(15, r.latency_s.count)
  end)

  it("are of all users, of each alone, or of each iteration alone", function()
    local function made(pool, more)
      local _, r = clients(("%s/ -n 60 -c 6 --workers 1 --pool %s %s"):format(nginx.url, pool, more or ""))
      return r.connections.made
    end
    assert.is_true(made "user" <= 6)
    assert.equal(60, made "iteration")
    assert.is_true(made "shared" <= 6)
    -- Six users with connections of their own, and room for two: those that rest make place.
    assert.is_true(made("user", "--connections 2") >= 2)
  end)

  it("come from each local address in turn", function()
    local seen = clients(("%s -n 40 -c 8 --workers 1 --local-ips 127.0.0.2,127.0.0.10-127.0.0.12"):format(nginx.url))
    local sum = 0
    for _, address in ipairs { "127.0.0.2", "127.0.0.10", "127.0.0.11", "127.0.0.12" } do
      assert.is_truthy(seen[address], address)
      sum = sum + seen[address]
    end
    assert.equal(40, sum)
  end)

  it("go elsewhere as curl's --connect-to says, with the URL's own name", function()
    local to = ("shop.example:80:127.0.0.1:%d"):format(nginx.port)
    local _, r = clients(("http://shop.example/ -n 5 -c 1 --connect-to %s"):format(to))
    assert.equal("http://shop.example/", r.url)
    assert.equal(5, r.requests.ok)
    _, r = clients("-n 5 -c 1", ("-- curl --connect-to %s http://shop.example/"):format(to))
    assert.equal(5, r.requests.ok)
  end)

  it("need a grant for the place that they go to", function()
    local folder = support.folder()
    support.write(folder .. "/p.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "p", run = function(run) run:load "a" end, scenarios = function() return {
        a = { iterations = 1, connect_to = "127.0.0.1::192.0.2.9:", request = { url = "http://127.0.0.1/" } } } end }]])
    local code, _, err = support.run(("run %s/p.lua --db %s/t.db"):format(folder, folder))
    assert.equal(7, code)
    assert.is_truthy(err:find("load to 192.0.2.9 is not granted", 1, true), err)
  end)

  it("are refused before the load where an address is not of this machine, and what is no address is told", function()
    for option, message in pairs { ["--local-ips 192.0.2.7"] = "local address 192.0.2.7", ["--connect-to a:b"] = "HOST:PORT:TO_HOST:TO_PORT",
      ["--local-ips 127.0.0.9-127.0.0.2"] = "write an address of this machine, or a range" } do
      local code, out, err = support.run(("load %s -n 1 --db %s/t.db %s"):format(nginx.url, support.folder(), option))
      assert.is_true(code ~= 0, option)
      assert.is_truthy((out .. err):find(message, 1, true), option .. ": " .. out .. err)
    end
  end)

  --- dnsmasq, which knows these names: { port, stop(), folder, questions() }. options: more of dnsmasq.
  local function name_server(hosts, options)
    local folder, port = support.folder(), support.free_port()
    support.write(folder .. "/hosts", hosts)
    local dns = support.start(("dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --user= --group= --pid-file= --bind-interfaces --listen-address=127.0.0.1 --port=%d --log-queries --log-facility=%s/log --addn-hosts=%s/hosts %s"):format(
      port, folder, folder, options or ""))
    dns.port, dns.folder = port, folder
    support.wait_for(function() return support.read("/proc/net/udp"):find((" 0100007F:%04X "):format(port), 1, true) end, 5, "dnsmasq")
    --- How often the address of a name was asked for.
    function dns.questions(name)
      local _, n = support.read(folder .. "/log"):gsub("query%[A%] " .. name:gsub("%p", "%%%0"), "")
      return n
    end
    return dns
  end

  it("go to the addresses that a name server gives, in turn, around those that do not answer", function()
    local dns = name_server("127.0.0.1 shop.test\n127.0.0.2 shop.test\n")
    local both = support.nginx_on_port("keepalive_requests 1; location / { return 200; } }\n server { listen 127.0.0.2:%P; keepalive_requests 1; location / { return 201; }")
    local url = ("http://shop.test:%d/"):format(both.port)
    local code, r, err = support.load(("%s -n 40 -c 1 --workers 1 --dns select=roundRobin --dns-servers 127.0.0.1:%d"):format(url, dns.port))
    assert.equal(0, code, err)
    assert.same({ ["200"] = 20, ["201"] = 20 }, r.status)
    assert.equal(1, dns.questions "shop.test", "looked up once")
    assert.equal(1, r.phases_s.dns.count)
    code, r, err = support.load(("%s --rate 100/s -z 1s --dns-servers 127.0.0.1:%d"):format(url, dns.port)) -- a name that no policy has: 50/s
    assert.is_true(code == 3 or code == 4, err)
    assert.equal("ok", r.target.verdict, "no target is blamed for a grant")
    both:stop()
    -- The second nginx listens on one of the two addresses only.
    url = ("http://shop.test:%d/"):format(nginx.port)
    code, r, err = support.load(("%s -n 40 -c 4 --workers 1 --dns select=roundRobin,ttl=0s --dns-servers 127.0.0.1:%d"):format(url, dns.port))
    dns:stop()
    assert.equal(0, code, err)
    assert.equal(40, r.requests.ok)
    assert.equal(0, r.requests.failed)
  end)

  it("look names up again when their records hold no longer", function()
    local dns = name_server("127.0.0.1 shop.test\n", "--local-ttl=1")
    local once = support.nginx_on_port("keepalive_requests 1; location / { return 200; }")
    local url = ("http://shop.test:%d/ --rate 20/s -z 3s --workers 1 --dns-servers 127.0.0.1:%d"):format(once.port, dns.port)
    local _, r = support.load(url .. " --dns ttl=auto")
    assert.equal(60, r.requests.ok)
    local questions = dns.questions "shop.test"
    assert.is_true(questions >= 2, tostring(questions))
    assert.is_true(r.phases_s.dns.count >= questions, "several may wait for one answer")
    _, r = support.load(url .. " --dns ttl=0s")
    assert.is_true(dns.questions "shop.test" > 2 * questions)
    assert.equal(60, r.phases_s.dns.count)
    local code, err
    code, r, err = support.load((url:gsub("shop.test", "nobody.test")))
    dns:stop()
    once:stop()
    assert.equal(6, code, err)
    assert.equal(r.requests.failed, r.errors.dns)
  end)

  --- tinyproxy, which lets everybody or one user through to these ports: { port, url, log(), stop() }.
  local function tinyproxy(options)
    local folder, port = support.folder(), support.free_port()
    support.write(folder .. "/conf", ("Port %d\nListen 127.0.0.1\nTimeout 60\nLogFile \"%s/log\"\nLogLevel Connect\nMaxClients 200\n%s\n"):format(port, folder, options or ""))
    local proxy = support.start(("tinyproxy -d -c %s/conf"):format(folder))
    proxy.port, proxy.url = port, "http://127.0.0.1:" .. port
    support.wait_for(function() return support.listens(port) end, 5, "tinyproxy")
    function proxy.log() return support.read(folder .. "/log") end
    return proxy
  end

  it("go through a proxy, plain ones by whole URLs and https through a tunnel", function()
    local secure = support.folder()
    assert.equal(0, (support.shell(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout %s/key -out %s/cert -days 2 -subj /CN=localhost"):format(secure, secure))))
    local port = support.free_port()
    local server = support.nginx_on_port(("location / { return 200; } }\n server { listen 127.0.0.1:%d ssl; ssl_certificate %s/cert; ssl_certificate_key %s/key; location / { return 201; }"):format(port, secure, secure))
    local proxy = tinyproxy("BasicAuth me secret")
    local code, r, err = support.load(("%s/a -n 6 -c 2 -x %s -U me:secret"):format(server.url, proxy.url))
    assert.equal(0, code, err)
    assert.same({ 6, 6 }, { r.requests.ok, r.status["200"] })
    assert.is_truthy(proxy.log():find(("GET %s/a HTTP/1.1"):format(server.url), 1, true), proxy.log())
    code, r, err = support.load(("https://localhost:%d/ -k -n 6 -c 2 -x http://me:secret@127.0.0.1:%d"):format(port, proxy.port))
    assert.equal(0, code, err)
    assert.same({ 6, 6, 6 }, { r.requests.ok, r.status["201"], r.connections.made + r.connections.reused })
    assert.is_truthy(proxy.log():find(("CONNECT localhost:%d HTTP/1.1"):format(port), 1, true), proxy.log())
    assert.equal(r.connections.made, r.phases_s.connect.count)
    assert.equal(r.connections.made, r.phases_s.tls.count)
    -- Without the password: plain requests have the proxy's answer, a tunnel has none.
    code, r = support.load(("%s/a -n 4 -c 2 -x %s"):format(server.url, proxy.url))
    assert.equal(3, code)
    assert.equal(4, r.errors.status)
    local _
    code, r, _, err = support.load(("https://localhost:%d/ -k -n 4 -c 2 -x %s --db %s/f.db"):format(port, proxy.url, secure))
    assert.is_true(code == 3 or code == 6, err)
    assert.equal(4, r.errors.connect)
    local _, shown = support.run(("load https://localhost:%d/ -k -n 4 -c 2 -x %s --db %s/g.db"):format(port, proxy.url, secure))
    assert.is_truthy(shown:find("proxy: CONNECT was refused: 407", 1, true), shown)
    proxy:stop()
    for _, target in ipairs { server.url, ("https://localhost:%d"):format(port) } do
      _, shown = support.run(("load %s/ -k -n 2 -c 1 -x %s --db %s/h.db"):format(target, proxy.url, secure))
      assert.is_truthy(shown:find("connect (proxy: Connection refused)", 1, true), shown)
    end
    server:stop()
  end)

  it("of WebSocket go through a tunnel, too", function()
    local folder, proxy = support.folder(), tinyproxy()
    local server = support.python_server "websocket"
    support.write(folder .. "/p.lua", ([[
      local pl = require "perilune"
      return pl.playbook { name = "p", run = function(run) run:load "a" end, scenarios = function() return {
        a = { iterations = 3, proxy = "%s", user = function(user)
          local w = assert(user:ws "ws://127.0.0.1:%d/")
          assert(w:exchange "hello" == "hello")
        end } } end }]]):format(proxy.url, server.port))
    local code, out, err = support.run(("run %s/p.lua --db %s/t.db"):format(folder, folder))
    server:stop()
    local log = proxy.log()
    proxy:stop()
    assert.equal(0, code, out .. err)
    assert.is_truthy(log:find(("CONNECT 127.0.0.1:%d HTTP/1.1"):format(server.port), 1, true), log)
  end)

  it("that find no free descriptor are errors and the generator's limit, not a crash", function()
    local shop, folder = support.shop("--delay constant:400ms"), support.folder()
    local code, out, err = support.shell(("ulimit -n 200; %s load %s/ --rate 1000/s -z 1s --workers 1 --db %s/t.db --json -"):format(support.perilune, shop.url, folder))
    shop:stop()
    local r = json.decode(out)
    assert.is_true(code == 3 or code == 4, err)
    assert.is_true(r.requests.ok > 0 and r.connections.max_open < 200)
    assert.equal(r.requests.failed, r.errors.connect)
    assert.equal("limited", r.generator.verdict)
    assert.is_truthy(table.concat(r.generator.reasons, "\n"):find("descriptors", 1, true), table.concat(r.generator.reasons, "\n"))
  end)

  --- A network of its own with ten ports, where this system lets us make one.
  local function with_few_ports(command)
    return support.shell(("unshare -rn sh -c %s"):format(support.quote(
      "ip link set lo up && echo 40000 40009 >/proc/sys/net/ipv4/ip_local_port_range && " .. command)), 60)
  end

  it("that find no free port are errors and the generator's limit, not a crash", function()
    if with_few_ports "true" ~= 0 then return pending "no network namespaces here" end
    local folder = support.folder()
    local shop = support.build .. "/examples/shop/shop"
    local code, out, err = with_few_ports(("%s --port 0 --port-file %s/port & while ! [ -s %s/port ]; do sleep 0.01; done; "
      .. "%s load http://127.0.0.1:$(cat %s/port)/ -c 20 -z 1s --workers 1 --db %s/t.db --json -; code=$?; kill $!; exit $code"):format(
      shop, folder, folder, support.perilune, folder, folder))
    local r = json.decode(out)
    assert.is_true(code == 3 or code == 4, err)
    assert.is_true(r.connections.asked > r.connections.made)
    assert.equal(r.connections.asked, r.connections.made + r.connections.failed)
    assert.equal(9, r.connections.max_open) -- one of the ten is the shop's own
    assert.is_true(r.requests.ok > 0)
    assert.equal(r.requests.failed, r.errors.connect)
    assert.equal("limited", r.generator.verdict)
    local reasons = table.concat(r.generator.reasons, "\n")
    assert.is_truthy(reasons:find("ports: no local port was free for a new connection", 1, true), reasons)
    assert.is_truthy(reasons:find(" of 10 ports in use", 1, true), reasons)
  end)
end)
