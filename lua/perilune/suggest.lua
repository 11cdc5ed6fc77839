--- "Did you mean": the near name of a mistyped word.
local M = {}

--- Edit distance with transpositions (optimal string alignment).
---@param a string
---@param b string
---@return integer
function M.distance(a, b)
  local before, last, row = nil, {}
  for j = 0, #b do last[j] = j end
  for i = 1, #a do
    row = { [0] = i }
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      local best = math.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + cost)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        best = math.min(best, before[j - 2] + 1)
      end
      row[j] = best
    end
    before, last = last, row
  end
  return last[#b]
end

local PREFIX_MIN = 4

--- The longest name that begins the word, or that the word begins: `pushgateway` means `push`.
local function stem(word, names)
  local best
  for _, name in ipairs(names) do
    local short = math.min(#word, #name)
    local longer = not best or #name > #best or (#name == #best and name < best)
    if short >= PREFIX_MIN and longer and word:sub(1, short):lower() == name:sub(1, short):lower() then best = name end
  end
  return best
end

--- The name nearest to `word`, when it is near enough to be meant: by its letters, or else as a part of it.
---@param word string
---@param names table array of names, or a table with names as keys
---@return string|nil
function M.near(word, names)
  local best, best_distance = nil, math.max(1, #word // 3) + 1
  local list = {}
  local function try(name)
    list[#list + 1] = name
    local d = M.distance(word:lower(), name:lower())
    if d < best_distance or (d == best_distance and best and name < best) then
      best, best_distance = name, d
    end
  end
  if #names > 0 then
    for _, name in ipairs(names) do try(name) end
  else
    for name in pairs(names) do
      if type(name) == "string" then try(name) end
    end
  end
  return best or stem(word, list)
end

--- `; did you mean "near"?`, or an empty string.
---@param word string
---@param names table
---@return string
function M.hint(word, names)
  local near = M.near(tostring(word), names)
  return near and ('; did you mean "%s"?'):format(near) or ""
end

return M
