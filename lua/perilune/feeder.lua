--- Feeders: rows of test data. What people write is checked here; rows are read in C (core/load/feeder.c).
local schema = require "perilune.schema"

local M = {}

local ORDERS = { "sequential", "circular", "random", "shuffled", "queue", "unique" }

--- Options of every feeder, with what else one takes.
local function options(more)
  local s = { order = { "string", default = "sequential", choices = ORDERS }, at_end = { "string", choices = { "loop", "stop", "fail" } } }
  for name, rule in pairs(more or {}) do s[name] = rule end
  return s
end

local PLAIN, CSV, GENERATED = options(), options { delimiter = { "string", default = "," } }, options { rows = { "integer" } }

local function invalid(what, why)
  error({ code = "invalid", message = what .. ": " .. why }, 0)
end

--- What comes after the last row unless it is said: who asks for rows of his own is not given another's silently.
local AT_END = { queue = "stop", unique = "fail" }

--- The order with what it implies: a circle is a sequence that begins again, a queue gives each row once unless it is told to loop.
local function declared(f, o, what)
  if o.order == "circular" and (o.at_end or "loop") ~= "loop" then invalid(what, 'order = "circular" has no end; use "sequential" with at_end = "stop"') end
  f.perilune, f.order = "feeder", o.order == "circular" and "sequential" or o.order
  f.at_end = o.at_end or AT_END[o.order] or "loop"
  return f
end

local function file_feeder(format, word, rules)
  return function(path, given)
    if type(path) ~= "string" then invalid(word, "the first argument is the file's path") end
    local o = schema.check(rules, given, word)
    if o.delimiter and (#o.delimiter ~= 1 or o.delimiter:find '["\r\n]') then invalid(word, "delimiter is one character, no quote and no line end") end
    return declared({ format = format, path = path, delimiter = o.delimiter }, o, word)
  end
end

--- Rows of a CSV file with a header line: each row a table { column = text }.
---
--- `order` says which row an iteration gets: "sequential" or "circular" (by its number), "random" and "shuffled" (drawn by the seed;
--- shuffled gives each once before any again), "queue" (the next that nobody had, at each call), "unique" (in a closed loop each user
--- has its row; in an open loop, where users of the pool are nobody in particular, each start another one). All but the queue's depend
--- on the iteration alone, not on the workers. `at_end`: "loop" (from the front again), "stop" (nil; what a queue does unless told) or
--- "fail" (an error that says so; what unique does unless told).
---@param path string of the playbook's folder
---@param options table|nil { order, at_end, delimiter }
---@return table
M.csv = file_feeder("csv", "pl.csv", CSV)

--- Rows of a file with a JSON object on each line; order and at_end as of pl.csv.
---@param path string
---@param options table|nil { order, at_end }
---@return table
M.ndjson = file_feeder("ndjson", "pl.ndjson", PLAIN)

--- Rows of a file that is a JSON array of objects; order and at_end as of pl.csv.
---@param path string
---@param options table|nil { order, at_end }
---@return table
M.json_file = file_feeder("json", "pl.json_file", PLAIN)

--- Rows that a query finds in an SQLite file, which is only read: { column = text or number }, without the columns that are NULL.
---@param path string
---@param query string one SELECT; its ORDER BY is the order of the rows
---@param given table|nil { order, at_end }
---@return table
function M.sqlite(path, query, given)
  if type(path) ~= "string" or type(query) ~= "string" then invalid("pl.sqlite", 'write pl.sqlite("shop.db", "SELECT name, password FROM people")') end
  return declared({ format = "sqlite", path = path, query = query }, schema.check(PLAIN, given, "pl.sqlite"), "pl.sqlite")
end

--- Rows that a function makes: fn(number, random) gives the row of a number from 1, or nil where there is none; random(n) is 1 to n,
--- random() 0 to 1, the same for the same row. It runs in the workers and cannot wait. `rows` says how many there are: random,
--- shuffled and the end need it.
---@param fn fun(number: integer, random: fun(n: integer?): number): table?
---@param given table|nil { order, at_end, rows }
---@return table
function M.generated(fn, given)
  if type(fn) ~= "function" then invalid("pl.generated", "a function of the row's number") end
  local o = schema.check(GENERATED, given, "pl.generated")
  if o.rows and o.rows < 1 then invalid("pl.generated", "rows is a number above 0") end
  if not o.rows and (o.order == "random" or o.order == "shuffled") then invalid("pl.generated", ("order = %q needs rows, how many there are"):format(o.order)) end
  return declared({ format = "generated", fn = fn, rows = o.rows }, o, "pl.generated")
end

--- Opens the feeders of a playbook: reads and checks their files. Raises for the first that is wrong, with file and line.
---@param feeders table<string, table>
---@param folder string
---@param seed integer
---@return table<string, userdata>
function M.open(feeders, folder, seed)
  local core, opened = require "perilune.core.feeder", {} -- files are opened on the control side alone
  for name, f in pairs(feeders) do
    if type(f) ~= "table" or f.perilune ~= "feeder" then
      error({ code = "script", message = ("feeders.%s: use pl.csv(\"file.csv\") and its kin"):format(name) }, 0)
    end
    local handle, err = core.open { name = name, folder = folder, path = f.path, format = f.format, query = f.query, delimiter = f.delimiter,
      order = f.order, at_end = f.at_end, rows = f.rows, seed = seed }
    if not handle then error(err, 0) end
    opened[name] = handle
  end
  return opened
end

return M
