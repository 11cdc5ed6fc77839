--- auth = { oauth2 = {...} } against a token server.
local json = require "perilune.core.json"
local support = require "integration.support"

describe("oauth2", function()
  local url
  before_each(function() url = support.python_server("oauth").url end)
  after_each(support.clean)

  local function set(what) assert(support.shell(("curl -s -X POST '%s/set?%s'"):format(url, what)) == 0) end

  local function counts()
    local _, out = support.shell(("curl -s %s/counts"):format(url))
    return json.decode(out)
  end

  --- The arguments of a run of this scenario.
  local function arguments(scenario, oauth)
    local folder = support.folder()
    local path = support.write(folder .. "/p.lua", ([[
local pl = require "perilune"
return pl.playbook { name = "p", errors = "ignore", args = { key = pl.arg.secret {} },
  scenarios = function(args)
    local auth = { oauth2 = { token_url = "%s/token", client_id = "shop", client_secret = args.key, %s } }
    return { s = { base = "%s", defaults = { auth = auth }, %s } }
  end,
  run = function(run) run:load "s" end }]]):format(url, oauth or 'scope = "read all"', url, scenario))
    return ("run %s --db %s/p.db --json %s/out.json --key 'se same'"):format(path, folder, folder), folder
  end

  local function load_of(...)
    local line, folder = arguments(...)
    local code, out, err = support.run(line)
    assert(code == 0, ("exit %s: %s%s"):format(code, out, err))
    assert.is_nil((out .. err):find("se same", 1, true))
    assert.is_nil((out .. err):find("token-", 1, true))
    return json.decode(support.read(folder .. "/out.json")).loads[1]
  end

  local SCRIPT = [[user = function(user)
    local r = user:get "/guarded"
    if not r.ok then return end
    if not r.text:find "token%-%d+%-read%.all" then error("the token was " .. r.text:sub(1, 15)) end
  end]]

  it("fetches one token for all workers, for scripts and static requests", function()
    local l = load_of("users = 4, iterations = 40, " .. SCRIPT)
    assert.equal(40, l.requests.ok)
    assert.equal(0, l.errors.script)
    local first = counts()
    assert.equal(1, first.issued)
    assert.equal(40, first.good)
    l = load_of 'users = 4, iterations = 40, request = { url = "/guarded" }'
    assert.equal(40, l.requests.ok)
    assert.equal(2, counts().issued)
    assert.equal(0, counts().bad)
  end)

  it("proves itself by fields of the body", function()
    local l = load_of('users = 1, iterations = 2, request = { url = "/guarded" }', 'client_auth = "body"')
    assert.equal(2, l.requests.ok)
  end)

  it("renews before the end", function()
    set "life=3.0"
    local l = load_of("users = 2, duration = '6s', pace = '20ms', " .. SCRIPT)
    local c = counts()
    assert.is_true(c.issued >= 2 and c.issued <= 4, json.encode(c)) -- each lives for 2.4 s here
    assert.equal(0, c.bad)
    assert.equal(0, l.requests.failed)
  end)

  it("renews once when a token is refused", function()
    local line, folder = arguments("users = 2, duration = '3s', pace = '20ms', " .. SCRIPT)
    local run = support.start(support.perilune .. " " .. line)
    support.wait_for(function() return counts().good > 10 end, 20, "the load")
    set "revoke=1"
    support.wait_for(function() return not run:alive() end, 20, "the end of the load")
    local l = json.decode(support.read(folder .. "/out.json")).loads[1]
    assert.equal(2, counts().issued)
    assert.equal(counts().bad, l.errors.status)
    assert.is_true(l.errors.status > 0 and l.errors.status < l.requests.ok)
  end)

  it("says clearly why there is no token", function()
    local line = arguments(SCRIPT .. ", users = 1, iterations = 1", 'client_auth = "basic"'):gsub("'se same'", "wrong")
    local code, out, err = support.run(line)
    assert.equal(2, code)
    assert.is_truthy((out .. err):find("no token from " .. url .. "/token: status 401, invalid_client: no such client", 1, true), out .. err)
    set "broken=temporarily_unavailable"
    code, out, err = support.run((arguments(SCRIPT .. ", users = 1, iterations = 1")))
    assert.equal(6, code)
    assert.is_truthy((out .. err):find("status 503, temporarily_unavailable", 1, true), out .. err)
    assert.equal(0, counts().good + counts().bad)
  end)

  it("goes on with what it has when the endpoint fails in mid-run, and says so", function()
    set "life=1.0"
    local line, folder = arguments("users = 1, duration = '3s', pace = '20ms', " .. SCRIPT)
    local out_path = folder .. "/shown"
    local run = support.start(("sh -c %s"):format(support.quote(support.perilune .. " " .. line .. " >" .. out_path .. " 2>&1")))
    support.wait_for(function() return counts().good > 10 end, 20, "the load")
    set "broken=server_error"
    support.wait_for(function() return not run:alive() end, 20, "the end of the load")
    local l = json.decode(support.read(folder .. "/out.json")).loads[1]
    assert.is_true(l.requests.ok > 0 and l.errors.status > 0)
    assert.is_truthy(support.read(out_path):find("server_error", 1, true), support.read(out_path))
  end)

  it("refuses what is wrong before anything is sent", function()
    local function refused(oauth, why)
      local code, out, err = support.run((arguments(SCRIPT .. ", users = 1, iterations = 1", oauth)))
      assert.is_true(code ~= 0)
      assert.is_truthy((out .. err):find(why, 1, true), out .. err)
    end
    refused('scop = "x"', 'no field "scop"')
    refused('client_auth = "jwt"', 'client_auth is "basic"')
    refused('client_id = false', "")
    local _, out, err = support.run((arguments([[users = 1, iterations = 1, user = function(user)
      user:get("/guarded", { auth = { oauth2 = { token_url = "x" } } }) end]])))
    assert.is_truthy((out .. err):find("belongs into the scenario's defaults", 1, true), out .. err)
    assert.equal(0, counts().good)
  end)
end)
