--- Who else uses the CPUs of this machine: /proc/stat, and /proc/PID/stat of its processes. These are the newest 65,536 pids, which are all where there
--- are no higher ones, and what descends from the first process by forks of first threads; how busy the CPUs are has the others nevertheless.
local cpu = require "perilune.cpu"
local file = require "perilune.core.file"

local M = {}

local PROCESSES_MOST = 10000 -- that are followed down from the first one
local PIDS_MOST = 65536 -- that are tried; a pid that is none takes about 2 us
local UTIME, STIME = 12, 13 -- fields of /proc/PID/stat behind the name: user and system time, ticks

--- Name and ticks of a process; nil where it has ended.
---@param text string|nil /proc/PID/stat
---@return table|nil { name, ticks }
function M.parse(text)
  local name, behind = (text or ""):match "^%d+ %((.*)%) (.*)$"
  if not name then return nil end
  local fields = {}
  for field in behind:gmatch "%S+" do fields[#fields + 1] = field end
  local user, system = tonumber(fields[UTIME]), tonumber(fields[STIME])
  return user and system and { name = name, ticks = user + system } or nil
end

local function process(pid) return M.parse(file.read(("/proc/%d/stat"):format(pid))) end

--- The highest pid that is tried: the limit of this machine where it is low, else the newest.
local function highest()
  local limit = tonumber((file.read("/proc/sys/kernel/pid_max") or ""):match "%d+") or 0
  if limit <= PIDS_MOST then return limit end
  return math.max(PIDS_MOST, tonumber((file.read("/proc/loadavg") or ""):match "(%d+)%s*$") or 0)
end

--- The processes there are: pid -> { name, ticks }.
local function processes()
  local found, waiting, n, last = {}, { 1 }, 0, highest()
  for pid = math.max(1, last - PIDS_MOST + 1), last do
    if file.exists(("/proc/%d/stat"):format(pid)) then found[pid] = process(pid) end
  end
  while #waiting > 0 and n < PROCESSES_MOST do
    local pid = table.remove(waiting)
    n = n + 1
    found[pid] = found[pid] or process(pid)
    for child in (file.read(("/proc/%d/task/%d/children"):format(pid, pid)) or ""):gmatch "%d+" do waiting[#waiting + 1] = math.tointeger(tonumber(child)) end
  end
  return found
end

--- What is counted now.
---@return table
function M.now() return { cpu = cpu.now(), processes = processes() } end

--- Who used how much between two countings, the most first.
---@param before table
---@param after table
---@param own integer|nil a process that is left out
---@return table|nil { cpus, busy: cores, users = { { pid, name, cores } ... } }; nil where there is no /proc
function M.between(before, after, own)
  local whole = cpu.between(before.cpu, after.cpu)
  if not whole then return nil end
  local per_tick, users = whole.cpus / (after.cpu.total - before.cpu.total), {}
  for pid, now in pairs(after.processes) do
    local ticks = now.ticks - (before.processes[pid] or now).ticks
    if ticks > 0 and pid == own then
      whole.busy = math.max(0, whole.busy - ticks * per_tick)
    elseif ticks > 0 then
      users[#users + 1] = { pid = pid, name = now.name, cores = ticks * per_tick }
    end
  end
  table.sort(users, function(a, b) return a.cores > b.cores or a.cores == b.cores and a.pid < b.pid end)
  return { cpus = whole.cpus, busy = whole.busy, users = users }
end

return M
