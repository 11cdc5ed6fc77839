--- What the battery's rows share: the truth server, a load against it, the row that is printed.
local json = require "perilune.core.json"
local peers = require "battery.peers"
local support = require "integration.support"
local task = require "perilune.core.task"

local M = { short = os.getenv("PERILUNE_BATTERY") ~= "long" }

-- Rows are read while the battery goes on.
io.stdout:setvbuf "line"

--- busted's it for the rows that are asked for, all of them where none is named.
---@param it fun(name: string, fn: fun())
---@return fun(name: string, fn: fun())
function M.asked(it)
  local rows = (" %s "):format(os.getenv("PERILUNE_BATTERY_ROWS") or "")
  return function(name, fn)
    if not rows:find "%d" or rows:find((" %s "):format(name:match "^%d+"), 1, true) then it(name, fn) end
  end
end

--- Seconds (or any number) of the long form, in the short one a tenth of them.
function M.scaled(n) return M.short and n / 10 or n end

--- A number as an option wants it: "1500ms".
function M.ms(seconds) return ("%dms"):format(math.floor(seconds * 1000 + 0.5)) end

local _, cpus = support.shell("nproc")
local two = tonumber(cpus) >= 2
--- Server and generator on a CPU of their own, where there are two.
M.server_cpu, M.own_cpu = two and "taskset -c 0 " or "", two and "taskset -c 1 " or ""
--- Where that is allowed, other programs of this machine do not come between: the battery measures the tool.
local alone = support.shell("chrt -f 5 true") == 0
M.alone = (alone and "chrt -f 5 " or "") .. M.own_cpu

-- The object that a program writes into a file as one line when it ends; of many millions of requests that takes a while.
local WRITTEN_S = 60
local function written(file, what)
  return json.decode(support.wait_for(function() return support.exists(file) and support.read(file):match("^{.*}\n") end, WRITTEN_S, what))
end

-- A minute after many connections there may be no free port.
local PORT_S = 65

--- The truth server: { url, port, stop() -> what it saw }.
---@param options string
---@return table
function M.truth(options)
  local folder = support.folder()
  local command = ("%sbuild/battery/truth --port-file %s/port --json %s/json %s"):format((alone and "chrt -f 5 " or "") .. M.server_cpu, folder, folder, options)
  local server = support.start(command)
  local port = support.wait_for(function()
    local found = support.exists(folder .. "/port") and support.read(folder .. "/port"):match("%d+")
    if not found and not server:alive() then
      task.sleep(0.5)
      server = support.start(command)
    end
    return found
  end, PORT_S, "the truth server")
  local truth = { url = "http://127.0.0.1:" .. port .. "/", port = port, pid = server.pid }
  function truth.stop()
    support.shell("kill -TERM " .. server.pid)
    local seen = written(folder .. "/json", "what the truth server saw")
    server:stop()
    return seen
  end
  return truth
end

--- perilune load against it: result, exit code. Prefix: words before the program.
function M.load(truth, options, prefix)
  local folder = support.folder()
  local code, out, err = support.shell(("%s%s load %s --db %s/t.db --json - --quiet %s"):format(prefix or M.alone, support.perilune, truth.url, folder, options), 2400)
  local ok, result = pcall(json.decode, out)
  assert(ok and type(result) == "table", "no result: " .. out .. err)
  return result, code
end

--- A playbook with one scenario against it: the result of its first load, exit code.
function M.play(truth, scenario, body)
  local folder = support.folder()
  local path = support.write(folder .. "/p.lua", ([[
    local pl = require "perilune"
    return pl.playbook { name = "battery", args = { target = pl.arg.url {} }, objectives = { "p99(latency) < 60s" }, errors = "ignore",
      scenarios = function(args) return { a = { %s } } end,
      run = function(run) run:load "a" %s end }]]):format(scenario, body or ""))
  local code, out, err = support.shell(("%s%s run %s --target %s --workers 1 --db %s/t.db --json - --quiet"):format(M.alone, support.perilune, path, truth.url, folder), 2400)
  local ok, result = pcall(json.decode, out)
  assert(ok and type(result) == "table" and result.loads[1], "no result: " .. out .. err)
  return result.loads[1], code
end

--- "432 ms", "104.2 us".
function M.time(seconds)
  if type(seconds) ~= "number" then return "-" end
  if seconds == 0 then return "0 s" end
  if seconds >= 1 then return ("%.2f s"):format(seconds) end
  if seconds >= 1e-3 then return ("%.1f ms"):format(seconds * 1e3) end
  return ("%.1f us"):format(seconds * 1e6)
end

--- "p50 10.1 ms, p99 432 ms, p99.9 950 ms of 60000".
function M.quantiles(d)
  return ("p50 %s, p99 %s, p99.9 %s of %d"):format(M.time(d.p50), M.time(d.p99), M.time(d.p99_9), d.count)
end

--- Keeps idle CPUs from sleeping while fn runs, with work that gives way to everything else: how long one takes to wake is no tool's
--- doing. What fn gives.
function M.awake(fn)
  local busy = {}
  for cpu = 0, tonumber(cpus) - 1 do busy[#busy + 1] = support.start(("chrt -i 0 taskset -c %d sh -c 'while :; do :; done'"):format(cpu)) end
  local result = table.pack(fn())
  for _, process in ipairs(busy) do process:stop("KILL") end
  return table.unpack(result, 1, result.n)
end

-- More than a loopback takes that nothing disturbs.
local TRANSIT_MOST = 30e-6

--- What the way between two programs costs here: by how much a bare client's median is above that of a server of these options.
---@param options string
---@return number seconds
function M.transit(options)
  local truth = M.truth(options)
  local code, out, err = support.shell(("%sbuild/battery/bare %d"):format(M.alone, truth.port), 60)
  local seen = truth.stop()
  assert(code == 0, err)
  return math.min(TRANSIT_MOST, json.decode(out).p50 - seen.service.p50)
end

--- How many blocks of Poisson arrivals pass at a server of these options when a bare client sends them: { passed, blocks }.
---@param options string
---@param rate number
---@param seconds number
---@return table
function M.bare_gaps(options, rate, seconds)
  local truth = M.truth(options)
  local code, _, err = support.shell(("%sbuild/battery/bare %d %d %d"):format(M.alone, truth.port, rate, seconds), seconds + 60)
  local seen = truth.stop()
  assert(code == 0, err)
  return seen.gaps
end

--- Looks how the machine stalls by itself until it is asked, which it may be again: { longest_s, lost_s, took_s } of the worst CPU. It
--- comes before the generator and the server: what they do themselves is no stall.
local function stall_watch()
  local file, seen = support.folder() .. "/stalls", nil
  local process = support.start((alone and "chrt -f 6 " or "") .. "build/battery/stalls " .. file)
  support.wait_for(function() return support.exists(file) end, WRITTEN_S, "who watches for stalls")
  return function()
    if not seen then
      process:stop()
      seen = written(file, "what the stalls were")
    end
    return seen
  end
end

-- Stalls in words; nil where the machine went on.
local STALL, STALLED_SHARE = 0.005, 0.02
local function stalled_text(seen)
  if seen.longest_s < STALL and seen.lost_s < STALLED_SHARE * seen.took_s then return nil end
  return ("it stood still for %s at a time, for %.0f %% of the time"):format(M.time(seen.longest_s), 100 * seen.lost_s / seen.took_s)
end

-- Of the measurement that goes on.
local stalls

--- In how many of these times the machine stood still on some CPU.
---@param times number[][] { from, to } seconds of the monotonic clock
---@return integer
function M.stalled(times)
  local n = 0
  for _, t in ipairs(times) do
    local found = false
    for _, s in ipairs(stalls().stalls) do found = found or s[1] <= t[2] and s[2] >= t[1] end
    if found then n = n + 1 end
  end
  return n
end

-- All that measuring again may take, in seconds.
local again_s = 120

-- Measures until one verdict has it: the first measurement that is honest at once, two of three after one that was not. What a machine
-- did that stalled itself meanwhile counts for nothing, and is measured again. Where it never goes on, an honest tool said so each time.
local function majority(number, measure)
  local honest, ours, ok, told, disturbed, stalled
  local good, bad, silent = 0, 0, 0
  for _ = 1, 5 do
    local began = task.now()
    stalls = stall_watch()
    honest, ours, ok, told, disturbed = measure()
    stalled = stalled_text(stalls()) or disturbed
    if not honest then return end
    if ok then good = good + 1 elseif not stalled then bad = bad + 1 elseif not told then silent = silent + 1 end
    local took = task.now() - began
    if good > 1 or bad > 1 or good > bad or took > again_s then break end
    again_s = again_s - took
    print(("%-3s | measured again, for %s; ours: %s"):format(number, stalled and "the machine stalled: " .. stalled or "one verdict is none", ours))
  end
  local hampered = good + bad + silent == 0
  return honest, hampered and ours .. "; it says so, for the machine stalled: " .. stalled or ours, hampered or good > bad, stalled
end

--- Measures a row and prints it; raises when it is no honest one.
---@param number integer|string
---@param measure fun(): string, string, boolean, boolean|nil, string|nil what an honest tool shows, what ours did, whether that is honest, whether ours says that it was held up itself, what the machine does to any client; nothing: not tested
---@param others nil|fun() prints what other tools show
function M.row(number, measure, others)
  local honest, ours, ok, stalled = majority(number, measure)
  if not honest then return end
  print(("%-3s | %s | ours: %s | an honest tool: %s"):format(number, ok and "honest" or "NOT HONEST", ours, honest))
  if others then others() end
  assert(ok == true, ("row %s: %s%s"):format(number, ours, stalled and "; the machine: " .. stalled or ""))
end

local CLOCKS, DIGITS, SLICE = 0.002, 0.001, 0.004
local LEVELS = { p50 = 0.5, p90 = 0.9, p99 = 0.99, p99_9 = 0.999 }

--- Whether a quantile is less than the server's, or missing where there are values for it. Both saw the same requests, and each of the
--- tool's times begins no later than the server's and ends no earlier: however busy the machine, none is less by more than two clocks
--- and the three digits of a histogram.
function M.hides(ours, truth, names)
  for _, name in ipairs(names) do
    local a, b = ours[name], truth[name]
    local known = type(a) == "number"
    if known and a < b - CLOCKS - DIGITS * b then return true end
    if not known and ours.count * (1 - LEVELS[name]) >= 10.5 then return true end
  end
  return false
end

--- Whether quantiles agree with the server's: they hide nothing, and none is more by more than the CPU came late to the answer, there
--- and back: two slices of the scheduler, or of the machine's own stalls.
function M.agree(ours, truth, names)
  local late = 2 * math.max(SLICE, stalls().longest_s)
  if ours.count ~= truth.count or M.hides(ours, truth, names) then return false end
  for _, name in ipairs(names) do
    if type(ours[name]) == "number" and ours[name] > truth[name] + late + DIGITS * truth[name] then return false end
  end
  return true
end

--- How many of n come at most, each with probability p: more come by chance less than once in a hundred.
---@param n integer
---@param p number
---@return integer
function M.at_most(n, p)
  local k, chance = 0, (1 - p) ^ n
  local sum = chance
  while sum < 0.99 do
    chance = chance * (n - k) / (k + 1) * p / (1 - p)
    k, sum = k + 1, sum + chance
  end
  return k
end

-- "p50 10.1 ms, p99 432 ms, max 1.00 s of 60000, 12 failed": what a peer said of these.
local function said(figures)
  local words = {}
  for _, name in ipairs { "p50", "mean", "p99", "max" } do
    if figures[name] then words[#words + 1] = name .. " " .. M.time(figures[name]) end
  end
  return ("%s of %.0f, %.0f failed"):format(table.concat(words, ", "), figures.count, figures.failed or 0)
end

--- Prints what each peer that is installed says of a server of these options, and what that shows.
---@param options string of the truth server
---@param seconds integer
---@param rate integer a second, of those that keep one
---@param shows fun(figures: battery.figures, seen: table): string what the figures show, by what the server saw
function M.others(options, seconds, rate, shows)
  for _, peer in ipairs(peers.list) do
    if support.shell("command -v " .. peer.name) == 0 then
      local truth = M.truth(options)
      local command = peers.command(peer, { seconds = seconds, rate = rate, url = truth.url })
      local code, out, err = support.shell(("%ssh -c %s"):format(M.alone, support.quote(command)), 2 * seconds + 10)
      local seen, figures = truth.stop(), peer.read(out)
      if figures.count then
        print(("    | %-6s | %s: %s | the server: p50 %s, p99 %s of %d"):format(peer.name, shows(figures, seen), said(figures),
          M.time(seen.service.p50), M.time(seen.service.p99), seen.requests))
      else
        print(("    | %-6s | no figures, exit %d: %s"):format(peer.name, code, (out .. err):gsub("%s+", " "):sub(-120)))
      end
    end
  end
end

return M
