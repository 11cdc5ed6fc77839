--- Protocols other than HTTP against their real servers.
local json = require "perilune.core.json"
local support = require "integration.support"

local function playbook(target, body, start)
  return ([[
local pl = require "perilune"
return pl.playbook { name = "p", errors = "ignore",
  scenarios = function() return { s = { users = 2, iterations_each = 5, base = "%s",
    start = function(user) %s end,
    user = function(user) %s end } } end,
  run = function(run) run:load "s" end }]]):format(target, start or "", body)
end

--- Runs a playbook; gives its only load.
local function load_of(text)
  local folder = support.folder()
  local path = support.write(folder .. "/p.lua", text)
  local code, out, err = support.run(("run %s --db %s/p.db --json - --quiet"):format(path, folder))
  local ok, result = pcall(json.decode, out)
  assert(ok and result and result.loads and result.loads[1], ("exit %s: %s"):format(code, err))
  return result.loads[1]
end

local function free_port()
  local _, out = support.shell([[python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null || echo $((20000 + $$ % 20000))]])
  return math.tointeger(tonumber(out))
end

describe("protocols", function()
  after_each(support.clean)

  describe("redis", function()
    local server, port
    setup(function()
      port = free_port()
      server = support.start(("redis-server --port %d --save '' --bind 127.0.0.1"):format(port))
      support.wait_for(function() return support.shell(("redis-cli -p %d ping"):format(port)) == 0 end, 10, "redis")
    end)
    teardown(function() server:stop() end)

    it("calls, pipelines, error replies", function()
      local l = load_of(playbook("http://127.0.0.1:" .. port, [[
        local r = user.vars.r
        assert(r:call("SET", "k" .. user.id, 5) == "OK")
        assert(r:call { "INCR", "k" .. user.id, name = "increment", timeout = "2s" } == 6)
        local list = r:pipeline { { "SET", "a", 1.5 }, { "GET", "a" }, { "LPUSH", "a", 1 } }
        assert(list[2] == "1.5" and list[3].error:match("WRONGTYPE"))
        local value, why, class = r:call("LPUSH", "a", 1)
        assert(value == nil and why:match("WRONGTYPE") and class == "status")
      ]], ("user.vars.r = user:redis('redis://127.0.0.1:%d/1', { resp = 3 })"):format(port)))
      assert.equal(40, l.requests.total)
      assert.equal(30, l.requests.ok)
      assert.equal(10, l.errors.status)
      assert.equal(0, l.errors.script)
      assert.equal(2, l.connections.opened)
    end)

    it("classes a server that is not there", function()
      local l = load_of(playbook("http://127.0.0.1:1", [[user:redis("redis://127.0.0.1:1"):call("PING")]]))
      assert.equal(10, l.errors.connect)
    end)
  end)
end)
