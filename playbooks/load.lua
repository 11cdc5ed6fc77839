-- One question, one line: `perilune load URL` runs this playbook. `settings` holds the command line's options as JSON; a
-- script given with --script takes the place of the marked nil.
local pl = require "perilune"

local script = --[[SCRIPT]] nil

-- "30s:100/s,1m@500/s": ':' ramps to the level, '@' jumps to it and holds.
local function stages_of(text, users)
  local list = {}
  for part in text:gmatch("[^,]+") do
    local duration, sign, level = part:match("^%s*([%w.]+)([:@])([%w./]+)%s*$")
    if not duration then error(("--stages: %q is no stage; write 30s:100/s,1m@500/s"):format(part), 0) end
    if users then level = math.tointeger(tonumber(level)) or error(("--stages: %q is no number of users"):format(level), 0) end
    list[#list + 1] = sign == ":" and { duration, to = level } or { duration, at = level }
  end
  return pl.stages(list)
end

-- What the options say about how users come.
local function model_of(s)
  local law = s.arrivals == "poisson" and pl.poisson or pl.even
  if s.rate or (s.stages and s.stages:find("/", 1, true)) then
    return { arrivals = law(s.stages and stages_of(s.stages) or s.rate) }
  end
  if s.requests then return { iterations = s.requests, users = s.users or 64 } end
  return { users = s.stages and stages_of(s.stages, true) or s.users or 64 }
end

return pl.playbook {
  name = "load",
  about = "Load on one URL.",
  args = { url = pl.arg.url { help = "what is requested" }, settings = pl.arg.string { "{}", help = "options as JSON" } },
  needs = { load = "any" },

  objectives = function(args) return pl.json.decode(args.settings).sla or {} end,

  scenarios = function(args)
    local s = pl.json.decode(args.settings)
    local load = model_of(s)
    load.duration = s.duration or (not s.requests and not s.stages and 10 or nil)
    load.warmup, load.grace, load.connections = s.warmup, s.grace, s.connections
    load.base = args.url
    load.defaults = { timeout = s.timeout, headers = s.headers }
    if script then
      load.user = script
    else
      load.request = { url = args.url, method = s.method or (s.body and "POST" or "GET"), body = s.body }
    end
    return { load = load }
  end,

  run = function(run)
    run:sample("host")
    run:load("load")
  end,
}
