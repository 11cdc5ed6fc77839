--- What names stand for in a text of Lua: which are locals, which are parameters that a playbook's keys make a run or a user,
--- which are globals. One pass over the tokens; a local counts from its name on.
local M = {}

local ROLES = { run = "run", cleanup = "run", user = "user", start = "user", stop = "user" } -- key = function(x): what x is
local BY_NAME = { run = "run", user = "user" }

local Scan = {}
Scan.__index = Scan

local function is(token, kind, value) return token ~= nil and token.kind == kind and token.value == value end

function Scan:push(kind)
  self.stack[#self.stack + 1] = { kind = kind, names = {} }
end

function Scan:top() return self.stack[#self.stack] end

function Scan:declare(name, role) self:top().names[name] = role or true end

--- What a name stands for: true, a role, or nil for a global.
function Scan:find(name)
  for i = #self.stack, 1, -1 do
    local role = self.stack[i].names[name]
    if role then return role end
  end
end

--- Ends the innermost scope; what `until` may still see goes to the one outside.
function Scan:pop(keep)
  local ended = table.remove(self.stack)
  for name, role in pairs(keep and ended.names or {}) do self:declare(name, role) end
end

--- function NAME(a, b) or key = function(a, b), at the keyword: declares the parameters; gives where the body begins.
function Scan:open_function(i)
  local t, key = self.tokens, nil
  if is(t[i - 1], "sign", "=") and t[i - 2] and t[i - 2].kind == "name" then key = t[i - 2].value end
  if is(t[i - 1], "keyword", "return") and self.returns then key = self.returns end
  local at, method = i + 1, false
  local is_local = is(t[i - 1], "keyword", "local")
  while t[at] and not is(t[at], "sign", "(") do
    if t[at].kind == "name" and at == i + 1 then
      if is_local then self:declare(t[at].value) else self:use(at) end
    end
    method = method or is(t[at], "sign", ":")
    at = at + 1
  end
  self:push "function"
  if method then self:declare "self" end
  local first = true
  at = at + 1
  while t[at] and not is(t[at], "sign", ")") do
    if t[at].kind == "name" then
      self:declare(t[at].value, first and (ROLES[key] or BY_NAME[t[at].value]) or true)
      first = false
    end
    at = at + 1
  end
  return at + 1
end

local OPENS, CLOSES = { ["("] = true, ["{"] = true, ["["] = true }, { [")"] = true, ["}"] = true, ["]"] = true }

--- Where the arguments end that begin at `at`: the token behind them.
function Scan:behind_arguments(at)
  local t, depth = self.tokens, 0
  repeat
    local sign = t[at] and t[at].kind == "sign" and t[at].value
    depth = depth + (OPENS[sign] and 1 or CLOSES[sign] and -1 or 0)
    at = at + 1
  until depth <= 0 or not t[at]
  return at
end

local ENDS = { [";"] = true, [","] = true, ["}"] = true }

--- What user:WORD(…) gives, `channel WORD`, where that alone stands at `at`, or inside of assert; else nil.
function Scan:channel_at(at)
  local t = self.tokens
  local asserted = is(t[at], "name", "assert") and is(t[at + 1], "sign", "(")
  local of = asserted and at + 2 or at
  local word = t[of] and t[of].kind == "name" and self:find(t[of].value) == "user" and is(t[of + 1], "sign", ":") and t[of + 2]
  if not word or not self.channels[word.value] then return nil end
  local after = self:behind_arguments(of + 3)
  if asserted and not (is(t[after], "sign", ")") or is(t[after], "sign", ",")) then return nil end
  local behind = t[asserted and self:behind_arguments(at + 1) or after]
  local goes_on = behind and (behind.kind == "sign" and not ENDS[behind.value] or is(behind, "keyword", "or") or is(behind, "keyword", "and"))
  return not goes_on and "channel " .. word.value or nil
end

--- local a <const>, b = …
function Scan:open_local(i)
  local t, at = self.tokens, i + 1
  if is(t[at], "keyword", "function") then return at end
  local names = {}
  while t[at] and t[at].kind == "name" do
    names[#names + 1] = t[at].value
    at = at + 1
    if is(t[at], "sign", "<") then at = at + 3 end
    if not is(t[at], "sign", ",") then break end
    at = at + 1
  end
  local required = is(t[at], "sign", "=") and is(t[at + 1], "name", "require") and t[is(t[at + 2], "sign", "(") and at + 3 or at + 2]
  local first = required and required.value == "perilune" and "pl" or is(t[at], "sign", "=") and self:channel_at(at + 1) or true
  for n, name in ipairs(names) do self:declare(name, n == 1 and first or true) end
  return at
end

function Scan:open_for(i)
  local t, at = self.tokens, i + 1
  self:push "for"
  self:top().waits = true
  while t[at] and t[at].kind == "name" do
    self:declare(t[at].value)
    at = at + (is(t[at + 1], "sign", ",") and 2 or 1)
  end
  return at
end

--- Whether what stands here may never be run: it lies in a branch, or in a function inside the one that declared the name.
function Scan:is_conditional(name)
  for i = #self.stack, 1, -1 do
    local scope = self.stack[i]
    if scope.names[name] then return false end
    if scope.kind == "then" or scope.kind == "else" or scope.kind == "function" then return true end
  end
  return false
end

--- Whether the name at `at` is assigned to, alone or in a list: a, b.c = …
function Scan:is_assigned(at)
  local t = self.tokens
  if OPENS[self:top().kind] then return false end
  repeat
    at = at + 1
    if (is(t[at], "sign", ",") or is(t[at], "sign", ".")) and t[at + 1] and t[at + 1].kind == "name" then at = at + 1 else break end
  until false
  return is(t[at], "sign", "=")
end

--- A name in an expression: a global, or one with a role.
function Scan:use(i)
  local t = self.tokens
  local role = self:find(t[i].value)
  local assigned = is(t[i + 1], "sign", "=") and not is(t[i - 1], "sign", ",")
  if role and role ~= true and role:find "^channel " and self:is_assigned(i) then
    for _, scope in ipairs(self.stack) do scope.names[t[i].value] = scope.names[t[i].value] and true end
    return
  end
  if not role then self.globals[#self.globals + 1] = { token = t[i], assigned = assigned } end
  if role and role ~= true then self.uses[#self.uses + 1] = { at = i, role = role, conditional = self:is_conditional(t[i].value) } end
end

local KEYWORDS = {}

KEYWORDS["function"] = Scan.open_function
KEYWORDS["local"] = Scan.open_local
KEYWORDS["for"] = Scan.open_for
KEYWORDS["while"] = function(scan) scan:push "for"; scan:top().waits = true end
KEYWORDS["do"] = function(scan)
  if scan:top().waits then scan:top().waits = nil else scan:push "do" end
end
KEYWORDS["then"] = function(scan) scan:push "then" end
KEYWORDS["else"] = function(scan) scan:pop(); scan:push "else" end
KEYWORDS["elseif"] = function(scan) scan:pop() end
KEYWORDS["repeat"] = function(scan) scan:push "repeat" end
KEYWORDS["until"] = function(scan) scan:pop(true) end
KEYWORDS["end"] = function(scan) scan:pop() end
KEYWORDS["goto"] = function(_, i) return i + 2 end

--- A bracket opens or closes.
function Scan:sign(i)
  local v = self.tokens[i].value
  if v == "{" or v == "(" or v == "[" then self:push(v) end
  if v == "}" or v == ")" or v == "]" then self:pop() end
  if v == "::" then return i + 3 end
end

--- A key of a table, a field, or a use.
function Scan:name(i)
  local t = self.tokens
  if is(t[i - 1], "sign", ".") or is(t[i - 1], "sign", ":") then return end
  if self:top().kind == "{" and is(t[i + 1], "sign", "=") then return end
  self:use(i)
end

--- Reads a text's tokens.
---@param tokens table[] of lexer.lua
---@param returns string|nil "user": the text returns function(user)
---@param channels table<string, any>|nil the words of user that give a channel
---@return table[] uses { at, role = "run"|"user"|"pl"|"channel WORD", conditional = it may never be run } of names with a role
---@return table[] globals { token, assigned }
function M.read(tokens, returns, channels)
  local scan = setmetatable({ tokens = tokens, stack = {}, uses = {}, globals = {}, returns = returns, channels = channels or {} }, Scan)
  scan:push "chunk"
  local i = 1
  while tokens[i] do
    local token, goes_on = tokens[i], nil
    if token.kind == "keyword" and KEYWORDS[token.value] then goes_on = KEYWORDS[token.value](scan, i) end
    if token.kind == "sign" then goes_on = scan:sign(i) end
    if token.kind == "name" then scan:name(i) end
    i = goes_on or i + 1
  end
  return scan.uses, scan.globals
end

return M
