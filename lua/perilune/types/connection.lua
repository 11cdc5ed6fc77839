---@meta _
--- Connections of a virtual user. Nothing of this is run.

---@class perilune.Channel a connection of one user: one operation at a time; each gives its value, or nil, why, class. With one table it takes name, timeout and tags: c:call { "GET", "key", name = "cart", timeout = "1s" }
local Channel = {}
function Channel:close() end
---@return boolean
function Channel:is_open() end

---@class perilune.Redis: perilune.Channel
local Redis = {}
--- An answer that is a list with errors in it, as EXEC's may be, is the value all the same, with why and class.
---@param ... any the command and its arguments
---@return any value
---@return string? why
---@return string? class
function Redis:call(...) end
--- All commands in one round trip, as one request, which has failed where one of them has: then why and class are the first such one's.
---@param commands any[][]
---@return any[]|nil values one that is an error is { error = text }; nil where no answer came
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
---@param message string|table { bytes, binary = true, fragment = 1024 }
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
---@param message string|table { bytes, binary = true, fragment = 1024 }
---@return string|nil message
---@return string? why
---@return string? class
function Ws:exchange(message) end
--- A round trip of a ping.
---@return true|nil ok
---@return string? why
---@return string? class
function Ws:ping() end
--- The closing handshake. Behind it, of either side, is_open() is false and operations give nil, why and class: "reset", or "protocol" with the server's code
--- and reason; messages that came before are still received. A new connection is user:ws.
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

---@class perilune.GrpcReport { code: integer, status: string, message: string, trailers: table<string, string> }
---@class perilune.GrpcPart { value: any, error: string?, why: string?, reported: perilune.GrpcReport? } value is nil where there is an error, a class
---@class perilune.Grpc one operation at a time; every one gives its value, or nil, why ("NOT_FOUND: no such item"), class and { code, status, message, trailers }
local Grpc = {}
--- A whole call. A list of messages where that side streams. With one table, g:call { method, message, metadata = { ["x-user"] = "7",
--- ["x-raw-bin"] = bytes }, deadline = "200ms" (told to the server; half a second behind it the call is a timeout), timeout = "1s" (the connection is given up), compress = true, full = true,
--- name = "add" }; full gives { message, metadata, trailers }. What stands under a name that ends in -bin is bytes, both ways.
---@param method string "package.Service/Method"
---@param message? table
---@return table|nil message
---@return string? why
---@return string? class
---@return perilune.GrpcReport? report
function Grpc:call(method, message) end
--- Calls at the same time on the one connection, each a request of its own: g:batch({ { "shop.Cart/Add", { item = 1 } },
--- { "shop.Cart/Get", {}, name = "get", deadline = "1s" } }, { parallel = 10, timeout = "5s" }). Without parallel as many as the server
--- allows; the timeout is that of the whole: what is complete by then counts, the connection is given up. A deadline is that of its call:
--- where the server says nothing by half a second behind it, that call alone has timed out.
---@param calls table[] at most 1,000, each as what call takes in one table, without a timeout
---@param options? { parallel: integer?, timeout: string? }
---@return perilune.GrpcPart[]
function Grpc:batch(calls, options) end
--- Begins a call whose messages are sent and received one by one; the first one, where the client does not stream. One that is open is given
--- up (the server sees a reset), as it is by the next call or batch.
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
--- All statements in one round trip, as one request and one transaction; one that fails is { error, sqlstate, ... }, stops those behind it,
--- undoes those before it and fails the request: why and class are its own.
---@param statements table[] { statement, ... }
---@return (perilune.SqlRow[]|integer|perilune.SqlReport)[]|nil values nil where no answer came
---@return string? why
---@return string? class
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
