--- Seeded random numbers for plans: SplitMix64 (Steele, Lea, Flood 2014). The same seed and key give the same numbers in every
--- version, whatever a script does with math.random.
local M = {}

local Stream = {}
Stream.__index = Stream

--- A stream of its own for a seed and a key.
---@param seed integer
---@param key string
---@return table stream with :unit() and :exponential(mean)
function M.new(seed, key)
  local state = math.tointeger(seed) or 0
  for i = 1, #key do state = (state ~ key:byte(i)) * 0x100000001b3 end
  return setmetatable({ state = state }, Stream)
end

--- Uniform in [0, 1), 53 bits.
---@return number
function Stream:unit()
  self.state = self.state + 0x9e3779b97f4a7c15
  local z = self.state
  z = (z ~ (z >> 30)) * 0xbf58476d1ce4e5b9
  z = (z ~ (z >> 27)) * 0x94d049bb133111eb
  z = z ~ (z >> 31)
  return (z >> 11) * 0x1p-53
end

--- Exponential with this mean, > 0.
---@param mean number
---@return number
function Stream:exponential(mean)
  return -mean * math.log(1 - self:unit() * (1 - 0x1p-53))
end

return M
