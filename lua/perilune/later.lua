--- A module of ours that is loaded when it is first asked for something: what a run seldom needs costs the others no time.
---     local search = later "perilune.search"
---@param name string
---@return table module
return function(name)
  local of = {}
  function of.__index(_, field)
    of.__index = require(name)
    return of.__index[field]
  end
  return setmetatable({}, of)
end
