--- run:sample "scrape": a target of Prometheus is asked at intervals, in a task of its own; what it answers becomes series of the run.
--- A scrape that fails is a sample of `up`, never an error of the run.
local clock = require "perilune.core.clock"
local core = require "perilune.core.scrape"
local face = require "perilune.face"
local grant = require "perilune.grant"
local http = require "perilune.http"
local lines = require "perilune.lines"
local redact = require "perilune.redact"
local schema = require "perilune.schema"
local task = require "perilune.task"
local url_parts = require("perilune.core.http").parse
local words = require "perilune.words"

local M = {}

local TIMEOUT_MOST = 10 -- seconds, where none is said
local ACCEPT = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

local function invalid(message, ...) error({ code = "invalid", message = "sample: " .. message:format(...) }, 0) end

--- ---- Targets -------------------------------------------------------------------------------------------

--- Rules, each checked against what a rule may have.
local function rules_of(list, name)
  local out = {}
  if next(list) ~= nil and #list == 0 then invalid("%s is a list of rules: { { action = \"drop\", … } }", name) end
  for i, rule in ipairs(list) do out[i] = schema.check(words.options.relabel, rule, ("sample: %s: rule %d"):format(name, i)) end
  return out
end

--- "a=1&b=2" as { __param_a = "1", __param_b = "2" }; values stay as they stand in the URL.
local function add_parameters(labels, query)
  for name, value in query:gmatch "([^&=]+)=?([^&]*)" do
    local label = "__param_" .. name
    labels[label] = labels[label] or value
  end
end

--- The labels of a target before its rules, as Prometheus has them.
local function labels_of(o, place)
  local path, query = place.target:match "^([^?]*)%??(.*)$"
  local labels = { __address__ = place.authority, __scheme__ = place.scheme, __metrics_path__ = path }
  add_parameters(labels, query)
  schema.labels(o.labels, "sample")
  for name, value in pairs(o.labels) do labels[name] = value end
  return labels
end

--- The URL that labels name.
local function url_of(labels)
  local query = {}
  for name, value in pairs(labels) do
    local parameter = name:match "^__param_(.+)$"
    if parameter then query[#query + 1] = parameter .. "=" .. value end
  end
  table.sort(query)
  return ("%s://%s%s%s%s"):format(labels.__scheme__ or "http", labels.__address__ or "", labels.__metrics_path__ or "", #query > 0 and "?" or "", table.concat(query, "&"))
end

--- A URL with where it leads: host and port as they are written; /metrics where it has no path.
local function place_of(text)
  local place, err = url_parts(text)
  if not place then invalid("%s", err.message) end
  local authority, rest = text:match "^%a[%w+.-]*://([^/?#]*)([^#]*)"
  if place.scheme == "unix" then return { scheme = "unix", authority = place.host, target = place.target, url = text } end
  local target = rest ~= "" and rest or "/metrics"
  return { scheme = place.scheme, authority = authority, target = target, url = ("%s://%s%s"):format(place.scheme, authority, target) }
end

--- The URL and the labels of a target, after its rules; nil where they drop it.
---@param o table options of run:sample "scrape", checked
---@return string|nil url
---@return table|nil labels
function M.target(o)
  local place = place_of(o.url)
  local labels, url = labels_of(o, place), place.url
  local rules = rules_of(o.relabel, "relabel")
  if #rules > 0 then
    local changed, err = core.relabel(labels, rules)
    if err then invalid("relabel: %s", err.message) end
    if not changed then return nil end
    labels, url = changed, place.scheme == "unix" and url or url_of(changed)
  end
  local own = { instance = labels.__address__ }
  for name, value in pairs(labels) do own[name] = not name:find "^__" and value or nil end
  return url, own
end

--- ---- Scrapes -------------------------------------------------------------------------------------------

local Scrape = {}
Scrape.__index = Scrape

--- What there was so far.
---@return { scrapes: integer, failed: integer, why: string?, samples: integer, series: integer, exemplars: integer, refused: table<string, integer> } why: of the last failure; refused: by reason
function Scrape:counts()
  local counts, err = core.counts(self.number)
  if self.broken or not counts then error(self.broken or err, 0) end
  local refused = {}
  for _, r in ipairs(counts.refused) do refused[r.reason] = r.count end
  return { scrapes = self.scrapes, failed = self.failed, why = self.why, samples = counts.samples, series = counts.series, exemplars = counts.exemplars, refused = refused }
end

--- Ends it: its series end here, too.
function Scrape:stop()
  if self.ended then return end
  self:leave()
  local ok, err = core.stop(self.number)
  if not ok then error(err, 0) end
end

--- Asks no more.
function Scrape:leave()
  self.ended = true
  if self.task then self.task:cancel() end
end

local face_of = face.kind("scrape", { counts = { Scrape.counts }, stop = { Scrape.stop } })
Scrape.face = function(self) return face_of(self, { url = self.shown }) end

--- One scrape: asks, and hands on what was answered.
function Scrape:once()
  local at = clock.wall()
  local ok, got = task.try(self.client.request, self.client, self.request)
  if not ok and got.code == "cancelled" then error(got, 0) end
  self.scrapes = self.scrapes + 1
  self.answered = self.answered or ok or got.status ~= nil or got.code == "limit"
  local kept, err = core.take(self.number, { at = at, seconds = (clock.wall() - at) / 1e9, body = ok and got.text or nil, type = ok and got:header "content-type" or nil })
  if not kept then error(err, 0) end
  local failure = not ok and (got.code == "limit" and "body_size_limit: " or "") .. (got.why or got.message) or kept.failed and kept.failed.message
  if not failure then return end
  self.failed, self.why = self.failed + 1, redact.url(failure)
end

--- Scrapes until it is cancelled; a scrape that takes longer than the interval leaves out those that were due meanwhile.
function Scrape:go_on()
  local due = clock.now()
  repeat
    local ok, err = task.try(self.once, self)
    if not ok then
      self.broken = err.code ~= "cancelled" and err or nil
      return
    end
    due = due + self.every * math.max(1, math.ceil((clock.now() - due) / self.every))
    task.sleep(math.max(0, due - clock.now()))
  until self.ended
end

local LIMITS = { samples = "sample_limit", label_count = "label_limit", name_bytes = "label_name_length_limit", value_bytes = "label_value_length_limit" }

local function open_target(o, labels)
  local target = { labels = labels, rules = rules_of(o.metric_relabel, "metric_relabel"), role = o.role, origin = o.origin, honor_labels = o.honor_labels, honor_timestamps = o.honor_timestamps, distributions = o.distributions }
  for field, option in pairs(LIMITS) do target[field] = o[option] end
  local number, err = core.start(target)
  if not number then invalid("metric_relabel: %s", err.message) end
  return number
end

--- One client for all scrapes of a run: what it asks is no event of the timeline, for `up` tells it.
local function client_of(run)
  local p = run.prepared
  run.scrape_client = run.scrape_client or http.new { hosts = grant.fetch(p.typed, p.policy), folder = p.spec.folder }
  return run.scrape_client
end

local function request_of(o, url, timeout)
  local headers = { accept = ACCEPT, ["x-prometheus-scrape-timeout-seconds"] = ("%.14g"):format(timeout) }
  for name, value in pairs(o.headers) do headers[name] = value end
  return { url = url, headers = headers, auth = o.auth, tls = o.tls, proxy = o.proxy, timeout = timeout, retries = 0, expect = "200", max_body = o.body_size_limit }
end

--- Starts to scrape a target, until the run ends.
---@param run perilune.Run
---@param options table { url, every, timeout, role, labels, relabel, metric_relabel, honor_labels … }, see words.lua
---@return table handle { url } with counts() and stop()
function M.start(run, options)
  local o = schema.check(words.options.scrape, options, "sample")
  local timeout = o.timeout or math.min(o.every, TIMEOUT_MOST)
  if o.every < 0.1 then invalid "every is at least 100ms" end
  if timeout <= 0 or timeout > o.every then invalid "timeout is above 0, and not longer than every" end
  local url, labels = M.target(o)
  if not url then invalid("the rules of relabel drop %s", redact.url(o.url)) end
  local granted, place = grant.may_ask(url, run.prepared.typed, run.prepared.policy)
  if granted == false then
    error({ code = "refused", message = ("sample: scraping %s is not granted: give the URL on the command line, or a policy file with fetch = { %q }"):format(place, place) }, 0)
  end
  local client = client_of(run)
  client:sender()
  local scrape = setmetatable({ shown = redact.url(url), every = o.every, client = client, request = request_of(o, url, timeout), scrapes = 0, failed = 0, answered = false }, Scrape)
  scrape.number = open_target(o, labels)
  scrape.task = task.spawn(scrape.go_on, scrape)
  run.scrapes[#run.scrapes + 1] = scrape
  return scrape
end

--- One target in a line: what came, what failed, what was refused by reason.
local function told(scrape, counts)
  local line = ("scraped %s: %s, %s of %s series"):format(scrape.shown, lines.counted(scrape.scrapes, "time"), lines.counted(counts.samples, "sample"), lines.count(counts.series))
  if scrape.failed > 0 then line = ("%s; %s failed, the last one: %s"):format(line, lines.count(scrape.failed), scrape.why) end
  local refused = lines.refused(counts.refused)
  return refused and ("%s; refused: %s"):format(line, refused) or line
end

--- Ends all scrapes of a run and notes what became of each.
---@param run perilune.Run
function M.finish(run)
  for _, scrape in ipairs(run.scrapes) do
    if not scrape.ended then scrape:leave() end
    local counts, err = core.counts(scrape.number)
    if scrape.broken or not counts then error(scrape.broken or err, 0) end
    run:note(told(scrape, counts))
  end
end

return M
