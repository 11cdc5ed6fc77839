--- run:sample: samplers on the collector's side.
local later = require "perilune.later"
local core = require "perilune.core.sampler"
local face = require "perilune.face"
local place = require "perilune.place"
local schema = require "perilune.schema"
local scrape = later "perilune.scrape"
local suggest = require "perilune.suggest"
local words = require "perilune.words"

local M = {}

local OPTIONS = words.options.sample

local Sampler = {}
Sampler.__index = Sampler

--- Ends this sampler; the others go on.
function Sampler:stop() core.stop(self.number) end

Sampler.face = face.kind("sampler", { stop = { Sampler.stop } })

--- Names of sets as the sampler wants them.
local function sets_of(source, sets)
  if not sets then return nil end
  if source ~= "host" then error({ code = "invalid", message = ('sample: "%s" has no sets'):format(source) }, 0) end
  for _, name in ipairs(sets) do
    if name ~= "all" and not words.find(words.sample_sets, name) then
      local names = words.names(words.sample_sets)
      error({ code = "invalid", message = ("sample: unknown set %s%s (known: all, %s)"):format(schema.show(name), suggest.hint(tostring(name), names), table.concat(names, ", ")) }, 0)
    end
  end
  return table.concat(sets, " ")
end

--- Starts a sampler.
---@param run perilune.Run
---@param source string "host", "process", "cgroup", "containers", "units", "textfile", "self", "scrape"
---@param options table|nil { every, role, labels, name, match, pid, pids, children, path, sets }, of "scrape" those of scrape.lua; role of "host": "both" where a target of the run is on this machine, else "generator"
---@return table handle
function M.start(run, source, options)
  if source == "scrape" then return scrape.start(run, options) end
  if not words.find(words.samplers, source) then
    local names = words.names(words.samplers)
    error({ code = "invalid", message = ("sample: unknown source %s%s (known: %s)"):format(schema.show(source), suggest.hint(tostring(source), names), table.concat(names, ", ")) }, 0)
  end
  local o = schema.check(OPTIONS, options, "sample")
  schema.labels(o.labels, "sample")
  if o.every < 0.1 then error({ code = "invalid", message = "sample: every is at least 100ms" }, 0) end
  if source == "process" and not (o.name or o.match or o.pid or o.pids) then
    error({ code = "invalid", message = 'sample: "process" needs a name, a match or a pid' }, 0)
  end
  if source == "textfile" and not o.path then error({ code = "invalid", message = 'sample: "textfile" needs a path, of the folder' }, 0) end
  local role = o.role or (source == "host" and place.role(run)) or "generator"
  local number, err = core.start {
    kind = source, every = o.every, role = role, name = o.name or o.match or o.path, pattern = not o.name and o.match and true or nil, children = o.children, pids = o.pids or (o.pid and { o.pid }) or nil, labels = o.labels,
    sets = sets_of(source, o.sets),
  }
  if not number then error(err, 0) end
  local handle = setmetatable({ number = number, source = source }, Sampler)
  run.samplers[#run.samplers + 1] = handle
  return handle
end

--- Ends the samplers of a run, before its exports and its verdict: what was measured behind its end would be part of it.
---@param run perilune.Run
function M.finish(run)
  for _, sampler in ipairs(run.samplers) do sampler:stop() end
end

return M
