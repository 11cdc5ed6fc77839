-- Reads every #include of core/ and every require of lua/ and fails on one that climbs: a room may use those below it only.
-- lua5.4 tests/house.lua FOLDER
local root = arg[1] or "."

-- Lowest first: what each room may include. A room may always include its own headers and the public error codes.
local ROOMS = {
  base = {}, analysis = { "base" }, format = { "analysis", "base" }, io = { "base" }, store = { "format", "analysis", "base" },
  query = { "store", "format", "analysis", "base" }, net = { "io", "base" }, sample = { "net", "io", "format", "base" },
  load = { "net", "io", "format", "analysis", "base" },
  ingest = { "query", "net", "store", "io", "format", "analysis", "base" }, script = { "io", "base" },
  bind = { "script", "ingest", "load", "sample", "net", "query", "store", "io", "format", "analysis", "base" },
  engine = { "bind", "script", "ingest", "load", "sample", "net", "query", "store", "io", "format", "analysis", "base" },
  cli = {},
}

-- Headers of other libraries, by how their names begin, and who knows them. Where no room is named, a lower room would do.
-- net/modules and load/modules are protocols that load on first use, each with the library that it stands on.
local ABOVE_IO = { "io", "net", "sample", "ingest", "load", "load/modules", "script", "bind", "engine" }
local NETWORK = { "net", "net/modules", "load", "load/modules" }
local LUA = { "script", "bind", "engine" }
local FOREIGN = {
  { "sqlite3.h", { "store", "engine" } }, -- engine: its version alone
  { "lua.h", LUA }, { "lauxlib.h", LUA }, { "lualib.h", LUA }, { "luaconf.h", LUA },
  { "uv.h", ABOVE_IO }, { "uv/", ABOVE_IO },
  { "curl/", NETWORK }, { "openssl/", NETWORK }, { "nghttp2/", NETWORK }, { "ares", NETWORK },
  { "zlib.h", { "format", "load/modules" } }, { "yajl/", { "base" } }, { "yaml.h", { "base" } }, { "microhttpd.h", { "net/modules" } }, { "libpq-fe.h", { "load/modules" } },
}

local problems = {}

local function lines_of(command)
  local out = {}
  local pipe = assert(io.popen(command))
  for line in pipe:lines() do out[#out + 1] = line end
  pipe:close()
  return out
end

local function set_of(list, ...)
  local set = { perilune = true }
  for _, name in ipairs { ... } do set[name] = true end
  for _, name in ipairs(list) do set[name] = true end
  return set
end

local function check_foreign(file, name)
  local folder = file:match("core/(.+)/[^/]+$") or ""
  for _, rule in ipairs(FOREIGN) do
    if name:sub(1, #rule[1]) == rule[1] and not set_of(rule[2])[folder] then
      problems[#problems + 1] = ("%s: %s does not know <%s>"):format(file, folder, name)
    end
  end
end

local function check_include(file, room, name, quoted)
  local other = name:match("^([%w_]+)/")
  if quoted and ROOMS[other] and not set_of(ROOMS[room], room)[other] then
    problems[#problems + 1] = ("%s: room %s may not include \"%s\""):format(file, room, name)
  end
  if quoted and room == "cli" and other and other ~= "perilune" then
    problems[#problems + 1] = ("%s: the command line sees perilune/*.h only, not \"%s\""):format(file, name)
  end
  if not quoted then check_foreign(file, name) end
end

local function check_c(file)
  local room = file:match("core/([%w_]+)/")
  if not ROOMS[room] then return end
  for line in io.lines(file) do
    local quoted, angled = line:match('^%s*#%s*include%s*"([^"]+)"'), line:match("^%s*#%s*include%s*<([^>]+)>")
    if quoted or angled then check_include(file, room, quoted or angled, quoted ~= nil) end
  end
end

-- Modules of the library in Lua. Each may require those of lower ranks and its own, none that leads back to it. What has no
-- rank is a helper or a word of the vocabulary.
local RANKS = {
  { "^perilune%.cmd$", 7 }, { "^perilune%.cmd%.", 7 }, { "^perilune%.session$", 6 }, { "^perilune%.runner$", 5 }, { "^perilune%.reading$", 4 },
  { "^perilune%.run$", 3 }, { "^perilune$", 2 }, { "^perilune%.core%.", 0 },
}
-- Families that know nothing of each other, nor of a run: what they work on is given to them.
local FAMILIES = { "report", "connector", "import", "advise" }
-- What a family may require beside its own.
local COMMON = { report = { "effect", "by_hand", "capacity", "history", "lines", "moment", "steadiness", "steps", "trace_tree" } }

local function rank_of(name)
  for _, rule in ipairs(RANKS) do
    if name:match(rule[1]) then return rule[2] end
  end
  return 1
end

local function family_of(name)
  for _, family in ipairs(FAMILIES) do
    if name == "perilune." .. family or name:match("^perilune%." .. family .. "%.") then return family end
  end
end

local required = {} -- module -> the modules of ours that it requires

local function module_of(file)
  return (file:match("lua/(perilune.*)%.lua$"):gsub("/init$", ""):gsub("/", "."))
end

local function check_require(file, own, name)
  if not name:match("^perilune") then
    if own ~= "perilune.cmd.test" then problems[#problems + 1] = ("%s: requires %s, which is not ours"):format(file, name) end
    return
  end
  if rank_of(name) > rank_of(own) then problems[#problems + 1] = ("%s: %s stands above it"):format(file, name) end
  local family, other = family_of(own), family_of(name)
  if other and other ~= family and (family or name ~= "perilune." .. other) then
    problems[#problems + 1] = ("%s: %s is the inside of another family"):format(file, name)
  end
  local common = family and set_of(COMMON[family] or {})
  if family and not other and not name:match("^perilune%.core%.") and not common[name:match("^perilune%.(.*)")] then
    problems[#problems + 1] = ("%s: %s knows its own modules, not %s"):format(file, family, name)
  end
  table.insert(required[own], name)
end

local function check_lua(file)
  local own = module_of(file)
  required[own] = {}
  for line in io.lines(file) do
    local code = not line:match("^%s*%-%-") and line:gsub("= later \"", "= require \"") or ""
    local name = code:match("^[^\"']*require%s*%(?%s*[\"']([%w_.]+)[\"']") -- not one within a text
    if name then check_require(file, own, name) end
  end
end

-- Whoever requires itself through others climbed somewhere on the way.
local function check_cycles()
  local state, path = {}, {}
  local function visit(name)
    if state[name] == "done" or not required[name] then return end
    path[#path + 1] = name
    if state[name] == "open" then
      problems[#problems + 1] = "modules that require each other: " .. table.concat(path, " -> ")
    else
      state[name] = "open"
      for _, other in ipairs(required[name]) do visit(other) end
      state[name] = "done"
    end
    path[#path] = nil
  end
  local names = {}
  for name in pairs(required) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do visit(name) end
end

for _, file in ipairs(lines_of(("find %s/core %s/include -name '*.[ch]'"):format(root, root))) do check_c(file) end
for _, file in ipairs(lines_of(("find %s/lua -name '*.lua'"):format(root))) do check_lua(file) end
check_cycles()
for _, text in ipairs(problems) do print(text) end
os.exit(#problems == 0 and 0 or 1)
