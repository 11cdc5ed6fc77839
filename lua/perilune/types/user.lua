---@meta _
--- What a virtual user has: words, requests, answers, cookies. Nothing of this is run.

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

---@class perilune.Answer
---@field status integer 0 without an answer
---@field ok boolean as expected
---@field error string|nil dns, connect, tls, timeout, reset, protocol, truncated, status, check or script
---@field text string the body, decoded; "" where it cannot be, and the request has failed then, of class protocol
---@field readable boolean whether the body can be decoded; looking fails nothing
---@field why string|nil why there is no answer, or no body that can be decoded
---@field raw string the body as it came
---@field cut boolean the body is longer than the 16 MiB that are kept, which text and raw have
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
--- A connection for gRPC, made by its first operation: "grpc://host:port", "grpcs://host:port". Messages are tables by the scenario's
--- `descriptors`, or by what the server says of itself (reflection), asked before the first call of a service, in no latency. With
--- compress = true messages to the server are compressed as gzip where that makes them shorter; answers may be compressed as gzip or deflate.
---@param url string
---@param options? { authority: string?, compress: boolean? }
---@return perilune.Grpc
function User:grpc(url, options) end
--- A connection to PostgreSQL, made by its first operation: "postgresql://user:password@host:5432/dbname?sslmode=verify-full". A
--- folder with a Unix socket stands as host=/run/postgresql in the query. Further parameters of libpq in the query or as options:
--- sslmode (libpq's default: prefer, which verifies nothing), sslrootcert, sslcert, sslkey, application_name, options ...
---@param url string|perilune.Secret
---@param options? table<string, string|perilune.Secret>
---@return perilune.Sql
function User:sql(url, options) end
