--- perilune.keeper: whose token is fetched, when it is renewed, and what a failure says. The clock is the spec's.
local clock = require "perilune.core.clock"
local guard = require "perilune.core.guard"
local support = require "lua.support"

local now, answers, posts, tokens, took
local client = {}
function client:request(request)
  posts[#posts + 1] = { at = now, request = request }
  now = now + took
  local answer, why = table.unpack(answers[#posts] or answers[#answers])
  return answer or error({ code = "connect", message = "POST u: " .. why, why = why }, 0)
end
local function new_token()
  local token = { texts = {} }
  function token:set(text) self.texts[#self.texts + 1] = text end
  function token:refused() return self.is_refused end
  tokens[#tokens + 1] = token
  return token
end
support.without_run { token = { new = new_token } }
local keeper = require "perilune.keeper"
local task = require "perilune.task"

--- What a token server answers: a token that lives so many seconds.
local function granted(text, seconds)
  return { { status = 200, text = ('{"access_token":"%s"%s}'):format(text, seconds and (',"expires_in":%g'):format(seconds) or "") } }
end
local DOWN = { nil, "connection refused" }

local function config(more)
  local o = { token_url = "http://h/token?x=1", client_id = "shop", client_secret = "s" }
  for name, value in pairs(more or {}) do o[name] = value end
  return o
end

local function open(plans)
  return support.with(clock, { now = function() return now end }, keeper.open, plans, client)
end

--- Keeps these tokens for so many seconds, none of which passes; gives the complaints.
local function keep(keepers, seconds)
  local over, complaints, until_s = {}, {}, now + seconds
  local function sleep(s)
    now = now + s
    if now > until_s then error(over, 0) end
  end
  support.with(clock, { now = function() return now end }, support.with, task, { spawn = function(fn) return (select(2, pcall(fn))) end, sleep = sleep }, function()
    assert.equal(over, keeper.keep(keepers, function(text) complaints[#complaints + 1] = text end)[1])
  end)
  return complaints
end

describe("perilune.keeper", function()
  before_each(function() now, answers, posts, tokens, took = 0, { granted "a" }, {}, {}, 0 end)

  it("fetches a token for each plan that wants one, the same settings once", function()
    local shared, other = config(), config { client_id = "other" }
    local plans = { { auth = { oauth2 = shared }, tls = { ca = "pem", insecure = true, sni = "h" } }, { auth = { oauth2 = shared } }, { auth = { oauth2 = other } },
      { auth = { bearer = "b" } }, {} }
    assert.equal(2, #open(plans))
    assert.equal(2, #posts)
    assert.same({ ca = "pem", insecure = true }, posts[1].request.tls)
    assert.same({ user = "shop", password = "s" }, posts[1].request.auth.basic)
    assert.same({ user = "other", password = "s" }, posts[2].request.auth.basic)
    assert.equal(tokens[1], plans[1].auth.oauth2)
    assert.equal(tokens[1], plans[2].auth.oauth2)
    assert.equal(tokens[2], plans[3].auth.oauth2)
    assert.same({ bearer = "b" }, plans[4].auth)
    assert.is_nil(plans[5].auth)
    assert.same({ "a" }, tokens[1].texts)
  end)

  it("encodes name and password as a form does", function()
    open { { auth = { oauth2 = config { client_id = "my shop", client_secret = guard.secret "s:%" } } } }
    local basic = posts[1].request.auth.basic
    assert.equal("my%20shop", basic.user)
    assert.is_true(guard.is_secret(basic.password))
    assert.equal("s%3A%25", guard.reveal(basic.password))
  end)

  it("raises when there is no first token, without the URL's query", function()
    local function failure(answer)
      answers = { answer }
      return { support.message(open, { { auth = { oauth2 = config() } } }) }
    end
    assert.same({ "oauth2: no token from http://h/token: connection refused", "unanswered" }, failure(DOWN))
    assert.same({ "oauth2: no token from http://h/token: status 401, invalid_client", "usage" }, failure { { status = 401, text = '{"error":"invalid_client"}' } })
    for status, code in pairs { [400] = "usage", [404] = "usage", [408] = "unanswered", [429] = "unanswered", [500] = "unanswered", [503] = "unanswered", [200] = "unanswered" } do
      assert.equal(code, failure { { status = status, text = "oh" } }[2], status)
    end
  end)

  it("leaves what may not be asked what it is", function()
    local function refuse() error({ code = "refused", message = "POST u: no grant" }, 0) end
    local _, code = support.message(support.with, client, { request = refuse }, open, { { auth = { oauth2 = config() } } })
    assert.equal("refused", code)
  end)

  local function renewed_after(life, seconds)
    posts, answers = {}, { granted("a", life), granted "b" }
    assert.same({}, keep(open { { auth = { oauth2 = config() } } }, seconds))
    assert.is_true(#posts <= 2)
    return posts[2] and posts[2].at - posts[1].at
  end

  it("renews before the end of a token's life: a fifth of it, or a minute", function()
    assert.is_nil(renewed_after(100, 79))
    assert.near(80, renewed_after(100, 90), 0.2)
    assert.near(940, renewed_after(1000, 950), 0.2)
    assert.same({ "a", "b" }, tokens[#tokens].texts)
  end)

  it("renews so early that a slow server's next token comes before the end", function()
    took = 0.4
    assert.near(1.1, renewed_after(2, 2), 0.11) -- twice 0.4 s and a look before the end of what was granted after 0 s
    assert.near(1, renewed_after(1, 2), 0.61) -- half a second is all that is left of it
    took = 5
    assert.near(80, renewed_after(100, 90), 0.2)
  end)

  it("keeps a token whose life is not told until a server refuses it", function()
    assert.is_nil(renewed_after(nil, 5000))
    assert.is_nil(renewed_after(0, 5000))
    local keepers = open { { auth = { oauth2 = config() } } }
    local before = #posts
    tokens[#tokens].is_refused = true
    keep(keepers, 0.15)
    assert.equal(before + 1, #posts)
  end)

  it("complains once a failure, and tries again after a while", function()
    answers = { granted "a", DOWN }
    local keepers = open { { auth = { oauth2 = config() } } }
    tokens[1].is_refused = true
    local complaints = keep(keepers, 9)
    assert.same({ "oauth2: no token from http://h/token: connection refused", "oauth2: no token from http://h/token: connection refused" }, complaints)
    assert.near(5, posts[3].at - posts[2].at, 0.2)
    assert.same({ "a" }, tokens[1].texts)
  end)

  it("renews a token while another one's server hangs", function()
    answers = { granted("a", 4) }
    local keepers, tasks, asked = open { { auth = { oauth2 = config { client_id = "slow" } } }, { auth = { oauth2 = config() } } }, {}, { slow = 0, shop = 0 }
    local function request(_, o)
      local who = o.auth.basic.user
      asked[who] = asked[who] + 1
      while who == "slow" do coroutine.yield() end
      return granted("b", 4)[1]
    end
    local function spawn(fn) tasks[#tasks + 1] = coroutine.wrap(fn) end
    support.with(clock, { now = function() return now end }, support.with, task, { spawn = spawn, sleep = coroutine.yield }, support.with, client, { request = request }, function()
      keeper.keep(keepers, error)
      for _ = 1, 100 do
        now = now + 0.1
        for _, turn in ipairs(tasks) do turn() end
      end
    end)
    assert.same({ slow = 1, shop = 3 }, asked) -- within 10 s, each token for 3.2 s
  end)

  it("tries again before the end of a short life", function()
    posts, answers = {}, { granted("a", 4), DOWN, granted("b", 100) }
    keep(open { { auth = { oauth2 = config() } } }, 6)
    assert.same({ "a", "b" }, tokens[1].texts)
    assert.is_true(posts[2].at > 3 and posts[3].at < 4, posts[3].at)
  end)
end)
