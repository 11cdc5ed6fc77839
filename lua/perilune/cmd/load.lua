--- perilune load URL: a question answered in one line. It runs the playbook playbooks/load.lua with these options.
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local json = require "perilune.core.json"
local options = require "perilune.options"
local session = require "perilune.session"

local M = {
  name = "load", section = "Measure", about = "Send load to a URL and tell what it took.", usage = "perilune load URL [OPTION...]", words = { "the URL" }, min = 1, max = 1,
  examples = { "perilune load http://127.0.0.1:8080/ --rate 5000/s --duration 10s", "perilune load http://127.0.0.1:8080/ --users 64 --duration 10s",
    "perilune load 127.0.0.1:8080 --rate 500/s --sla 'p99(latency) < 50ms'" },
  common = options.RUN,
  options = {
    { name = "rate", short = "R", value = "R", kind = "rate", help = "starts per second (open loop), for instance 500/s" },
    { name = "arrivals", value = "LAW", choices = { "even", "poisson" }, help = "even (default) or poisson" },
    { name = "users", short = "c", value = "N", kind = "integer", help = "users that repeat the request (closed loop; default 64)" },
    { name = "stages", value = "S", help = "levels over time: 30s:100/s,1m@500/s (':' ramps to, '@' jumps to and holds)" },
    { name = "duration", short = "z", value = "D", kind = "duration", help = "how long (default 10s)" },
    { name = "requests", short = "n", value = "N", kind = "integer", help = "this many requests in all" },
    { name = "connections", value = "N", kind = "integer", help = "at most this many connections" },
    { name = "method", short = "m", value = "M", help = "GET, POST ..." },
    { name = "header", short = "H", value = "N: V", many = true, help = "request header; may be repeated" },
    { name = "body", short = "d", value = "TEXT", help = "request body" },
    { name = "body-file", value = "FILE", help = "request body from a file" },
    { name = "timeout", value = "D", kind = "duration", help = "of a request (default 30s)" },
    { name = "grace", value = "D", kind = "duration", help = "for what is in flight at the end (default 30s)" },
    { name = "workers", value = "N", kind = "integer", help = "load workers (default: one a CPU)" },
    { name = "warmup", value = "D", kind = "duration", help = "not measured at the start" },
    { name = "script", value = "FILE", help = "Lua file that returns function(user)" },
    { name = "sla", value = "EXPR", many = true, help = "objective, for instance 'p99(latency) < 50ms'" },
    { name = "find", value = "EXPR", help = "not in this version" },
    { name = "against", value = "URL", help = "not in this version" },
    { name = "wrk-script", value = "FILE", help = "not in this version" },
    { name = "http2", help = "not in this version" },
    { name = "insecure", short = "k", help = "not in this version" },
    { name = "streams", value = "N", kind = "integer", help = "not in this version" },
  },
}

local LATER = { "find", "against", "wrk_script", "http2", "insecure", "streams" }

local function refuse_later(o)
  for _, name in ipairs(LATER) do
    if o[name] then error({ code = "unsupported", message = ("--%s is not in this version"):format((name:gsub("_", "-"))) }, 0) end
  end
  if o[1]:match("^https:") then error({ code = "unsupported", message = "https is not in this version; use a plain http URL" }, 0) end
  if o.rate and o.users then error({ code = "usage", message = "--rate (open loop) and --users (closed loop) exclude each other" }, 0) end
end

--- The options as texts for the playbook's arguments.
local function args_of(o)
  local url = o[1]
  if not url:find("://", 1, true) and not url:match("^unix:") then url = "http://" .. url end
  for _, text in ipairs(o.header or {}) do
    if not text:match("^[^:%s]+:") or text:find("[\r\n]") then error({ code = "usage", message = ("--header %q: write NAME: VALUE"):format(text) }, 0) end
  end
  local args = { url = url, headers = table.concat(o.header or {}, "\n"), sla = table.concat(o.sla or {}, "\n") }
  for _, name in ipairs { "arrivals", "users", "stages", "requests", "connections", "method", "body" } do args[name] = o[name] and tostring(o[name]) end
  for _, name in ipairs { "duration", "timeout", "grace", "warmup" } do args[name] = o[name] and ("%.15gs"):format(o[name]) end
  args.rate = o.rate and ("%.15g/s"):format(o.rate)
  return args
end

local function read(path, what)
  local text, err = file.read(path)
  if not text then error({ code = "not_found", message = ("%s: %s"):format(what, err.message) }, 0) end
  return text
end

--- The one load of a result, as perilune.load/1.
local function first_load(text)
  local run = json.decode(text)
  return run.loads[1] and json.encode(run.loads[1]) or text
end

--- Starts the run.
---@param o table
---@return integer
function M.main(o)
  refuse_later(o)
  if o.body_file then o.body = read(o.body_file, "--body-file") end
  local text = assert(engine.source("playbooks/load.lua"))
  if o.script then
    text = text:gsub("%-%-%[%[SCRIPT%]%] nil", function() return "(function(...) " .. read(o.script, "--script") .. "\nend)()" end)
  end
  return session.run(o, { playbook = "load", text = text, args = args_of(o), folder = ".", workers = o.workers, select = first_load,
    options = { from_options = true, hold_rate = (o.rate or (o.stages and o.stages:find("/", 1, true))) and not o.sla or nil } })
end

return M
