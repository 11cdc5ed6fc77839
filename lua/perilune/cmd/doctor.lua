--- perilune doctor: whether this machine can generate load and be measured well.
local busy = require "perilune.busy"
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local json = require "perilune.core.json"
local output = require "perilune.output"
local target = require "perilune.core.target"
local task = require "perilune.task"
local units = require "perilune.core.units"

local M = {
  name = "doctor", section = "Prepare", about = "Check whether this machine can generate load and be measured.", usage = "perilune doctor [--json]", min = 0, max = 0,
  completes = {},
  examples = { "perilune doctor", "perilune doctor --json" }, common = { "db", "json" }, options = {},
}

local function number_in(path)
  local text = file.read(path)
  return text and tonumber(text:match("%d+"))
end

local function descriptors()
  local text = file.read("/proc/self/limits") or ""
  local soft = tonumber(text:match("Max open files%s+(%d+)"))
  return (soft or 0) >= 4096, ("open files: %s (ulimit -n); each user takes one"):format(soft or "unknown")
end

local function ports()
  local text = file.read("/proc/sys/net/ipv4/ip_local_port_range") or ""
  local low, high = text:match("(%d+)%s+(%d+)")
  local n = low and tonumber(high) - tonumber(low) or 0
  return n >= 20000, ("local ports: %s for each address and port of a target"):format(units.format("number", n))
end

local function backlog()
  local n = number_in("/proc/sys/net/core/somaxconn") or 0
  return n >= 1024, ("somaxconn: %d connections may wait to be accepted"):format(n)
end

local function pressure()
  return file.exists("/proc/pressure/cpu") ~= nil, "pressure stall information: " .. (file.exists("/proc/pressure/cpu") and "there" or "this kernel offers none")
end

local LOOK_SECONDS = 0.5 -- for how long CPUs are looked at
local BUSY_SHARE, STALLED_PERCENT = 0.3, 20 -- of all CPUs, and of the time somebody waited for one: a load beside that measures the others, too
local NAMED, LEAST_CORES = 3, 0.05 -- processes, and what one uses that is named

--- Percent of the last ten seconds in which somebody waited for a CPU; nil where the kernel does not say.
local function stalled()
  return tonumber((file.read("/proc/pressure/cpu") or ""):match "some avg10=([%d.]+)")
end

--- Whether the CPUs are free, and who uses them.
local function cpus()
  local before = busy.now()
  task.sleep(LOOK_SECONDS)
  local b, waited = busy.between(before, busy.now(), target.host().pid), stalled()
  if not b then return true, "CPUs: how busy they are cannot be read here" end
  local text = ("CPUs: %.1f of %d busy"):format(b.busy, b.cpus)
  if b.busy <= BUSY_SHARE * b.cpus and (waited or 0) <= STALLED_PERCENT then return true, text end
  local names = {}
  for i, user in ipairs(b.users) do
    if user.cores >= LEAST_CORES then names[i] = ("%s (pid %d) %.1f"):format(user.name, user.pid, user.cores) end
  end
  if #names > 0 then text = text .. ", by " .. table.concat(names, ", ", 1, math.min(NAMED, #names)) .. (#names > NAMED and ", ..." or "") end
  if waited then text = ("%s; in %.0f %% of the last 10 s somebody waited for one"):format(text, waited) end
  return false, text .. ". A load beside that measures it, too, and may end as limited by the generator"
end

local function timeline(o)
  local path, origin = database.path(o.db)
  return true, ("database: %s (%s)"):format(path, origin)
end

--- Says each finding; exit 0 also with warnings.
---@param o table
function M.main(o)
  local host, checks = target.host(), json.array {}
  for i, check in ipairs { descriptors, ports, backlog, pressure, cpus, timeline } do
    local ok, text = check(o)
    checks[i] = { ok = ok, text = text }
  end
  local machine = { hostname = host.hostname, os = host.os, kernel = host.kernel, cpus = host.cpus, memory_bytes = host.memory_bytes }
  if output.json(o, { schema = "perilune.doctor/1", machine = machine, checks = checks }) then return end
  engine.write("result", ("%s: %s, %s, %d CPUs, %s\n"):format(host.hostname, host.os, host.kernel, host.cpus, units.format("size", host.memory_bytes)))
  for _, c in ipairs(checks) do engine.write("result", ("%s %s\n"):format(c.ok and "✓" or "~", c.text)) end
end

return M
