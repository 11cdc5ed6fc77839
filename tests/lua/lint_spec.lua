local lexer = require "perilune.lexer"
local lint = require "perilune.lint"
local words = require "perilune.words"

--- The findings of a text as "line: what".
local function found(text, context)
  context = context or {}
  context.options = words.options
  local out = {}
  for i, f in ipairs((lint.check(text, context))) do out[i] = ("%d: %s"):format(f.line, f.what) end
  return out
end

local function finds(what, text, context)
  local all = found(text, context)
  assert.equal(1, #all, table.concat(all, "\n"))
  assert.matches(what, all[1], 1, true)
end

describe("tokens", function()
  local function values(text)
    local out = {}
    for i, t in ipairs(lexer.tokens(text)) do out[i] = t.value end
    return out
  end
  it("are names, numbers, strings and signs", function()
    assert.same({ "local", "a", "=", "x", "..", 1.5, "--", 16 }, values "local a = [[x]] .. 1.5 '--' 0x10 -- b")
    assert.same({ 'a"b', "]]", "c" }, values [==["a\"b" [=[]]]=] --[[ d
      e]] c]==])
    assert.same({ "a", "...", "==", "~=", "//", "::" }, values "a ... == ~= // ::")
  end)
  it("begin behind a mark and a first line for the shell", function()
    local t = lexer.tokens "\239\187\191#!/usr/bin/perilune run\nreturn 1"
    assert.same({ "return", 2 }, { t[1].value, t[1].line })
  end)
  it("have lines", function()
    local t = lexer.tokens "a\n--[[\n\n]]b\n[[\n\n]] c"
    assert.same({ 1, 4, 5, 7 }, { t[1].line, t[2].line, t[3].line, t[4].line })
  end)
end)

describe("lint", function()
  it("finds unknown words, with the near one", function()
    finds('1: run has no word "evnt"; did you mean "event"?', "run = function(run) run:evnt('a') end")
    finds('2: user has no word "thnk"; did you mean "think"?', "x = { user = function(u)\nu:thnk '1s' end }")
    finds('user has no word "wait"; did you mean "think"?', "x = { user = function(user) user:wait '1s' end }")
    finds('run has no word "wait"; did you mean "sleep"?', "run = function(run) run:wait('1s') end")
    finds('user has no word "fed"', "local function helper(user) user:fed 'a' end")
    finds("run:scale is not in this version", "run = function(r) r:scale 'a' end")
    finds('run has no word or field "arg"; did you mean "args"?', "run = function(run) return run.arg.x end")
    finds('pl has no word or field "evn"; did you mean "even"?', 'local pl = require "perilune"\nreturn pl.evn')
    assert.same({}, found 'local pl = require "perilune"\nreturn pl.predicted(nil)')
  end)
  it("knows the words and options of user.cookies", function()
    finds('user.cookies has no word "gt"; did you mean "get"?', "x = { user = function(user) user.cookies:gt() end }")
    finds("user.cookies has no word \"destroy\"; perilune help user lists them", "x = { user = function(u) u.cookies:destroy() end }")
    finds('user.cookies:set: unknown option "pth"; did you mean "path"?', "x = { user = function(user) user.cookies:set('a', 'b', { pth = '/' }) end }")
    assert.same({}, found "local x = { user = function(user) user.cookies:set('a', 'b', { path = '/', max_age = '1h' }); user.cookies:clear() local jar = user.cookies end }")
  end)
  it("knows a pipeline as a key of a scenario's request, not as an option of user's words", function()
    finds('user:get', "x = { user = function(user) user:get('/', { pipeline = 8 }) end }")
  end)
  it("knows the systems that history is fetched from, and the options of asking", function()
    local function first(text)
      local f = lint.check(text, { options = words.options })[1]
      return f and f.what
    end
    assert.equal('there is no system "promethus"; did you mean "prometheus"?', first "run = function(run) run:fetch('promethus', { url = 'x' }) end")
    assert.matches('unknown option "servce"; did you mean "service"', first "run = function(run) run:fetch('jaeger', { servce = 'x' }) end", 1, true)
    assert.matches('unknown option "stp"; did you mean "step"', first "run = function(run) run:fetch('prometheus', { stp = '5m' }) end", 1, true)
    assert.matches('unknown option "qeury"; did you mean "query"', first "run = function(run) run:http { qeury = {} } end", 1, true)
    assert.matches("timeout", first "run = function(run) run:http_pages { timeout = 'soon' } end", 1, true)
    assert.is_nil(first "run = function(run) run:http { url = 'x', json = {}, try = true } end")
  end)
  it("only warns of words of later versions that may never be called", function()
    local function warnings(text)
      local f = lint.check(text, { options = words.options })[1]
      return f and f.what, f and f.warning
    end
    assert.same({ "run:notify is not in this version", true }, { warnings "run = function(run) if run.args.x then run:notify() end end" })
    assert.same({ "run:notify is not in this version", true }, { warnings "run = function(run) pcall(function() run:notify() end) end" })
    assert.same({ "run:notify is not in this version" }, { warnings "run = function(run) if a then end; for i = 1, 2 do run:notify() end end" })
    assert.same({}, { warnings "run = function(run) run:load 'x' end" })
  end)
  it("knows what it may not judge", function()
    assert.same({}, found 'local other = {}; function other:thnk() end; other:thnk(); local t = { run = 1, user = 2 }; t.user:x()')
    assert.same({}, found 'local pl, h = require "perilune", require "helper"; return h.line')
    assert.same({}, found "run = function(run) run:event('a', 'b'):c() end user = function(user) return user.vars.x.y end")
    assert.same({}, found "run = function(run) run:load(name); run:load(names[1], options); run:sleep(run.args.d) end")
  end)
  it("finds names that there are not", function()
    local context = { scenarios = { browse = true, ping = true }, feeders = { people = true } }
    finds('there is no scenario "brwse"; did you mean "browse"?', "run = function(run) run:load 'brwse' end", context)
    finds('there is no scenario "pong"; did you mean "ping"?', "run = function(run) run:load({ 'browse', 'pong' }, { wait = false }) end", context)
    finds('there is no feeder "x" (there are: people)', "user = function(user) user:feed('x') end", context)
    finds('there is no sampler "hots"; did you mean "host"?', "run = function(run) run:sample('hots') end")
    finds('run:sample: unknown option "lables"', "run = function(run) run:sample('scrape', { url = 'http://h/', lables = {} }) end")
    finds('run:sample: unknown option "url"', "run = function(run) run:sample('host', { url = 'http://h/' }) end")
    finds('there is no format "cvs"; did you mean "csv"?', "run = function(run) run:import('cvs', 'x.csv') end")
    assert.same({}, found("run = function(run) run:import(run.args.format, 'x.csv') end"))
    assert.same({}, found("run = function(run) run:load('more', { data = { a = 1 } }); run:load('more', options) end", context))
    assert.same({}, found("run = function(run) run:load('brw' .. 'se'); run:load('a', {}) end", { scenarios = { a = true } }))
  end)
  it("finds wrong options, also by their values", function()
    finds('run:sample: unknown option "evry"; did you mean "every"?', "run = function(run) run:sample('host', { evry = '1s' }) end")
    finds('run:compare: unknown option "limti"; did you mean "limit"?', "run = function(run) run:compare { limti = '5%' } end")
    finds('"5" is not a ratio: above 1 the unit is needed; write 5%', "run = function(run) run:compare { limit = '5' } end")
    finds("run:sample: every", "run = function(run) run:sample('host', { every = '1x' }) end")
    finds('user:get: unknown option "nam"; did you mean "name"?', "user = function(user) user:get('/', { headers = { a = f(1, 2) }, nam = 'x' }) end")
    finds('"1 year and a day" is not a duration', "user = function(user) user:think '1 year and a day' end")
    finds("p99(latncy) < 1s is wrong", "run = function(run) run:wait_until('p99(latncy) < 1s', { timeout = '1m' }) end",
      { expression = function(text, is_condition) return is_condition and text .. " is wrong" end })
    assert.same({}, found "run = function(run) run:sample('host', { every = '1' .. unit, try = true }) end")
  end)
  it("knows the options of connections and of their operations", function()
    local function set(...)
      local names = {}
      for _, name in ipairs { ... } do names[name] = true end
      return names
    end
    local protocols = { ws = { operations = set("send", "close"), options = set("headers", "compress", "timeout"), named = set("binary", "name") },
      grpc = { operations = set("send", "call"), options = set "authority", named = set("metadata", "name"), table_operation = "send" } }
    local context = { protocol = function(word) return protocols[word] end }
    local function of(body) return "x = { user = function(user) " .. body .. " end }" end
    finds('user:ws: unknown option "compres"; did you mean "compress"?', of "user.vars.w = user:ws('ws://h', { compres = true })", context)
    finds('ws:send: unknown option "binry"; did you mean "binary"?', of "local w, why = assert(user:ws('ws://h'), 'no') w:send { 'x', binry = true }", context)
    finds('user:ws has no "sned"; did you mean "send"?', of "local w = user:ws 'ws://h' if w then w:sned('x') end", context)
    finds('grpc:call: unknown option "metdata"; did you mean "metadata"?', of "local g = user:grpc('grpc://h') g:call { 'a/b', {}, metdata = {} }", context)
    for _, body in ipairs {
      "local g = user:grpc('grpc://h') g:send { metdata = 1 } g:call('a/b', { metdata = 1 })", "local w = user:ws('ws://h', options) w:send { 'x', name = 'y' } w:close()",
      "local v = user:ws('ws://h'):sned('x') v:go()", "local w = user:ws('ws://h') or other w:go()", "local w = user:ws('ws://h') w = other w:go()",
      "local r = user:redis('redis://h', { resq = 3 }) r:go()" } do
      assert.same({}, found(of(body), context), body)
    end
    assert.same({}, found(of "user:ws('ws://h', { compres = true })"))
  end)
  it("finds the lines of keys, literals and calls", function()
    local text = "return pl.playbook {\n  browse = {\n    user = f,\n    duratoin = 1,\n  },\n  other = 'x < 1s',\n}"
    assert.same({ 2, 4, 2, 6, 1 }, { lint.line_of(text, "browse"), lint.line_of(text, "browse", "duratoin"), lint.line_of(text, "browse", "none"),
      lint.line_with(text, "x < 1s"), lint.line_of_call(text, "playbook") })
    assert.is_nil(lint.line_of(text, "nothing"))
  end)
  it("shows the line", function()
    assert.equal("p.lua:2: what\n  > b = 1", lint.show("p.lua", "a\n  b = 1\nc", { line = 2, what = "what" }))
  end)
end)
