--- perilune load URL: a question answered in one line. It runs the playbook playbooks/load.lua with these options.
local later = require "perilune.later"
local arrivals = later "perilune.arrivals"
local curl = later "perilune.curl"
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local http_proxy = later "perilune.http.proxy"
local json = require "perilune.core.json"
local options = require "perilune.options"
local sla = later "perilune.sla"
local session = require "perilune.session"
local unbegun = require "perilune.unbegun"

local M = {
  name = "load", section = "Measure", about = "Send load to a URL and tell what it took.", usage = "perilune load URL [OPTION...], or perilune load [OPTION...] -- curl ...", words = { "the URL" }, min = 0, max = 1,
  examples = { "perilune load http://127.0.0.1:8080/ --rate 5000/s --duration 10s", "perilune load http://127.0.0.1:8080/ --users 64 --duration 10s",
    "perilune load 127.0.0.1:8080 --rate 500/s --sla 'p99(latency) < 50ms'", "perilune load 127.0.0.1:8080 --wrk-script counter.lua -- 10", "perilune load unix:/run/shop.sock:/cart --users 8",
    "perilune load --rate 20/s -- curl -X POST -d item=7 127.0.0.1:8080/cart" },
  common = options.RUN,
  options = {
    { name = "rate", short = "q", value = "R", kind = "rate", help = "starts per second of all users together (open loop), for instance 500/s" },
    { name = "arrivals", value = "LAW", choices = { "even", "poisson" }, help = "even (default) or poisson" },
    { name = "users", value = "N", kind = "integer", positive = true, help = "users that repeat the request (closed loop; default 64)" },
    { name = "concurrency", short = "c", value = "N", kind = "integer", positive = true, help = "as --users; with a rate as --connections" },
    { name = "stages", value = "S", help = "levels over time: 30s:100/s,1m@500/s (':' ramps to, '@' jumps to and holds)" },
    { name = "duration", short = "z", value = "D", kind = "duration", positive = true, help = "how long (default 10s)" },
    { name = "requests", short = "n", value = "N", kind = "integer", positive = true, help = "this many requests in all; with --script iterations" },
    { name = "connections", value = "N", kind = "integer", positive = true, help = "at most this many connections, or HTTP/2 sessions" },
    { name = "requests-per-connection", value = "N", kind = "integer", positive = true, help = "a connection is closed behind so many" },
    { name = "disable-keepalive", help = "a new connection for each request" },
    { name = "pipeline", value = "N", kind = "integer", positive = true, help = "at each start so many HTTP/1.1 requests go out in a row on a connection" },
    { name = "pool", value = "WHOSE", choices = { "shared", "user", "iteration" }, help = "connections of all users (default), of each, of each iteration" },
    { name = "proxy", short = "x", value = "URL", help = "HTTP proxy: http://HOST:PORT" },
    { name = "proxy-user", short = "U", value = "N:P", help = "name and password for the proxy" },
    { name = "connect-to", value = "H:P:H:P", many = true, help = "connect elsewhere, as by curl: HOST:PORT:TO_HOST:TO_PORT" },
    { name = "local-ips", value = "LIST", help = "local addresses of connections: 10.0.0.5,127.0.0.2-127.0.0.20" },
    { name = "dns", value = "TEXT", help = "ttl=inf|auto|5m|0s,select=first|roundRobin" },
    { name = "dns-servers", value = "LIST", help = "who is asked for addresses: 10.0.0.1,127.0.0.1:5353" },
    { name = "method", short = "m", value = "M", help = "GET, POST ..." },
    { name = "header", short = "H", value = "N: V", many = true, help = "request header; may be repeated" },
    { name = "body", short = "d", value = "TEXT", help = "request body" },
    { name = "body-file", value = "FILE", help = "request body from a file" },
    { name = "timeout", value = "D", kind = "duration", positive = true, help = "of a request (default 30s)" },
    { name = "grace", value = "D", kind = "duration", help = "for what is in flight at the end (default 30s)" },
    { name = "precise", help = "poll before each start: a CPU a worker, starts to a few us" },
    { name = "trace", help = "each request carries a W3C traceparent; the slowest are shown with their ids" },
    { name = "trace-ratio", value = "R", help = "keep so many of them whole, 1%, for perilune export otlp_traces" },
    options.WORKERS,
    { name = "warmup", value = "D", kind = "duration", help = "not measured at the start" },
    { name = "script", value = "FILE", help = "Lua file that returns function(user)" },
    { name = "sla", value = "EXPR", many = true, help = "objective, for instance 'p99(latency) < 50ms'" },
    { name = "find", value = "EXPR", what = "an objective", help = "the highest rate that meets this objective (Poisson), then held and judged by it; --duration is that of a step (5s, longer for samples)" },
    { name = "against", value = "URL", help = "the same load on this URL, interleaved, and compared: 12 loads of --duration in all" },
    { name = "wrk-script", value = "FILE", help = "a script of wrk's, as it is; its arguments stand behind --" },
    { name = "http2", help = "HTTP/2: over TLS where the server chooses it, over http:// by prior knowledge" },
    { name = "insecure", short = "k", help = "the server's certificate is not verified" },
    { name = "ca", value = "FILE", help = "PEM of the authorities that are trusted instead of the system's" },
    { name = "cert", value = "FILE", help = "PEM of the client's certificate, with its chain" },
    { name = "key", value = "FILE", help = "PEM of its key (default: in the file of --cert)" },
    { name = "server-name", value = "HOST", help = "the certificate is asked of, and shall name, this host, not the URL's" },
    { name = "tls-min", value = "V", choices = { "1.0", "1.1", "1.2", "1.3" }, help = "lowest version of TLS: 1.0, 1.1, 1.2 or 1.3" },
    { name = "tls-max", value = "V", choices = { "1.0", "1.1", "1.2", "1.3" }, help = "highest version of TLS" },
    { name = "ciphers", value = "LIST", help = "OpenSSL's names of the ciphers that are offered" },
    { name = "groups", value = "LIST", help = "OpenSSL's names of the groups of the key exchange: X25519:P-256" },
    { name = "alpn", value = "LIST", help = "protocols that are offered over TLS (default http/1.1; with --http2 h2,http/1.1)" },
    { name = "tls-resume", help = "TLS sessions are resumed by the connections that come later" },
    { name = "streams", value = "N", kind = "integer", positive = true, help = "with --http2: at most this many requests at a time on a session (default 100)" },
  },
}

--- What stands for several options: -c, and a pasted cURL command.
local function expand(o)
  if o.concurrency then
    local stands_for = (o.rate or o.stages) and "connections" or "users"
    if o[stands_for] then error({ code = "usage", message = ("--concurrency and --%s say the same thing"):format(stands_for) }, 0) end
    o[stands_for] = o.concurrency
  end
  if o.disable_keepalive then
    if o.requests_per_connection then error({ code = "usage", message = "--disable-keepalive and --requests-per-connection exclude each other" }, 0) end
    o.requests_per_connection = 1
  end
  if not o.rest or o.wrk_script then return end
  local request = curl.read(o.rest)
  if o[1] then error({ code = "usage", message = ("two URLs, %s and that of the cURL command"):format(o[1]) }, 0) end
  o[1], o.insecure = request.url, o.insecure or request.insecure
  for _, name in ipairs { "ca", "cert", "key", "tls_min", "tls_max", "ciphers", "groups", "http2" } do o[name] = o[name] or request[name] end
  o.digest = request.digest
  o.method, o.body, o.timeout = o.method or request.method, o.body or request.body, o.timeout or request.timeout
  o.connect_to, o.proxy, o.proxy_user = request.connect_to or o.connect_to, o.proxy or request.proxy, o.proxy_user or request.proxy_user
  o.header = table.move(o.header or {}, 1, #(o.header or {}), #request.headers + 1, request.headers)
end

--- The characters of a method: RFC 9110, token.
local METHOD = "^[%w!#$%%&'*+.^_`|~-]+$"

--- The words on user for what a playbook sends and a URL here cannot.
local SPOKEN = { ws = "ws", wss = "ws", grpc = "grpc", grpcs = "grpc", redis = "redis", rediss = "redis", memcached = "memcached", memcacheds = "memcached",
  postgresql = "sql", postgres = "sql", tcp = "tcp", udp = "udp" }

local function check_options(o)
  local scheme = o[1]:match("^(%a[%w+.-]*)://")
  if o.insecure and scheme ~= "https" then o.insecure = nil end -- there is no certificate to look at
  if scheme and scheme ~= "http" and scheme ~= "https" and scheme ~= "unix" and not o[1]:find("^http%+unix://%%") then -- the form of other tools, whose own words the URL's reader has
    error({ code = "usage", message = ("the URL %s: %s:// is not sent; use http:// or https://%s"):format(o[1], scheme,
      scheme:find("unix", 1, true) and ", or unix:/SOCKET:/PATH" or SPOKEN[scheme] and (", or user:%s in a playbook (perilune help protocols)"):format(SPOKEN[scheme]) or "") }, 0)
  end
  local unspoken = o.proxy and http_proxy.unspoken(o.proxy)
  if unspoken then error({ code = "usage", message = "--proxy " .. unspoken }, 0) end
  if o.proxy_user and not o.proxy then error({ code = "usage", message = "--proxy-user is for a proxy: add --proxy http://HOST:PORT" }, 0) end
  if o.tls_min and o.tls_max and o.tls_min > o.tls_max then
    error({ code = "usage", message = ("--tls-min %s is above --tls-max %s: no version is left"):format(o.tls_min, o.tls_max) }, 0)
  end
  if o.method and not o.method:match(METHOD) then error({ code = "usage", message = ("--method: %q is no method"):format(o.method) }, 0) end
  for _, name in ipairs { "rate", "users" } do
    if o[name] and o[name] <= 0 then error({ code = "usage", message = ("--%s: %g sends nothing; more than 0 is needed"):format(name, o[name]) }, 0) end
  end
  if o.stages then
    local readable, err = pcall(arrivals.stages, o.stages)
    if not readable then error({ code = "usage", message = "--" .. err.message }, 0) end
  end
  if o.alpn and not o.http2 and ("," .. o.alpn:gsub("%s", "") .. ","):find(",h2,", 1, true) then
    error({ code = "usage", message = ("--alpn %s: h2 is HTTP/2: add --http2"):format(o.alpn) }, 0)
  end
  if o.streams and not o.http2 then error({ code = "usage", message = "--streams are those of an HTTP/2 session: add --http2" }, 0) end
  if o.rate and o.users then error({ code = "usage", message = "--rate (open loop) and --users (closed loop) exclude each other" }, 0) end
  local level = o.rate and "rate" or o.users and "users"
  if o.stages and level then error({ code = "usage", message = ("--%s and --stages exclude each other: stages say the level themselves"):format(level) }, 0) end
end

--- What the request on the URL is made of says nothing to a script, which sends its own.
local function check_request(o)
  for _, name in ipairs { "method", "body", "body_file", "pipeline" } do
    if o.script and o[name] then
      error({ code = "usage", message = ("--%s is of the request on the URL, and --script sends its own: say it there"):format((name:gsub("_", "-"))) }, 0)
    end
  end
end

--- Users that begin again come by no law.
local function check_arrivals(o)
  if not o.arrivals or o.rate or o.find or (o.stages and o.stages:find("/", 1, true)) then return end
  error({ code = "usage", message = ("--arrivals %s says how the starts of a rate come: it goes with --rate, stages of a rate or --find"):format(o.arrivals) }, 0)
end

--- HTTP/1.1's rows say nothing to HTTP/2, which a cURL command may ask for, too.
local function check_pipeline(o)
  if not o.pipeline then return end
  if o.http2 then error({ code = "usage", message = "--pipeline is HTTP/1.1's; HTTP/2 sends up to --streams requests at a time on a session" }, 0) end
  if o.requests and o.requests % o.pipeline ~= 0 then
    error({ code = "usage", message = ("--requests %d is no multiple of --pipeline %d, and such a row goes out whole"):format(o.requests, o.pipeline) }, 0)
  end
  if o.requests_per_connection and o.requests_per_connection % o.pipeline ~= 0 then
    local limit = o.disable_keepalive and "--disable-keepalive" or "--requests-per-connection " .. o.requests_per_connection
    error({ code = "usage", message = ("%s closes a connection within a row of --pipeline %d, which goes out whole"):format(limit, o.pipeline) }, 0)
  end
end

--- What --find looks for is read before anything is sent.
local function check_find(o)
  if not o.find then return end
  if o.users or o.stages or o.requests then error({ code = "usage", message = "--find looks for a rate: --users, --stages and --requests do not go with it" }, 0) end
  if o.against then error({ code = "usage", message = "--find looks for a rate of one target: --against does not go with it; search each, or compare both at a rate" }, 0) end
  local readable, err = pcall(sla.read, { o.find }, "ignore")
  if not readable then error({ code = "usage", message = "--find: " .. tostring(err.message) }, 0) end
end

local PEM_MAX = 1 << 20

local function read(path, what, most)
  local text, err = file.read(path, most)
  if not text then error({ code = "not_found", message = ("%s: %s"):format(what, err.message) }, 0) end
  return text
end

--- The texts of the files that TLS needs, wherever they lie: who types a path may read it.
local function pem_of(o)
  local texts = {}
  if o.key and not o.cert then error({ code = "usage", message = "--key is that of a certificate: add --cert FILE" }, 0) end
  for _, name in ipairs { "ca", "cert", "key" } do
    local text = o[name] and read(o[name], "--" .. name, PEM_MAX)
    if text and not text:find("-----BEGIN ", 1, true) then error({ code = "corrupt", message = ("--%s: %s is no PEM: it has no line -----BEGIN ...-----"):format(name, o[name]) }, 0) end
    texts[name] = text
  end
  return texts
end

--- The options as texts for the playbook's arguments.
local function args_of(o)
  local url = o[1]
  if not url:find("://", 1, true) and not url:match("^unix:") and not url:match("^%a[%w+.-]*:/") then url = "http://" .. url end
  for _, text in ipairs(o.header or {}) do
    if not text:match("^[^:%s]+:") or text:find("[\r\n]") then error({ code = "usage", message = ("--header %q: write NAME: VALUE"):format(text) }, 0) end
  end
  local args = { url = url, headers = table.concat(o.header or {}, "\n"), sla = table.concat(o.sla or {}, "\n"), find = o.find, against = o.against }
  check_find(o)
  args.connect_to, args.local_ips = o.connect_to and table.concat(o.connect_to, ","), o.local_ips
  args.proxy, args.proxy_user = o.proxy and (o.proxy:find("://", 1, true) and o.proxy or "http://" .. o.proxy), o.proxy_user
  args.dns, args.dns_servers = o.dns, o.dns_servers
  if o.digest then args.digest_user, args.digest_password = o.digest:match "^([^:]*):(.*)$" end
  for _, name in ipairs { "arrivals", "users", "stages", "requests", "connections", "streams", "requests_per_connection", "pool", "pipeline", "method", "body", "body_file", "server_name", "tls_min", "tls_max", "ciphers", "groups", "alpn" } do args[name] = o[name] and tostring(o[name]) end
  for _, name in ipairs { "duration", "timeout", "grace", "warmup" } do args[name] = o[name] and ("%.15gs"):format(o[name]) end
  args.insecure, args.tls_resume = o.insecure and "true" or nil, o.tls_resume and "true" or nil
  for name, text in pairs(pem_of(o)) do args[name] = text end
  args.trace, args.trace_ratio = o.trace and "true" or nil, o.trace_ratio
  args.http2 = o.http2 and "true" or nil
  args.precise = o.precise and "true" or nil
  args.rate = o.rate and ("%.15g/s"):format(o.rate)
  return args
end

--- The script of a file, checked as far as can be without running it.
local function script_of(name)
  local script = { name = name, text = read(name, "--script") }
  local chunk, err = load(script.text, "@" .. name, "t", {})
  if not chunk then error({ code = "syntax", message = err }, 0) end
  return script
end

--- wrk's script with its arguments; what it requires and reads lies in its folder.
local function wrk_script(o)
  if o.script then error({ code = "usage", message = "--script and --wrk-script exclude each other" }, 0) end
  for _, name in ipairs { "body_file", "http2", "pipeline" } do
    if o[name] then
      local instead = name == "pipeline" and ": request() may give several requests in one text" or ""
      error({ code = "usage", message = ("--%s does not go with --wrk-script%s"):format((name:gsub("_", "-")), instead) }, 0)
    end
  end
  local path = o.wrk_script
  return { name = path, text = read(path, "--wrk-script"), folder = path:match "^(.*)/[^/]*$" or ".", args = o.rest }
end

--- An expression that gives what the script returns; its errors name the script's file and lines.
local function call_of(script)
  local check = "local fn = ...; if type(fn) ~= 'function' then error 'it returns no function; write return function(user) ... end' end return fn"
  return ("load(%q, %q)(load(%q, %q)())"):format(check, "@" .. script.name, script.text, "@" .. script.name)
end

--- The one load of a result, as perilune.load/1.
local function first_load(text)
  local run = json.decode(text)
  local first = run.loads[1]
  if not first then return text end
  first.searches, first.comparisons = run.searches, run.comparisons
  return json.encode(first)
end

--- The playbook's path, whose folder holds what requests may send: that of --body-file, when it lies below no other.
local function body_from(o)
  local path = o.body_file
  if not path then return "load" end
  if o.body then error({ code = "usage", message = "--body and --body-file exclude each other" }, 0) end
  if file.exists(path) ~= "file" then error({ code = "not_found", message = ("--body-file: %s: there is no such file"):format(path) }, 0) end
  local folder, name = path:match("^(.*/)([^/]+)$")
  if not folder or not (path:match("^/") or path:match("%.%.")) then return "load" end
  o.body_file = name
  return folder .. "load"
end

--- Starts the run.
---@param o table
---@return integer
function M.main(o)
  check_request(o)
  expand(o)
  if not o[1] then error({ code = "usage", message = "the URL is missing; usage: " .. M.usage }, 0) end
  o[1] = o[1]:gsub("^%a+://", string.lower) -- RFC 3986 section 3.1: a scheme is of either case
  check_options(o)
  check_arrivals(o)
  check_pipeline(o)
  local playbook = body_from(o)
  local text, script = assert(engine.source("playbooks/load.lua")), nil
  if o.script then
    script = script_of(o.script)
    text = text:gsub("%-%-%[%[SCRIPT%]%] nil", function() return call_of(script) end)
  end
  return session.run(o, { playbook = playbook, text = text, args = args_of(o), folder = ".", workers = o.workers, select = first_load,
    options = { from_options = { url = "the URL" }, tls_files = { ca = o.ca, cert = o.cert, key = o.key },
      script = script, wrk = o.wrk_script and wrk_script(o) or nil, hold_rate = not o.find and not o.against and (o.rate or (o.stages and o.stages:find("/", 1, true))) and not o.sla or nil } })
end

--- What is left of a run that could not begin.
---@param o table
---@param err any
function M.unbegun(o, err) unbegun.report(o, M.name, err) end

return M
