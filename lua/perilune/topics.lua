--- `perilune help TOPIC`: the words of words.lua as text for a terminal and as tables for README.md.
local engine = require "perilune.core.engine"
local units = require "perilune.core.units"
local words = require "perilune.words"

local M = {}

local WIDTH = 80

local function length(text) return utf8.len(text) or #text end

--- Text of at most 80 columns: `left` in a column, `right` beside it, wrapped.
local function entry(left, right, column)
  local lines, line = {}, "  " .. left
  if length(line) >= column - 1 and right ~= "" then
    lines[1] = line
    line = (" "):rep(column - 1)
  else
    line = line .. (" "):rep(column - 1 - length(line))
  end
  for word in right:gmatch("%S+") do
    if length(line) + 1 + length(word) > WIDTH then
      lines[#lines + 1] = line
      line = (" "):rep(column - 1)
    end
    line = line .. " " .. word
  end
  lines[#lines + 1] = line:gsub("%s+$", "")
  return lines
end

local function add(out, lines) table.move(lines, 1, #lines, #out + 1, out) end

--- Entries of a list: what people write on the left.
local function list(out, entries, column, left)
  for _, e in ipairs(entries) do add(out, entry(left(e), e[#e], column)) end
end

local function call(what)
  return function(e)
    local arguments = e[2]
    if arguments:match('^{[^{}]*}$') or arguments:match('^"[^"]*"$') then return ("%s:%s %s"):format(what, e[1], arguments) end
    return ("%s:%s(%s)"):format(what, e[1], arguments)
  end
end

--- Kinds of options that are written with a unit.
local MEASURED = { duration = true, rate = true, ratio = true, size = true }

--- What an option does, and what it is where it is not given, as people write it.
local function option_text(rule)
  local help, default = rule.help or "", rule.default
  if default == nil or type(default) == "table" then return help end
  local text = MEASURED[rule[1]] and units.format(rule[1], default):gsub("[ ,]", "") or tostring(default)
  return ("%s (default %s)"):format(help, text)
end

local function option_entries(schema)
  local names, entries = {}, {}
  for name in pairs(schema) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local rule = schema[name]
    local kind = rule.choices and table.concat(rule.choices, "|") or rule[1]
    entries[#entries + 1] = { name, kind, option_text(rule) }
  end
  return entries
end

--- "pl.even "100/s"", "pl.csv("people.csv", { … })".
local function vocabulary(e)
  local a = e[2]
  if a == "" or a:match("^[.(]") then return "pl." .. e[1] .. a end
  if a:match("^{.*}$") or a:match('^"[^"]*"$') then return ("pl.%s %s"):format(e[1], a) end
  return ("pl.%s(%s)"):format(e[1], a)
end

local function pair(e) return #e > 2 and e[2] ~= "" and ("%-16s %s"):format(e[1], e[2]) or e[1] end

local topics = {}

function topics.playbook()
  local out = { "A playbook is a Lua file that returns pl.playbook { … }:", "",
    '  local pl = require "perilune"', "  return pl.playbook {", '    name = "checkout",',
    '    args = { target = pl.arg.url { "http://127.0.0.1:8080" } },', '    objectives = { "p99(latency) < 250ms" },',
    "    scenarios = function(args) return {", '      browse = { base = args.target, users = 5, duration = "30s",',
    '        user = function(user) user:get "/" end },', "    } end,", '    run = function(run) run:load "browse" end,', "  }", "",
    "Keys: name, about, args, needs, feeders, objectives, scenarios, run, cleanup,", 'errors ("ignore": no default objective on errors).', "", "Keys of a scenario:" }
  list(out, words.scenario, 47, pair)
  add(out, { "", "Keys of defaults:" })
  list(out, words.defaults, 47, pair)
  add(out, { "", "Keys of tls in defaults:" })
  list(out, words.tls, 47, pair)
  add(out, { "", "Keys of dns:" })
  list(out, words.dns, 47, pair)
  add(out, { "", "Words of pl:" })
  list(out, words.vocabulary, 32, vocabulary)
  add(out, { "", "Options of feeders:" })
  list(out, words.feeder, 32, pair)
  return out
end

local ALSO = { load = " (and the keys of a scenario)", http_pages = " (max_pages and next apart, also of run:http)" }

function topics.run()
  local out = { "Words on run; they raise an error, or give nil, err with { try = true }:", "" }
  list(out, words.run, 44, call "run")
  add(out, { "", "Fields:" })
  list(out, words.run_fields, 44, function(e) return "run." .. e[1] end)
  add(out, { "", "What run:load gives with wait = false:" })
  list(out, words.load_handle, 44, call "load")
  add(out, { "", "What run:http gives:" })
  list(out, words.http_answer, 44, pair)
  for _, name in ipairs { "load", "sample", "receive", "export", "fetch", "http_pages", "compare", "forecast", "capacity", "experience", "replicas", "rightsize", "anomalies", "correlate", "changes", "query", "traces", "wait_until", "import", "attach", "report" } do
    add(out, { "", ("Options of run:%s%s:"):format(name, ALSO[name] or "") })
    list(out, option_entries(words.options[name]), 44, pair)
  end
  add(out, { "", "Options of run:fetch \"jaeger\":" })
  list(out, option_entries(words.options.fetch_traces), 44, pair)
  add(out, { "", "Systems of run:fetch:" })
  list(out, words.systems, 44, pair)
  add(out, { "", "Options of run:sample \"scrape\":" })
  list(out, option_entries(words.options.scrape), 44, pair)
  add(out, { "", "A rule of its relabel and metric_relabel:" })
  list(out, option_entries(words.options.relabel), 44, pair)
  add(out, { "", "Systems of run:export:" })
  list(out, words.exports, 44, pair)
  add(out, { "", "Formats of run:import:" })
  list(out, words.imports, 44, function(e) return ("run:import %q"):format(e[1]) end)
  add(out, { "", "Samplers:" })
  list(out, words.samplers, 44, function(e) return ("run:sample %q"):format(e[1]) end)
  add(out, { "", "Sets of run:sample(\"host\", { sets = { … } }); \"all\" means all of them:" })
  list(out, words.sample_sets, 44, function(e) return ("%q"):format(e[1]) end)
  return out
end

function topics.user()
  local out = { "Words on user, in a scenario's functions; failures are values:", "" }
  list(out, words.user, 47, call "user")
  add(out, { "", "Fields:" })
  list(out, words.user_fields, 47, function(e) return "user." .. e[1] end)
  add(out, { "", "Words on user.cookies:" })
  list(out, words.cookies, 47, call "user.cookies")
  add(out, { "", "Options of user.cookies:set:" })
  list(out, words.cookie, 32, pair)
  add(out, { "", "Options of requests:" })
  list(out, words.request, 32, pair)
  add(out, { "", "An answer:" })
  list(out, words.answer, 32, pair)
  return out
end

function topics.protocols()
  local out = { "Connections of a user. Each operation is a request of its own: it gives its", "value, or nil, why, the class of the failure, and what the server reported.",
    "With options it is called with a table: c:call { \"GET\", \"a\", name = \"cart\" }.", "A connection's options come second: user:ws(\"ws://h/\", { compress = true }).", "A connection that nobody holds is closed; with local c <close> = … at once.", "", "  local c = user:redis \"redis://127.0.0.1:6379\"" }
  for _, c in ipairs(words.channels) do
    add(out, { "", ("user:%s %q"):format(c[1], c[2]) })
    if c[3] ~= "" then add(out, { "  " .. c[3] }) end
    list(out, c.words, 47, call "c")
  end
  add(out, { "", "Of each:" })
  list(out, words.channel_words, 47, call "c")
  add(out, { "", "Options of each operation:" })
  list(out, words.channel_options, 32, pair)
  return out
end

function topics.objectives()
  local out = { "An objective is a condition over what was measured:", "", '  EXPR CMP VALUE [over any|last DURATION] [for DURATION] [when EXPR CMP VALUE]',
    "  EXPR: METRIC, or AGGREGATE(METRIC{label='value'}) [by (label)]", "  AGGREGATE: p0 to p100, mean, min, max, sum, rate, count, ratio, last", "  CMP: < <= > >= == !=", "",
    "Without a scenario label each scenario is judged alone and the worst decides.", "See also perilune help metrics.", "", "For instance:" }
  list(out, words.objectives, 54, function(e) return e[1] end)
  add(out, { "", "A row may be a table: { \"error_ratio < 5% over last 10s\", stop = true }" })
  list(out, option_entries(words.objective), 32, pair)
  add(out, { "", "A rule of several windows is a function, such as a burn rate that must be high", "for long and now. It goes before run:load:", "",
    "  run:stop_when(function(now)", '    if now:value "error_ratio over last 60s" > 0.02',
    '      and now:value "error_ratio over last 5s" > 0.02 then return "it burns" end', "  end)" })
  return out
end

function topics.metrics()
  local out = { "Short names of metrics, each in an objective; labels below:", "" }
  list(out, words.metrics, 54, function(e) return ("%-19s %s"):format(e[1], e[2]) end)
  add(out, { "", "Labels:" })
  for _, m in ipairs(words.metrics) do
    if #m.labels > 0 then add(out, entry(m[1], table.concat(m.labels, ", ") .. (m.tags and ", own tags" or ""), 32)) end
  end
  add(out, entry("all", table.concat(words.source_labels, ", "), 32))
  add(out, { "", "Full names such as node_load1 or load_phase_seconds work, too; those of what", "sampling itself costs:" })
  list(out, words.sampler_metrics, 42, function(e) return e[2] end)
  return out
end

function topics.arguments()
  local out = { "Types of arguments: args = { peak = pl.arg.rate { \"500/s\", help = \"…\" } }.", "They arrive as plain numbers in base units.", "" }
  list(out, words.arguments, 54, function(e) return ("pl.arg.%-10s %s"):format(e[1], e[2]) end)
  return out
end

--- "pl.stats.welch(base, candidate)".
local function of_stats(e) return ("pl.stats.%s%s"):format(e[1], e[2]) end

function topics.stats()
  local out = { "Words of pl.stats, in run(run) and its tasks: lists of finite numbers in,", "tables out. Every p is two-sided, lo and hi are an interval of 95 % (level),",
    "difference and shift are candidate minus base; rounds are 2,000, and the same", "seed gives the same numbers.", "",
    "  local w = pl.stats.welch(before, after)", '  if w.p < 0.01 and w.lo > 0 then run:event("slower", "by " .. w.difference) end', "" }
  list(out, words.stats, 47, of_stats)
  return out
end

topics["exit-codes"] = function()
  local out = { "Exit codes; where several apply, the first one in this order:", "", "  128+n  ended by signal n" }
  for _, row in ipairs(engine.exits) do out[#out + 1] = ("  %-5d  %s"):format(row.code, words.exits[row.reason] or row.reason) end
  return out
end

M.NAMES = { "playbook", "run", "user", "protocols", "objectives", "metrics", "arguments", "stats", "exit-codes" }

M.ABOUT = { playbook = "what a file returns; scenarios, arrivals, feeders", run = "words on run", user = "words on user, requests, answers",
  protocols = "words on connections: Redis, SQL, WebSocket, gRPC …",
  objectives = "the grammar, with examples", metrics = "names and labels", arguments = "types of arguments", stats = "tests, intervals and sketches of numbers", ["exit-codes"] = "what they mean" }

--- What playbooks see, as annotations for editors: the files of types/ as one, which is a module's.
local TYPES = { "user", "connection", "run", "playbook" }

local function types()
  local parts = { "---@meta perilune\n" }
  for _, name in ipairs(TYPES) do parts[#parts + 1] = engine.source("perilune.types." .. name):match "^%-%-%-@meta[^\n]*\n(.*)" end
  return table.concat(parts)
end

--- The text of a topic, or nil. `perilune help run` is the command's help: the words on run are asked for as "run" there, too.
---@param name string
---@return string|nil
function M.text(name)
  if name == "tables" then return M.markdown() end
  if name == "types" then return types() end
  local topic = topics[name]
  return topic and table.concat(topic(), "\n") .. "\n" or nil
end

--- Where words are, and how they are written there.
local PLACES = { { words.run, 44, call "run" }, { words.user, 47, call "user" }, { words.vocabulary, 32, vocabulary }, { words.stats, 47, of_stats }, { words.scenario, 47, pair } }

--- What a word is on `run`, on `user`, in `pl` and in a scenario, with the options that it has on `run`; nil for none of these.
---@param name string
---@return string|nil
function M.word(name)
  local out = {}
  for _, place in ipairs(PLACES) do
    local found, column, left = {}, place[2], place[3]
    for _, e in ipairs(place[1]) do
      if e[1] == name then found[#found + 1] = e end
    end
    list(out, found, column, left)
    if place[1] == words.run and #found > 0 and words.options[name] then
      add(out, { "", ("Options of run:%s:"):format(name) })
      list(out, option_entries(words.options[name]), column, pair)
    end
  end
  return #out > 0 and table.concat(out, "\n") .. "\n" or nil
end

local function cell(text) return (text:gsub("|", "\\|")) end

local function table_of(out, title, head, rows)
  add(out, { "", "### " .. title, "", "| " .. table.concat(head, " | ") .. " |", "|" .. ("---|"):rep(#head) })
  for _, row in ipairs(rows) do out[#out + 1] = "| " .. table.concat(row, " | ") .. " |" end
end

local function rows_of(entries, left)
  local rows = {}
  for i, e in ipairs(entries) do rows[i] = { "`" .. cell(left(e)) .. "`", cell(e[#e]) } end
  return rows
end

--- The tables of README.md.
---@return string
function M.markdown()
  local out = {}
  table_of(out, "Words on `run`", { "word", "does" }, rows_of(words.run, call "run"))
  table_of(out, "Options of `run:http`; `next` and `max_pages`: of `run:http_pages`", { "option", "" }, rows_of(option_entries(words.options.http_pages), function(e) return e[1] end))
  table_of(out, "What `run:http` gives", { "field", "" }, rows_of(words.http_answer, pair))
  table_of(out, "Words on `user`", { "word", "does" }, rows_of(words.user, call "user"))
  table_of(out, "Words on `user.cookies`", { "word", "does" }, rows_of(words.cookies, call "user.cookies"))
  table_of(out, "Options of `user.cookies:set`", { "option", "" }, rows_of(words.cookie, pair))
  for _, c in ipairs(words.channels) do
    table_of(out, ("Words on `user:%s %q`%s"):format(c[1], c[2], c[3] == "" and "" or "; " .. c[3]), { "word", "does" }, rows_of(c.words, call "c"))
  end
  table_of(out, "Options of requests", { "option", "" }, rows_of(words.request, pair))
  table_of(out, "Answers", { "field", "" }, rows_of(words.answer, pair))
  table_of(out, "Keys of a scenario", { "key", "means" }, rows_of(words.scenario, function(e) return e[1] .. " = " .. e[2] end))
  table_of(out, "Keys of a scenario's defaults", { "key", "means" }, rows_of(words.defaults, function(e) return e[1] .. " = " .. e[2] end))
  table_of(out, "Keys of `tls` there", { "key", "means" }, rows_of(words.tls, function(e) return e[1] .. " = " .. e[2] end))
  table_of(out, "Keys of a scenario's `dns`", { "key", "means" }, rows_of(words.dns, function(e) return e[1] .. " = " .. e[2] end))
  table_of(out, "Words of `pl`", { "word", "means" }, rows_of(words.vocabulary, vocabulary))
  table_of(out, "Words of `pl.stats`", { "word", "gives" }, rows_of(words.stats, of_stats))
  table_of(out, "Objectives", { "for instance", "means" }, rows_of(words.objectives, function(e) return e[1] end))
  local metrics = {}
  for _, m in ipairs(table.move(words.sampler_metrics, 1, #words.sampler_metrics, #words.metrics + 1, table.move(words.metrics, 1, #words.metrics, 1, {}))) do
    metrics[#metrics + 1] = { "`" .. m[1] .. "`", "`" .. cell(m[2]) .. "`", cell(m[3]), table.concat(m.labels, ", ") .. (m.tags and ", own tags" or "") }
  end
  table_of(out, "Metrics", { "name", "in an objective", "", "labels" }, metrics)
  table_of(out, "Types of arguments", { "type", "written", "" }, (function()
    local rows = {}
    for i, e in ipairs(words.arguments) do rows[i] = { "`pl.arg." .. e[1] .. "`", cell(e[2]), e[3] } end
    return rows
  end)())
  return table.concat(out, "\n") .. "\n"
end

return M
