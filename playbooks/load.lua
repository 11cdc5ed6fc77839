-- One question, one line: `perilune load URL` runs this playbook with its options as arguments. It shows all that a scenario
-- without a script needs; copy it to make one of your own.
local pl = require "perilune"

-- `perilune load --script FILE` puts the function of that file here.
local script = --[[SCRIPT]] nil

-- How many users there are unless it is said: those that fill the streams of so many HTTP/2 sessions.
local function users_of(args)
  return args.users or (args.streams and args.connections > 0 and args.streams * args.connections) or 64
end

-- How users come. An open loop starts requests by the clock, whatever became of the ones before; in a closed loop each user
-- waits for its answer, so that a slow target is asked less.
local function model_of(args)
  local starts = args.requests and args.requests // (not script and args.pipeline or 1)
  local rate = args.rate or (args.stages and args.stages:find("/", 1, true) and pl.stages(args.stages))
  if rate then
    local law = args.arrivals == "poisson" and pl.poisson or pl.even
    return { arrivals = law(rate), iterations = starts }
  end
  if starts then return { iterations = starts, users = users_of(args) } end
  return { users = args.stages and pl.stages(args.stages) or users_of(args) }
end

-- The request on a URL: that of `url`, and of `against`.
local function request_of(args, url)
  local method = args.method or ((args.body or args.body_file) and "POST" or "GET")
  return { url = url, method = method, body = args.body, body_file = args.body_file, pipeline = args.pipeline }
end

-- What is trusted and shown over https; nothing unless it is asked for: TLS that is set up is paid for by loads of http:// too.
local function tls_of(args)
  local tls = { insecure = args.insecure or nil, ca = args.ca, cert = args.cert, key = args.key, server_name = args.server_name,
    min = args.tls_min, max = args.tls_max, ciphers = args.ciphers, groups = args.groups, alpn = args.alpn, resume = args.tls_resume or nil }
  return next(tls) and tls
end

return pl.playbook {
  name  = "load",
  about = "Load on one URL.",
  args  = {
    url         = pl.arg.url      { help = "what is requested" },
    rate        = pl.arg.rate     { optional = true, help = "starts per second (open loop)" },
    arrivals    = pl.arg.choice   { "even", choices = { "even", "poisson" }, help = "how the starts of an open loop are spaced" },
    users       = pl.arg.integer  { optional = true, help = "users that repeat the request (closed loop; 64 without a rate)" },
    stages      = pl.arg.string   { optional = true, help = "levels over time: 30s:100/s,1m@500/s (':' ramps to, '@' jumps to and holds)" },
    duration    = pl.arg.duration { optional = true, help = "how long (10s, unless requests or stages say it)" },
    requests    = pl.arg.integer  { optional = true, help = "this many requests in all" },
    connections = pl.arg.integer  { 0, help = "at most this many connections; 0: one a user" },
    requests_per_connection = pl.arg.integer { optional = true, help = "a connection is closed behind so many; 1: a new one for each" },
    http2       = pl.arg.boolean  { false, help = "HTTP/2" },
    streams     = pl.arg.integer  { optional = true, help = "requests at a time on a connection of HTTP/2 (100)" },
    pipeline    = pl.arg.integer  { optional = true, help = "at each start so many HTTP/1.1 requests go out in a row on a connection" },
    pool        = pl.arg.choice   { "shared", choices = { "shared", "user", "iteration" }, help = "whose connections are" },
    proxy       = pl.arg.url      { optional = true, help = "HTTP proxy: http://HOST:PORT" },
    proxy_user  = pl.arg.secret   { optional = true, help = "name:password for it" },
    connect_to  = pl.arg.reroute  { optional = true, help = "connect elsewhere: HOST:PORT:TO_HOST:TO_PORT, several by commas" },
    local_ips   = pl.arg.string   { optional = true, help = "local addresses of connections, ranges too, by commas" },
    dns         = pl.arg.string   { "", help = "ttl=inf|auto|5m|0s,select=first|roundRobin" },
    dns_servers = pl.arg.string   { optional = true, help = "who is asked for addresses: 10.0.0.1,127.0.0.1:5353" },
    digest_user = pl.arg.string   { optional = true, help = "name for Digest authentication" },
    digest_password = pl.arg.secret { optional = true, help = "its password" },
    method      = pl.arg.string   { optional = true, help = "GET, or POST with a body" },
    headers     = pl.arg.string   { "", help = "request headers, one a line" },
    body        = pl.arg.string   { optional = true, help = "request body" },
    body_file   = pl.arg.string   { optional = true, help = "request body from a file of this folder, read while it is sent" },
    insecure    = pl.arg.boolean  { false, help = "the server's certificate is not verified" },
    ca          = pl.arg.file     { optional = true, help = "authorities that are trusted instead of the system's: PEM, or a file of this folder" },
    cert        = pl.arg.file     { optional = true, help = "the client's certificate, the same" },
    key         = pl.arg.file     { optional = true, help = "its key, the same" },
    server_name = pl.arg.string   { optional = true, help = "host that the certificate shall name, not the URL's" },
    tls_min     = pl.arg.choice   { optional = true, choices = { "1.0", "1.1", "1.2", "1.3" }, help = "lowest version of TLS" },
    tls_max     = pl.arg.choice   { optional = true, choices = { "1.0", "1.1", "1.2", "1.3" }, help = "highest version of TLS" },
    ciphers     = pl.arg.string   { optional = true, help = "OpenSSL's names of the ciphers that are offered" },
    groups      = pl.arg.string   { optional = true, help = "OpenSSL's names of the groups of the key exchange: X25519:P-256" },
    alpn        = pl.arg.string   { optional = true, help = "protocols that are offered over TLS, by commas: http/1.1" },
    tls_resume  = pl.arg.boolean  { false, help = "TLS sessions are resumed" },
    timeout     = pl.arg.duration { "30s", help = "of a request" },
    grace       = pl.arg.duration { "30s", help = "for what is in flight or waiting at the end" },
    precise     = pl.arg.boolean  { false, help = "poll before each start: a CPU a worker, starts to a few us" },
    trace       = pl.arg.boolean  { false, help = "each request carries a W3C traceparent" },
    trace_ratio = pl.arg.ratio    { 0, help = "so many of them are kept whole" },
    warmup      = pl.arg.duration { "0s", help = "not measured at the start" },
    find        = pl.arg.string   { optional = true, help = "look for the highest rate that meets this objective" },
    against     = pl.arg.url      { optional = true, help = "base URL to compare with, interleaved A B B A" },
    sla         = pl.arg.string   { "", help = "objectives, one a line" },
  },
  needs = { load = { "$url", "$against" } },

  objectives = function(args)
    local rows = {}
    for expr in args.sla:gmatch("[^\n]+") do rows[#rows + 1] = expr end
    return rows
  end,

  scenarios = function(args)
    local load = model_of(args)
    load.duration = args.duration or (not args.requests and not args.stages and "10s" or nil)
    load.warmup, load.grace, load.connections = args.warmup, args.grace, args.connections
    load.connect_to, load.local_ips, load.dns = args.connect_to, args.local_ips, { args.dns, servers = args.dns_servers }
    load.requests_per_connection = args.requests_per_connection
    load.http2, load.streams = args.http2, args.streams
    load.proxy = args.proxy and { url = args.proxy, user = args.proxy_user } or nil
    load.pool = args.pool
    load.base = args.url
    load.defaults = { timeout = args.timeout, headers = pl.headers(args.headers), tls = tls_of(args), trace = args.trace, trace_ratio = args.trace_ratio }
    if args.digest_user then load.defaults.auth = { digest = { user = args.digest_user, password = args.digest_password } } end
    if script then
      load.user = script
    else
      load.request = request_of(args, args.url)
    end
    local base
    if args.against then
      base = {}
      for key, value in pairs(load) do base[key] = value end
      base.base = args.against
      base.request = load.request and request_of(args, args.against)
    end
    return { load = load, against = base }
  end,

  run = function(run)
    run:sample "host"
    if run.args.find then
      -- Steps are no loads: once something was found, the load that holds it is judged by the objective, too.
      local found = run:search("load", { until_fails = run.args.find, from = run.args.rate, step = run.args.duration })
      if found.known and not ("\n" .. run.args.sla .. "\n"):find("\n" .. run.args.find .. "\n", 1, true) then run:sla { run.args.find } end
    elseif run.args.against then
      run:ab("against", "load")
    else
      run:load("load", { precise = run.args.precise })
    end
  end,
}
