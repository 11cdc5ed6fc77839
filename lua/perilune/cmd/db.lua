--- perilune db stats|check|backup|gc|keep
local clock = require "perilune.core.clock"
local database = require "perilune.database"
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local gc = require "perilune.core.gc"
local json = require "perilune.core.json"
local moment = require "perilune.moment"
local output = require "perilune.output"
local retention = require "perilune.retention"
local suggest = require "perilune.suggest"
local timeline = require "perilune.core.timeline"
local units = require "perilune.core.units"

local M = {
  name = "db", section = "Look back", about = "Look after the database: stats, check, backup, gc, keep.", usage = "perilune db stats|check|backup|gc|keep [options] [FILE]",
  words = { "stats, check, backup, gc or keep" }, min = 1, max = 2, completes = { "stats", "check", "backup", "gc", "keep" },
  examples = { "perilune db stats", "perilune db check", "perilune db check --repair", "perilune db backup copy.db", "perilune db gc --dry-run", "perilune db gc",
    "perilune db keep --raw 14d --minute 180d --hour forever", "perilune db keep --spans 90d --artifacts forever" },
  common = { "db", "json" },
  options = {
    { name = "repair", help = "check: put flipped bits back, and move what is damaged into the table damaged; nothing is deleted" },
    { name = "dry-run", help = "gc: only say what it would do" },
    { name = "now", value = "T", help = "gc: count ages from this moment: 2026-11-22T18:00:00Z, -15m (before now), or seconds since 1970" },
    { name = "vacuum", help = "gc: write the whole file anew behind it; once for a file of an older version, which gives no space back and has no checksums of pages" },
    { name = "raw", value = "D", help = "keep: raw samples this long (7d), then one a minute" },
    { name = "minute", value = "D", help = "keep: those this long (90d), then one an hour" },
    { name = "hour", value = "D", help = "keep: those this long, or forever" },
    { name = "spans", value = "D", help = "keep: spans of traces (30d)" },
    { name = "logs", value = "D", help = "keep: logs that were received (30d)" },
    { name = "events", value = "D", help = "keep: other events (400d)" },
    { name = "artifacts", value = "D", help = "keep: artifacts (90d)" },
  },
  more = [[
FILE is the database, as --db names it; of backup it is the copy.
gc rolls up what is older than keep says: a gauge becomes the mean of each
minute, beside which NAME:min, NAME:max and NAME:count say what it was made
of; a counter keeps what its increases need, and distributions add up. Fewer
than 128 samples of a series that lie together, such as two minutes of one a
second, stay as they are, so that a short run keeps all of its samples. Spans,
logs, events and artifacts go when their run ended so long ago. Runs that are
pinned as baselines or still going keep all they have, every run keeps its
result, the histograms of whole loads, objectives and findings. Runs go on
meanwhile, and it may be stopped at any moment.]],
}

local actions = {}

function actions.stats(o)
  local reader, path = database.open(o.db)
  local s = database.records(reader, "db_stats", {})[1]
  if output.json(o, { schema = "perilune.db/1", path = path, samples = s.samples, distributions = s.distributions, series = s.series, runs = s.runs, spans = s.spans, logs = s.logs, events = s.events,
    artifacts = s.artifacts, bytes = s.bytes }) then return 0 end
  local number = function(n) return units.format("number", n) end
  local rows = {}
  for i, name in ipairs { "samples", "distributions", "series", "runs", "spans", "logs", "events", "artifacts" } do rows[i] = ("  %-13s  %s\n"):format(name, number(s[name])) end
  engine.write("result", ("%s\n%s  size           %s\n"):format(path, table.concat(rows), units.format("size", s.bytes)))
  return 0
end

-- What each look at the file finds: bits of its pages, its pages and indexes, each piece of samples and each histogram by its checksum.
local LOOKS = { "db_check_pages", "db_check", "db_check_samples" }

--- Rows of a look; what it cannot get through is one of them.
local function look(reader, record)
  local rows, err = reader:record(record, {})
  if rows then return rows end
  if err.code ~= "corrupt" then error(err, 0) end
  return { { text = err.message } }
end

--- What is wrong, and how much of it may be the work of another program.
local function find(reader)
  local findings, foreign = json.array {}, 0
  for _, record in ipairs(LOOKS) do
    for _, row in ipairs(look(reader, record)) do
      local text = row.text or select(2, next(row))
      if text ~= "ok" then findings[#findings + 1] = text end
      foreign = foreign + (row.is_foreign or 0)
    end
  end
  return findings, foreign
end

--- Puts right what can be, and moves aside what is damaged: what was done, and what is wrong still.
local function repair(path)
  local repaired, err = timeline.repair(path)
  if not repaired then error(err, 0) end
  local reader = database.open(path, true)
  return repaired, database.records(reader, "db_stats", {})[1].samples, find(reader)
end

local function show_repair(path, repaired, samples)
  engine.write("result", ("%s: flipped bits put back: %d; pages of another program taken as they are: %d\n"):format(path, repaired.flipped, repaired.foreign))
  engine.write("result", ("%s: moved into the table damaged: %d chunks, %d batches, %d histograms; rows corrected: %d; samples that are there: %s\n"):format(path,
    repaired.chunks, repaired.batches, repaired.histograms, repaired.rows, units.format("number", samples)))
end

local function show_whole(path, sealed)
  engine.write("result", path .. ": no damage found\n")
  if sealed then return end
  engine.write("result", "  pages have no checksums: of all but samples and histograms only the form was looked at; perilune db gc --vacuum writes the file anew, with them\n")
end

--- Raises what is wrong with the file.
local function refuse(path, findings, foreign, repaired)
  if #findings == foreign then
    local message = ("%s: another program has written to it, and nothing is damaged that can be told (%d findings): perilune db check --repair takes it as it is"):format(path, #findings)
    error({ code = "foreign", message = message }, 0)
  end
  local advice = repaired and "restore a backup, or read what is left with sqlite3 .recover" or "perilune db check --repair puts right what can be, and moves aside what cannot be read"
  error({ code = "corrupt", message = ("%s is damaged (%d findings): %s"):format(path, #findings, advice) }, 0)
end

function actions.check(o)
  local reader, path = database.open(o.db, true)
  local sealed = database.records(reader, "db_sealed", {})[1].pages ~= nil
  local findings, foreign = find(reader)
  reader:close()
  local left, repaired, samples = findings, nil, nil
  if o.repair and #findings > 0 then repaired, samples, left, foreign = repair(path) end
  local shown = output.json(o, { schema = "perilune.db.check/1", path = path, ok = #left == 0, sealed = sealed, findings = findings, repaired = repaired, left = repaired and left })
  for _, text in ipairs(shown and {} or findings) do engine.write("result", text .. "\n") end
  if repaired and not shown then show_repair(path, repaired, samples) end
  if #left > 0 then refuse(path, left, foreign, repaired) end
  if not shown and not repaired then show_whole(path, sealed) end
  return 0
end

function actions.backup(o)
  if not o[2] then error({ code = "usage", message = "db backup: the copy's file is missing" }, 0) end
  if file.exists(o[2]) then error({ code = "denied", message = ("db backup: %s exists already; nothing was written"):format(o[2]) }, 0) end
  local reader, path = database.open(o.db)
  local ok, err = reader:backup(o[2])
  if not ok then error(err, 0) end
  if not output.json(o, { schema = "perilune.db.backup/1", path = path, copy = o[2] }) then engine.write("result", o[2] .. "\n") end
  return 0
end

--- Wall milliseconds of --now.
local function moment_ms(text)
  local at = text and moment.at(text, clock.wall() / 1e9)
  if text and not (at and at >= 0) then error({ code = "usage", message = ("db gc: --now %s is no moment; %s"):format(text, moment.FORMS) }, 0) end
  return at and at * 1000
end

local function rebuild(path)
  local ok, err = gc.rebuild(path)
  if not ok then error(err, 0) end
end

--- What is said of pieces that stayed as they were.
local function show_left(counts)
  if counts.damaged > 0 then
    engine.write("result", ("  %d pieces cannot be read and stay; see perilune db check\n"):format(counts.damaged))
  end
  if counts.named > 0 then
    engine.write("result", ("  %d pieces stay: a series beside theirs has the name NAME:min, NAME:max or NAME:count\n"):format(counts.named))
  end
end

local function show_gc(path, o, n)
  local number = function(v) return units.format("number", v) end
  local size = function(v) return units.format("size", v) end
  local rows = {}
  for _, name in ipairs { "samples", "distributions", "spans", "logs", "events", "artifacts" } do
    local before, after = n[name .. "_before"], n[name .. "_after"]
    if before > after or name == "samples" or name == "distributions" then rows[#rows + 1] = ("  %-13s  %s, were %s\n"):format(name, number(after), number(before)) end
  end
  engine.write("result", ("%s%s\n%s"):format(path, o.dry_run and ": would be" or "", table.concat(rows)))
  show_left(n)
  if o.dry_run then return end
  engine.write("result", ("  size           %s, was %s\n"):format(size(n.bytes_after), size(n.bytes_before)))
  if not n.gives_back then
    engine.write("result", "  the file was begun by an older version and keeps its size, for what comes; perilune db gc --vacuum writes it anew, once\n")
  end
end

--- What gc did, from what it went through and what is there now.
local function result_of(path, o, counts)
  local reader = database.open(path)
  local now, dry = database.records(reader, "db_stats", {})[1], o.dry_run or false
  local result = { schema = "perilune.db.gc/1", path = path, dry_run = dry, damaged = counts.damaged, named = counts.named, bytes_before = counts.bytes, bytes_after = now.bytes,
    gives_back = counts.gives_back or o.vacuum or false }
  local fewer = { samples = counts.samples - counts.samples_left, distributions = counts.dists - counts.dists_left, spans = counts.spans, logs = counts.logs, events = counts.events, artifacts = counts.artifacts }
  for name, n in pairs(fewer) do
    result[name .. "_before"], result[name .. "_after"] = now[name] + (dry and 0 or n), now[name] - (dry and n or 0)
  end
  return result
end

function actions.gc(o)
  local now_ms, path = moment_ms(o.now), database.existing(o.db)
  local counts = retention.collect(path, { now_ms = now_ms, dry = o.dry_run })
  if o.vacuum and not o.dry_run then rebuild(path) end
  local result = result_of(path, o, counts)
  if not output.json(o, result) then show_gc(path, o, result) end
  return 0
end

function actions.keep(o)
  local reader, path = database.open(o.db)
  local rules = retention.rules(reader)
  reader:close()
  local ages, answer, rows = {}, { schema = "perilune.db.keep/1", path = path }, {}
  for _, stage in ipairs(retention.ALL) do ages[stage] = o[stage] end
  if next(ages) then rules = retention.set(path, ages) end
  for i, stage in ipairs(retention.ALL) do
    answer[stage] = retention.text(rules[stage])
    rows[i] = ("  %-9s  %s\n"):format(stage, answer[stage])
  end
  if output.json(o, answer) then return 0 end
  engine.write("result", path .. "\n" .. table.concat(rows))
  return 0
end

-- Which action an option belongs to.
local OF = { repair = "check", dry_run = "gc", now = "gc", vacuum = "gc" }
for _, stage in ipairs(retention.ALL) do OF[stage] = "keep" end

--- The database that is meant: FILE, but of backup --db alone.
local function database_of(o)
  if o[1] == "backup" or not o[2] then return o.db end
  if o.db and file.absolute(o.db) ~= file.absolute(o[2]) then error({ code = "usage", message = ("db %s: two databases, %s and --db %s"):format(o[1], o[2], o.db) }, 0) end
  return o[2]
end

--- Runs the action.
---@param o table
---@return integer
function M.main(o)
  local action = actions[o[1]]
  if not action then error({ code = "usage", message = ("db: unknown action %q%s (stats, check, backup, gc, keep)"):format(o[1], suggest.hint(o[1], actions)) }, 0) end
  for name, of in pairs(OF) do
    if o[name] and of ~= o[1] then error({ code = "usage", message = ("db %s: --%s is an option of db %s"):format(o[1], (name:gsub("_", "-")), of) }, 0) end
  end
  o.db = database_of(o)
  return action(o)
end

return M
