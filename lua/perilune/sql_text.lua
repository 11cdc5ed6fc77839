--- What a statement in SQL says to samples(): which series and which runs its calls name. Only literals are understood; what is computed is left to SQLite.
local M = {}

local SKIPPED = { "^%-%-[^\n]*", "^/%*.-%*/", "^/%*.*", '^"[^"]*"', "^`[^`]*`", "^%[[^%]]*%]" }

--- Where a literal of text ends that begins at `at`, and what it says; nothing where there is none.
local function literal(text, at)
  local stop = at
  if text:sub(at, at) ~= "'" then return nil end
  repeat
    stop = text:find("'", stop + 1, true)
    if not stop then return nil end
    local doubled = text:sub(stop + 1, stop + 1) == "'"
    if doubled then stop = stop + 1 end
  until not doubled
  return stop, (text:sub(at + 1, stop - 1):gsub("''", "'"))
end

--- A call whose bracket opens before `at`: its literals, each with where it stands.
local function call_at(text, at)
  local call, from = {}, text:find("%S", at)
  for _, argument in ipairs { "name", "run" } do
    local stop, value = literal(text, from or #text + 1)
    local after = stop and text:match("^%s*([,)])", stop + 1)
    if not after then break end
    call[argument] = { text = value, from = from, to = stop }
    if after == ")" then break end
    from = text:find("[^%s,]", stop + 1)
  end
  return call
end

--- Behind a comment or a quoted name or text that begins at `at`.
local function skip(text, at)
  local stop = literal(text, at)
  if stop then return stop + 1 end
  for _, pattern in ipairs(SKIPPED) do
    local _, last = text:find(pattern, at)
    if last then return last + 1 end
  end
end

--- The calls of samples() in a statement, in their order. Linear in its length.
---@param text string
---@return table[] each { name = { text, from, to } or nil, run likewise }: what stands there as a literal, and from which byte to which
function M.samples(text)
  local calls, at = {}, 1
  while at <= #text do
    local word, open = text:match("^([%a_][%w_]*)()", at)
    local bracket = word and word:lower() == "samples" and text:match("^%s*%(()", open)
    if bracket then calls[#calls + 1] = call_at(text, bracket) end
    at = open or skip(text, at) or text:match("^%d[%w_.]*()", at) or at + 1
  end
  return calls
end

--- A literal of text.
---@param value string
---@return string
function M.quoted(value) return "'" .. value:gsub("'", "''") .. "'" end

return M
