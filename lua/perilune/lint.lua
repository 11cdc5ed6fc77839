--- What can be found wrong in a playbook's text without running it: words, options, names of scenarios, feeders, samplers and
--- labels, undefined names. Literals only; what is computed is checked when it is used.
local engine = require "perilune.core.engine"
local lexer = require "perilune.lexer"
local schema = require "perilune.schema"
local scopes = require "perilune.scopes"
local suggest = require "perilune.suggest"
local words = require "perilune.words"

local M = {}

local Text = {}
Text.__index = Text

local function is(token, kind, value) return token ~= nil and token.kind == kind and (value == nil or token.value == value) end

function Text:add(token, what, is_warning)
  self.findings[#self.findings + 1] = { line = token.line, what = what, warning = is_warning or nil }
end

--- The token behind the bracket that opens at `at`.
local function behind(tokens, at)
  local depth = 0
  repeat
    local v = tokens[at] and tokens[at].kind == "sign" and tokens[at].value
    if v == "{" or v == "(" or v == "[" then depth = depth + 1 end
    if v == "}" or v == ")" or v == "]" then depth = depth - 1 end
    at = at + 1
  until depth == 0 or not tokens[at]
  return at
end

--- The arguments of a call whose name is at `at`: the first tokens of each, and whether a literal is all of it.
function Text:arguments(at)
  local t = self.tokens
  local open = t[at + 1]
  if is(open, "string") or is(open, "sign", "{") then return { at + 1 } end
  if not is(open, "sign", "(") then return nil end
  local list, i, stop = {}, at + 2, behind(t, at + 1) - 1
  if i < stop then list[1] = i end
  while i < stop do
    if is(t[i], "sign", ",") then
      list[#list + 1] = i + 1
    elseif is(t[i], "keyword", "function") then
      return list -- what comes behind a function is not looked at
    elseif is(t[i], "sign", "{") or is(t[i], "sign", "(") or is(t[i], "sign", "[") then
      i = behind(t, i) - 1
    end
    i = i + 1
  end
  return list
end

--- The literal at a position when nothing is added to it.
function Text:literal(at)
  local token, after = self.tokens[at], self.tokens[at + 1]
  if not (is(token, "string") or is(token, "number")) then return nil end
  if is(after, "sign") and not (after.value == "," or after.value == ")" or after.value == "}" or after.value == ";") then return nil end
  return token.value
end

--- Keys of the table that opens at `at`: array of { token, value = literal or nil }, and the texts of its list.
function Text:table_at(at)
  local t = self.tokens
  if not is(t[at], "sign", "{") then return {}, {} end
  local keys, texts, i, stop = {}, {}, at + 1, behind(t, at) - 1
  while i < stop do
    local value_at = i
    if is(t[i], "name") and is(t[i + 1], "sign", "=") then
      value_at = i + 2
      keys[#keys + 1] = { token = t[i], at = value_at, value = self:literal(value_at) }
    elseif is(t[i], "string") then
      texts[#texts + 1] = t[i]
    end
    i = value_at
    while i < stop and not (is(t[i], "sign", ",") or is(t[i], "sign", ";")) do
      if is(t[i], "keyword", "function") then return keys, texts end
      i = (is(t[i], "sign", "{") or is(t[i], "sign", "(") or is(t[i], "sign", "[")) and behind(t, i) or i + 1
    end
    i = i + 1
  end
  return keys, texts
end

local function known(token, what, names)
  return ("%s %q%s"):format(what, token.value, suggest.hint(token.value, names))
end

--- Literal options of a word against its schema; `hint` is told behind the known ones.
function Text:check_options(at, rules, what, hint)
  local names = {}
  for name in pairs(rules) do names[#names + 1] = name end
  table.sort(names)
  for _, key in ipairs((self:table_at(at))) do
    local rule = rules[key.token.value]
    if not rule and key.token.value ~= "try" then
      self:add(key.token, ("%s (known: %s%s)"):format(known(key.token, what .. ": unknown option", names), table.concat(names, ", "), hint and "; " .. hint or ""))
    elseif rule and key.value ~= nil then
      local ok, err = pcall(schema.check, { [key.token.value] = rule }, { [key.token.value] = key.value }, what)
      if not ok then self:add(key.token, err.message) end
    end
  end
end

--- A literal name against those that there are; names nil: nobody knows.
function Text:check_name(token, names, what)
  if names and not names[token.value] then
    local hint = suggest.hint(token.value, names)
    self:add(token, ("there is no %s %q%s"):format(what, token.value, hint ~= "" and hint or self:list_of(names, what)))
  end
end

function Text:list_of(names)
  local list = {}
  for name in pairs(names) do list[#list + 1] = name end
  table.sort(list)
  return #list > 0 and (" (there are: %s)"):format(table.concat(list, ", ")) or ""
end

local FIRST = {}

--- Whether the options of run:load may bring scenarios(args, data) to give others: data, or options that are not written there.
local function has_data(text, arguments)
  if not arguments[2] then return false end
  if not is(text.tokens[arguments[2]], "sign", "{") then return true end
  for _, key in ipairs((text:table_at(arguments[2]))) do
    if key.token.value == "data" then return true end
  end
  return false
end

function FIRST.scenario(text, at, context, arguments, word)
  local token = text.tokens[at]
  if has_data(text, arguments) then return end
  if text:literal(at) then text:check_name(token, context.scenarios, "scenario") end
  local keys, listed = text:table_at(at)
  if word == "load" and keys[1] and context.among_names then text:add(keys[1].token, "run:" .. context.among_names(keys[1].token.value)) end
  for _, name in ipairs(listed) do text:check_name(name, context.scenarios, "scenario") end
end

function FIRST.feeder(text, at, context)
  if text:literal(at) then text:check_name(text.tokens[at], context.feeders, "feeder") end
end

function FIRST.sampler(text, at)
  local names = {}
  for _, s in ipairs(words.samplers) do names[s[1]] = true end
  if not text:literal(at) then return end
  text:check_name(text.tokens[at], names, "sampler")
  return text.tokens[at].value == "scrape" and words.options.scrape or nil
end

function FIRST.system(text, at)
  local names = {}
  for _, s in ipairs(words.systems) do names[s[1]] = true end
  if not text:literal(at) then return end
  text:check_name(text.tokens[at], names, "system")
  return text.tokens[at].value == "jaeger" and words.options.fetch_traces or nil
end

local function expression(text, at, context, is_condition)
  local expr = text:literal(at)
  local why = type(expr) == "string" and context.expression and context.expression(expr, is_condition)
  if why then text:add(text.tokens[at], why) end
end

function FIRST.import(text, at)
  local names = {}
  if not text:literal(at) then return end
  for _, f in ipairs(words.imports) do names[f[1]] = true end
  text:check_name(text.tokens[at], names, "format")
end

function FIRST.objective(text, at, context) expression(text, at, context, true) end
function FIRST.expression(text, at, context) expression(text, at, context, false) end

function FIRST.duration(text, at)
  local value = text:literal(at)
  if type(value) ~= "string" then return end
  local ok, err = pcall(schema.value, "duration", value, "a wait")
  if not ok then text:add(text.tokens[at], err.message) end
end

local REQUESTS = { get = true, post = true, put = true, patch = true, delete = true, head = true, options = true, request = true }

local CHANNELS = {}
for _, channel in ipairs(words.channels) do CHANNELS[channel[1]] = channel end

local function any_rules(names)
  local rules = {}
  for name in pairs(names) do rules[name] = { "any" } end
  return rules
end

local function any_rules_of(entries)
  local names = {}
  for _, e in ipairs(entries) do names[e[1]] = true end
  return any_rules(names)
end

--- What may be written of user:WORD; nil: nobody knows.
local function protocol_of(word, context) return context.protocol and CHANNELS[word] and context.protocol(word) or nil end

--- What other tools call a word.
local ELSEWHERE = { user = { sleep = "think", wait = "think", pause = "think" }, run = { wait = "sleep", pause = "sleep", think = "sleep" } }

--- The near word, or where all are listed.
function Text:near(word, list, topic)
  local same = ELSEWHERE[topic] and ELSEWHERE[topic][word]
  if same and words.find(list, same) then return ('; did you mean "%s"?'):format(same) end
  local hint = suggest.hint(word, words.names(list))
  return hint ~= "" and hint or ("; perilune help %s lists them"):format(topic)
end

--- What options a word takes: rules by name, or nil; and what is told of others.
local function rules_of(role, word, context)
  if role == "run" then return context.options[word] end
  if role == "user" and REQUESTS[word] then return any_rules_of(words.request) end
  if role == "cookies" and word == "set" then return any_rules_of(words.cookie) end
  local protocol = role == "user" and protocol_of(word, context)
  if not protocol then return nil end
  return any_rules(protocol.options), protocol.hint
end

--- run:NAME, user:NAME or user.cookies:NAME at `at`, the name's token.
function Text:check_word(at, use, context)
  local role = use.role
  local owner = role == "cookies" and "user.cookies" or role
  local token, list, later = self.tokens[at], words[role], words[role .. "_later"] or {}
  local entry = words.find(list, token.value)
  if not entry and context.words and context.words[role] and context.words[role][token.value] then return end
  if words.find(later, token.value) then return self:add(token, ("%s:%s is not in this version"):format(owner, token.value), use.conditional) end
  if not entry then return self:add(token, ("%s has no word %q%s"):format(owner, token.value, self:near(token.value, list, owner:match "^%a+"))) end
  local arguments = self:arguments(at)
  if not arguments or not arguments[1] then return end
  local own = entry.first and FIRST[entry.first](self, arguments[1], context, arguments, entry[1])
  local rules, hint = rules_of(role, entry[1], context)
  rules = own or rules
  local last = arguments[#arguments]
  if rules and (#arguments > 1 or entry[2]:sub(1, 1) == "{") then self:check_options(last, rules, ("%s:%s"):format(owner, entry[1]), hint) end
end

--- The operation of a channel at `at`, its name's token: options stand in the one table that it is called with.
function Text:check_operation(at, word, context)
  local token, protocol = self.tokens[at], protocol_of(word, context)
  if not protocol then return end
  if not protocol.operations[token.value] then return self:add(token, known(token, ("user:%s has no"):format(word), protocol.operations)) end
  local arguments = self:arguments(at) or {}
  local _, listed = self:table_at(arguments[1] or 0)
  if #arguments ~= 1 or token.value == protocol.table_operation and #listed == 0 then return end
  self:check_options(arguments[1], any_rules(protocol.named), ("%s:%s"):format(word, token.value))
end

--- run.FIELD, pl.NAME and user.cookies:WORD at `at`, the token of the first name.
function Text:check_field(at, role, context)
  local t, token = self.tokens, self.tokens[at]
  if role == "user" and token.value == "cookies" and is(t[at + 1], "sign", ":") and is(t[at + 2], "name") then
    return self:check_word(at + 2, { role = "cookies" }, context)
  end
  if context.words and context.words[role] and context.words[role][token.value] then return end
  local list = role == "pl" and words.vocabulary or words.run_fields
  if role == "user" or words.find(list, token.value) or words.find(words.run, token.value) and role == "run" then return end
  self:add(token, ("%s has no word or field %q%s"):format(role, token.value, suggest.hint(token.value, words.names(list))))
end

--- Which names the sandbox does not know: name -> what it says.
local function undefined(names)
  local parts = { "local out = {}" }
  for name in pairs(names) do
    parts[#parts + 1] = ("do local ok, err = pcall(function() return %s end); if not ok then out[%q] = err end end"):format(name, name)
  end
  parts[#parts + 1] = "return out"
  local chunk, err = engine.chunk(table.concat(parts, "\n"), "lint")
  if not chunk then error(err, 0) end
  return chunk()
end

local function text_of_error(err) return ((type(err) == "table" and err.message or tostring(err)):match("^[^\n]*"):gsub("^lint:%d+: ", "")) end

function Text:check_globals(globals)
  local names = {}
  for _, g in ipairs(globals) do names[g.token.value] = true end
  local missing = undefined(names)
  for _, g in ipairs(globals) do
    local err = missing[g.token.value]
    if err then self:add(g.token, g.assigned and ("assignment to the global %q: write local %s"):format(g.token.value, g.token.value) or text_of_error(err)) end
  end
end

--- Puts findings in the order of their lines; those without one come last.
---@param findings table[]
function M.sort(findings)
  table.sort(findings, function(a, b)
    local x, y = a.line or math.huge, b.line or math.huge
    if x ~= y then return x < y end
    return a.what < b.what
  end)
end

--- Reads a text and finds what is wrong in it.
---@param source string
---@param context table { words = sets of names that there are beside those of words.lua, by role, scenarios = set, feeders = set, options = schemas by word,
--- protocol = fun(word): { operations, options, named } sets of names, or nil, expression = fun(text, is_condition): why|nil,
--- returns = "user"|nil }
---@return table[] findings { line, what, warning = it may never be run }, in order of the lines
function M.check(source, context)
  local text = setmetatable({ tokens = lexer.tokens(source), findings = {} }, Text)
  local uses, globals = scopes.read(text.tokens, context.returns, CHANNELS)
  for _, use in ipairs(uses) do
    local sign, name = text.tokens[use.at + 1], text.tokens[use.at + 2]
    local channel = use.role:match "^channel (.*)"
    if is(sign, "sign", ":") and is(name, "name") and channel then
      text:check_operation(use.at + 2, channel, context)
    elseif is(sign, "sign", ":") and is(name, "name") and use.role ~= "pl" then
      text:check_word(use.at + 2, use, context)
    end
    if not channel and is(sign, "sign", ".") and is(name, "name") then text:check_field(use.at + 2, use.role, context) end
  end
  text:check_globals(globals)
  M.sort(text.findings)
  return text.findings
end

--- The findings that are no mere warnings.
---@param findings table[]
---@return table[]
function M.problems(findings)
  local problems = {}
  for _, finding in ipairs(findings) do
    if not finding.warning then problems[#problems + 1] = finding end
  end
  return problems
end

--- The line of the literal with this text; nil when it is computed.
---@param source string
---@param literal string
---@return integer|nil
function M.line_with(source, literal)
  for _, token in ipairs(lexer.tokens(source)) do
    if is(token, "string", literal) then return token.line end
  end
end

--- The line where a name is a key, `browse = ...`; with a second one the line of that key in its table, when it is there.
---@param source string
---@param name string
---@param key string|nil
---@return integer|nil
function M.line_of(source, name, key)
  local t = lexer.tokens(source)
  for i, token in ipairs(t) do
    if is(token, "name", name) and is(t[i + 1], "sign", "=") then
      local stop = is(t[i + 2], "sign", "{") and behind(t, i + 2) or i + 2
      for k = i + 3, key and stop or 0 do
        if is(t[k], "name", key) and is(t[k + 1], "sign", "=") then return t[k].line end
      end
      return token.line
    end
  end
end

--- The line of the first use of a name as a field, `pl.playbook`.
---@param source string
---@param name string
---@return integer|nil
function M.line_of_call(source, name)
  local t = lexer.tokens(source)
  for i, token in ipairs(t) do
    if is(token, "name", name) and is(t[i - 1], "sign", ".") then return token.line end
  end
end

--- A line of a text, without the blanks around it.
---@param source string
---@param number integer
---@return string
function M.line(source, number)
  local n = 0
  for line in (source .. "\n"):gmatch("(.-)\n") do
    n = n + 1
    if n == number then return line:match("^%s*(.-)%s*$") end
  end
  return ""
end

--- A finding for people: "review.lua:12: what" and the line.
---@param name string file
---@param source string
---@param finding table
---@return string
function M.show(name, source, finding)
  if not finding.line then return ("%s: %s"):format(name, finding.what) end
  return ("%s:%d: %s%s\n  > %s"):format(name, finding.line, finding.warning and "warning: " or "", finding.what, M.line(source, finding.line))
end

return M
