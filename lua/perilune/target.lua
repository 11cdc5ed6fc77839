--- The process behind the target's port, when it is on this machine: found and sampled without being asked, and named at
--- the end with who was the limit.
local core = require "perilune.core.target"
local cpu = require "perilune.cpu"
local redact = require "perilune.redact"
local sample = require "perilune.sample"

local M = {}

--- Facts of this machine and process for the run's row.
---@return table
function M.host() return core.host() end

local function address_of(plans)
  for _, plan in ipairs(plans) do
    local url = plan.url or plan.base
    if url then return url end
  end
end

--- Samples what nobody asked to have sampled: false, and a note, where it cannot be.
local function sampler_of(run, kind, listener, pids)
  local ok, started = pcall(sample.start, run, kind, { pids = pids, name = listener.name, role = "target", every = "1s" })
  if ok then return started end
  if type(started) ~= "table" or started.code == "cancelled" then error(started, 0) end
  run:note(("%s (pid %d) is not sampled: %s"):format(listener.name, listener.pid, started.message))
  return false
end

--- Looks for the listener of the first plan's address and samples it (once a run).
---@param run perilune.Run
---@param plans table[]
---@return table { url, process = {...}|nil, started }
function M.find(run, plans)
  local url = address_of(plans)
  local found = { url = url, colocated = false, machine_before = cpu.now() }
  if not url then return found end
  local listener, why = core.listener(url)
  if not listener then
    found.why = why
    return found
  end
  found.colocated = true
  found.process = listener
  if listener.tunnel then
    run:note(("%s (pid %d) listens at %s: that is a tunnel, the service behind it is not on this machine"):format(listener.name, listener.pid, redact.url(url)))
  end
  run.target_samplers = run.target_samplers or {}
  if run.target_samplers[listener.pid] == nil then run.target_samplers[listener.pid] = sampler_of(run, "process", listener, listener.pids) end
  if run.target_cgroup == nil and core.cgroup(listener.pid) then run.target_cgroup = sampler_of(run, "cgroup", listener, { listener.pid }) end
  found.before = core.cpu(listener.pids)
  return found
end

--- CPU that was used since find: machine = { cpus, busy } in cores; process.cpu_cores, absent where one of its pids ended, whose CPU nobody can read any more;
--- process.ended when none lives.
---@param found table
function M.finish(found)
  found.machine = cpu.between(found.machine_before, cpu.now())
  if not found.process or not found.before then return end
  local after = core.cpu(found.process.pids)
  found.process.ended = after.living == 0
  if after.living == #found.process.pids and after.at > found.before.at then
    found.process.cpu_cores = (after.seconds - found.before.seconds) / (after.at - found.before.at)
    found.process.threads = after.threads
  end
end

return M
