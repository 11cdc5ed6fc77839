local support = require "integration.support"
local task = require "perilune.core.task"

-- What a script must not be able to do; each row within a wall-clock bound. The slice of a script is 10 s.
describe("sandbox", function()
  local folder
  setup(function() folder = support.folder() end)
  teardown(support.clean)

  local number = 0
  local function run(body, seconds)
    number = number + 1
    local path = support.write(("%s/s%d.lua"):format(folder, number), ("local pl = require 'perilune'\nreturn pl.playbook { name = 's', run = function(run)\n%s\nend }\n"):format(body))
    local began = task.now()
    local code, out, err = support.run(("run %s --db %s/s.db"):format(path, folder), seconds)
    return code, out .. err, task.now() - began
  end

  -- These run side by side: each takes the whole slice.
  local rows = {}
  local function stopped(name, body) rows[#rows + 1] = { name = name, body = body } end

  stopped("a loop of pcalls", "while true do pcall(function() while true do end end) end")
  stopped("an error in an error handler", "xpcall(function() error 'x' end, function() while true do end end)")
  stopped("a loop in a coroutine", "while true do coroutine.wrap(function() while true do end end)() end")
  stopped("a closed coroutine that loops", "while true do local c = coroutine.create(function() while true do end end) pcall(coroutine.resume, c) pcall(coroutine.close, c) end")
  stopped("a loop in a __close", "local t <close> = setmetatable({}, { __close = function() while true do end end })")
  stopped("a loop in a sort", "table.sort({ 3, 2, 1 }, function() while true do end end)")
  stopped("a loop in a gsub", "('aaa'):gsub('a', function() while true do end end)")
  stopped("a loop in a __tostring", "tostring(setmetatable({}, { __tostring = function() while true do end end }))")

  it("stops what never ends", function()
    local commands = {}
    for i, row in ipairs(rows) do
      local path = support.write(("%s/r%d.lua"):format(folder, i), ("local pl = require 'perilune'\nreturn pl.playbook { name = 's', run = function(run)\n%s\nend }\n"):format(row.body))
      commands[i] = ("(%s run %s --db %s/r%d.db >%s/r%d.out 2>&1; echo $? >%s/r%d.code) &"):format(support.perilune, path, folder, i, folder, i, folder, i)
    end
    local began = task.now()
    support.shell(table.concat(commands, "\n") .. "\nwait", 60)
    assert.is_true(task.now() - began < 40)
    for i, row in ipairs(rows) do
      local text = support.read(("%s/r%d.out"):format(folder, i))
      assert.equal("5\n", support.read(("%s/r%d.code"):format(folder, i)), row.name .. "\n" .. text)
      assert.is_truthy(text:find("stopped", 1, true), row.name .. "\n" .. text)
    end
  end)

  local function refused(name, body, pattern)
    it("refuses " .. name, function()
      local code, text, took = run(body, 40)
      assert.equal(5, code, text)
      assert.is_truthy(text:find(pattern), text)
      assert.is_true(took < 20, "took " .. took)
    end)
  end

  refused("a pattern that never ends", "local s = ('a'):rep(28) return s:find(('a?'):rep(28) .. ('a'):rep(28) .. 'b')", "too complex")
  refused("bytecode", "return load('\\27Lua', 'x', 'b')()", "nil value")
  refused("string.dump", "return string.dump(function() end)", "nil value %(field 'dump'%)")
  refused("io", "return io.open('/etc/passwd')", 'the name "io" is not defined')
  refused("os.execute", "return os.execute('true')", "nil value %(field 'execute'%)")
  refused("os.getenv", "return os.getenv('HOME')", "nil value %(field 'getenv'%)")
  refused("dofile", "return dofile('/etc/passwd')", 'the name "dofile" is not defined')
  refused("debug.getinfo", "return debug.getinfo(1)", "nil value %(field 'getinfo'%)")
  refused("package", "return package.loadlib('x', 'y')", 'the name "package" is not defined')
  refused("__gc", "setmetatable({}, { __gc = function() end })", "__gc is not allowed")
  refused("a new global", "x = 1", 'assignment to the global "x"')
  refused("an unknown global, with the near name", "return tostrin(1)", 'did you mean "tostring"')
  refused("changing a library", "string.format = nil", '"format" of string cannot be changed')
  refused("the string metatable", "getmetatable('').__index = nil", "index a boolean")
  refused("a file outside of the folder", "return require('../../etc/passwd')", "playbooks may require")
  refused("1 GB", "local s = ('x'):rep(1 << 30)", "memory")
  refused("a table that grows for ever", "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end", "memory")
  refused("a table.move without end", "table.move({}, 1, 1 << 50, 2)", "too many")
  refused("a table that lies about its length", "table.insert(setmetatable({}, { __len = function() return 1 << 50 end }), 1, 1)", "too many")
  refused("deep recursion", "local function f() return 1 + f() end return f()", "overflow")

  refused("to look behind the run", "return run.prepared", 'no word or field "prepared"')
  refused("to change the run", "run.load = print", "cannot be changed")
  refused("to change the run's class", "getmetatable(run).load = print", "index a boolean")
  refused("to change a library with rawset", "rawset(string, 'rep', 1)", "read%-only")
  refused("to change pl", "local pl = require 'perilune' pl.even = 1", '"even" of pl cannot be changed')
  refused("to change pl.json", "local pl = require 'perilune' pl.json.encode = print", "pl.json cannot be changed")
  refused("to reach our reader of arguments", "local pl = require 'perilune' return pl.arg.read.x", "no such word")
  refused("to make a global with rawset", "rawset(_ENV, 'x', 1)", "read%-only")
  refused("an empty text repeated for ever, with something behind", "local s = string.rep('', 1e18) assert(s == '' and ('').rep('', math.maxinteger, '') == '') error('went on')", "went on")
  refused("a table.concat without end", "table.concat({}, '', 1, 1 << 50)", "too many")
  refused("a table.sort without end", "table.sort(setmetatable({}, { __len = function() return 1 << 30 end, __index = rawlen }))", "too many")

  it("lets no task go on with a coroutine that waits in another", function()
    local code, text = run([[
      local co = coroutine.create(function() run:sleep "100ms" return "slept" end)
      run:together(function() assert(select(2, coroutine.resume(co)) == "slept") end,
        function() run:sleep "20ms" local ok, why = coroutine.resume(co) assert(not ok) print(why) assert(not pcall(coroutine.close, co)) end)]], 20)
    assert.equal(0, code, text)
    assert.is_truthy(text:find("non-suspended", 1, true), text)
  end)

  it("follows no link out of the folder", function()
    support.shell(("ln -s /etc/passwd %s/out.csv; ln -s /etc %s/etc"):format(folder, folder))
    for _, body in ipairs { "run:attach 'out.csv'", "run:attach 'etc/passwd'", "run:report { markdown = 'etc/perilune.md' }" } do
      local code, text = run(body, 20)
      assert.equal(7, code, body .. text)
      assert.is_truthy(text:find("outside the playbook's folder", 1, true), text)
    end
    local path = support.write(folder .. "/feeder.lua", "local pl = require 'perilune' return pl.playbook { name = 'f', feeders = { x = pl.csv 'out.csv' }, run = function() end }")
    local code, _, err = support.run(("run %s --db %s/s.db"):format(path, folder))
    assert.equal(7, code, err)
  end)

  it("reads files as editors and shells leave them", function()
    support.write(folder .. "/helper.lua", "\239\187\191#!/usr/bin/env lua\nreturn { line = 2 }")
    local path = support.write(folder .. "/marked.lua", "\239\187\191#!/usr/bin/perilune run\nlocal pl, h = require 'perilune', require 'helper'\nreturn pl.playbook { name = 'm', run = function()\n  error('at ' .. h.line) end }")
    local code, out, err = support.run(("run %s --db %s/s.db"):format(path, folder))
    assert.equal(5, code, out .. err)
    assert.is_truthy(out:find("marked.lua:4: at 2", 1, true), out)
  end)

  it("says which files need each other", function()
    support.write(folder .. "/a.lua", "return require 'b'")
    support.write(folder .. "/b.lua", "return require 'a'")
    local path = support.write(folder .. "/circle.lua", "local pl, ok, why = require 'perilune', pcall(require, 'a') assert(not ok) print(why) assert(not pcall(require, 'a')) return pl.playbook { name = 'm', run = function() end }")
    local code, out, err = support.run(("run %s --db %s/s.db"):format(path, folder))
    assert.equal(0, code, out .. err)
    assert.is_truthy(err:find('"a" needs a file that needs "a" again', 1, true), err)
  end)

  it("lets a script walk through libraries", function()
    local code, text = run("local n = 0 for name in pairs(string) do n = n + 1 end assert(n > 10) local pl = require 'perilune' assert(rawequal(getmetatable('').__index, nil)) ", 20)
    assert.equal(5, code, text) -- the string metatable is no table
    code, text = run("local n = 0 for name, f in pairs(string) do n = n + (type(f) == 'function' and 1 or 0) end assert(n > 10 and select('#', next(string)) == 1)", 20)
    assert.equal(0, code, text)
  end)

  for _, path in ipairs { "/tmp/perilune-outside.md", "../outside.md", "a/../../outside.md" } do
    it("refuses a report at " .. path, function()
      local code, text = run(("run:report { markdown = %q }"):format(path), 20)
      assert.equal(7, code, text)
      assert.is_truthy(text:find("outside the playbook's folder", 1, true), text)
    end)
  end

  it("writes a report below the playbook's folder, wherever it was started", function()
    local code, text = run("run:report { markdown = 'inside.md' }", 20)
    assert.equal(0, code, text)
    assert.is_truthy(support.read(folder .. "/inside.md"):find("pass", 1, true))
  end)

  it("keeps nothing of a look-up that is cancelled when it has just ended", function()
    local spec = support.write(folder .. "/lookup_spec.lua", [[
      local target, task = require "perilune.core.target", require "perilune.core.task"
      it("ends", function()
        local waiting = task.spawn(target.listener, "http://localhost:1/")
        task.yield()
        local began = task.now()
        while task.now() - began < 0.1 do end -- the look-up ends meanwhile; its callback comes at the next turn of the loop
        task.yield()
        waiting:cancel()
        assert.is_false(pcall(waiting.join, waiting))
      end)]])
    local code, out, err = support.run("test " .. spec)
    assert.equal(0, code, out .. err)
  end)

  it("lets a script compute", function()
    local code, text = run("local s = 0 for i = 1, 1e6 do s = s + i end assert(s == 500000500000) assert(('a,b'):match('(%a),(%a)') == 'a') run:event('sum', tostring(s))", 20)
    assert.equal(0, code, text)
  end)
end)
