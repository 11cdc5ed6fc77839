---@meta perilune
--- What a playbook is, and what it is made with. Nothing of this is run.

---@alias perilune.Duration string|number "250ms", "1.5h"; a number is seconds
---@alias perilune.Size string|integer "64MiB"; a number is bytes
---@alias perilune.Rate string|number "500/s", "30/min"; a number is a second
---@alias perilune.Ratio string|number "5%"; a number is a fraction
---@alias perilune.Arrivals table from pl.even, pl.poisson, pl.bursty, pl.trace, pl.predicted
---@alias perilune.Stages table from pl.stages or pl.curve
---@alias perilune.Law table from pl.uniform, pl.exponential, pl.lognormal, pl.empirical
---@alias perilune.Objective string|table "p99(latency) < 250ms", or { "error_ratio < 5% over last 10s", stop = true, why = "..." }

---@class perilune.Arg an argument: pl.arg.rate { "500/s", help = "arrival rate" }
---@field [1] any default
---@field help? string
---@field optional? boolean without a default: nil when it is not given
---@field choices? string[] of pl.arg.choice

---@class perilune.Args the constructors of pl.arg
---@field url fun(t: perilune.Arg): table
---@field string fun(t: perilune.Arg): table
---@field integer fun(t: perilune.Arg): table
---@field number fun(t: perilune.Arg): table
---@field ratio fun(t: perilune.Arg): table arrives as a fraction
---@field rate fun(t: perilune.Arg): table arrives a second
---@field duration fun(t: perilune.Arg): table arrives in seconds
---@field size fun(t: perilune.Arg): table arrives in bytes
---@field choice fun(t: perilune.Arg): table
---@field reroute fun(t: perilune.Arg): table HOST:PORT:TO_HOST:TO_PORT, several by commas
---@field boolean fun(t: perilune.Arg): table
---@field file fun(t: perilune.Arg): table
---@field secret fun(t: perilune.Arg): table never shown, never stored

---@class perilune.Playbook
---@field name string letters, digits, - _ . and spaces
---@field about? string
---@field args? table<string, table> declared with pl.arg
---@field needs? table { load = { "$target" }, secrets = { "TOKEN" } }
---@field feeders? table<string, table> declared with pl.csv, pl.ndjson, pl.json_file, pl.sqlite or pl.generated
---@field objectives? perilune.Objective[]|fun(args: table): perilune.Objective[]
---@field scenarios? table<string, perilune.Scenario>|fun(args: table, data: table): table<string, perilune.Scenario>
---@field run fun(run: perilune.RunFace)
---@field cleanup? fun(run: perilune.RunFace, outcome: "ok"|"error"|"cancelled"|"deadline")
---@field errors? "ignore" no default objective on errors

---@class perilune.Scenario
---@field arrivals? perilune.Arrivals open loop
---@field users? integer|perilune.Stages closed loop; beside iterations: by how many
---@field iterations? integer so many in all
---@field iterations_each? integer so many a user
---@field duration? perilune.Duration warm-up included
---@field warmup? perilune.Duration not measured
---@field offset? perilune.Duration begins so much later
---@field grace? perilune.Duration for what is in flight at the end (30s)
---@field pace? perilune.Duration closed loop: begins at most so often
---@field base? string relative URLs begin with it
---@field user? fun(user: perilune.User) one iteration
---@field request? perilune.ScenarioRequest instead of user
---@field start? fun(user: perilune.User) once a user, before its first iteration
---@field stop? fun(user: perilune.User) once a user, at its end
---@field max_users? integer open loop (10000)
---@field max_waiting? integer open loop: starts that may wait for a user (100000)
---@field connections? integer at most so many; 0: as many as are needed
---@field requests_per_connection? integer most requests on an HTTP/1 connection; 1: a new one for each
---@field pool? "shared"|"user"|"iteration" whose connections are: of all users, of each alone, of each iteration alone
---@field proxy? string|{ url: string, user: string? } HTTP proxy: "http://10.0.0.9:3128"; user is "name:password" or a secret
---@field connect_to? string|string[] "HOST:PORT:TO_HOST:TO_PORT": other places to connect to, as curl --connect-to; parts may be empty
---@field descriptors? string gRPC: a file of the playbook's folder, .proto (protoc compiles it) or what protoc --include_imports --descriptor_set_out made
---@field http2? boolean HTTP/2: over TLS where the server chooses it (else HTTP/1.1), over plain TCP at once
---@field streams? integer with http2: requests at a time on a connection (100)
---@field local_ips? string|string[] local addresses of the connections, in turn: "127.0.0.2-127.0.0.20"
---@field dns? perilune.Dns|string how names become addresses: "ttl=auto,select=roundRobin"
---@field weight? number share of scenarios that run together
---@field state? "user"|"iteration" how long cookies and vars live
---@field tags? table<string, string> labels of all its requests
---@field defaults? perilune.Defaults of all its requests

---@class perilune.Dns
---@field [1]? string "ttl=auto,select=roundRobin": the same as text
---@field ttl? "inf"|"auto"|perilune.Duration looked up once ("inf"), again when the record holds no longer ("auto"), or after so long
---@field select? "first"|"roundRobin" which of several addresses a connection goes to
---@field servers? string|string[] who is asked: "10.0.0.1,127.0.0.1:5353"

---@class perilune.Defaults
---@field headers? table<string, string>
---@field timeout? perilune.Duration (30s)
---@field connect_timeout? perilune.Duration
---@field first_byte_timeout? perilune.Duration
---@field follow? integer redirects at most (10)
---@field auth? perilune.Auth
---@field trace? boolean each request carries a W3C traceparent, sampled; the slowest are reported with their trace ids and, where run:receive took spans of them, their critical paths
---@field trace_ratio? perilune.Ratio the share of its requests, chosen by their trace ids, that are kept whole beside the slow ones for run:export "otlp_traces"; each carries a traceparent then

---@class perilune.Auth one of
---@field basic? { user: string, password: string }
---@field bearer? string
---@field digest? { user: string, password: string }
---@field sigv4? table
---@field oauth2? perilune.OAuth2 of `defaults` only

---@class perilune.OAuth2 client credentials: the token is fetched before the load, renewed before its end and when a server answers 401
---@field token_url string
---@field client_id string
---@field client_secret string|perilune.Secret
---@field scope? string
---@field audience? string
---@field client_auth? "basic"|"body" how the client proves itself: a header (basic), or fields of the body

---@class perilune.ScenarioRequest: perilune.RequestOptions
---@field url string
---@field method? string GET unless it says otherwise
---@field pipeline? integer so many HTTP/1.1 requests go out in a row on a connection

---@class perilune
---@field arg perilune.Args
---@field json table decode(text), encode(value), null
---@field stats perilune.Stats
---@field api integer
local pl = {}
---@param t perilune.Playbook
---@return table
function pl.playbook(t) end
---@param rate perilune.Rate|perilune.Stages
---@return perilune.Arrivals
function pl.even(rate) end
---@param rate perilune.Rate|perilune.Stages
---@return perilune.Arrivals
function pl.poisson(rate) end
---@param options { base: perilune.Rate|perilune.Stages, burst: perilune.Rate|perilune.Stages, every: perilune.Duration, lasts: perilune.Duration }
---@return perilune.Arrivals
function pl.bursty(options) end
---@param source string|table a file, or { { time = 0, value = 5 }, … }
---@param options? { speed: number?, loop: boolean?, shard: string? }
---@return perilune.Arrivals
function pl.trace(source, options) end
---@param forecast table what run:forecast gave, or { time = { … }, mean = { … } }
---@param options? { of: "mean"|"lo"|"hi"|nil, within: perilune.Duration?, share: perilune.Ratio? }
---@return perilune.Arrivals
function pl.predicted(forecast, options) end
---@param fn fun(seconds: number): perilune.Rate
---@param options? { step: perilune.Duration? }
---@return perilune.Stages
function pl.curve(fn, options) end
---@param list table|string { {"30s", to = "100/s"}, {"5m", at = "100/s"} }
---@return perilune.Stages
function pl.stages(list) end
---@param lo perilune.Duration
---@param hi perilune.Duration
---@return perilune.Law
function pl.uniform(lo, hi) end
---@param mean perilune.Duration
---@return perilune.Law
function pl.exponential(mean) end
---@param options { median: perilune.Duration, sigma: number }
---@return perilune.Law
function pl.lognormal(options) end
---@param list perilune.Duration[]
---@return perilune.Law
function pl.empirical(list) end

---@alias perilune.FeedOrder
---| "sequential" by the number of the iteration
---| "circular" the same
---| "random" any row, by the seed
---| "shuffled" each row once before any again, in an order by the seed
---| "queue" the next row that nobody had, at each call
---| "unique" one for each user; open loop: for each start

---@class perilune.FeederOptions
---@field order? perilune.FeedOrder ("sequential")
---@field at_end? "loop"|"stop"|"fail" from the front again, nil, or an error ("loop"; of a queue "stop", of unique "fail")

---@class perilune.CsvOptions: perilune.FeederOptions
---@field delimiter? string one character (",")

---@class perilune.GeneratedOptions: perilune.FeederOptions
---@field rows? integer how many there are; without end when missing

--- Rows of a CSV file with a header line: { column = text }.
---
---     feeders = { people = pl.csv("people.csv", { order = "unique" }) }
---@param path string below the playbook's folder
---@param options? perilune.CsvOptions
---@return table
function pl.csv(path, options) end

--- Holidays and business events, for run:forecast.
---
---     events = pl.calendar("holidays.csv")
---@param path string a CSV with date,name or from,to,name
---@return table
function pl.calendar(path) end

---@class perilune.Interval
---@field value number of what was given
---@field lo number where the true one may lie, at `level`
---@field hi number
---@field error number standard error

---@class perilune.Draws
---@field rounds? integer 100 to 100,000 (2,000)
---@field level? perilune.Ratio of the interval (95 %)
---@field seed? integer the same one, the same numbers (1)

--- Quantiles of any number of values to a relative error (DDSketch).
---@class perilune.Sketch
local Sketch = {}
---@param value number|number[]
---@return perilune.Sketch itself
function Sketch:add(value) end
---@param other perilune.Sketch of the same accuracy
---@return perilune.Sketch itself
function Sketch:merge(other) end
---@param p number 0 to 1
---@return number? nil where it is empty
function Sketch:quantile(p) end
---@return integer
function Sketch:count() end

--- Tests, intervals and sketches of numbers; in run(run) and its tasks. A value that is no finite number, and a sample that is too small, is an error.
---
---     local w = pl.stats.welch(before, after)
---     if w.p < 0.01 and w.lo > 0 then run:event("slower", "by " .. w.difference) end
---@class perilune.Stats
pl.stats = {}
---@param values number[] in their order
---@return { n: integer, mean: number, deviation: number, min: number, max: number, median: number, qn: number, lag1: number, effective: number }
function pl.stats.describe(values) end
---@param values number[]
---@param p number 0 to 1
---@param options? { level: perilune.Ratio? }
---@return { value: number, lo: number, hi: number, covered: number, open_below: boolean, open_above: boolean }
function pl.stats.quantile(values, p, options) end
---@param base number[] two at least
---@param candidate number[] two at least
---@return { difference: number, t: number, freedom: number, p: number, lo: number, hi: number }
function pl.stats.welch(base, candidate) end
---@param base number[]
---@param candidate number[]
---@return { u: number, p: number, exact: boolean, shift: number, lo: number, hi: number }
function pl.stats.mann_whitney(base, candidate) end
---@param base number[]
---@param candidate number[]
---@return { shift: number, lo: number, hi: number }
function pl.stats.hodges_lehmann(base, candidate) end
---@param base number[]
---@param candidate number[]
---@return { d: number, p: number, exact: boolean }
function pl.stats.kolmogorov_smirnov(base, candidate) end
---@param base number[] two at least
---@param candidate number[] two at least
---@return { statistic: number, p: number, at_most: boolean, at_least: boolean }
function pl.stats.anderson_darling(base, candidate) end
---@param base number[]
---@param candidate number[]
---@param options? { rounds: integer?, seed: integer? }
---@return number p
function pl.stats.permutation(base, candidate, options) end
---@param hits integer
---@param tries integer
---@param candidate_hits integer
---@param candidate_tries integer
---@return { difference: number, lo: number, hi: number, p: number, exact: boolean }
function pl.stats.proportions(hits, tries, candidate_hits, candidate_tries) end
---@param values number[]
---@param options? perilune.Draws | { of: "mean"|"median"|number|nil }
---@return perilune.Interval
function pl.stats.bootstrap(values, options) end
---@param values number[] in their order
---@param options? perilune.Draws | { of: "mean"|"median"|number|nil, block: integer? }
---@return perilune.Interval
function pl.stats.block_bootstrap(values, options) end
---@param base number[][] runs
---@param candidate number[][]
---@param p number 0 to 1
---@param options? perilune.Draws
---@return perilune.Interval
function pl.stats.quantile_ratio(base, candidate, p, options) end
---@param p number[] from 0 to 1
---@return number[] q of each
function pl.stats.false_discoveries(p) end
---@param accuracy? number relative error, 0.001 to 0.5 (0.01)
---@return perilune.Sketch
function pl.stats.sketch(accuracy) end

--- Rows of a file with a JSON object on each line.
---@param path string below the playbook's folder
---@param options? perilune.FeederOptions
---@return table
function pl.ndjson(path, options) end

--- Rows of a file that is a JSON array of objects.
---@param path string below the playbook's folder
---@param options? perilune.FeederOptions
---@return table
function pl.json_file(path, options) end

--- Rows that a query finds in an SQLite file, which is only read; columns that are NULL are left out.
---
---     feeders = { people = pl.sqlite("shop.db", "SELECT name, password FROM people ORDER BY id") }
---@param path string below the playbook's folder
---@param query string one SELECT
---@param options? perilune.FeederOptions
---@return table
function pl.sqlite(path, query, options) end

--- Rows that a function makes in the workers; it cannot wait.
---
---     feeders = { carts = pl.generated(function(number, random) return { id = number, items = random(9) } end) }
---@param fn fun(number: integer, random: fun(n: integer?): number): table? the number of the row, from 1; a stream seeded by it
---@param options? perilune.GeneratedOptions
---@return table
function pl.generated(fn, options) end

--- As run:http, where there is no run; loopback alone is asked there.
---@param options perilune.HttpOptions
---@return perilune.HttpAnswer
function pl.http(options) end

---@param text string "name: value", one a line
---@return table<string, string>
function pl.headers(text) end

return pl
