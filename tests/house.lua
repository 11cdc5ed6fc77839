-- Reads every #include of core/ and every require of lua/ and fails on one that climbs: a room may use those below it only.
-- lua5.4 tests/house.lua FOLDER
local root = arg[1] or "."

-- Lowest first: what each room may include. A room may always include its own headers and the public error codes.
local ROOMS = {
  base = {}, analysis = { "base" }, format = { "analysis", "base" }, io = { "base" }, store = { "format", "analysis", "base" },
  query = { "store", "analysis", "base" }, net = { "io", "base" }, sample = { "net", "io", "base" },
  load = { "net", "io", "analysis", "base" }, script = { "io", "base" },
  bind = { "script", "load", "sample", "net", "query", "store", "io", "format", "analysis", "base" },
  engine = { "bind", "script", "load", "sample", "net", "query", "store", "io", "format", "analysis", "base" },
  cli = {},
}

-- Rooms that may not know SQLite, Lua or libuv do not include them.
local FOREIGN = {
  ["sqlite3.h"] = { store = true, engine = true }, ["lua.h"] = { script = true, bind = true, engine = true },
  ["lauxlib.h"] = { script = true, bind = true, engine = true }, ["yajl/yajl_parse.h"] = { base = true }, ["yaml.h"] = { base = true },
}

local problems = {}

local function lines_of(command)
  local out = {}
  local pipe = assert(io.popen(command))
  for line in pipe:lines() do out[#out + 1] = line end
  pipe:close()
  return out
end

local function set_of(list, own)
  local set = { [own] = true, perilune = true }
  for _, name in ipairs(list) do set[name] = true end
  return set
end

local function check_include(file, room, name, quoted)
  local other = name:match("^([%w_]+)/")
  if quoted and ROOMS[other] and not set_of(ROOMS[room], room)[other] then
    problems[#problems + 1] = ("%s: room %s may not include \"%s\""):format(file, room, name)
  end
  if quoted and room == "cli" and other and other ~= "perilune" then
    problems[#problems + 1] = ("%s: the command line sees perilune/*.h only, not \"%s\""):format(file, name)
  end
  if FOREIGN[name] and not FOREIGN[name][room] then
    problems[#problems + 1] = ("%s: room %s does not know <%s>"):format(file, room, name)
  end
end

local function check_c(file)
  local room = file:match("core/([%w_]+)/")
  if not ROOMS[room] then return end
  for line in io.lines(file) do
    local quoted, angled = line:match('^%s*#%s*include%s*"([^"]+)"'), line:match("^%s*#%s*include%s*<([^>]+)>")
    if quoted or angled then check_include(file, room, quoted or angled, quoted ~= nil) end
  end
end

-- Modules of the library in Lua, lowest first: commands stand on everything, the vocabulary of playbooks on no command.
local function check_lua(file)
  local in_command = file:match("lua/perilune/cmd/") ~= nil
  for line in io.lines(file) do
    local name = line:match("require%s*%(?%s*[\"']([%w_.]+)[\"']")
    if name and name:match("^perilune%.cmd") and not in_command then
      problems[#problems + 1] = ("%s: only commands may require %s"):format(file, name)
    elseif name and not name:match("^perilune") and not file:match("cmd/test%.lua$") then
      problems[#problems + 1] = ("%s: requires %s, which is not ours"):format(file, name)
    end
  end
end

for _, file in ipairs(lines_of(("find %s/core %s/include -name '*.[ch]'"):format(root, root))) do check_c(file) end
for _, file in ipairs(lines_of(("find %s/lua -name '*.lua'"):format(root))) do check_lua(file) end
for _, text in ipairs(problems) do print(text) end
os.exit(#problems == 0 and 0 or 1)
