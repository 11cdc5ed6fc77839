--- Every word that people write, as data: the source of what is checked (options), of `perilune help TOPIC` and of the tables in
--- README.md. An entry is { name, arguments, what it does }; `first` says what a literal first argument names.
local M = {}

local HTTP = {
  url = { "text", required = true, help = "http, https or unix:/socket:/path; or a secret" },
  method = { "string", help = "GET; with a body POST. What is not GET, HEAD or OPTIONS needs --apply, or dry" },
  headers = { "table", default = {}, help = "{ accept = \"…\" }" }, query = { "table", help = "{ page = 2 }, added to the URL" },
  json = { "any", help = "a value: the body" }, form = { "table", help = "{ field = \"text\" }: the body" }, body = { "text", help = "the body" },
  auth = { "table", help = "{ bearer = token } or { basic = { user = …, password = … } }" },
  timeout = { "duration", default = 30, help = "of an attempt, all in all; 0: none" }, connect_timeout = { "duration", default = 10, help = "look-up and connect" },
  tls_timeout = { "duration", default = 10, help = "the TLS handshake" }, first_byte_timeout = { "duration", help = "from the request's last byte to the answer's first" },
  retries = { "integer", default = 3, help = "further attempts at most, after failures that may pass" },
  repeatable = { "boolean", help = "whether it may be sent twice; else what GET, HEAD, OPTIONS, PUT and DELETE may, and what was never sent" },
  retry_on = { "any", help = "statuses that may pass: 408,425,429,502,503,504" },
  backoff = { "duration", default = 0.25, help = "the first wait is up to this, later ones up to twice as long each" },
  backoff_max = { "duration", default = 20, help = "no such wait is longer" }, wait_max = { "duration", default = 60, help = "the longest Retry-After that is waited for" },
  follow = { "integer", default = 5, help = "redirects at most; another host gets no credentials" }, expect = { "any", help = "\"2xx,404\": statuses that are no error; below 400 otherwise" },
  max_body = { "size", default = 64 * 1024 * 1024, help = "of the answer, decoded" }, max_headers = { "size", default = 256 * 1024, help = "of the answer" },
  tls = { "table", help = "{ ca = \"ca.pem\", cert = …, key = …, min = \"1.3\", insecure = false }" },
  proxy = { "any", help = "\"http://10.0.0.9:3128\" or { url = …, user = \"name:password\" }; false: none; else the host's" },
  dry = { "boolean", help = "true: it changes nothing, whatever its method" },
}

local function with(rules, more)
  for name, rule in pairs(rules) do more[name] = rule end
  return more
end

--- Options of the words on `run`, as schema.lua reads them; `help` is shown.
M.options = {
  http = HTTP,
  http_pages = with(HTTP, {
    next = { "function", help = "reads from an answer where the next page is: a URL, a table of query fields, or nil; else Link: <…>; rel=next" },
    max_pages = { "integer", default = 1000, help = "more are an error" },
  }),
  fetch = {
    url = { "string", required = true, help = "of the server, such as http://prometheus.example:9090" },
    query = { "string", required = true, help = "in the system's language" },
    as = { "string", help = "the name of its series here; a mere selector has its own" },
    from = { "any", help = "\"-12w\": before now; \"2026-09-01\", or seconds since 1970" }, to = { "any", help = "the same; now" },
    step = { "duration", help = "a value each; without it one, at `to`" },
    auth = HTTP.auth, headers = HTTP.headers, tls = HTTP.tls, proxy = HTTP.proxy, timeout = HTTP.timeout, retries = HTTP.retries, max_body = HTTP.max_body,
    role = { "string", default = "other", choices = { "generator", "target", "both", "other" }, help = "whose figures these are" },
    origin = { "string", default = "production", choices = { "production", "synthetic" }, help = "of real users, or of tests" },
  },
  fetch_traces = {
    url = { "string", required = true, help = "of the server, such as http://jaeger.example:16686" },
    service = { "string", required = true, help = "traces that it has spans in, whole" }, operation = { "string", help = "only of this operation" },
    tags = { "table", help = "only with these, { [\"http.status_code\"] = 500 }" }, min_duration = { "duration", help = "only of spans that took so long" },
    from = { "any", help = "\"-1h\": before now; \"2026-09-01\", or seconds since 1970" }, to = { "any", help = "the same; now" },
    limit = { "integer", default = 500, help = "traces of one answer, at most; where there are more, it asks for less time" },
    auth = HTTP.auth, headers = HTTP.headers, tls = HTTP.tls, proxy = HTTP.proxy, timeout = HTTP.timeout, retries = HTTP.retries, max_body = HTTP.max_body,
    role = { "string", default = "target", choices = { "generator", "target", "both", "other" }, help = "whose spans these are" },
    origin = { "string", default = "production", choices = { "production", "synthetic" }, help = "of real users, or of tests" },
  },
  sample = {
    every = { "duration", default = 1, help = "interval, at least 100ms" },
    role = { "string", choices = { "generator", "target", "both", "other" }, help = "whose figures these are" },
    name = { "string", help = "process: its name" }, pid = { "integer", help = "process: its number" },
    pids = { "table", help = "process: several numbers" },
    match = { "string", help = "process: a pattern of names or command lines, *shop.jar*" },
    children = { "boolean", help = "process: with its descendants" },
    path = { "string", help = "cgroup: its path; textfile: the folder" },
    labels = { "table", default = {}, help = "of its series" },
    sets = { "table", help = "host: further sets of figures, { \"netstat\", … }" },
  },
  export = {
    to = { "string", required = true, help = "the system, see below" }, url = { "text", required = true, help = "where it takes them; or a secret" },
    every = { "duration", default = 5, help = "how often what is new is sent" }, at_end = { "duration", default = 10, help = "how long the run's end waits for what is left" },
    labels = { "table", default = {}, help = "of every series, such as { run = run.id }" },
    bucket = { "string", help = "influx, v2: what is written to" }, org = { "string", help = "influx, v2: whose it is" }, database = { "string", help = "influx, v1: what is written to" },
    job = { "string", help = "pushgateway: of the group; perilune" }, dashboard = { "string", help = "grafana: the uid of the dashboard that they stand on; all otherwise" },
    backoff = { "duration", default = 0.25, help = "the first wait after a failure is up to this, later ones up to twice as long each" },
    backoff_max = { "duration", default = 30, help = "no such wait is longer; a Retry-After is" },
    auth = HTTP.auth, headers = HTTP.headers, tls = HTTP.tls, proxy = HTTP.proxy, timeout = HTTP.timeout,
  },
  scrape = {
    url = { "string", required = true, help = "of the target; /metrics where it has no path" },
    every = { "duration", default = 5, help = "interval, at least 100ms" }, timeout = { "duration", help = "of a scrape; every, at most 10s" },
    role = { "string", default = "target", choices = { "generator", "target", "both", "other" }, help = "whose figures these are" },
    origin = { "string", default = "synthetic", choices = { "production", "synthetic" }, help = "where their load comes from" },
    labels = { "table", default = {}, help = "of the target, { job = \"shop\" }; instance is its host and port" },
    relabel = { "table", default = {}, help = "rules for the labels of the target: relabel_configs of Prometheus" },
    metric_relabel = { "table", default = {}, help = "rules for each series: metric_relabel_configs" },
    honor_labels = { "boolean", default = false, help = "true: a series' own labels win over the target's; else they become exported_NAME" },
    distributions = { "boolean", default = false, help = "true: classic histograms become distributions of their name, too, for p99(NAME) of objectives, histogram_quantile(0.99, NAME) and SQL's quantile()" },
    honor_timestamps = { "boolean", default = true, help = "false: the target's timestamps do not count" },
    body_size_limit = { "size", default = 64 << 20, help = "of an answer, expanded; more fails the scrape, as with all limits" }, sample_limit = { "integer", help = "after metric_relabel" },
    label_limit = { "integer", help = "labels of a series" }, label_name_length_limit = { "integer", help = "bytes" }, label_value_length_limit = { "integer", help = "bytes" },
    auth = HTTP.auth, headers = HTTP.headers, tls = HTTP.tls, proxy = HTTP.proxy,
  },
  relabel = {
    action = { "string", help = "replace, keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, labelkeep, lowercase or uppercase" },
    source_labels = { "table", help = "their values, joined, are matched; { \"__name__\" } is the metric's name" }, separator = { "string", help = "between them; \";\"" },
    regex = { "string", help = "RE2, matched whole; \"(.*)\"" }, target_label = { "string", help = "what is set" }, replacement = { "string", help = "with $1, ${name}; \"$1\"" },
    modulus = { "integer", help = "of hashmod" },
  },
  receive = {
    listen = { "string", default = "127.0.0.1:0", help = "address and port, 0: any that is free; without TLS" },
    remote_write = { "boolean", help = "Prometheus' remote write 1.0 and 2.0: POST /api/v1/write" },
    otlp = { "boolean", help = "OpenTelemetry's metrics, traces and logs over HTTP: POST /v1/metrics, /v1/traces, /v1/logs" },
    push = { "boolean", help = "Prometheus text as to a Pushgateway: POST or PUT /metrics/job/NAME" },
    influx = { "boolean", help = "InfluxDB's line protocol: POST /write or /api/v2/write" },
    zipkin = { "boolean", help = "spans as Zipkin takes them: POST /api/v2/spans, JSON" },
    otlp_grpc = { "any", help = "OpenTelemetry's metrics, traces and logs over gRPC without TLS (OTEL_EXPORTER_OTLP_INSECURE): true, or \"127.0.0.1:4317\"" },
    statsd = { "any", help = "StatsD with DogStatsD's tags over UDP and TCP: true, or \"127.0.0.1:8125\"; or \"unix:/run/statsd.sock\", datagrams" },
    graphite = { "any", help = "Graphite's plaintext over TCP: true, or \"127.0.0.1:2003\"" },
    pages = { "boolean", help = "true: the runs of the timeline at GET /, their newest values at GET /metrics, for Prometheus" },
    role = { "string", default = "target", choices = { "generator", "target", "both", "other" }, help = "whose figures these are" },
    origin = { "string", default = "production", choices = { "production", "synthetic" }, help = "where their load comes from" },
    body = { "size", default = 16 << 20, help = "most of one request" }, expanded = { "size", default = 64 << 20, help = "most that its body expands to" },
    series = { "integer", default = 50000, help = "most in all" }, labels = { "integer", default = 28, help = "most of a series" },
    label_bytes = { "integer", default = 1024, help = "longest name or value of a label" },
    spans = { "integer", default = 200000, help = "most in all" }, logs = { "integer", default = 200000, help = "most in all" },
    exemplars = { "integer", default = 200000, help = "most in all; of a series the newest of each ten seconds" },
    rate = { "rate", default = 1000000, help = "samples, spans and logs a second, at most" }, connections = { "integer", default = 64, help = "at a time" },
  },
  compare = {
    with = { "string", default = "recent", help = "recent, pinned, the name of a baseline, or a run" },
    candidate = { "string", help = "a run, or all runs of label:commit=abc, instead of this run; this one is among them where it has that label" },
    name = { "string", help = "of the baseline, beside with = \"pinned\"; otherwise default, or the only one" },
    limit = { "ratio", default = 0.05, help = "the change that matters" },
    metrics = { "table", help = "which: p50(latency), p95(latency), p99(latency), rate(requests), error_ratio; a quantile is that of each request name, too" },
    confirm = { "boolean", default = false, help = "sends a load again where it regressed; only what is again worse, by more than the limit and than noise, fails" },
    missing = { "string", default = "skip", choices = { "skip", "fail" }, help = "when there is nothing to compare with" },
  },
  capacity = {
    from = { "any", help = "usl, amdahl, knee: a list of { users, rate }, such as the steps of run:search, or { n = { … }, throughput = { … } }; else the run's closed loads. knee: { x, y, curve, direction, S }. queue: { model = \"M/M/c\", lam, mu, c }, as a case of `perilune capacity queue` (perilune help capacity)" },
    step = { "duration", help = "use: a value each; as far apart as the samples of the machines" },
    ceiling = { "ratio", help = "use: where a resource counts as used up; 100%" },
    throughput = { "string", help = "use: a counter of what is done, such as \"http_requests_total{job='shop'}\"; else the requests of the run's loads" },
    run = { "string", help = "use: another run: last, NAME@last, an id" },
  },
  experience = {
    threshold = { "duration", required = true, help = "satisfied is who is answered within it: Apdex' T" },
    tolerating = { "duration", help = "tolerating is who is answered within it; four times threshold" },
    of = { "string", default = "latency", help = "the distribution, such as \"latency{name='pay'}\" or \"rpc_seconds{job='shop'}\"" },
    objective = { "ratio", default = 0.999, help = "the share of requests that shall be good" },
    within = { "duration", help = "slower ones are not good, either; else only failed ones" },
    period = { "duration", default = 30 * 86400, help = "of the objective's error budget" },
    requests = { "string", help = "a counter of all requests, where they are no load's: \"http_requests_total\"" },
    failed = { "string", help = "beside it the counter of those that failed: \"http_requests_total{code='500'}\"" },
    users = { "string", help = "the label that tells users apart, as user:tag(\"customer\", …) gives" },
    least = { "integer", default = 1, help = "bad requests from which on a user is affected" },
    from = { "any", help = "over all runs of this playbook from then on: \"-30d\" before now, \"2026-09-01\", or seconds since 1970" }, to = { "any", help = "the same; now" },
    every = { "duration", help = "rows of the objective, one each: \"1d\"; a row has from, to, total, bad, attained (the share that was good), met, used (of the budget)" },
    run = { "string", help = "another run: last, NAME@last, an id" },
  },
  replicas = {
    demand = { "any", required = true, help = "what run:forecast gave, { time, mean, lo, hi }; a list of numbers, or one" },
    per_replica = { "any", required = true, help = "what one carries: \"120/s\", { rate, lo, hi }, or what run:search gave" },
    headroom = { "ratio", default = 0, help = "on top of the demand" },
    survive = { "integer", default = 0, help = "so many may be lost at a time" },
    chance = { "ratio", default = 0.95, help = "that they carry it, from 50% to below 100%" },
  },
  rightsize = {
    rule = { "string", default = "predictive", choices = { "predictive", "vpa", "vpa_memory", "hpa" }, help = "ours; what Kubernetes' vertical autoscaler requests, CPU or memory (bytes); hpa: what the horizontal one would have done" },
    violations = { "ratio", default = 0.05, help = "predictive: values that may lie above" },
    unit = { "string", default = "cores", choices = { "cores", "millicores", "percent" }, help = "of CPU, percent of a core" },
    step = { "duration", help = "between two values; of an expression 60s" },
    from = { "any", help = "of an expression: \"30s\" after the run's begin, or seconds since 1970" }, to = { "any", help = "the same" },
    ooms = { "table", help = "vpa_memory: when it ran out of memory, { { time = \"36h\", request = \"1GiB\" } }: after the first value, or a moment as its own; what was requested then" },
    per_replica = { "rate", help = "hpa: demand that a replica carries" },
    utilisation = { "ratio", default = 0.7, help = "hpa: of it, aimed at" },
    ready = { "duration", default = 60, help = "hpa: until a new replica serves" },
    start = { "integer", default = 1, help = "hpa: replicas at the begin" }, least = { "integer", default = 1, help = "hpa: replicas" }, most = { "integer", default = 1000, help = "hpa: replicas" },
    tolerance = { "ratio", default = 0.1, help = "hpa: within it nothing changes" },
    down_window = { "duration", default = 300, help = "hpa: stabilisation" }, up_window = { "duration", default = 0, help = "hpa: the same" },
    up_policies = { "table", help = "hpa: how fast, { { pods = 4, period = \"15s\" }, { percent = \"100%\", period = \"15s\" } }, Kubernetes' own" },
    down_policies = { "table", help = "hpa: the same; { { percent = \"100%\", period = \"15s\" } }" },
    up_select = { "string", default = "max", choices = { "max", "min", "disabled" }, help = "hpa: of several policies what changes most, or least; disabled: never" },
    down_select = { "string", default = "max", choices = { "max", "min", "disabled" }, help = "hpa: the same" },
    ahead = { "table", help = "hpa: demand planned for each step, instead of what is seen" },
    price = { "number", help = "hpa: of a replica an hour" },
  },
  forecast = {
    horizon = { "duration", required = true, help = "how far to look, \"90d\"" },
    season = { "any", help = "seasons, \"1d\" or { \"1d\", \"7d\" }; without it they are found" },
    of = { "string", choices = { "daily_max", "daily_p95", "daily_mean", "daily_min" }, help = "forecast that of each day (UTC) instead" },
    events = { "table", help = "pl.calendar(\"holidays.csv\"), or { { name = \"sale\", from = \"2026-11-27\", to = … }, … }: what earlier ones of a name did is expected of later ones" },
    levels = { "table", help = "of intervals, { 0.8, 0.95 }; lo and hi are those of the widest; 0.95" },
    ceiling = { "number", help = "growth towards it, which cannot be passed, is among the models" },
    synthetic = { "boolean", help = "true: also a series that tests made" },
  },
  wait_until = {
    timeout = { "duration", default = 60, help = "then it is an error" },
    every = { "duration", default = 1, help = "how often it looks" },
  },
  stop_when = { every = { "duration", default = 1, help = "how often fn is asked, at least 100ms" } },
  query = { from = { "any", help = "\"30s\" after the run's begin, or seconds since 1970" }, to = { "any", help = "the same" }, step = { "duration", help = "a value each; without it one" },
    at = { "any", help = "PromQL: one moment, said likewise; else the run's end, or now" },
    run = { "string", help = "another run: last, NAME@last, an id" } },
  changes = { over = { "string", default = "time", choices = { "time", "runs" }, help = "within a run, or over the runs of this playbook" },
    last = { "integer", default = 400, help = "over runs: so many of them" },
    step = { "duration", help = "over time: a value each (default 1s)" }, from = { "any", help = "\"30s\" after the run's begin, or seconds since 1970" }, to = { "any", help = "the same" },
    run = { "string", help = "another run: last, NAME@last, an id" } },
  correlate = { bad = { "table", required = true, help = "the window: { from = \"30s\", to = \"60s\" } after the run's begin, or seconds since 1970" },
    among = { "table", required = true, help = "expressions as of run:query" }, max_lag = { "duration", default = 60, help = "how long before or after the window a series may change" },
    step = { "duration", default = 1, help = "a value each" }, run = { "string", help = "another run: last, NAME@last, an id" },
    from = { "any", help = "what is looked at; the run, or of a window before it 8 times its length before it, and max_lag after it" }, to = { "any", help = "the same" } },
  anomalies = { step = { "duration", default = 1, help = "a value each" }, from = { "any", help = "\"30s\" after the run's begin, or seconds since 1970" }, to = { "any", help = "the same" },
    together = { "boolean", default = false, help = "true: one score for all its series, as those of one host, each alert with the one that contributed most" },
    live = { "boolean", default = false, help = "true: from now until the run ends, each alert an event on the timeline as it comes; gives { alerts(), stop() } at once" },
    quiet = { "duration", help = "live: after an alert of a series none of it for so long, at least: scores stay low for a fifteenth of the rows so far (20 to 500) anyway" },
    run = { "string", help = "another run: last, NAME@last, an id" } },
  traces = { service = { "string", help = "only its operations" }, operation = { "string", help = "only this one" },
    from = { "any", help = "spans that begin then or later: \"30s\" after the run's begin, or seconds since 1970" }, to = { "any", help = "the same: before it" },
    trace = { "string", help = "only this trace, by its id" },
    source = { "string", choices = { "jaeger" }, help = "spans that run:fetch brought from there, of the run's time or from and to" }, run = { "string", help = "another run: last, NAME@last, an id" } },
  import = {
    metric = { "string", help = "csv, ndjson: name of values that have none; hdr: of the distributions (default hdr_seconds)" },
    unit = { "string", default = "ns", choices = { "ns", "us", "ms", "s" }, help = "hdr: what the histograms count in; influx: what its timestamps do" },
    at = { "any", help = "time of samples that have none, as text or seconds since 1970; without it they are refused" },
    instance = { "string", help = "label of series that have none" },
    role = { "string", choices = { "generator", "target", "both", "other" }, default = "other", help = "whose figures these are" },
    origin = { "string", choices = { "synthetic", "production" }, default = "production", help = "of a test or of real users" },
  },
  attach = { type = { "string", help = "media type; else what its name says, or application/octet-stream" },
    from = { "any", help = "begin of what it is of: \"30s\" after the run's begin, or seconds since 1970" }, to = { "any", help = "its end; now when missing" },
    labels = { "table", default = {}, help = "{ service = \"shop\" }" } },
  report = {
    html = { "string", help = "file below the playbook's folder" }, junit = { "string", help = "file" },
    markdown = { "string", help = "file" }, json = { "string", help = "file" },
  },
  search = {
    until_fails = { "any", help = "an objective, or a list; the run's own when missing" },
    from = { "rate", default = 20, help = "first rate" }, to = { "rate", default = 1000000, help = "highest rate tried" },
    step = { "duration", default = 5, help = "how long a step lasts; one that fails is repeated, one with too few samples for its objectives lasts up to 12 times as long (on the way up 3 times)" },
    hold = { "duration", default = 10, help = "load at what was found, afterwards, and at a lower rate where that does not hold; longer where its objectives need more samples" },
    warmup = { "duration", default = 1, help = "of a step, not measured" }, precision = { "ratio", default = 0.02, help = "how close the answer is" },
    confirm = { "integer", default = 3, help = "repeats that must hold" }, replicas = { "integer", default = 1, help = "of the target, for later words" },
    users = { "table", help = "a closed-loop sweep over these numbers of users instead" },
  },
  ab = {
    rounds = { "integer", default = 3, help = "each is A B B A" }, limit = { "ratio", default = 0.05, help = "a worse effect fails the run" },
    duration = { "duration", help = "of one load" },
  },
  load = {
    data = { "table", help = "plain values for scenarios(args, data)" },
    wait = { "boolean", default = true, help = "false: gives a handle at once" },
    workers = { "integer", help = "threads that send" }, connections = { "integer", help = "at most that many" },
    precise = { "boolean", help = "poll before each start instead of sleeping to it: a CPU a worker, starts to a few us; begun by chrt -f 5, no other program comes between" },
  },
}

--- Options of a row of objectives.
M.objective = {
  stop = { "boolean", help = "ends the load when it breaks" }, after = { "duration", help = "not before this time" },
  min_samples = { "integer", help = "fewer are inconclusive" }, owner = { "string", help = "whom it concerns" },
  why = { "string", help = "shown beside it" },
  severity = { "string", default = "fail", choices = { "warn", "fail" }, help = "warn does not decide" },
}

M.samplers = { { "host", "CPU, memory, disks, network of this machine" }, { "process", "by name, pid or pattern, summed" }, { "cgroup", "a control group" }, { "containers", "every container of this machine" },
  { "units", "every service and scope of systemd" }, { "textfile", "files *.prom in a folder, as jobs leave them for node_exporter" }, { "self", "Perilune's own process" },
  { "scrape", "what a target of Prometheus exposes: { url = …, every = \"5s\" }" } }

--- Sets of figures that run:sample "host" gives when they are asked for.
M.sample_sets = {
  { "buddyinfo", "free blocks of memory by size" }, { "hugepages", "pages of each size, in use and free" },
  { "interrupts", "by device and CPU" }, { "netstat", "every counter of IP, ICMP, TCP and UDP" },
  { "numa", "memory of each node, hits and misses" }, { "perf", "perf_event_open, where permitted" },
  { "processes", "of all: states, threads" }, { "qdisc", "queues in front of network devices: drops, backlog" }, { "slab", "the kernel's own objects" },
  { "softirqs", "by kind and CPU" }, { "vmstat", "every counter of the kernel's memory" },
}

--- Protocols over HTTP that run:receive knows.
M.receivers = { { "remote_write", "Prometheus' remote write 1.0 and 2.0" }, { "otlp", "OpenTelemetry's metrics, traces and logs, OTLP/HTTP" },
  { "push", "Prometheus text, as to a Pushgateway" }, { "influx", "InfluxDB's line protocol, v1 and v2" }, { "zipkin", "Zipkin's spans, v2 as JSON" } }

--- Those with a listener of their own, which is there where it is asked for.
M.own_receivers = { { "otlp_grpc", "OpenTelemetry's metrics, traces and logs, OTLP/gRPC" }, { "statsd", "StatsD, over UDP and TCP" }, { "graphite", "Graphite's plaintext, over TCP" } }

--- Formats that run:import reads.
M.imports = { { "csv", "a header: timestamp,value or timestamp,metric,value,LABEL..., else a column a metric" }, { "ndjson", "a line: {\"timestamp\", \"metric\", \"value\", \"labels\"}" },
  { "openmetrics", "OpenMetrics, or Prometheus text with timestamps" }, { "prometheus", "Prometheus text, whatever its end looks like" }, { "hdr", "a log of HdrHistogram, V0 to V2" },
  { "influx", "lines of InfluxDB; the field value is the measurement itself" }, { "graphite", "lines of Graphite, path value timestamp" },
  { "sar", "what sar printed, with LC_ALL=C" }, { "iostat", "what iostat -t printed" }, { "vmstat", "what vmstat -t printed" } }

--- Systems that can be asked for history.
M.systems = { { "prometheus", "Prometheus, and what has its HTTP API: Thanos, Mimir, VictoriaMetrics" }, { "jaeger", "traces of a service, by Jaeger's query API" } }

--- Systems that what is measured can be sent to.
M.exports = { { "remote_write", "Prometheus' remote write 1.0: Prometheus, Mimir, Thanos, VictoriaMetrics" },
  { "influx", "InfluxDB's line protocol, v1 and v2" }, { "otlp", "OpenTelemetry's metrics over HTTP: the Collector, and what takes OTLP" },
  { "otlp_traces", "OpenTelemetry's traces over HTTP, to Jaeger for one: the requests that were kept whole and carried a traceparent (defaults.trace)" },
  { "pushgateway", "a Pushgateway: the last value of each series" }, { "graphite", "Graphite's plaintext with tags, to tcp://host:2003" },
  { "statsd", "StatsD with DogStatsD's tags, to udp://host:8125: the last value of each series as a gauge" }, { "grafana", "Grafana's annotations: the run's events and phases" },
  { "listen", "whoever scrapes url = \"http://127.0.0.1:9464\": /metrics, as OpenMetrics or Prometheus text" } }

M.run = {
  { "load", '"browse" or { "a", "b" }, { wait = false, … }', "sends the load of scenarios; waits and gives its result", first = "scenario" },
  { "sample", '"host", { every = "1s", … }', "starts a sampler until the run ends: of this machine, or of what a target of Prometheus exposes", first = "sampler" },
  { "receive", "{ remote_write = true }", "listens for what other systems send; gives { url, address, port, otlp_grpc, statsd, graphite, :counts(), :stop() }" },
  { "export", '{ to = "remote_write", url = … }', "sends what is measured to another system while the run lasts" },
  { "import", '"csv", "history.csv", { … }', "takes a file of the playbook's folder, or \"-\", standard input, onto the timeline, gzip too; gives what became of its rows", first = "import" },
  { "search", '"browse", { until_fails = "p99(latency) < 50ms" }', "the highest rate that meets objectives, with its steps", first = "scenario" },
  { "ab", '"base", "head", { rounds = 3 }', "two scenarios interleaved A B B A, compared", first = "scenario" },
  { "compare", '{ with = "recent", limit = "5%" }', "compares the loads with earlier runs, by all requests and by each request name; with = \"pinned\" or a run, too, and candidate = \"label:commit=abc\": those runs instead of this one" },
  { "capacity", '"usl", { from = steps }', "what can be had: \"usl\" fits how throughput grows with the load (\"amdahl\": without coherency), \"queue\" solves a queue, \"knee\" finds where a curve bends, \"use\" tells which resource of the machines ends first; gives { known, why, :explain(), … }" },
  { "experience", '{ threshold = "250ms", objective = "99.9%" }', "what users met: { known, why, apdex = { known, why, score, lo, hi, rating, few }, budget = { attained, met, rate, left, period_left, lasts }, burn, rows, users = { affected, share }, :explain() }" },
  { "replicas", '{ demand = ahead, per_replica = "120/s", survive = 1 }', "how many replicas carry a demand: { known, why, now, replicas, steps, :at(\"14d\"): the most until then, :explain() }" },
  { "rightsize", '"container_cpu{name=\'shop\'}", { rule = "predictive" }', "how much to give to a series: { known, why, target, lower, upper, idle, violations, :explain() }; rule = \"hpa\": what a policy makes of a demand: { replica_hours, cost, violations, unserved, idle, most, least, changes, replicas }" },
  { "forecast", 'demand, { horizon = "90d" }', "what comes after a series: { known, why, time, mean, lo, hi, model, mase, :crosses(limit), :explain() }; crosses gives p10, p50, p90 (seconds since 1970, nil: not within the horizon) and :chance_within(\"14d\"); { floor = true }: from above" },
  { "pin_baseline", '"gold"', "pins this run under a name when it passes and is valid" },
  { "baseline", '"gold"', "the pinned run, or nil; without a name default, or the only one" },
  { "sla", '{ "p99(latency) < 250ms" }', "late objectives" },
  { "stop_when", "fn, { every = \"1s\" }", "stops a load when fn(now) is true or a text; now:value(\"p99(latency) over last 10s\")" },
  { "traces", '{ service = "shop" }', "what the spans that were received say of each operation: { service, operation, kind, count, rate, errors, p50, p95, p99, self, critical … }" },
  { "query", '"p99(latency) by (name)", { step = "10s" }', "list of { labels, time, value, unit, samples }; what PromQL can read is PromQL, of one moment: max(queue) is over series, max_over_time(queue[1h]) over time", first = "expression" },
  { "changes", '"p99(latency)", { over = "runs" }', "where its level, trend or spread changed: list of { labels, kind, index, time, before, after, effect, relative, lo, hi, p }, over runs also run, commit, suspects and new", first = "expression" },
  { "anomalies", '"p99(latency)", { step = "1s" }', "what is odd in its series: list of { labels, time, value, score, kind }; live = true: alerts while the run lasts; together = true: one score for all, also of those that begin later", first = "expression" },
  { "correlate", '{ bad = { from = "30s", to = "60s" }, among = { "load1" } }', "what changed with a bad window, the surest first: list of { expr, labels, d, p, before, during, correlation, lag }" },
  { "wait_until", '"cpu_utilization < 20%", { timeout = "2m" }', "waits until it holds; gives the seconds", first = "objective" },
  { "sleep", '"2s"', "waits", first = "duration" },
  { "now", "", "seconds since 1970" },
  { "interval", "", "seconds since the run began" },
  { "together", "fn, fn, …", "side by side; the first failure ends the others" },
  { "defer", "fn", "called at the run's end, the last one first" },
  { "phase", '"under load", fn', "a span with a name on every chart" },
  { "record", '"queue_length", 12, { queue = "mail" }', "one sample of an own metric" },
  { "event", '"deploy", "version 7"', "a mark on every chart" },
  { "attach", '"plan.txt", { type = "text/plain" }', "keeps a file of the playbook's folder, up to 16 MiB, 256 MiB in all: profiles, plans, logs, dumps" },
  { "fetch", '"prometheus", { url = …, query = …, from = "-12w", step = "5m" }', "history of another system, as series that outlive the run; only what is missing is asked for", first = "system" },
  { "http", '{ url = "http://…/api/v1/status", … }', "asks another system; gives its answer" },
  { "http_pages", '{ url = …, next = fn }', "an iterator over the answers of all pages" },
  { "report", '{ html = "report.html" }', "writes reports at the run's end" },
}

M.run_fields = { { "args", "values of the arguments" }, { "id", "of the run" }, { "name", "of the playbook" }, { "objectives", "as rows" },
  { "host", "functions of the embedding program" }, { "machine", "facts of this machine" }, { "labels", "of the run" }, { "seed", "of all random streams" } }

--- Words on `run` of later versions.
M.run_later = { "cost", "scale",
  "recovery", "exec", "secret", "notify", "advise" }

M.load_handle = { { "wait", "", "waits for the end; gives the result" }, { "stop", "", "ends it; what is in flight may finish" },
  { "rate", '"800/s"', "a new rate, open loop" }, { "users", "80", "new users, closed loop" }, { "pause", "", "holds starts back" }, { "resume", "", "goes on" },
  { "stats", "\"10s\"", "figures of the last 10s: requests, rate, error_ratio, p50, p99; without it totals so far" } }

local REQUEST = "url, { … }"
M.user = {
  { "get", REQUEST, "GET; gives an answer, also when it failed" }, { "post", REQUEST, "POST" }, { "put", REQUEST, "PUT" }, { "patch", REQUEST, "PATCH" },
  { "delete", REQUEST, "DELETE" }, { "head", REQUEST, "HEAD" }, { "options", REQUEST, "OPTIONS" },
  { "request", 'url, { method = "PURGE" }', "any method" },
  { "batch", '{ "/a", { "/b", method = "POST" } }', "requests at the same time: a table of answers with the same keys" },
  { "check", 'answer, { status = 200, { "label", fn } }', "true when all hold; else the request has failed; what other protocols give, by functions alone" },
  { "think", '"200ms"', "waits; later latencies do not count it", first = "duration" },
  { "pace", '"1s"', "waits until so long after the iteration's begin", first = "duration" },
  { "group", '"buy", fn', "times a part of the iteration" },
  { "tag", '"kind", "big"', "a label of the later requests of this iteration" },
  { "feed", '"people"', "the next row of a feeder, or nil at its end", first = "feeder" },
  { "random", "n", "1 to n, or 0 to 1; by the run's seed, as math.random is there" },
  { "stop", "", "this user ends" }, { "fail", '"why"', "the iteration has failed" },
  { "redis", "url", "a connection to Redis" }, { "memcached", "url", "to memcached" }, { "tcp", "url", "over TCP" }, { "udp", "url", "over UDP" },
  { "ws", "url", "a WebSocket" }, { "sse", "url", "server-sent events" }, { "grpc", "url", "gRPC" }, { "sql", "url", "a connection to PostgreSQL" },
}

--- Connections of `user`: the word, where it leads, its options, and the connection's own words.
M.channels = {
  { "redis", "redis://user:password@127.0.0.1:6379/2", "rediss:// over TLS; { resp = 3 }: RESP3", words = {
    { "call", '"GET", "key"', "the answer's value" }, { "pipeline", '{ { "SET", "a", 1 }, { "GET", "a" } }', "a list of values in one round trip; an error is { error = text }, and the request has failed: list, why, class" } } },
  { "memcached", "memcached://127.0.0.1:11211", "memcacheds:// over TLS", words = {
    { "get", '"key"', "its value, or nil; of several keys a table" }, { "set", '{ "key", "value", ttl = 60, flags = 0 }', "true, or false when it was not stored" },
    { "add", '"key", "value"', "only when it is not there" }, { "replace", '"key", "value"', "only when it is there" }, { "append", '"key", "value"', "behind its value" }, { "prepend", '"key", "value"', "before its value" },
    { "delete", '"key"', "true when it was there" }, { "incr", '"key", 2', "the new number" }, { "decr", '"key", 2', "the new number" }, { "touch", '"key", 60', "a new time to live" }, { "version", "", "the server's" } } },
  { "sql", "postgresql://me:secret@db.example:5432/shop", "{ sslmode = \"verify-full\", … }: parameters of libpq", words = {
    { "query", '"select $1", 5', "rows, or how many were changed" }, { "prepare", '"by_id", "select …"', "a statement under a name" }, { "execute", '"by_id", 7', "the same as query" },
    { "pipeline", '{ { "select 1" }, { "select $1", 2 } }', "a list of results in one round trip; an error is { error = text, sqlstate = … }, and the request has failed: list, why, class" }, { "begin", '{ isolation = "serializable" }', "a transaction" }, { "commit", "", "ends it" }, { "rollback", "", "undoes it" } } },
  { "ws", "ws://127.0.0.1:8080/chat", "wss:// over TLS; { headers = {…}, protocols = \"chat\", compress = true }", words = {
    { "send", '{ "text", binary = true }', "a message; binary or text; fragment = 1024: in frames of at most so many bytes" }, { "receive", "", "the next message: the wait for it" }, { "exchange", '"question"', "a round trip: sends, and gives the next message" },
    { "ping", "", "a round trip of a ping" }, { "finish", '{ code = 1000, reason = "bye" }', "the closing handshake; a reason has at most 123 bytes, of UTF-8" } } },
  { "sse", "http://127.0.0.1:8080/events", "{ headers = {…} }", words = {
    { "next", "", "{ event, data, id }; the first one's latency counts from the opening, those of later ones are the gaps" } } },
  { "grpc", "grpc://127.0.0.1:50051", "grpcs:// over TLS; { authority = \"shop\", compress = true }", words = {
    { "call", '{ "shop.Cart/Add", { item = 1 }, deadline = "200ms" }', "the reply; lists where a side streams; also metadata, compress, full" }, { "stream", '"shop.Cart/Chat"', "begins a call message by message: then c:send, c:receive and c:finish; the next call or stream gives it up" },
    { "batch", '{ { "shop.Cart/Add", { item = 1 } }, … }, { parallel = 10 }', "calls at the same time; a list of { value } or { why, error, reported }" },
    { "send", "{ item = 1 }", "a message" }, { "receive", "", "the next one, or nil at the end" }, { "finish", "", "sends no more and waits for the status" } } },
  { "tcp", "tcp://127.0.0.1:7", "tls:// over TLS", words = {
    { "send", '"bytes"', "bytes" }, { "receive", '{ delimiter = "\\n" }', "up to a delimiter, bytes = 4, pattern = \"a POSIX expression\" or until_close = true; what came before the server closed, then the end" }, { "exchange", '{ "PING\\n", pattern = "P[AIO]NG" }', "sends, and receives" } } },
  { "udp", "udp://127.0.0.1:53", "", words = {
    { "send", '"bytes"', "a datagram" }, { "receive", "", "the next one, which may wait already; with bytes, delimiter or pattern as many as hold it" }, { "exchange", '"question"', "sends, and receives what comes after" } } },
}
--- What every operation of a connection takes, and every connection has.
M.channel_options = { { "name", "what it is called in tables" }, { "timeout", "\"2s\"" }, { "tags", "{ kind = \"big\" }" } }
M.channel_words = { { "close", "", "closes it" }, { "is_open", "", "whether the peer is connected, as far as is known" } }

M.user_fields = { { "vars", "what the user keeps: a table" }, { "id", "its number, from 0" }, { "cookies", "its cookie jar" } }

--- Words on `user.cookies`, and the options of its `set`.
M.cookies = {
  { "get", '"/cart"', "what would be sent to a URL, name = value; the scenario's base when there is none" },
  { "set", '"theme", "dark", { path = "/", … }', "a cookie as if the URL's answer had set it" },
  { "clear", '"/cart"', "forgets what would be sent to a URL; all when there is none" },
}
M.cookie = { { "url", "whose cookie it is; the scenario's base otherwise" }, { "path", "\"/shop\": sent there and below; else the URL's path up to its last /" },
  { "domain", "\"example.com\": sent to its hosts, too; else to the URL's host alone" }, { "secure", "true: https only" }, { "max_age", "\"1h\": then it expires; 0: it is deleted" } }

M.request = { { "name", "what it is called in tables: not the URL" }, { "headers", "{ accept = \"…\" }" }, { "query", "{ page = 2 }" }, { "json", "a value" },
  { "form", "{ field = \"text\" }" }, { "body", "text" }, { "multipart", "{ field = \"text\", photo = { file = \"photo.jpg\" } }" }, { "body_file", "\"upload.bin\": read while it is sent" }, { "chunked", "true: the body goes in chunks" }, { "expect100", "true: the body waits for 100 Continue" }, { "compress", "\"gzip\", \"deflate\", \"br\" or \"zstd\"" }, { "timeout", "\"2s\"" }, { "follow", "redirects at most, up to 50" }, { "auth", "{ bearer = token }, { basic = { user = …, password = … } }, digest as basic, { sigv4 = { key = …, secret = …, region = …, service = … } }; in defaults oauth2 = { token_url = …, client_id = …, client_secret = … }" }, { "expect", "\"2xx,404\"" },
  { "tags", "{ kind = \"big\" }" }, { "method", "of user:request" } }

M.answer = { { "status", "0 without an answer" }, { "ok", "as expected" }, { "error", "why it failed, or nil" }, { "text", "the body, decoded; \"\" where it cannot be, and the request has failed then, of class protocol" }, { "readable", "whether the body can be decoded; looking fails nothing" }, { "raw", "the body as it came" }, { "cut", "true: the body is longer than the 16 MiB that are kept, which text and raw have" }, { "head", "status line and headers as they came" },
  { "timings", "{ total, service, dns, connect, tls, send, wait, receive } in seconds; dns, connect and tls where it opened a connection; of a timeout as far as it came" }, { "json(path)", "value, or nil and why" }, { "header(name)", "text or nil" }, { "find(pattern)", "Lua pattern; what it captures" } }

--- What run:http gives.
M.http_answer = { { "status", "" }, { "ok", "as expected; in what was raised, or given with try, it is in err.answer" }, { "text", "the body, decoded" }, { "headers", "by their names in lower case" }, { "url", "where it came from, as it may be shown" },
  { "attempts", "how often it was asked" }, { "address", "of the peer" }, { "timings", "{ total, connect, tls, send, wait, receive } in seconds" }, { "json(path)", "value, or nil and why" }, { "header(name)", "text or nil" } }

--- Keys of a scenario, as scenario.lua has them.
M.scenario = {
  { "arrivals", "pl.even \"100/s\", pl.poisson …", "open loop: starts come whether answers do or not" },
  { "users", "50, or stages", "closed loop: each begins again when it has ended" },
  { "iterations", "1000", "so many in all, by `users`" }, { "iterations_each", "20", "so many a user" },
  { "duration", "\"60s\"", "warm-up included" }, { "warmup", "\"5s\"", "not measured at its begin" }, { "offset", "\"10s\"", "begins so much later" },
  { "grace", "\"30s\"", "for what is in flight at the end" }, { "pace", "\"1s\"", "closed loop: begins at most so often" },
  { "base", "args.target", "relative URLs begin with it" }, { "user", "function(user)", "one iteration" },
  { "request", "{ url = …, method = … }", "instead of user: one request, full speed; pipeline = 8: so many in a row" },
  { "start", "function(user)", "once a user, before its first iteration" }, { "stop", "function(user)", "once a user, at its end" },
  { "max_users", "10000", "open loop: at most so many at once" }, { "max_waiting", "100000", "open loop: starts that may wait for a user" },
  { "connections", "0", "at most so many; 0: as many as are needed" }, { "state", "\"user\" or \"iteration\"", "how long cookies and vars live" },
  { "requests_per_connection", "1", "then it is closed; 1: a connection for each" },
  { "pool", "\"shared\"", "whose connections are; \"user\": each has its own; \"iteration\": until its end" },
  { "proxy", "\"http://10.0.0.9:3128\"", "for http, https and ws; or { url = …, user = \"name:password\" }" },
  { "connect_to", "{ \"shop.example:443:127.0.0.1:8443\" }", "other places to connect to: HOST:PORT:TO_HOST:TO_PORT" },
  { "dns", "{ ttl = \"auto\", select = \"roundRobin\" }", "how names become addresses" },
  { "descriptors", "\"shop.proto\"", "of gRPC: .proto, or what protoc --include_imports --descriptor_set_out made; else servers are asked" },
  { "http2", "true", "HTTP/2: over TLS where the server chooses it, else at once" }, { "streams", "100", "with it: requests at a time on a connection" },
  { "local_ips", "\"127.0.0.2-127.0.0.20\"", "local addresses of the connections, in turn" },
  { "tags", "{ kind = \"big\" }", "labels of all its requests" }, { "weight", "1", "share of scenarios that run together" },
  { "defaults", "{ headers = …, timeout = \"5s\" }", "of all its requests" },
}

--- Keys of a scenario's defaults, and of tls there.
M.defaults = {
  { "headers", "{ accept = \"…\" }", "sent with each" }, { "timeout", "\"30s\"", "of the whole request; 0: none" },
  { "connect_timeout", "\"1s\"", "look-up, connect and TLS handshake" },
  { "first_byte_timeout", "\"2s\"", "from the request's last byte to the answer's first" },
  { "follow", "10", "redirects at most; 0: a redirect is an answer" }, { "auth", "{ bearer = token }", "as of a request" },
  { "tls", "{ ca = \"ca.pem\" }", "of https" }, { "trace", "false", "true: each carries a W3C traceparent, sampled" },
  { "trace_ratio", "\"1%\"", "so many of them, chosen by their ids, are kept for run:export \"otlp_traces\"; with trace" },
}
M.tls = {
  { "insecure", "false", "certificates are not verified; the result says so" }, { "ca", "\"ca.pem\"", "trusted instead of the system's authorities" },
  { "cert", "\"me.pem\"", "the client's certificate, with its chain" }, { "key", "\"me.key\"", "its key, PEM or a secret; the cert's file otherwise" },
  { "server_name", "\"shop.example\"", "asked for and verified, not the URL's host" }, { "alpn", "\"http/1.1\"", "protocols offered" },
  { "min", "\"1.2\"", "lowest version" }, { "max", "\"1.3\"", "highest version" },
  { "ciphers", "\"ECDHE+AESGCM\"", "OpenSSL names" }, { "groups", "\"X25519:P-256\"", "of the key exchange" },
  { "resume", "false", "true: sessions are resumed" },
}

M.dns = {
  { "ttl", "\"inf\"", "\"inf\": looked up once; \"auto\": as long as the record says; \"5m\"; \"0s\": for each connection; open connections stay where they are" },
  { "select", "\"first\"", "the first address while it answers, or \"roundRobin\": in turn" },
  { "servers", "\"10.0.0.1,[::1]:5353\"", "who is asked; the system's otherwise" },
}

M.vocabulary = {
  { "playbook", "{ … }", "what a file returns" }, { "arg", ".rate { \"500/s\", help = \"…\" }", "an argument, see help arguments" },
  { "even", '"100/s"', "even arrivals" }, { "poisson", '"100/s"', "independent users" },
  { "stages", '{ {"30s", to = "100/s"}, {"5m", at = "100/s"} }', "levels over time: `to` ramps, `at` jumps and holds; users = pl.stages { … }, arrivals = pl.even(pl.stages { … })" },
  { "curve", "function(seconds) return rate end", "a level as a function of time, used as stages are" },
  { "bursty", '{ base = "100/s", burst = "900/s", every = "30s", lasts = "5s" }', "Poisson arrivals in bursts; rates may be stages or curves" },
  { "trace", '"access.log", { speed = 2 }', 'when requests once came: the moments of a file, or the rates of a series; what is sent says the scenario; shard = "2/4": the second of four generators\' part' },
  { "predicted", '(ahead, { within = "10m", of = "hi" })', "as a forecast says that requests will come: all of it in so long, at its rates; mean, lo or hi; share = \"10%\"" },
  { "uniform", '("1s", "3s")', "think times between two" }, { "exponential", '"2s"', "think times with this mean" },
  { "lognormal", '{ median = "2s", sigma = 0.5 }', "think times" }, { "empirical", '{ "1s", "4s" }', "think times out of a list" },
  { "csv", '"people.csv", { order = "unique" }', "a feeder: rows of test data" },
  { "ndjson", '"people.ndjson"', "a feeder: a JSON object on each line" }, { "json_file", '"people.json"', "a feeder: a JSON array of objects" },
  { "sqlite", '("shop.db", "SELECT name FROM people")', "a feeder: what a query finds" }, { "generated", "function(number, random) return { … } end", "a feeder: rows that a function makes" },
  { "calendar", '"holidays.csv"', "events of forecasts: a CSV with date,name or from,to,name" },
  { "http", '{ url = "http://…" }', "as run:http, where there is no run" },
  { "stats", ".welch(base, candidate)", "tests, intervals and sketches of numbers, see help stats" },
  { "json", ".decode(text)", "JSON" }, { "headers", '"accept: text/html"', "request headers from lines of text" }, { "api", "", "level of the Lua API" },
}

--- Words of pl.stats.
M.stats = {
  { "describe", "(values)", "{ n, mean, deviation, min, max, median, qn, lag1, effective }: qn is robust, effective how many independent values they are worth" },
  { "quantile", "(values, 0.99, { level })", "exact, by nearest rank, with the interval of order statistics: { value, lo, hi, covered, open_below, open_above }" },
  { "welch", "(base, candidate)", "whether means differ: { difference, t, freedom, p, lo, hi }" },
  { "mann_whitney", "(base, candidate)", "whether one tends to lie above: { u, p, exact, shift, lo, hi }" },
  { "hodges_lehmann", "(base, candidate)", "how far it lies above, whatever a few values do: { shift, lo, hi }" },
  { "kolmogorov_smirnov", "(base, candidate)", "whether they come from one distribution: { d, p, exact }" },
  { "anderson_darling", "(base, candidate)", "the same, more by their tails: { statistic, p, at_most, at_least }, p from 0.001 to 0.25" },
  { "permutation", "(base, candidate, { rounds, seed })", "the p of the difference of means, of no law" },
  { "proportions", "(hits, tries, candidate_hits, candidate_tries)", "whether shares differ, such as failed requests: { difference, lo, hi, p, exact }" },
  { "bootstrap", "(values, { of, rounds, level, seed })", "interval of \"mean\", \"median\" or a quantile of independent values (BCa): { value, lo, hi, error }" },
  { "block_bootstrap", "(values, { of, block, … })", "the same of values that depend on those before them, such as seconds of a load" },
  { "quantile_ratio", "(base_runs, candidate_runs, 0.99, { … })", "how many times a quantile is the other's; each side is a list of runs, each a list of values: { value, lo, hi, error }" },
  { "false_discoveries", "(p_values)", "the q of each (Benjamini and Hochberg)" },
  { "sketch", "(0.01)", "keeps quantiles of any number of values to a relative error: :add(value or list), :merge(other), :quantile(p), :count()" },
}

M.feeder = {
  { "order", "sequential, circular", "the row by the iteration's number" }, { "order", "random", "any row, by the seed" },
  { "order", "shuffled", "each row once before any again, in an order by the seed" },
  { "order", "queue", "the next row that nobody had, at each call" },
  { "order", "unique", "closed loop: each user has its row; open loop: each start another one; users of several scripted scenarios take rows in turn" },
  { "at_end", "loop, stop, fail", "from the front again, nil (queue), or an error (unique)" }, { "delimiter", "\",\"", "of pl.csv" },
  { "rows", "1000", "of pl.generated: how many there are" },
}

M.arguments = {
  { "url", "http://127.0.0.1:8080/", "" }, { "string", "text", "" }, { "integer", "8", "" }, { "number", "1.5", "" }, { "ratio", "5%", "a fraction of 1" },
  { "rate", "500/s, 30/min, 500", "a second; a bare number too" }, { "duration", "250ms, 1.5h", "seconds; needs its unit" }, { "size", "64MiB", "bytes" },
  { "reroute", "shop.example:443:127.0.0.1:8443", "as curl --connect-to; several by commas" },
  { "choice", "a", "one of choices = { \"a\", \"b\" }" }, { "boolean", "true", "--name alone is true" }, { "file", "people.csv", "a path" }, { "secret", "…", "shown as ***, never stored" },
}

local OF_SOURCE = { "source", "instance", "role", "origin" }
--- Short names of metrics; labels beside those of their source. `tags`: own tags are labels, too.
M.metrics = {
  { "latency", "p99(latency) < 250ms", "answer time from the intended start", labels = { "scenario", "name", "method" }, tags = true },
  { "service_time", "p95(service_time) < 100ms", "answer time from the send", labels = { "scenario", "name", "method" }, tags = true },
  { "schedule_lag", "p99(schedule_lag) < 10ms", "start minus intended start", labels = { "scenario" } },
  { "iteration_time", "p95(iteration_time) < 2s", "whole iterations", labels = { "scenario" } },
  { "group_time", "p95(group_time{name='buy'}) < 1s", "user:group", labels = { "scenario", "name" } },
  { "requests", "rate(requests) > 480/s", "", labels = { "scenario", "name", "method", "status", "outcome" }, tags = true },
  { "error_ratio", "error_ratio < 1%", "failed requests of all", labels = { "scenario", "name", "method", "status", "outcome" }, tags = true },
  { "checks", "checks > 99%", "checks that held", labels = { "scenario", "check", "ok" } },
  { "timeouts", "timeouts < 10", "requests without an answer in time", labels = { "scenario", "name", "method", "status" }, tags = true },
  { "dropped", "dropped < 10", "starts dropped or cancelled", labels = { "scenario" } },
  { "dropped_ratio", "dropped_ratio < 0.1%", "their share", labels = { "scenario", "outcome" } },
  { "users", "max(users) < 500", "", labels = { "scenario" } },
  { "cpu_utilization", "mean(cpu_utilization) < 80%", "of this machine", labels = { "cpu" } },
  { "memory_utilization", "max(memory_utilization) < 90%", "of this machine", labels = {} },
  { "load1", "max(load1) < 8", "load average", labels = {} },
}
M.source_labels = OF_SOURCE

--- What each sampler says of itself, by full names.
M.sampler_metrics = {
  { "sample_cpu_seconds_total", "rate(sample_cpu_seconds_total) < 0.05", "CPU time that sampling takes itself", labels = {} },
  { "sample_series", "max(sample_series) < 5000", "series that it has", labels = {} },
}

M.objectives = {
  { "p99(latency) < 250ms", "over the whole measured part" },
  { "p99(latency{name='checkout'}) < 400ms over any 30s", "every window of 30 s" },
  { "error_ratio < 5% over last 10s", "the newest window" },
  { "max(users) < 500 for 20s", "broken only after 20 s" },
  { "p95(latency) < 1s when rate(requests) > 100/s", "only where that holds" },
  { "p99(latency) by (name) < 1s", "for each name; the worst decides" },
  { "p99(rpc_seconds{job='shop'}) < 50ms", "of what is scraped or received, too" },
}

--- What exit codes mean; the codes and their order are the engine's.
M.exits = {
  deadline = "--deadline passed", usage = "the command line is wrong", bad_file = "a file or the database is bad", locked = "another run holds the lock",
  script_error = "the playbook failed", internal = "Perilune failed", target_never_answered = "not one answer came",
  refused = "no grant, or approval is missing", inconclusive = "the data cannot tell", objective_failed = "an objective or a comparison failed", pass = "all is well",
}

--- The names of a list of entries.
---@param list table[]
---@return string[]
function M.names(list)
  local names = {}
  for i, entry in ipairs(list) do names[i] = type(entry) == "table" and entry[1] or entry end
  return names
end

--- The entry of that name, or nil.
---@param list table[]
---@param name string
---@return table|nil
function M.find(list, name)
  for _, entry in ipairs(list) do
    if (type(entry) == "table" and entry[1] or entry) == name then return entry end
  end
end

return M
