--- What specs share: messages of errors, captured output, a timeline with runs, temporary folders, and what stands for the modules that
--- only a run has.
local json = require "perilune.core.json"

local M = {}

--- Calls fn and gives the message of the error table that it raises, and its code.
function M.message(fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok, "nothing was raised")
  return type(err) == "table" and err.message or tostring(err), type(err) == "table" and err.code or nil
end

--- Lets modules that need a run be required: theirs are empty here, or hold these functions. They stand where our modules are kept,
--- for those outlive a spec file, and hold on to what they once required.
---@param modules table<string, table>|nil by the name behind perilune.core.
function M.without_run(modules)
  local loaded = debug.getregistry()["perilune.loaded"]
  for _, name in ipairs { "writer", "load", "watch", "history", "token", "receiver", "import", "scrape" } do
    local full = "perilune.core." .. name
    local module = loaded[full] or {}
    for key in pairs(module) do module[key] = nil end
    for key, fn in pairs(modules and modules[name] or {}) do module[key] = fn end
    loaded[full] = module
  end
end

local Annotations = {}
Annotations.__index = Annotations

--- The annotations for editors of a file of types/, which compile and describe each function that has parameters.
---@param name string
---@return table
function M.annotations(name)
  local text = require "perilune.core.engine".source("perilune.types." .. name)
  assert(load(text, "=" .. name, "t"))
  for before, call, arguments in text:gmatch "([^\n]*)\nfunction ([%w_.:]+)%(([^)]*)%)" do
    assert(arguments == "" or before:find "^%-%-%-", call .. " has parameters that are not described")
  end
  return setmetatable({ text = text }, Annotations)
end

--- The functions of a class: name -> true.
function Annotations:functions_of(class)
  local set = {}
  for name in self.text:gmatch("\nfunction " .. class .. "[:.]([%w_]+)%(") do set[name] = true end
  return set
end

--- Which of words are neither functions of the class nor fields.
---@param list table[] of words.lua
---@param class string|nil
function Annotations:missing(list, class)
  local out, set = {}, class and self:functions_of(class) or {}
  for _, entry in ipairs(list) do
    local word = entry[1]:match "^[%w_]+"
    if not set[word] and not self.text:find(("%%-%%-%%-@field %s%%??%%s"):format(word)) then out[#out + 1] = word end
  end
  return out
end

--- Calls fn while fields of a module are others.
---@param module table
---@param fields table<string, any>
---@return any ... what fn gives
function M.with(module, fields, fn, ...)
  local kept = {}
  for name, value in pairs(fields) do kept[name], module[name] = module[name], value end
  local results = table.pack(pcall(fn, ...))
  for name in pairs(fields) do module[name] = kept[name] end
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

--- Calls fn and catches what it writes.
---@return string result standard output
---@return any value what fn gives
---@return string progress
function M.output(fn, ...)
  local texts = { result = {}, progress = {} }
  local function write(kind, text) table.insert(texts[kind], text) end
  local value = M.with(require "perilune.core.engine", { write = write }, fn, ...)
  return table.concat(texts.result), value, table.concat(texts.progress)
end

--- As M.output, of somebody who sits at a terminal.
function M.shown(fn, ...)
  local seen = { tty = true, one_place = true, columns = 80, settings = {} }
  return M.with(require "perilune.core.engine", { options = function() return seen end }, M.output, fn, ...)
end

--- Calls fn(o) with o.json = "-" and gives the object that it writes, and what it gives.
function M.json_of(fn, o)
  local with_json = { json = "-" }
  for k, v in pairs(o) do with_json[k] = v end
  local text, value = M.output(fn, with_json)
  return json.decode(text), value
end

--- A run as our modules see it, with nothing behind it: notes and progress are kept in it.
---@param fields table|nil
function M.run(fields)
  local run = { id = "01R", row = 1, name = "shop", args = {}, started_ns = 0, objectives = {}, loads = {}, imports = {}, live = {}, comparisons = {}, findings = {}, verdicts = {}, stop_rules = {}, live_values = {},
    open_parts = {}, notes = {}, unanswered = {}, events = {}, samplers = {}, exposed = {}, options = {}, labels = {},
    prepared = { spec = { folder = ".", seed = 1, playbook = "p.lua", text = "" }, options = {}, book = { args = {} }, args = {}, world = {} } }
  function run:note(text) table.insert(self.notes, text) end
  function run:progress(event) table.insert(self.events, event) end
  function run:asks() end -- nobody
  for name, value in pairs(fields or {}) do run[name] = value end
  return run
end

--- A reader of a timeline with these series, each { name, labels, ... }; what it reads of one is the spec's to add.
---@param series table[]
---@return table
function M.reader(series)
  local reader = {}
  function reader.series(_, name)
    local out = {}
    for i, s in ipairs(series) do
      if s[1] == name then out[#out + 1] = { id = i, name = name, labels = s[2] } end
    end
    return out
  end
  return reader
end

local folders = {}

--- A new, empty folder, removed by M.clean.
---@return string
function M.folder()
  local pipe = assert(io.popen("mktemp -d"))
  local path = pipe:read "l"
  pipe:close()
  folders[#folders + 1] = path
  return path
end

--- Removes the folders that were made.
function M.clean()
  for _, path in ipairs(folders) do os.execute("rm -rf " .. path) end
  folders = {}
end

--- A file with this text, in a folder that M.clean removes.
---@return string path
function M.file(name, text)
  local path = M.folder() .. "/" .. name
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

--- Whether a command of one series refuses a file whose rows are of several.
function M.refuses_several_series(command)
  local path = M.file("hosts.csv", "timestamp,metric,value,host\n1,cpu,1,a\n1,cpu,2,b\n2,cpu,1,a\n2,cpu,2,b\n")
  local message, code = M.message(command, { path })
  assert(message:find("its rows are of 2 series, which metric and host tell apart", 1, true), message)
  assert(code == "corrupt", code)
end

--- The text of a file.
function M.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

--- A load of perilune.run/1 with these figures.
---@param rate number a second
---@param p99 number seconds
function M.load_figures(rate, p99)
  return { url = "http://h:8080/", model = "open", rate_per_s = { planned = rate, achieved = rate }, latency_s = { count = 5000, p50 = p99 / 2, p99 = p99 }, service_s = { p50 = p99 / 2, p99 = p99 },
    requests = { total = 5000, ok = 5000, failed = 0, aborted = 0 }, generator = { verdict = "valid", reasons = {} }, duration_s = 10, scenarios = {} }
end

--- A timeline with runs: { ulid, name, state, exit_code, started_ns, labels, loads, script } each; what is missing is harmless.
---@param runs table[]
---@return string path of the database
---@return integer[] rows numbers of the runs
function M.timeline(runs)
  local timeline = require "perilune.core.timeline"
  local path, rows = M.folder() .. "/t.db", {}
  local function put(operation, fields)
    local id, err = timeline.put(path, operation, fields)
    return id or error(err.message)
  end
  for i, r in ipairs(runs) do
    local started = r.started_ns or i * 60000000000
    local id = put("run_begin", { ulid = r.ulid, name = r.name or "shop", playbook = r.playbook or "shop.lua", args = r.args or "{}", labels = json.encode(r.labels or json.object {}), seed = 1,
      script_hash = "h", script_text = r.script or "return 1", args_hash = "a", host = "{}", version = "1", started_ns = started, boot_id = "gone", pid = 1, process_start = 1, nonce = r.ulid })
    local state = r.state or "passed"
    local result = { schema = "perilune.run/1", run_id = r.ulid, name = r.name or "shop", verdict = state, loads = json.array(r.loads or {}) }
    if state ~= "running" then
      put("run_end", { run = id, state = state, exit_code = r.exit_code or 0, ended_ns = started + 10000000000, result = json.encode(result) })
    end
    rows[i] = id
  end
  return path, rows
end

return M
