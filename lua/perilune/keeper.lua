--- Keeps OAuth 2 tokens fresh: fetched before a load, renewed while it runs, once for all workers, in the control state.
local clock = require "perilune.core.clock"
local core = require "perilune.core.http"
local failures = require "perilune.failures"
local guard = require "perilune.core.guard"
local oauth = require "perilune.oauth"
local task = require "perilune.task"
local token = require "perilune.core.token"

local M = {}

local LOOK_SECONDS = 0.1
local AGAIN_SECONDS, AGAIN_MARGIN = 5, 0.5 -- after a failure it is asked again: at most so late, and so that half of the margin is left
local MARGIN, MARGIN_SECONDS = 0.2, 60 -- of its life, and at most: so long before its end a token is renewed
local FETCHES, MARGIN_MOST = 2, 0.5 -- that is no less than so many times what the fetch took, and no more than this share of its life

local Keeper = {}
Keeper.__index = Keeper

local function encoded(value)
  return guard.is_secret(value) and guard.secret(core.encode(guard.reveal(value))) or core.encode(tostring(value))
end

--- How long before the end of a token's life it is renewed: the next fetch may take longer than this one did.
---@param life number seconds
---@param took number seconds that its fetch took
local function margin_of(life, took)
  return math.min(math.max(math.min(MARGIN * life, MARGIN_SECONDS), FETCHES * took + LOOK_SECONDS), MARGIN_MOST * life)
end

--- Fetches a token, whose life counts from the request, for the server grants it at some moment after that. Gives whether there is one, why not, and
--- the error's code: what nobody was asked for stays what it is, a client that is refused was given wrongly, a server without a good answer has not
--- answered.
---@return boolean|nil
---@return string|nil why
---@return string|nil code
function Keeper:renew()
  local asked = clock.now()
  local ok, got = pcall(self.client.request, self.client, oauth.build_request(self.config, self.tls, encoded))
  local text, more, refused = nil, nil, nil
  if ok then text, more, refused = oauth.parse_response(got) else more = type(got) == "table" and (got.why or got.message) or got end
  if not text then
    self.again = clock.now() + math.min(AGAIN_SECONDS, self.margin and AGAIN_MARGIN * self.margin or AGAIN_SECONDS)
    local place = tostring(self.config.token_url):gsub("[?].*", "")
    local own = not ok and type(got) == "table" and failures.UNASKED[got.code] and got.code
    return nil, ("oauth2: no token from %s: %s"):format(place, tostring(more)), own or (refused and "usage" or "unanswered")
  end
  self.token:set(text)
  self.margin = more and more > 0 and margin_of(more, clock.now() - asked) or nil
  self.due = self.margin and asked + more - self.margin
  return true
end

function Keeper:is_due()
  local now = clock.now()
  return (self.token:refused() or (self.due and now >= self.due)) and now >= (self.again or 0)
end

--- A keeper for each plan that wants one, those of the same settings the same, with their first tokens. Raises when there is none: code "usage" where
--- the server refuses the client, "unanswered" where it gives no good answer, "refused" where it may not be asked.
---@param plans table[]
---@param client table of perilune.http
---@return table[] keepers
function M.open(plans, client)
  local keepers, of = {}, {}
  for _, plan in ipairs(plans) do
    local config = plan.auth and plan.auth.oauth2
    if config then
      local keeper = of[config]
      if not keeper then
        local tls = plan.tls
        keeper = setmetatable({ client = client, config = config, tls = tls and { ca = tls.ca, insecure = tls.insecure }, token = token.new() }, Keeper)
        local ok, why, code = keeper:renew()
        if not ok then error({ code = code, message = why }, 0) end
        of[config], keepers[#keepers + 1] = keeper, keeper
      end
      plan.auth = { oauth2 = keeper.token }
    end
  end
  return keepers
end

--- Tasks that renew tokens until they are cancelled, one for each keeper: a server that hangs delays nobody else's token.
---@param keepers table[]
---@param complain fun(why: string) told once a failure
---@return table[]
function M.keep(keepers, complain)
  local tasks = {}
  for i, keeper in ipairs(keepers) do
    tasks[i] = task.spawn(function()
      while true do
        task.sleep(LOOK_SECONDS)
        local ok, why = true, nil
        if keeper:is_due() then ok, why = keeper:renew() end
        if not ok then complain(why) end
      end
    end)
  end
  return tasks
end

return M
