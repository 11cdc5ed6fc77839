---@meta _
--- What `run` has: words, and what they give. Nothing of this is run.

---@class perilune.Result what a load gave
---@field rate number answers a second
---@field rate_planned number
---@field planned integer|nil starts, open loop
---@field started integer
---@field dropped integer
---@field error_ratio number
---@field valid boolean the generator was not limited
---@field reasons string[] why it was
---@field stopped { objective: string?, value: number?, why: string?, at: number, rule: string? }|nil rule: where a function of run:stop_when begins
---@field latency table { count, p50, p90, p95, p99, max, … } seconds
---@field rows table[] by request name
local Result = {}
---@param p number 0.99
---@param metric? "latency"|"service"|"lag"|"iteration"
---@param labels? { scenario: string?, name: string? }
---@return number|nil seconds; nil of fewer than 10/(1-p) samples
function Result:quantile(p, metric, labels) end

---@class perilune.Load a load that goes on: run:load(name, { wait = false })
local Load = {}
---@return perilune.Result
function Load:wait() end
function Load:stop() end
---@param rate perilune.Rate
function Load:rate(rate) end
---@param users integer
function Load:users(users) end
function Load:pause() end
function Load:resume() end
---@param over? perilune.Duration only the last "10s": { requests, rate, error_ratio, p50, p99 }
---@return table totals so far
function Load:stats(over) end

---@class perilune.HttpOptions what run:http takes
---@field url string|perilune.Secret http, https or unix:/socket:/path
---@field method? string GET; with a body POST. What is not GET, HEAD or OPTIONS needs --apply, or dry = true
---@field headers? table<string, string|perilune.Secret|string[]>
---@field query? table<string, string|number|boolean|perilune.Secret|table> added to the URL
---@field json? any a value: the body
---@field form? table<string, string|number|perilune.Secret> the body
---@field body? string|perilune.Secret
---@field auth? { bearer: string|perilune.Secret } | { basic: { user: string, password: string|perilune.Secret } }
---@field timeout? perilune.Duration of an attempt, all in all (30s)
---@field connect_timeout? perilune.Duration look-up and connect (10s)
---@field tls_timeout? perilune.Duration the TLS handshake (10s)
---@field first_byte_timeout? perilune.Duration from the request's last byte to the answer's first
---@field retries? integer further attempts at most (3)
---@field repeatable? boolean whether it may be sent twice; else what GET, HEAD, OPTIONS, PUT and DELETE may, and what was never sent
---@field retry_on? string|integer statuses that may pass ("408,425,429,502,503,504")
---@field backoff? perilune.Duration the first wait is up to this, later ones up to twice as long each (250ms)
---@field backoff_max? perilune.Duration no such wait is longer (20s)
---@field wait_max? perilune.Duration the longest Retry-After that is waited for (60s)
---@field follow? integer redirects at most (5); another host gets no credentials
---@field expect? string|integer statuses that are no error: "2xx,404"; below 400 otherwise
---@field max_body? string|integer bytes of the answer, decoded ("64MiB")
---@field max_headers? string|integer ("256KiB")
---@field tls? { ca: string?, cert: string?, key: string|perilune.Secret|nil, min: string?, insecure: boolean? }
---@field proxy? string|false|{ url: string, user: string|perilune.Secret|nil } "http://10.0.0.9:3128"; false: none; else the host's
---@field dry? boolean true: it changes nothing, whatever its method
---@field try? boolean gives nil, err instead of raising

---@class perilune.FetchOptions what run:fetch takes
---@field url string of the server
---@field query string in the system's language
---@field as? string the name of its series here; a mere selector has its own
---@field from? string|number "-12w": before now; "2026-09-01", or seconds since 1970
---@field to? string|number the same; now
---@field step? perilune.Duration a value each; without it one, at `to`
---@field auth? { bearer: string|perilune.Secret } | { basic: { user: string, password: string|perilune.Secret } }
---@field headers? table<string, string|perilune.Secret>
---@field tls? table as of run:http
---@field proxy? string|false|table as of run:http
---@field timeout? perilune.Duration
---@field retries? integer
---@field max_body? string|integer
---@field role? "generator"|"target"|"both"|"other" ("other")
---@field origin? "production"|"synthetic" ("production")
---@field try? boolean gives nil, err instead of raising

---@class perilune.FetchTracesOptions what run:fetch takes of a store of traces
---@field url string of the server
---@field service string traces that it has spans in, whole
---@field operation? string only of this operation
---@field tags? table<string, string|number|boolean> only with these
---@field min_duration? perilune.Duration only of spans that took so long
---@field from string|number "-1h": before now; "2026-09-01", or seconds since 1970
---@field to? string|number the same; now
---@field limit? integer traces of one answer, at most (500); where there are more, it asks for less time
---@field auth? { bearer: string|perilune.Secret } | { basic: { user: string, password: string|perilune.Secret } }
---@field headers? table<string, string|perilune.Secret>
---@field tls? table as of run:http
---@field proxy? string|false|table as of run:http
---@field timeout? perilune.Duration
---@field retries? integer
---@field max_body? string|integer
---@field role? "generator"|"target"|"both"|"other" ("target")
---@field origin? "production"|"synthetic" ("production")
---@field try? boolean gives nil, err instead of raising

---@class perilune.FetchedTraces
---@field from number seconds since 1970
---@field to number
---@field requests integer how many were sent: 0 when all was there
---@field traces integer how many came
---@field spans integer
---@field operations table[] what all that is there of the server says of each operation, as run:traces gives it

---@class perilune.Fetched a single series' points are its list, too: { { time: number, value: number }, … }
---@field name string
---@field query string
---@field step number? seconds
---@field from number seconds since 1970
---@field to number
---@field series table[] { labels = { … }, { time = …, value = … }, … } each
---@field requests integer how many were sent: 0 when all was there
---@field samples integer how many came

---@class perilune.HttpPages: perilune.HttpOptions
---@field next? fun(answer: perilune.HttpAnswer): string|table|nil where the next page is: a URL, query fields, or nil; else the header Link with rel=next
---@field max_pages? integer more are an error (1000)

---@class perilune.HttpAnswer what another system said
---@field status integer
---@field ok boolean as expected
---@field text string the body, decoded
---@field headers table<string, string> by their names in lower case
---@field url string where it came from, as it may be shown
---@field attempts integer how often it was asked
---@field address string? of the peer
---@field timings { total: number, connect: number, tls: number, send: number, wait: number, receive: number } seconds
local HttpAnswer = {}
---@param path? string "items[0].id"
---@return any value
---@return string? why there is none
function HttpAnswer:json(path) end
---@param name string
---@return string?
function HttpAnswer:header(name) end

---@class perilune.RunFace
---@field args table values of the arguments, in base units
---@field id string
---@field name string
---@field objectives table[]
---@field host table functions of the embedding program
---@field machine table
---@field labels table<string, string>
---@field seed integer
local Run = {}
---@param names string|string[]
---@param options? table { data, wait, … } and keys of a scenario
---@return perilune.Result|perilune.Load
function Run:load(names, options) end
---@overload fun(self, source: "scrape", options: perilune.ScrapeOptions): perilune.Scrape
---@param source "host"|"process"|"cgroup"|"containers"|"units"|"textfile"|"self"
---@param options? { every: perilune.Duration?, role: string?, name: string?, match: string?, pid: integer?, children: boolean?, path: string?, labels: table?, sets: string[]? }
---@return { stop: fun(self) }
function Run:sample(source, options) end
---@class perilune.RelabelRule keys, defaults and meaning are Prometheus'
---@field action? "replace"|"keep"|"drop"|"keepequal"|"dropequal"|"hashmod"|"labelmap"|"labeldrop"|"labelkeep"|"lowercase"|"uppercase"
---@field source_labels? string[]
---@field separator? string
---@field regex? string RE2, matched whole
---@field target_label? string
---@field replacement? string with $1, ${name}
---@field modulus? integer
---@class perilune.ScrapeOptions
---@field url string of the target; /metrics where it has no path
---@field every? perilune.Duration
---@field timeout? perilune.Duration of a scrape; every, at most 10 s
---@field role? "generator"|"target"|"both"|"other"
---@field origin? "production"|"synthetic"
---@field labels? table<string, string> of the target
---@field relabel? perilune.RelabelRule[] for the labels of the target
---@field metric_relabel? perilune.RelabelRule[] for each series
---@field honor_labels? boolean
---@field honor_timestamps? boolean
---@field distributions? boolean classic histograms become distributions of their name, too
---@field body_size_limit? perilune.Size
---@field sample_limit? integer after metric_relabel
---@field label_limit? integer
---@field label_name_length_limit? integer
---@field label_value_length_limit? integer
---@field auth? table { bearer = token } or { basic = { user = …, password = … } }
---@field headers? table
---@field tls? table
---@field proxy? string|table|false
---@class perilune.Scrape
---@field url string
local Scrape = {}
---@return { scrapes: integer, failed: integer, why: string?, samples: integer, series: integer, exemplars: integer, refused: table<string, integer> }
function Scrape:counts() end
function Scrape:stop() end
---@class perilune.Receiver
---@field url string? "http://127.0.0.1:40123"; nil where only protocols with a listener of their own are received
---@field address string?
---@field port integer?
---@field otlp_grpc { address: string, port: integer }? where OTLP over gRPC is received
---@field statsd { address: string, port: integer }? where StatsD is received, "127.0.0.1:40124"
---@field graphite { address: string, port: integer }?
local Receiver = {}
---@return { samples: integer, series: integer, spans: integer, logs: integer, exemplars: integer, refused: table<string, integer> }
function Receiver:counts() end
function Receiver:stop() end
---@class perilune.ReceiveOptions
---@field listen? string address and port, "127.0.0.1:0"; beyond this machine a policy must name it
---@field remote_write? boolean Prometheus' remote write 1.0 and 2.0, at /api/v1/write
---@field otlp? boolean OpenTelemetry's metrics, traces and logs over HTTP, at /v1/metrics, /v1/traces and /v1/logs
---@field push? boolean Prometheus text as to a Pushgateway, at /metrics/job/NAME
---@field influx? boolean InfluxDB's line protocol, at /write and /api/v2/write
---@field zipkin? boolean spans as Zipkin takes them, JSON, at /api/v2/spans
---@field otlp_grpc? true|string OpenTelemetry's metrics, traces and logs over gRPC, "127.0.0.1:4317"; true: any port that is free, of the address of `listen`
---@field statsd? true|string StatsD with DogStatsD's tags over UDP and TCP; true: any port that is free, of the address of `listen`
---@field graphite? true|string Graphite's plaintext over TCP
---@field pages? boolean the runs of the timeline at GET /, their newest values at GET /metrics
---@field role? "generator"|"target"|"both"|"other"
---@field origin? "production"|"synthetic"
---@field body? perilune.Size most of one request
---@field expanded? perilune.Size most that its body expands to
---@field series? integer most in all
---@field labels? integer most of a series
---@field label_bytes? integer longest name or value of a label
---@field spans? integer most in all
---@field logs? integer most in all
---@field exemplars? integer most in all; of a series the newest of each ten seconds
---@field rate? perilune.Rate samples, spans and logs a second, at most
---@field connections? integer at a time, of each listener
---@param options? perilune.ReceiveOptions
---@return perilune.Receiver
function Run:receive(options) end
---@class perilune.ExportOptions
---@field to "remote_write"|"influx"|"otlp"|"otlp_traces"|"pushgateway"|"graphite"|"statsd"|"grafana"|"listen"
---@field url string|perilune.Secret where it takes them; listen: where it may ask
---@field every? perilune.Duration how often what is new is sent, "5s"
---@field at_end? perilune.Duration how long the run's end waits for what is left, "10s"
---@field labels? table<string, string> of every series
---@field bucket? string influx, v2
---@field org? string influx, v2
---@field database? string influx, v1
---@field job? string pushgateway: of the group
---@field dashboard? string grafana: its uid
---@field backoff? perilune.Duration the first wait after a failure is up to this
---@field backoff_max? perilune.Duration no such wait is longer
---@field auth? { bearer: string|perilune.Secret }|{ basic: { user: string, password: string|perilune.Secret } }
---@field headers? table<string, string|perilune.Secret>
---@field tls? table
---@field proxy? string|table|false
---@field timeout? perilune.Duration of an attempt
--- Sends what is measured to another system while the run lasts; the summary says what was not delivered.
---
---     run:export { to = "remote_write", url = run.args.prom .. "/api/v1/write", labels = { run = run.id } }
---@param options perilune.ExportOptions
function Run:export(options) end
---@param format "csv"|"ndjson"|"openmetrics"|"prometheus"|"hdr"|"influx"|"graphite"|"sar"|"iostat"|"vmstat"
---@param path string of the playbook's folder
---@param options? { metric: string?, unit: "ns"|"us"|"ms"|"s"?, at: string|number?, instance: string?, role: string?, origin: "synthetic"|"production"? }
---@return { taken: integer, replaced: integer, refused: integer, series: integer, from: number?, to: number?, reasons: table<string, integer>, examples: { line: integer, reason: string, text: string }[] }
function Run:import(format, path, options) end
--- { known, rate, lo, hi, limited_by, why, steps = { rate, achieved, p50, p99, passed, unjudged, limited_by, why }[] }; a step is unjudged, and not passed, where too few
--- samples tell whether it meets the objectives; where even 12 times `step` brings too few, known is false and limited_by "too few samples".
---@param name string
---@param options table
---@return table
function Run:search(name, options) end
---@param base string
---@param head string
---@param options? table
---@return table
function Run:ab(base, head, options) end
---@param options? { with: string?, name: string?, limit: perilune.Ratio?, metrics: string[]?, missing: "skip"|"fail"? }
---@return table[] findings
function Run:compare(options) end
--- "usl" gives { alpha, beta, gamma: { value, se, ci, ci95 }, peak: { value, ci95, throughput }|nil, limit, warnings }, "amdahl" the same with a beta of 0, "queue" what its model computes (with what_if, after: what would be), "knee"
--- { knee, knee_y, all }, "use" { bottleneck: one of resources, load: throughput at which it ends, load_ci, throughput: { mean, max }, warnings, resources: { machine, role, resource, device, utilisation: { mean, max } of the whole machine,
--- consumers: { name, role, mean, max, demand }[]: shares of it that sampled processes and containers used, of cpu also seconds a request,
--- saturation: { name, unit, mean, max }[], errors, demand, demand_ci: seconds (of CPU: of one), idle, r2, limit, limit_ci, varied, used_up: share of the load's time, observed: it was so for most of it, why }[] }; what is not known has known = false and why.
---@param kind "usl"|"amdahl"|"queue"|"knee"|"use"
---@param options? { from: table?, step: perilune.Duration?, ceiling: perilune.Ratio?, throughput: string?, run: string? }
---@return { known: boolean, why: string?, explain: fun(self): string }
function Run:capacity(kind, options) end
---@class perilune.Experience what users met
---@field known boolean
---@field why string|nil
---@field apdex { known: boolean, why: string?, score: number?, lo: number?, hi: number?, rating: string, samples: integer, few: boolean, satisfied: integer, tolerating: integer, frustrated: integer }
---@field budget { objective: number, total: number, bad: number, attained: number?, met: boolean, rate: number?, used: number, left: number, period: number, covered: number, period_left: number?, lasts: number? } left: of what the requests seen allow; period_left: of the period, at their rate; lasts: seconds, nil: for ever
---@field burn { long_s: number, short_s: number, long_rate: number?, short_rate: number?, limit: number, severity: "page"|"ticket", whole: boolean, firing: boolean }[] for a period of 30 days
---@field rows { from: number, to: number, total: number, bad: number, attained: number, met: boolean, used: number }[]|nil with every
---@field users { known: boolean, why: string?, users: integer, affected: integer, share: number, lo: number, hi: number }
---@field from number seconds since 1970
---@field to number
---@field runs integer
---@field warnings string[]
local Experience = {}
---@return string
function Experience:explain() end

---@param options { threshold: perilune.Duration, tolerating: perilune.Duration?, of: string?, objective: perilune.Ratio?, within: perilune.Duration?, period: perilune.Duration?, requests: string?, failed: string?, users: string?, least: integer?, from: string|number|nil, to: string|number|nil, every: perilune.Duration?, run: string? }
---@return perilune.Experience
function Run:experience(options) end
---@class perilune.Replicas how many replicas carry a demand; where that is not known, the numbers are 0
---@field known boolean
---@field why string|nil
---@field now integer for the last value that was seen
---@field replicas integer the most of all steps
---@field steps { step: integer, time: number?, replicas: integer }[] from when on more are needed than before
local Replicas = {}
---@param d perilune.Duration from the last value on
---@return integer most that is needed until then, or until the forecast's end
---@return string|nil beyond that the forecast ends before
function Replicas:at(d) end
---@return string
function Replicas:explain() end

---@param options { demand: any, per_replica: any, headroom: perilune.Ratio?, survive: integer?, chance: perilune.Ratio? }
---@return perilune.Replicas
function Run:replicas(options) end
---@param target string|table
---@param options? { rule: "predictive"|"vpa"|"vpa_memory"|"hpa"|nil, violations: perilune.Ratio?, unit: string?, step: perilune.Duration?, from: any?, to: any?, ooms: { time: number|perilune.Duration, request: perilune.Size }[]?, per_replica: perilune.Rate?, utilisation: perilune.Ratio?, ready: perilune.Duration?, start: integer?, least: integer?, most: integer?, tolerance: perilune.Ratio?, down_window: perilune.Duration?, up_window: perilune.Duration?, up_policies: table[]?, down_policies: table[]?, up_select: "max"|"min"|"disabled"|nil, down_select: "max"|"min"|"disabled"|nil, ahead: table?, price: number? }
---@return table
function Run:rightsize(target, options) end
---@class perilune.Crossing when a forecast reaches a limit; moments are seconds since 1970, nil: not within the horizon
---@field known boolean false: nor is the forecast; then there are no moments, and no chance
---@field why string|nil
---@field p10 number|nil
---@field p50 number|nil
---@field p90 number|nil
---@field chance number|nil within the horizon
---@field already boolean the last value is beyond the limit: p10, p50 and p90 are its moment, chance is 1
---@field text string in plain words
local Crossing = {}
---@param d perilune.Duration from the last value on
---@return number|nil chance
function Crossing:chance_within(d) end

---@class perilune.Forecast what comes; where the data do not tell, the lists are empty
---@field known boolean
---@field why string|nil
---@field time number[] seconds since 1970
---@field mean number[]
---@field lo number[]
---@field hi number[]
---@field level number of lo and hi
---@field intervals { level: number, lo: number[], hi: number[] }[]
---@field model string the one that weighs most
---@field weights table<string, number>
---@field mase number|nil
---@field back_test { origins: integer, steps: integer, mase: number?, naive_mase: number?, coverage: number? }
---@field seasons number[] seconds
---@field n integer values that were seen
---@field notes string[] what was left out or is old
---@field stale boolean the last value is long ago, and dates count from it
local Forecast = {}
---@param limit number|string|{ lo: number, hi: number }
---@param options? { floor: boolean? }
---@return perilune.Crossing
function Forecast:crosses(limit, options) end
---@return string
function Forecast:explain() end

---@param series table|string
---@param options { horizon: perilune.Duration, season: any?, of: "daily_max"|"daily_p95"|"daily_mean"|"daily_min"|nil, events: table?, levels: number[]?, ceiling: number?, synthetic: boolean? }
---@return perilune.Forecast
function Run:forecast(series, options) end
---@param name? string
function Run:pin_baseline(name) end
---@param name? string
---@return table|nil
function Run:baseline(name) end
---@param rows perilune.Objective[]
function Run:sla(rows) end
---@param fn fun(now: { value: fun(self, expr: string): number|nil }): boolean|string|nil
---@param options? { every: perilune.Duration? }
function Run:stop_when(fn, options) end
--- An expression of objectives without its comparison, "p99(latency) by (name)", or PromQL, "sum by (job) (rate(http_requests_total[1m]))". What PromQL
--- can read is PromQL, but for short names such as latency: max(queue) is the greatest of all series at one moment, where the objective max(queue) < 10 is over
--- the run; max_over_time(queue[1h]) is over time.
---@param expr string
---@param options? { at: perilune.Duration?, from: perilune.Duration?, to: perilune.Duration?, step: perilune.Duration?, run: string?, try: boolean? } texts of at, from and to: after the run's begin; numbers: seconds since 1970
---@return { labels: table<string, string>, time: number, value: number, unit: string, samples: integer? }[] time: when the stretch begins, of PromQL the moment
function Run:query(expr, options) end
--- What is odd in the series of an expression, online: each moment is judged by those before it. Kinds: spike, level shift, variance, flat line, missing data,
--- lost season, slow leak.
---@param expr string as of run:query
---@param options? { step: perilune.Duration?, from: perilune.Duration?, to: perilune.Duration?, run: string?, try: boolean? }
---@return { labels: table<string, string>, time: number, value: number, score: number, kind: string }[] where alerts begin, by time
function Run:anomalies(expr, options) end

--- Where the level of an expression changed: within a run, or over the runs of this playbook. lo to hi holds the effect with 95 % confidence.
---@param expr string as of run:query
---@param options? { over: "time"|"runs"?, last: integer?, step: perilune.Duration?, from: perilune.Duration?, to: perilune.Duration?, run: string?, try: boolean? }
---@return { labels: table<string, string>, index: integer, time: number, before: number, after: number, effect: number, relative: number, lo: number, hi: number, p: number, run: string?, commit: string?, suspects: { after: string?, to: string }? }[] by time
function Run:changes(expr, options) end
--- What changed with a window that is bad, the surest first (Kolmogorov–Smirnov test), with its lag in seconds: negative before the window.
---@param options { bad: { from: perilune.Duration, to: perilune.Duration }, among: string[], max_lag: perilune.Duration?, step: perilune.Duration?, run: string?, from: any?, to: any?, try: boolean? }
---@return { expr: string, labels: table<string, string>, d: number, p: number, before: number, during: number, correlation: number, lag: number }[]
function Run:correlate(options) end
---@param options? { service: string?, operation: string?, from: perilune.Duration?, to: perilune.Duration?, trace: string?, run: string?, source: "jaeger"?, try: boolean? } texts of from and to: after the run's begin
---@return { service: string, operation: string, kind: string, count: integer, rate: number, errors: integer, error_ratio: number, mean: number, p50: number, p90: number, p95: number, p99: number, max: number, self: number, critical: number }[] durations in seconds; self and critical: of all its spans
function Run:traces(options) end
---@param expr string
---@param options? { timeout: perilune.Duration?, every: perilune.Duration?, try: boolean? }
---@return number seconds
function Run:wait_until(expr, options) end
---@param duration perilune.Duration
function Run:sleep(duration) end
---@return number seconds since 1970
function Run:now() end
---@return number seconds since the run began
function Run:interval() end
---@param ... fun(): any
---@return table results
function Run:together(...) end
---@param fn fun()
function Run:defer(fn) end
---@param name string
---@param fn fun(): any
---@return any ...
function Run:phase(name, fn) end
---@param metric string
---@param value number
---@param labels? table<string, string>
function Run:record(metric, value, labels) end
---@param kind string
---@param text? string|number
function Run:event(kind, text) end
--- History of another system: what is missing of it is asked for and kept, beyond this run.
---
---     local demand = run:fetch("prometheus", { url = run.args.prom, query = "sum(rate(http_requests_total[5m]))", as = "demand", from = "-12w", step = "5m" })
--- Of a store of traces it is the spans of a service, which slow requests of the run's loads are joined to, and run:traces { source = "jaeger" } reads.
---
---     local shop = run:fetch("jaeger", { url = run.args.jaeger, service = "shop", from = "-1h" })
---     for _, e in ipairs(shop.operations) do print(e.operation, e.count, e.p99) end
---@param system "prometheus"|"jaeger"
---@param options perilune.FetchOptions|perilune.FetchTracesOptions
---@return perilune.Fetched|perilune.FetchedTraces
function Run:fetch(system, options) end
--- Asks another system; an answer that is not expected is raised: err.status, err.answer.
---
---     local answer = run:http { url = run.args.api .. "/v1/deployments", auth = { bearer = run.args.token }, query = { limit = 10 } }
---     run:event("deployments", #answer:json "items")
---@param options perilune.HttpOptions
---@return perilune.HttpAnswer
function Run:http(options) end
--- The answers of all pages.
---
---     for page in run:http_pages { url = run.args.api .. "/items", next = function(answer) return answer:json "next" end } do
---       run:record("items", #page:json "items")
---     end
---@param options perilune.HttpPages
---@return fun(): perilune.HttpAnswer?
function Run:http_pages(options) end
--- Keeps a file of the playbook's folder as an artifact, 16 MiB at most, 256 MiB and 1,000 files a run; perilune artifacts gives it back
---@param path string
---@param options? { type: string?, from: perilune.Duration?, to: perilune.Duration?, labels: table<string, string>?, try: boolean? } from, to: what it is of; texts: after the run's begin
function Run:attach(path, options) end
---@param options { html: string?, junit: string?, markdown: string?, json: string? }
function Run:report(options) end
