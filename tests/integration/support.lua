--- What integration specs share: running perilune as a user would, the shop and nginx as targets, temporary folders.
local json = require "perilune.core.json"

local M = {}

M.build = os.getenv("PERILUNE_BUILD") or "build/tests"
M.perilune = M.build .. "/core/cli/perilune"

local function quote(text) return "'" .. tostring(text):gsub("'", "'\\''") .. "'" end
M.quote = quote

-- `command` in a shell with a limit in seconds, its standard output and error in these files.
local function limited(command, seconds, out, err)
  return ("timeout -k 5 %g sh -c %s >%s 2>%s </dev/null"):format(seconds or 60, quote(command), out, err)
end

-- The texts of files that are then gone.
local function taken(...)
  local texts = {}
  for i, path in ipairs { ... } do
    local file = assert(io.open(path, "rb"))
    texts[i] = file:read("a")
    file:close()
    os.remove(path)
  end
  return table.unpack(texts)
end

--- Runs a shell command with a limit in seconds; gives its exit code, standard output and standard error.
---@param command string
---@param seconds number|nil
function M.shell(command, seconds)
  local out, err = os.tmpname(), os.tmpname()
  local _, _, code = os.execute(limited(command, seconds, out, err))
  return code, taken(out, err)
end

--- Begins a shell command as M.shell's, so that others run meanwhile; gives a function that waits for its end and gives, each time, what M.shell gives.
--- M.clean waits, too.
---@param command string
---@param seconds number|nil
function M.begin(command, seconds)
  local out, err, ended = os.tmpname(), os.tmpname(), os.tmpname()
  os.execute(("{ %s; echo $? >%s; } &"):format(limited(command, seconds, out, err), ended))
  local result
  local function wait()
    if not result then
      M.wait_for(function() return M.read(ended):find "\n" end, (seconds or 60) + 10, "the end of " .. command)
      result = table.pack(tonumber((taken(ended))), taken(out, err))
    end
    return table.unpack(result)
  end
  M.begun = M.begun or {}
  table.insert(M.begun, wait)
  return wait
end

--- Whether a load kept its objectives, or (4) its generator says that it was held up, as on a machine that is busy.
function M.kept(code) return code == 0 or code == 4 end

--- Runs perilune with these arguments: code, output, progress.
function M.run(arguments, seconds)
  return M.shell(M.perilune .. " " .. arguments, seconds)
end

--- A new, empty folder, removed by M.clean.
function M.folder()
  local code, out = M.shell("mktemp -d")
  assert(code == 0)
  local path = out:gsub("%s+$", "")
  M.folders = M.folders or {}
  table.insert(M.folders, path)
  return path
end

--- Waits for what M.begin began, ends what M.start began and a failed test left, and removes the folders. Who is killed at once, as nginx, leaves its workers.
function M.clean()
  for _, wait in ipairs(M.begun or {}) do wait() end
  M.begun = {}
  for _, process in ipairs(M.started or {}) do
    if not pcall(process.stop, process, "TERM", 2) then process:stop "KILL" end
  end
  M.started = {}
  for _, path in ipairs(M.folders or {}) do M.shell("rm -rf " .. quote(path)) end
  M.folders = {}
end

function M.write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

function M.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

--- Whether there is a file that may be read.
function M.exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

--- Waits until fn gives a value, at most `seconds`, and for a minute in any case: what comes late on a busy machine has come.
local PATIENCE = 60
function M.wait_for(fn, seconds, what)
  local task = require "perilune.core.task"
  local began = task.now()
  seconds = math.max(seconds, PATIENCE)
  while task.now() - began < seconds do
    local value = fn()
    if value then return value end
    task.sleep(0.01)
  end
  error("did not come: " .. what)
end

--- What the system tells of a process behind its name, or "" when it is gone, which it may be at any moment.
local function stat(pid)
  local file = io.open(("/proc/%d/stat"):format(pid), "rb")
  local text = file and file:read "a" or ""
  if file then file:close() end
  return text:match "%) (.*)" or ""
end

--- When a process began, in ticks: field 22 of its stat; nil when it is gone. The same pid may be somebody else's later.
function M.began(pid) return stat(pid):match("^" .. ("%S+ "):rep(19) .. "(%d+)") end

local Process = {}
Process.__index = Process

--- Starts a program in the background: { pid, stop() }.
function M.start(command)
  local pidfile = os.tmpname()
  os.execute(("%s >/dev/null 2>&1 </dev/null & echo $! >%s"):format(command, pidfile))
  local pid = M.wait_for(function() return tonumber((M.read(pidfile):match("%d+"))) end, 5, "the pid of " .. command)
  os.remove(pidfile)
  local process = setmetatable({ pid = pid, began = M.began(pid) }, Process)
  M.started = M.started or {}
  table.insert(M.started, process)
  return process
end

function Process:alive() return self.began ~= nil and M.began(self.pid) == self.began end

function Process:stop(signal, seconds)
  if not self:alive() then return end
  os.execute(("kill -%s %d 2>/dev/null"):format(signal or "TERM", self.pid))
  M.wait_for(function() return not self:alive() or stat(self.pid):match "^Z" end, seconds or 10, ("the end of pid %d"):format(self.pid))
end

--- The demo shop: { url, pid, journal, stop(), entries() }.
function M.shop(options)
  local folder = M.folder()
  local port_file, journal = folder .. "/port", folder .. "/journal"
  local shop = M.start(("%s/examples/shop/shop --port 0 --port-file %s --journal %s %s"):format(M.build, port_file, journal, options or ""))
  local port = M.wait_for(function()
    return M.exists(port_file) and M.read(port_file):match("%d+")
  end, 5, "the shop's port")
  shop.url, shop.port, shop.journal = "http://127.0.0.1:" .. port, tonumber(port), journal
  return shop
end

local NGINX = [[
worker_processes 2;
daemon off;
pid %F/pid;
error_log %F/error.log;
events { worker_connections 1024; }
http {
  access_log %F/access.log;
  client_body_temp_path %F/body; proxy_temp_path %F/proxy; fastcgi_temp_path %F/fastcgi; uwsgi_temp_path %F/uwsgi; scgi_temp_path %F/scgi;
  server { listen 127.0.0.1:%P; %S }
}
]]

--- nginx with these lines in its server block, %P in them its port: { url, pid, folder, stop() }. Its log of accesses is folder .. "/access.log".
---@param lines string
function M.nginx_on_port(lines)
  local folder = M.folder()
  local _, user = M.shell("id -un")
  -- A port that was free a moment ago.
  local probe = M.shop()
  probe:stop()
  local text = NGINX:gsub("%%(%u)", { F = folder, P = tostring(probe.port), S = (lines:gsub("%%P", tostring(probe.port))) })
  local root = user:match("^root") and "user root root;\n" or ""
  M.write(folder .. "/nginx.conf", root .. text)
  local nginx = M.start(("nginx -c %s/nginx.conf -e %s/error.log"):format(folder, folder))
  nginx.url, nginx.port, nginx.folder = "http://127.0.0.1:" .. probe.port, probe.port, folder
  M.wait_for(function()
    if not nginx:alive() then error(M.read(folder .. "/error.log")) end
    return M.listens(nginx.port)
  end, 5, "nginx")
  return nginx
end

--- Whether somebody listens at this port of 127.0.0.1, by /proc/net/tcp.
function M.listens(port)
  return M.read("/proc/net/tcp"):find((" 0100007F:%04X 00000000:0000 0A "):format(port), 1, true) ~= nil
end

--- Whether a connection to this port of 127.0.0.1 is open, by /proc/net/tcp.
function M.has_connection(port)
  return M.read("/proc/net/tcp"):find((" 0100007F:%04X 01 "):format(port), 1, true) ~= nil
end

local given = {}

--- A port that nobody listens on: the shop had it a moment ago. Each is another one: the system may choose the same again, and nginx takes two
--- servers on one port for one.
---@return integer
function M.free_port()
  local port
  repeat
    local shop = M.shop()
    shop:stop()
    port = shop.port
  until not given[port]
  given[port] = true
  return port
end

--- The path of a server that tests use where there is one: on PATH, made for them in the build's folder bin, or packed in PERILUNE_REFERENCE/bin; or
--- nil, and why not.
---@param name string
---@return string|nil
---@return string|nil
function M.component(name)
  local code, path = M.shell("command -v " .. name)
  if code == 0 then return (path:gsub("%s+$", "")) end
  local made = M.build .. "/bin/" .. name
  if M.exists(made) then return made end
  local root = os.getenv "PERILUNE_REFERENCE"
  if not root or not M.exists(("%s/bin/%s.xz"):format(root, name)) then return nil, ("no %s here, and no reference data"):format(name) end
  local folder = M.build .. "/reference"
  local failed, _, err = M.shell(("sh %s/bin/unpack %s %s"):format(quote(root), quote(folder), name))
  local unpacked = folder .. "/" .. name
  if failed ~= 0 or not M.exists(unpacked) then return nil, ("%s could not be unpacked: %s"):format(name, err) end
  return unpacked
end

--- A server of tests/integration/servers, with Debian's Python, whose packages the tests install: { url, port, pid, stop() }.
---@param name string
function M.python_server(name)
  local port = M.free_port()
  local server = M.start(("/usr/bin/python3 tests/integration/servers/%s.py %d"):format(name, port))
  server.url, server.port = "http://127.0.0.1:" .. port, port
  M.wait_for(function()
    if not server:alive() then error(name .. ".py has ended") end
    return M.listens(port)
  end, 30, name .. ".py")
  return server
end

--- A certificate NAME.pem with NAME.key in a folder, signed by its authority ca.pem, which is made when there is none.
---@param folder string
---@param name string
---@param names string of the subject: "IP:127.0.0.1,DNS:shop.example"
function M.certificate(folder, name, names)
  local function openssl(text, ...)
    local code, _, err = M.shell(("cd %s && "):format(folder) .. text:format(...))
    assert(code == 0, err)
  end
  local KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
  if not M.exists(folder .. "/ca.pem") then openssl("openssl req -x509 %s -keyout ca.key -out ca.pem -days 30 -subj /CN=authority", KEY) end
  openssl("openssl req %s -keyout %s.key -out %s.csr -subj /CN=%s", KEY, name, name, name)
  openssl("printf 'subjectAltName=%s' > %s.ext && openssl x509 -req -in %s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile %s.ext -out %s.pem", names, name, name, name, name)
end

--- A real nginx on a Unix socket with these directives in its server block, %s there being the socket's path:
--- { url, folder, socket, stop() }. url: "unix:SOCKET:".
function M.nginx(server)
  local folder = M.folder()
  local socket = folder .. "/sock"
  local config = M.write(folder .. "/nginx.conf", ([[
daemon off; master_process off; error_log %s/error.log; pid %s/pid;
events { worker_connections 256; }
http {
  access_log off; client_body_temp_path %s/body; client_max_body_size 100m;
  proxy_temp_path %s/proxy; fastcgi_temp_path %s/fastcgi; uwsgi_temp_path %s/uwsgi; scgi_temp_path %s/scgi;
  absolute_redirect off;
  server { listen unix:%s; root %s; %s }
}]]):gsub("%%s", folder, 7):gsub("%%s", socket, 1):gsub("%%s", folder, 1):gsub("%%s", function() return (server:gsub("%%s", socket)) end))
  local nginx = M.start(("nginx -c %s"):format(config))
  M.wait_for(function() return M.shell("curl -s -o /dev/null --unix-socket " .. quote(socket) .. " http://x/") == 0 end, 10, "nginx")
  nginx.url, nginx.folder, nginx.socket = "unix:" .. socket .. ":", folder, socket
  return nginx
end

--- The shop's own log: array of { arrival, completion, method, path, status }, seconds.
function M.journal(path)
  local entries = {}
  for line in io.lines(path) do
    local arrival, completion, method, target, status = line:match("^(%d+) (%d+) (%S+) (%S+) (%d+)$")
    if arrival then
      entries[#entries + 1] = { arrival = tonumber(arrival) / 1e9, completion = tonumber(completion) / 1e9, method = method, path = target, status = tonumber(status) }
    end
  end
  return entries
end

--- The log so far of a shop that goes on.
function M.flushed_journal(shop)
  assert(M.shell(("curl -s -X POST %s/flush"):format(shop.url)) == 0)
  return M.journal(shop.journal)
end

--- Runs `perilune load` and gives its JSON object beside code and texts.
function M.load(arguments, seconds)
  local folder = M.folder()
  local code, out, err = M.run(("load %s --db %s/t.db --json -"):format(arguments, folder), seconds)
  local ok, result = pcall(json.decode, out)
  return code, ok and result or nil, err, out
end

--- A load without objectives has ended well, or for what its own result says of the machine; nothing else.
---@param code integer
---@param result table
---@param err string
function M.ended(code, result, err)
  local exit = result.generator.verdict == "limited" and 4 or result.target.verdict == "saturated" and 3 or 0
  assert(code == exit, ("exit %d, not %d: %s"):format(code, exit, err))
end

return M
