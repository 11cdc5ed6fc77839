--- The other tools that the battery asks: how each is told to send a load, and what its output says.
local json = require "perilune.core.json"

local M = {}

---@class battery.figures what a tool said; times in seconds, nil where it said nothing
---@field p50 number|nil
---@field p99 number|nil
---@field mean number|nil
---@field max number|nil
---@field count number|nil answers, the failed ones included or not, as the tool has it
---@field failed number|nil

local UNITS = { us = 1e-6, ms = 1e-3, s = 1, m = 60 }

--- "950.00us", "10.63ms", "1.01s" in seconds.
local function seconds(text)
  local number, unit = (text or ""):match("^([%d.]+)(%a+)$")
  return number and tonumber(number) * UNITS[unit]
end

--- A number behind a pattern, times a unit.
local function number(text, pattern, unit)
  local found = tonumber((text:match(pattern .. "([%d.]+)")))
  return found and found * (unit or 1)
end

--- The sum of all numbers that a pattern captures.
local function sum(text, pattern)
  local total = 0
  for found in text:gmatch(pattern) do total = total + tonumber(found) end
  return total
end

local function read_wrk(text)
  local connect, read, write, timeout = text:match("Socket errors: connect (%d+), read (%d+), write (%d+), timeout (%d+)")
  return {
    p50 = seconds(text:match("\n%s+50%%%s+(%S+)")), p99 = seconds(text:match("\n%s+99%%%s+(%S+)")), max = seconds(text:match("Latency%s+%S+%s+%S+%s+(%S+)")),
    count = tonumber(text:match("(%d+) requests in")),
    failed = (connect and connect + read + write + timeout or 0) + sum(text, "Non%-2xx or 3xx responses: (%d+)"),
  }
end

local function read_ab(text)
  return {
    p50 = number(text, "\n50,", 1e-3), p99 = number(text, "\n99,", 1e-3), max = number(text, "\n%s+100%%%s+", 1e-3),
    count = number(text, "Complete requests:%s+"), failed = number(text, "Failed requests:%s+"),
  }
end

local function read_hey(text)
  return {
    p50 = number(text, "50%% in "), p99 = number(text, "99%% in "), max = number(text, "Slowest:%s+"),
    count = sum(text, "%[%d+%]%s+(%d+) responses"), failed = sum(text, "%[(%d+)%]%s+Get "),
  }
end

local function read_h2load(text)
  local done, failed, errored, timeout = text:match("(%d+) done, %d+ succeeded, (%d+) failed, (%d+) errored, (%d+) timeout")
  local _, max, mean = text:match("time for request:%s+(%S+)%s+(%S+)%s+(%S+)")
  return { mean = seconds(mean), max = seconds(max), count = tonumber(done), failed = done and failed + errored + timeout }
end

local function read_siege(text)
  return {
    mean = number(text, '"response_time":%s+'), max = number(text, '"longest_transaction":%s+'),
    count = number(text, '"transactions":%s+'), failed = number(text, '"failed_transactions":%s+'),
  }
end

local function read_vegeta(text)
  local ok, r = pcall(json.decode, text)
  if not ok then return {} end
  local l = r.latencies
  return { p50 = l["50th"] / 1e9, p99 = l["99th"] / 1e9, max = l.max / 1e9, count = r.requests, failed = r.requests - (r.status_codes["200"] or 0) }
end

local function read_oha(text)
  local ok, r = pcall(json.decode, text)
  if not ok then return {} end
  local failed = 0
  for what, n in pairs(r.errorDistribution) do
    if what ~= "aborted due to deadline" then failed = failed + n end
  end
  return { p50 = r.latencyPercentiles.p50, p99 = r.latencyPercentiles.p99, max = r.summary.slowest, count = r.statusCodeDistribution["200"], failed = failed }
end

-- By itself it opens a connection for each request, and gives up after some failures.
local SIEGE = [[printf 'connection = keep-alive\nfailures = 1000000000\njson_output = true\n' | siege -R /dev/stdin -q -b -c 50 -t{seconds}S {url}]]

--- Each asked for its best: a rate and corrected latencies where it knows them. In a command, {seconds}, {rate} (of all), {each} (of
--- each of the 50 connections) and {url}.
---@type { name: string, command: string, read: fun(text: string): battery.figures }[]
M.list = {
  { name = "wrk", command = "wrk -t1 -c50 --latency -d{seconds}s {url}", read = read_wrk },
  { name = "ab", command = "ab -k -q -r -c 50 -t {seconds} -n 10000000 -e /dev/stdout {url} | cat", read = read_ab },
  { name = "hey", command = "hey -c 50 -z {seconds}s -q {each} {url}", read = read_hey },
  { name = "h2load", command = "h2load --h1 -t1 -c50 -D {seconds} --rps {each} {url}", read = read_h2load },
  { name = "siege", command = SIEGE, read = read_siege },
  { name = "oha", command = "oha --no-tui --output-format json -c 50 -z {seconds}s -q {rate} --latency-correction {url}", read = read_oha },
  { name = "vegeta", command = "echo GET {url} | vegeta attack -rate {rate} -duration {seconds}s | vegeta report -type json", read = read_vegeta },
}

--- The command of a peer, ready for a shell.
---@param peer { command: string }
---@param values { seconds: integer, rate: integer, url: string }
---@return string
function M.command(peer, values)
  local words = { seconds = values.seconds, rate = values.rate, each = ("%g"):format(values.rate / 50), url = values.url }
  return (peer.command:gsub("{(%w+)}", words))
end

return M
