--- Tokens of Lua 5.4 text, each with its line. Only for text that compiles: what Lua would refuse is not looked for.
local M = {}

local KEYWORDS = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat return then true until while"):gmatch("%a+") do KEYWORDS[word] = true end

local SIGNS = { "...", "<<", ">>", "//", "==", "~=", "<=", ">=", "::", ".." }

local MARK = "\239\187\191" -- some editors begin a file of UTF-8 with it

local ESCAPES = { n = "\n", t = "\t", r = "\r", a = "\a", b = "\b", f = "\f", v = "\v", ["\\"] = "\\", ['"'] = '"', ["'"] = "'" }

--- The end of [[...]] that begins at `at`, and its text; nil where none does.
local function long_bracket(text, at)
  local level = text:match("^%[(=*)%[", at)
  if not level then return nil end
  local from, stop = at + #level + 2, nil
  stop = text:find("]" .. level .. "]", from, true) or #text + 1
  return stop + #level + 2, (text:sub(from, stop - 1):gsub("^\n", ""))
end

local function quoted(text, at)
  local quote, parts, from = text:sub(at, at), {}, at + 1
  while true do
    local stop = text:find("[\\" .. quote .. "]", from) or #text + 1
    parts[#parts + 1] = text:sub(from, stop - 1)
    if text:sub(stop, stop) ~= "\\" then return stop + 1, table.concat(parts) end
    local c = text:sub(stop + 1, stop + 1)
    parts[#parts + 1] = ESCAPES[c] or c
    from = stop + 2
  end
end

--- The token at `at`, which is no blank: its end, kind and value.
local function token_at(text, at)
  local name = text:match("^[%a_][%w_]*", at)
  if name then return at + #name, KEYWORDS[name] and "keyword" or "name", name end
  local number = text:match("^0[xX][%x.]+[pP]?[+-]?%x*", at) or text:match("^%.?%d[%d.]*[eE][+-]?%d+", at) or text:match("^%.?%d[%d.]*", at)
  if number then return at + #number, "number", tonumber(number) or number end
  local c = text:sub(at, at)
  if c == '"' or c == "'" then
    local stop, value = quoted(text, at)
    return stop, "string", value
  end
  local stop, value = long_bracket(text, at)
  if stop then return stop, "string", value end
  for _, sign in ipairs(SIGNS) do
    if text:sub(at, at + #sign - 1) == sign then return at + #sign, "sign", sign end
  end
  return at + 1, "sign", c
end

--- Behind blanks and comments.
local function skip(text, at)
  while true do
    at = text:find("%S", at) or #text + 1
    if text:sub(at, at + 1) ~= "--" then return at end
    at = long_bracket(text, at + 2) or text:find("\n", at, true) or #text + 1
  end
end

--- All tokens of a text.
---@param text string
---@return table[] { kind = "name"|"keyword"|"string"|"number"|"sign", value, line }
function M.tokens(text)
  local tokens, at, line, counted = {}, 1, 1, 1
  if text:sub(1, #MARK) == MARK then at = #MARK + 1 end
  if text:sub(at, at) == "#" then at = text:find("\n", 1, true) or #text + 1 end
  at = skip(text, at)
  while at <= #text do
    line = line + select(2, text:sub(counted, at - 1):gsub("\n", ""))
    counted = at
    local stop, kind, value = token_at(text, at)
    tokens[#tokens + 1] = { kind = kind, value = value, line = line }
    at = skip(text, stop)
  end
  return tokens
end

return M
