---@meta perilune
--- What playbooks see, as annotations for editors (LuaLS): `perilune help types >perilune.lua` into a folder of the library.
--- Nothing of this file is run.

---@alias perilune.Duration string|number "250ms", "1.5h"; a number is seconds
---@alias perilune.Size string|integer "64MiB"; a number is bytes
---@alias perilune.Rate string|number "500/s", "30/min"; a number is a second
---@alias perilune.Ratio string|number "5%"; a number is a fraction
---@alias perilune.Arrivals table from pl.even, pl.poisson, pl.bursty, pl.trace
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
---@field trace? boolean each request carries a W3C traceparent, sampled; the slowest are reported with their trace ids

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

---@class perilune.RequestOptions
---@field name? string what it is called in tables: not the URL
---@field headers? table<string, string>
---@field query? table<string, any>
---@field json? any
---@field form? table<string, any>
---@field body? string
---@field multipart? table
---@field body_file? string read while it is sent
---@field chunked? boolean
---@field expect100? boolean
---@field compress? "gzip"|"deflate"|"br"|"zstd"
---@field timeout? perilune.Duration
---@field follow? integer
---@field auth? perilune.Auth
---@field expect? string|integer|table "2xx,404"
---@field tags? table<string, string>
---@field method? string of user:request

---@class perilune.ScenarioRequest: perilune.RequestOptions
---@field url string
---@field method? string GET unless it says otherwise
---@field pipeline? integer so many HTTP/1.1 requests go out in a row on a connection

---@class perilune.Answer
---@field status integer 0 without an answer
---@field ok boolean as expected
---@field error string|nil dns, connect, tls, timeout, reset, protocol, truncated, status, check or script
---@field text string the body, decoded
---@field raw string the body as it came
---@field head string status line and headers as they came
---@field timings { total: number, service: number?, dns: number?, connect: number?, tls: number?, send: number?, wait: number?, receive: number? } seconds
local Answer = {}

--- A value of a JSON body.
---@param path? string "items[1].name"
---@return any value nil where there is none
---@return string|nil why
function Answer:json(path) end

---@param name string
---@return string|nil
function Answer:header(name) end

--- What a Lua pattern finds in the body.
---@param pattern string
---@return any ...
function Answer:find(pattern) end

---@class perilune.CookieOptions
---@field url? string whose cookie it is; the scenario's base otherwise
---@field path? string sent there and below; else the URL's path up to its last slash
---@field domain? string sent to all its hosts; else to the URL's host alone
---@field secure? boolean https only
---@field max_age? perilune.Duration then it expires; 0: it is deleted

---@class perilune.Cookies the jar of a user, by the rules of RFC 6265
local Cookies = {}

--- What would be sent to a URL. Of several with one name the one with the longest path.
---
---     if not user.cookies:get("/cart").session then user:post("/login", { form = user.vars.who }) end
---@param url? string the scenario's base when it is missing
---@return table<string, string> cookies name = value
function Cookies:get(url) end

--- Keeps a cookie as if the URL's answer had set it. Raises for what a request cannot carry: a name with = or ;, a value with ;,
--- control characters, blanks at their ends, more than 4,096 bytes together.
---
---     user.cookies:set("theme", "dark", { path = "/", max_age = "1h" })
---@param name string
---@param value string
---@param options? perilune.CookieOptions
function Cookies:set(name, value, options) end

--- Forgets all cookies, or those that would be sent to a URL.
---@param url? string
function Cookies:clear(url) end

---@class perilune.User
---@field vars table what the user keeps
---@field id integer from 0
---@field cookies perilune.Cookies its cookie jar
local User = {}

---@param url string
---@param options? perilune.RequestOptions
---@return perilune.Answer
function User:get(url, options) end
---@param url string
---@param options? perilune.RequestOptions
---@return perilune.Answer
function User:post(url, options) end
---@param url string
---@param options? perilune.RequestOptions
---@return perilune.Answer
function User:put(url, options) end
---@param url string
---@param options? perilune.RequestOptions
---@return perilune.Answer
function User:patch(url, options) end
---@param url string
---@param options? perilune.RequestOptions
---@return perilune.Answer
function User:delete(url, options) end
---@param url string
---@param options? perilune.RequestOptions
---@return perilune.Answer
function User:head(url, options) end
---@param url string
---@param options? perilune.RequestOptions
---@return perilune.Answer
function User:options(url, options) end
---@param url string
---@param options? perilune.RequestOptions
---@return perilune.Answer
function User:request(url, options) end

--- Requests in flight at the same time, each one recorded as its own; latency counts from the batch's begin. A request is a URL (GET)
--- or a table of a URL and options: user:batch { cart = "/cart", pay = { "/pay", method = "POST", json = { sum = 5 } } }
---@param requests table<integer|string, string|table> at most 1,000
---@param options? { parallel: integer? } most in flight at a time: 6
---@return table<integer|string, perilune.Answer> answers by the same keys
function User:batch(requests, options) end

--- user:check(answer, { status = 200, { "has items", function(r) return #r:json("items") > 0 end } })
---@param answer perilune.Answer
---@param checks table
---@return boolean
function User:check(answer, checks) end
---@param wait perilune.Duration|perilune.Law
function User:think(wait) end
---@param every perilune.Duration since the iteration's begin
function User:pace(every) end
---@param name string
---@param fn fun(): any
---@return any ... what fn returns
function User:group(name, fn) end
---@param name string
---@param value string
function User:tag(name, value) end
---@param name string
---@return table<string, string>|nil row nil at the end of the rows
function User:feed(name) end
---@param n? integer
---@return number 1 to n, or 0 to 1
function User:random(n) end
--- This user ends.
function User:stop() end
--- The iteration has failed.
---@param why? string
function User:fail(why) end
--- "redis://user:password@127.0.0.1:6379/2", "rediss://…"
---@param url string|perilune.Secret
---@param options? { resp: 2|3|nil }
---@return perilune.Redis
function User:redis(url, options) end
--- "memcached://127.0.0.1:11211", "memcacheds://…"
---@param url string
---@return perilune.Memcached
function User:memcached(url) end
--- "tcp://127.0.0.1:7", "tls://…"
---@param url string
---@return perilune.Tcp
function User:tcp(url) end
--- "udp://127.0.0.1:53"
---@param url string
---@return perilune.Udp
function User:udp(url) end
--- Opens a WebSocket: "ws://127.0.0.1:8080/chat", "wss://…"
---@param url string
---@param options? { headers: table<string, string>?, protocols: string?, compress: boolean?, name: string?, timeout: perilune.Duration?, tags: table? }
---@return perilune.Ws|nil connection
---@return string? why
---@return string? class
function User:ws(url, options) end
--- Opens an event stream.
---@param url string
---@param options? { headers: table<string, string>?, name: string?, timeout: perilune.Duration?, tags: table? }
---@return perilune.Sse|nil connection
---@return string? why
---@return string? class
function User:sse(url, options) end

---@class perilune.Channel a connection of one user: one operation at a time; each gives its value, or nil, why, class. With one table it takes name, timeout and tags: c:call { "GET", "key", name = "cart", timeout = "1s" }
local Channel = {}
function Channel:close() end
---@return boolean
function Channel:is_open() end

---@class perilune.Redis: perilune.Channel
local Redis = {}
---@param ... any the command and its arguments
---@return any value
---@return string? why
---@return string? class
function Redis:call(...) end
---@param commands any[][]
---@return any[]|nil values one that is an error is { error = text }
---@return string? why
---@return string? class
function Redis:pipeline(commands) end

---@class perilune.Memcached: perilune.Channel
local Memcached = {}
---@param ... string keys
---@return string|table<string, string>|nil value a table for several keys
---@return string? why
---@return string? class
function Memcached:get(...) end
---@param key string|table { key, value, ttl = 60, flags = 0 }
---@param value? string|number
---@return boolean|nil stored
---@return string? why
---@return string? class
function Memcached:set(key, value) end
---@param key string|table
---@param value? string|number
---@return boolean|nil stored
function Memcached:add(key, value) end
---@param key string|table
---@param value? string|number
---@return boolean|nil stored
function Memcached:replace(key, value) end
---@param key string|table
---@param value? string|number
---@return boolean|nil stored
function Memcached:append(key, value) end
---@param key string|table
---@param value? string|number
---@return boolean|nil stored
function Memcached:prepend(key, value) end
---@param key string
---@return boolean|nil found
function Memcached:delete(key) end
---@param key string
---@param by? integer
---@return integer|nil value
function Memcached:incr(key, by) end
---@param key string
---@param by? integer
---@return integer|nil value
function Memcached:decr(key, by) end
---@param key string
---@param ttl integer seconds
---@return boolean|nil found
function Memcached:touch(key, ttl) end
---@return string|nil version
function Memcached:version() end

---@class perilune.Expect { bytes: integer?, delimiter: string?, pattern: string?, until_close: boolean? } one of them; pattern is a POSIX extended expression
---@class perilune.Tcp: perilune.Channel
local Tcp = {}
---@param bytes string
---@return true|nil ok
function Tcp:send(bytes) end
---@param expect? perilune.Expect
---@return string|nil bytes
---@return string? why
---@return string? class
function Tcp:receive(expect) end
---@param bytes string|table { bytes, delimiter = "\n" }
---@return string|nil bytes
---@return string? why
---@return string? class
function Tcp:exchange(bytes) end

---@class perilune.Udp: perilune.Channel
local Udp = {}
---@param bytes string
---@return true|nil ok
function Udp:send(bytes) end
--- What came earlier waits in the socket, as much as its queue holds (net.core.rmem_default); the rest is lost, and counted as dropped.
---@param expect? perilune.Expect as many datagrams as hold it; the next one without
---@return string|nil bytes
---@return string? why
---@return string? class
function Udp:receive(expect) end
--- What came before the question is passed over.
---@param bytes string|table { bytes, pattern = "END" }
---@return string|nil bytes
---@return string? why
---@return string? class
function Udp:exchange(bytes) end

---@class perilune.Ws: perilune.Channel
local Ws = {}
---@param message string|table { bytes, binary = true }
---@return true|nil ok
---@return string? why
---@return string? class
function Ws:send(message) end
--- The next message; its latency is the wait for it.
---@return string|nil message
---@return string? why
---@return string? class
function Ws:receive() end
--- A round trip: sends, then the next message.
---@param message string|table { bytes, binary = true }
---@return string|nil message
---@return string? why
---@return string? class
function Ws:exchange(message) end
--- A round trip of a ping.
---@return true|nil ok
---@return string? why
---@return string? class
function Ws:ping() end
--- The closing handshake.
---@param options? { code: integer?, reason: string? }
---@return true|nil ok
---@return string? why
---@return string? class
function Ws:finish(options) end

---@class perilune.Event { event: string, data: string, id: string }
---@class perilune.Sse: perilune.Channel
local Sse = {}
--- The next event. The latency of the first one counts from the opening; those of later ones are the gaps.
---@return perilune.Event|nil event
---@return string? why
---@return string? class
function Sse:next() end

--- A connection for gRPC, made by its first operation: "grpc://host:port", "grpcs://host:port". Messages are tables by the scenario's
--- `descriptors`, or by what the server says of itself (reflection), asked before the first call of a service, in no latency. With
--- compress = true messages to the server are compressed as gzip where that makes them shorter; answers may be compressed as gzip or deflate.
---@param url string
---@param options? { authority: string?, compress: boolean? }
---@return perilune.Grpc
function User:grpc(url, options) end

---@class perilune.GrpcReport { code: integer, status: string, message: string, trailers: table<string, string> }
---@class perilune.GrpcPart { value: any, error: string?, why: string?, reported: perilune.GrpcReport? } value is nil where there is an error, a class
---@class perilune.Grpc one operation at a time; every one gives its value, or nil, why ("NOT_FOUND: no such item"), class and { code, status, message, trailers }
local Grpc = {}
--- A whole call. A list of messages where that side streams. With one table, g:call { method, message, metadata = { ["x-user"] = "7",
--- ["x-raw-bin"] = bytes }, deadline = "200ms" (told to the server), timeout = "1s" (the connection is given up), compress = true, full = true,
--- name = "add" }; full gives { message, metadata, trailers }.
---@param method string "package.Service/Method"
---@param message? table
---@return table|nil message
---@return string? why
---@return string? class
---@return perilune.GrpcReport? report
function Grpc:call(method, message) end
--- Calls at the same time on the one connection, each a request of its own: g:batch({ { "shop.Cart/Add", { item = 1 } },
--- { "shop.Cart/Get", {}, name = "get", deadline = "1s" } }, { parallel = 10, timeout = "5s" }). Without parallel as many as the server
--- allows; the timeout is that of the whole: what is complete by then counts, the connection is given up.
---@param calls table[] at most 1,000, each as what call takes in one table, without a timeout
---@param options? { parallel: integer?, timeout: string? }
---@return perilune.GrpcPart[]
function Grpc:batch(calls, options) end
--- Begins a call whose messages are sent and received one by one; the first one, where the client does not stream.
---@param method string
---@param message? table
---@return true|nil ok
---@return string? why
function Grpc:stream(method, message) end
---@param message table
---@return true|nil ok
---@return string? why
function Grpc:send(message) end
--- Waits for the next message; nil without a reason at the end.
---@return table|nil message
---@return string? why
function Grpc:receive() end
--- Sends no more and waits for the status: the message, or the list of those that were not received where the server streams.
---@return table|nil message
---@return string? why
function Grpc:finish() end
---@return boolean
function Grpc:is_open() end
function Grpc:close() end
--- A connection to PostgreSQL, made by its first operation: "postgresql://user:password@host:5432/dbname?sslmode=verify-full". A
--- folder with a Unix socket stands as host=/run/postgresql in the query. Further parameters of libpq in the query or as options:
--- sslmode (libpq's default: prefer, which verifies nothing), sslrootcert, sslcert, sslkey, application_name, options ...
---@param url string|perilune.Secret
---@param options? table<string, string|perilune.Secret>
---@return perilune.Sql
function User:sql(url, options) end

---@alias perilune.SqlValue string|number|boolean|nil|{ bytes: string }
---@class perilune.SqlRow: { [string]: string|number|boolean } by column; what is null is missing. numeric, dates, json and the like are text
---@class perilune.SqlReport { error: string, sqlstate: string?, severity: string?, detail: string?, hint: string?, table: string?, column: string?, constraint: string? }
---@class perilune.Sql every operation gives its value, or nil, why ("23505: duplicate key ..."), class and the server's report; with one table it takes name, timeout and tags: db:query { "select 1", timeout = "1s" }
local Sql = {}
--- Rows, or how many of them a statement without rows has changed. A timeout cancels the statement on the server.
---@param statement string
---@param ... perilune.SqlValue $1, $2 ...
---@return perilune.SqlRow[]|integer|nil value
---@return string? why
---@return string? class
---@return perilune.SqlReport? report
function Sql:query(statement, ...) end
--- Kept by the channel: a new connection has it again.
---@param name string
---@param statement string
---@return true|nil ok
---@return string? why
function Sql:prepare(name, statement) end
--- Runs a prepared statement.
---@param name string
---@param ... perilune.SqlValue
---@return perilune.SqlRow[]|integer|nil value
---@return string? why
---@return string? class
---@return perilune.SqlReport? report
function Sql:execute(name, ...) end
--- All statements in one round trip, as one request and one transaction; one that fails is { error, sqlstate, ... } and stops those behind it.
---@param statements table[] { statement, ... }
---@return (perilune.SqlRow[]|integer|perilune.SqlReport)[]|nil values
---@return string? why
function Sql:pipeline(statements) end
---@param options? { isolation: "serializable"|"repeatable read"|"read committed"|"read uncommitted"|nil, read_only: boolean? }
---@return true|nil ok
---@return string? why
function Sql:begin(options) end
---@return true|nil ok
---@return string? why
function Sql:commit() end
---@return true|nil ok
---@return string? why
function Sql:rollback() end
function Sql:close() end
---@return boolean
function Sql:is_open() end

---@class perilune.Result what a load gave
---@field rate number answers a second
---@field rate_planned number
---@field planned integer|nil starts, open loop
---@field started integer
---@field dropped integer
---@field error_ratio number
---@field valid boolean the generator was not limited
---@field reasons string[] why it was
---@field stopped { objective: string?, why: string?, at: number }|nil
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
---@field from? string|number "-12w": before now; or seconds since 1970
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
---@param source "host"|"process"|"cgroup"|"containers"|"self"
---@param options? { every: perilune.Duration?, role: string?, name: string?, match: string?, pid: integer?, children: boolean?, labels: table?, sets: string[]? }
---@return { stop: fun(self) }
function Run:sample(source, options) end
---@class perilune.Receiver
---@field url string? "http://127.0.0.1:40123"; nil where only StatsD or Graphite are received
---@field address string?
---@field port integer?
---@field statsd { address: string, port: integer }? where StatsD is received, "127.0.0.1:40124"
---@field graphite { address: string, port: integer }?
local Receiver = {}
---@return { samples: integer, series: integer, refused: table<string, integer> }
function Receiver:counts() end
function Receiver:stop() end
---@class perilune.ReceiveOptions
---@field listen? string address and port, "127.0.0.1:0"; beyond this machine a policy must name it
---@field remote_write? boolean Prometheus' remote write 1.0, at /api/v1/write
---@field otlp? boolean OpenTelemetry's metrics over HTTP, at /v1/metrics
---@field push? boolean Prometheus text as to a Pushgateway, at /metrics/job/NAME
---@field influx? boolean InfluxDB's line protocol, at /write and /api/v2/write
---@field statsd? true|string StatsD with DogStatsD's tags over UDP and TCP; true: any port that is free, of the address of `listen`
---@field graphite? true|string Graphite's plaintext over TCP
---@field role? "generator"|"target"|"both"|"other"
---@field origin? "production"|"synthetic"
---@field body? perilune.Size most of one request
---@field expanded? perilune.Size most that its body expands to
---@field series? integer most in all
---@field labels? integer most of a series
---@field label_bytes? integer longest name or value of a label
---@field rate? perilune.Rate samples a second, at most
---@field connections? integer at a time, of each listener
---@param options? perilune.ReceiveOptions
---@return perilune.Receiver
function Run:receive(options) end
---@param format "csv"|"ndjson"|"openmetrics"|"prometheus"|"hdr"|"influx"|"graphite"|"sar"|"iostat"|"vmstat"
---@param path string of the playbook's folder
---@param options? { metric: string?, unit: "ns"|"us"|"ms"|"s"?, at: string|number?, instance: string?, role: string?, origin: "synthetic"|"production"? }
---@return { taken: integer, refused: integer, series: integer, from: number?, to: number?, reasons: table<string, integer>, examples: { line: integer, reason: string, text: string }[] }
function Run:import(format, path, options) end
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
--- An expression of objectives without its comparison, "p99(latency) by (name)", or PromQL, "sum by (job) (rate(http_requests_total[1m]))"
---@param expr string
---@param options? { at: perilune.Duration?, from: perilune.Duration?, to: perilune.Duration?, step: perilune.Duration?, run: string?, try: boolean? } texts of at, from and to: after the run's begin; numbers: seconds since 1970
---@return { labels: table<string, string>, time: number, value: number, unit: string, samples: integer? }[] time: when the stretch begins, of PromQL the moment
function Run:query(expr, options) end
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
---@param system "prometheus"
---@param options perilune.FetchOptions
---@return perilune.Fetched
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
---@param path string
---@param options? { type: string? }
function Run:attach(path, options) end
---@param options { html: string?, junit: string?, markdown: string?, json: string? }
function Run:report(options) end

---@class perilune
---@field arg perilune.Args
---@field json table decode(text), encode(value), null
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
---@param options { base: perilune.Rate, burst: perilune.Rate, every: perilune.Duration, lasts: perilune.Duration }
---@return perilune.Arrivals
function pl.bursty(options) end
---@param source string|table a file, or { { time = 0, value = 5 }, … }
---@param options? { speed: number?, loop: boolean? }
---@return perilune.Arrivals
function pl.trace(source, options) end
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
---@field at_end? "loop"|"stop" from the front again, or nil ("loop"; of a queue "stop")

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
