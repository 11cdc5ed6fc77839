--- What the battery's rows share: the truth server, a load against it, the row that is printed.
local json = require "perilune.core.json"
local support = require "integration.support"

local M = { short = os.getenv("PERILUNE_BATTERY") ~= "long" }

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

--- The truth server: { url, port, stop() -> what it saw }.
---@param options string
---@return table
function M.truth(options)
  local folder = support.folder()
  local server = support.start(("%sbuild/battery/truth --port-file %s/port --json %s/json %s"):format((alone and "chrt -f 5 " or "") .. M.server_cpu, folder, folder, options))
  local port = support.wait_for(function() return support.exists(folder .. "/port") and support.read(folder .. "/port"):match("%d+") end, 5, "the truth server")
  local truth = { url = "http://127.0.0.1:" .. port .. "/", port = port, pid = server.pid }
  function truth.stop()
    server:stop()
    return json.decode(support.read(folder .. "/json"))
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

--- Looks whether the machine stalls by itself until stop(), which gives the longest stall of a CPU, and the worst one's share, in words;
--- nil where it went on. It comes before the generator and the server: what they do themselves is no stall.
local STALL, STALLED_SHARE = 0.005, 0.02
local function stall_watch()
  local file = support.folder() .. "/stalls"
  local process = support.start((alone and "chrt -f 6 " or "") .. "build/battery/stalls " .. file)
  support.wait_for(function() return support.exists(file) end, 5, "who watches for stalls")
  return { stop = function()
    process:stop()
    local seen = json.decode(support.wait_for(function() return support.exists(file) and support.read(file):match("^{.*}") end, 5, "what the stalls were"))
    if seen.longest_s < STALL and seen.lost_s < STALLED_SHARE * seen.took_s then return nil end
    return ("it stood still for %s at a time, for %.0f %% of the time"):format(M.time(seen.longest_s), 100 * seen.lost_s / seen.took_s)
  end }
end

--- Measures a row and prints it; raises when it is no honest one. On a machine that stalls itself meanwhile it is measured again, twice
--- at most.
---@param number integer|string
---@param measure fun(): string, string, boolean what an honest tool shows, what ours did, whether that is honest; nothing: not tested
---@param others nil|fun(): table lines of other tools
function M.row(number, measure, others)
  local honest, ours, ok, stalled
  for _ = 1, 3 do
    local watch = stall_watch()
    honest, ours, ok = measure()
    stalled = watch.stop()
    if not honest or ok or not stalled then break end
    print(("%-3s | measured again, for the machine stalled: %s; ours: %s"):format(number, stalled, ours))
  end
  if not honest then return end
  print(("%-3s | honest: %s | ours: %s | %s"):format(number, honest, ours, ok and "honest" or "NOT HONEST"))
  for _, line in ipairs(others and others() or {}) do print("    | " .. line) end
  assert(ok == true, ("row %s: %s%s"):format(number, ours, stalled and "; the machine: " .. stalled or ""))
end

--- Whether quantiles agree with the server's: both saw the same requests, so that no quantile differs by more than one request
--- does: two slices of the scheduler, there and back, and the three digits of a histogram.
local SLICE = 0.004
function M.agree(ours, truth, names)
  if ours.count ~= truth.count then return false end
  for _, name in ipairs(names) do
    local a, b = ours[name], truth[name]
    if type(a) == "number" and math.abs(a - b) > 2 * SLICE + 0.001 * b then return false end
  end
  return true
end

-- How other tools are asked, for `seconds` at `rate` a second where they can; the lines of their answers that matter.
local PEERS = {
  { "wrk", "wrk -t1 -c50 --latency -d%ds %s", "50%%|99%%|requests in|Socket errors|Non%-2xx" },
  { "ab", "ab -k -q -c 50 -t %d -n 10000000 %s", " 50%%| 99%%|Complete requests|Failed requests" },
  { "hey", "hey -c 50 -z %ds -q %g %s", "50%%|99%%|Requests/sec|responses|Get" },
  { "h2load", "h2load --h1 -t1 -c50 -D %d --rps %g %s", "time for request|finished in|requests:" },
  { "siege", "siege -q -b -c 50 -t %dS %s", "Transactions|Longest|Failed|transactions|longest|failed" },
}

local function lines_with(text, patterns)
  local found = {}
  for line in text:gmatch("[^\r\n]+") do
    for pattern in patterns:gmatch("[^|]+") do
      if line:find(pattern) then
        found[#found + 1] = line:gsub("^%s+", ""):gsub("%s+", " ")
        break
      end
    end
  end
  return table.concat(found, "; ", 1, math.min(#found, 6))
end

--- What the installed peers say of a server of these options, in the long form.
---@param options string of the truth server
---@param seconds integer
---@param rate number
---@return string[]
function M.others(options, seconds, rate)
  local lines = {}
  for _, peer in ipairs(M.short and {} or PEERS) do
    if support.shell("command -v " .. peer[1]) == 0 then
      local truth = M.truth(options)
      local paced = peer[2]:find("%%g") ~= nil
      local command = paced and peer[2]:format(seconds, rate / 50, truth.url) or peer[2]:format(seconds, truth.url)
      local _, out, err = support.shell(M.alone .. command, seconds + 60)
      local seen = truth.stop()
      lines[#lines + 1] = ("%s: %s (the server saw %d requests, service p99 %s)"):format(peer[1], lines_with(out .. err, peer[3]), seen.requests, M.time(seen.service.p99))
    end
  end
  return lines
end

return M
