--- The header Link (RFC 8288).
local M = {}

--- The parameters behind a target: name -> value, the first of each.
local function parameters(text)
  local out = {}
  for name, value in text:gmatch ';%s*([%w!#$&+.^_`|~-]+)%*?%s*=%s*("?[^";,]*"?)' do
    name = name:lower()
    out[name] = out[name] or value:gsub('^"(.*)"$', "%1")
  end
  return out
end

--- The target of a relation, or nil.
---@param header string|nil the values of Link, joined by commas
---@param relation string "next"
---@return string|nil
function M.target(header, relation)
  for target, rest in (header or ""):gmatch "<([^>]*)>([^<]*)" do
    for word in (parameters(rest).rel or ""):gmatch "%S+" do
      if word:lower() == relation then return target end
    end
  end
end

return M
