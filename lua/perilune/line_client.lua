--- Sends lines over TCP or UDP, and waits until the system has taken them: nobody answers. As a client of perilune.http to deliveries.
local clock = require "perilune.core.clock"
local core = require "perilune.core.lines"
local task = require "perilune.task"

local M = {}

local WAIT_SECONDS = 0.01

local Client = {}
Client.__index = Client

--- What a URL names: tcp://host:port or udp://host:port.
---@param url any
---@return { scheme: string, host: string, port: string }|nil
function M.parse(url)
  local scheme, host, port = tostring(url):match "^(%a+)://(.+):(%d+)/?$"
  if scheme ~= "tcp" and scheme ~= "udp" or tonumber(port) > 65535 then return nil end
  return { scheme = scheme, host = host:match "^%[(.*)%]$" or host, port = port }
end

--- A client of one peer, whose name is looked up at once.
---@param url string
---@return table client
function M.new(url)
  local place = M.parse(url)
  local peer, err = core.open(place.host, place.port, place.scheme == "udp")
  if not peer then error(err, 0) end
  return setmetatable({ peer = peer }, Client)
end

local function fail(self, err)
  self.peer:close()
  err.phase = "connect"
  error(err, 0)
end

--- Sends a body.
---@param request { body: string, timeout: number }
function Client:request(request)
  local at, till = 1, clock.now() + request.timeout
  while at <= #request.body do
    local to, err = self.peer:send(request.body, at)
    if not to then fail(self, err) end
    if to == at then
      if clock.now() >= till then fail(self, { code = "timeout", message = "nothing was taken in time" }) end
      task.sleep(WAIT_SECONDS)
    end
    at = to
  end
end

return M
