--- The life of a run, from the playbook's text to its exit code: the engine calls prepare, then main as a task.
local later = require "perilune.later"
local Run = require "perilune.run"
local arg = require "perilune.arg"
local alerts = later "perilune.alerts"
local baseline = later "perilune.baseline"
local clock = require "perilune.core.clock"
local controller = require "perilune.controller"
local conclusion = require "perilune.conclusion"
local engine = require "perilune.core.engine"
local exit_codes = require "perilune.exit_codes"
local export = later "perilune.export"
local feeder = require "perilune.feeder"
local folder = require "perilune.folder"
local grant = require "perilune.grant"
local http = require "perilune.http"
local json = require "perilune.core.json"
local labels = require "perilune.labels"
local lint = later "perilune.lint"
local load = require "perilune.load"
local lock = later "perilune.lock"
local metrics = require "perilune.metrics"
local output = require "perilune.output"
local playbook = require "perilune.playbook"
local policy = require "perilune.policy"
local preview = later "perilune.preview"
local purity = require "perilune.purity"
local reading = require "perilune.reading"
local receive = later "perilune.receive"
local redact = require "perilune.redact"
local result = require "perilune.result"
local sample = require "perilune.sample"
local reuse = later "perilune.reuse"
local judge = require "perilune.judge"
local scrape = later "perilune.scrape"
local sla = require "perilune.sla"
local target = require "perilune.target"
local task = require "perilune.task"
local traces = later "perilune.traces"
local ulid = require "perilune.ulid"
local watch = require "perilune.watch"
local writer = require "perilune.core.writer"

local M = {}

local prepared -- what prepare made for main: a state runs one run

local CLEANUP_SECONDS = 30
local STORE_END_SECONDS = 10 -- the end of a run waits so long for room on the disk
local LEAVE_SECONDS = 2 -- of a run that is left at once, to note that it was

--- Calls what a playbook's text says: its mistakes are errors of the script, with their lines. Where the command line wrote the
--- playbook (`perilune load`), they stay its own. For lint, which tells all of them, `otherwise` stands for what is missing.
local function written(p, otherwise, fn, ...)
  local results = table.pack(task.try(fn, ...))
  if results[1] then return table.unpack(results, 2, results.n) end
  local err = results[2]
  if not p.options.from_options then err = reading.placed(exit_codes.of_script(err), p.spec.text, p.spec.playbook) end
  if otherwise == nil or p.options.only ~= "lint" then error(err, 0) end
  p.findings[#p.findings + 1] = reading.finding(err)
  return otherwise
end

--- What follows run:load in a text: (...), or the one table that it is called with.
local function calls_of_load(text)
  local list = {}
  for _, brackets in ipairs { "%b()", "%b{}" } do
    for given in text:gmatch("[%.:]load%s*(" .. brackets .. ")") do list[#list + 1] = given end
  end
  return list
end

--- Whether the levels of a call say how long they last: stages, a trace, a curve.
local function has_length(given)
  for _, word in ipairs { "stages", "trace", "curve", "predicted" } do
    if given:find("[%.:]" .. word .. "%s*[{(\"']") then return true end
  end
  return false
end

--- What stands for the model and duration that a scenario leaves to run:load, where the text has a run:load that gives them,
--- or whose options are no table that is written there, which only the call itself can check; else nil.
local function stand_in(text, s)
  if type(s) ~= "table" then return nil end
  local has_model, has_duration = s.arrivals or s.users or s.iterations or s.iterations_each, s.duration or s.iterations or s.iterations_each
  for _, given in ipairs(calls_of_load(text)) do
    local named = given:find ",.*[%w_%)%]]%s*%)$" or given:find ",%s*[%a_][^,{}]*%)$"
    local gives_model, gives_duration = named, named or has_length(given) or given:find "[{,%s]duration%s*="
    for _, key in ipairs { "arrivals", "users", "iterations", "iterations_each" } do
      gives_model = gives_model or given:find("[{,%s]" .. key .. "%s*=")
      gives_duration = gives_duration or (key:find "^iterations" and given:find("[{,%s]" .. key .. "%s*="))
    end
    if not has_model and gives_model and (gives_duration or has_duration) then return { iterations = 1 } end
    if has_model and not has_duration and gives_duration then return { duration = 1 } end
  end
  return nil
end

--- The plans of all scenarios. Of one whose model run:load gives only what it says itself is checked, and `later` is set.
local function plans_of(p)
  local plans = {}
  for _, name in ipairs(load.names(p.scenarios)) do
    local instead = not p.options.from_options and stand_in(p.spec.text, p.scenarios[name]) or nil
    local plan = written(p, false, load.plan, name, p.scenarios[name], instead, p.spec) or nil
    if plan then plan.later = instead and true or nil end
    plans[#plans + 1] = plan
  end
  return plans
end

--- The rows of objectives; for lint each alone, so that one that is wrong hides no other.
local function objectives_of(p)
  local rows = written(p, {}, playbook.objectives, p.book, p.args)
  if p.options.only == "lint" then
    for i, row in ipairs(rows) do written(p, {}, sla.row, row, i, p.world) end
  end
  return written(p, {}, sla.read, p.options.only == "lint" and {} or rows, p.book.errors, p.world)
end

--- Reads and checks everything that can be checked before anything is sent.
---@param spec table { playbook, text, folder, args, labels, seed, deadline, apply, strict, quiet, options_json }
---@return table prepared
function M.prepare(spec)
  math.randomseed(math.tointeger(spec.seed) or 1, 0)
  local chunk, err = engine.chunk(spec.text, spec.playbook)
  if not chunk then error(err, 0) end
  local options = json.decode(spec.options_json or "{}")
  local named = policy.of(engine.options().trusted_hosts, options.policy or engine.options().policy_path)
  local p = { id = ulid.new(clock.wall()), spec = spec, options = options, policy = named, findings = {} }
  p.book = written(p, nil, function() return playbook.check(chunk(), spec.playbook) end)
  if not options.from_options then written(p, nil, arg.check_names, p.book.args, options.taken) end
  local typed_args, given = spec.args, arg.beside(p.book.args, spec.args, options.args_beside)
  spec.args = given
  if options.only then given, p.filled = arg.filled(p.book.args, given) end
  p.args = arg.read(p.book.args, given, options.from_options)
  p.typed = grant.typed_hosts(p.book.args, typed_args, p.args)
  p.scenarios = written(p, {}, playbook.scenarios, p.book, p.args)
  p.scenarios_known = #p.findings == 0
  if options.once then load.need(p.scenarios, options.once, "--once") end
  p.plans = plans_of(p)
  p.feeders = written(p, {}, feeder.open, p.book.feeders, spec.folder, spec.seed)
  p.world = metrics.world(p, writer.reader)
  reading.text(p)
  p.objectives = objectives_of(p)
  prepared = p
  p.snapshot = purity.snapshot(p.book.scenarios)
  if #p.plans > 0 then grant.load(p.plans, p.typed, p.policy) end
  p.spare = result.check_places(options)
  writer.name_run(prepared.id)
  return prepared
end

--- What a run is of, as its row has it: runs that are alike have it in common.
local function identity_of(run)
  local spec = prepared.spec
  return { name = prepared.book.name, args = json.encode(redact.args(prepared.book.args, spec.args)), args_hash = result.args_hash(prepared.args),
    labels = json.encode(run.labels), script_hash = engine.sha256(spec.text) }
end

local function begin(run)
  local spec, of = prepared.spec, identity_of(run)
  local row, err = writer.record("run_begin", {
    ulid = run.id, name = of.name, playbook = spec.playbook, args = of.args, labels = of.labels, seed = spec.seed,
    script_hash = of.script_hash, script_text = spec.text, args_hash = of.args_hash, host = json.encode(run.machine), version = engine.version(),
    started_ns = run.started_ns, boot_id = run.machine.boot_id, pid = run.machine.pid, process_start = run.machine.process_start,
    nonce = run.id, interval_key = prepared.options.interval,
  }, true)
  if not row then error(err, 0) end
  run.row = row
  assert(writer.set_run(row))
end

--- Whether the run was asked to end a second time: everything is left at once.
local function is_left()
  local _, times = engine.cancelled()
  return (times or 0) > 1
end

--- Runs fn; gives nil, or the error as a table. A run that is left gets no further.
local function attempt(fn, ...)
  local ok, err = task.try(fn, ...)
  if is_left() then error({ code = "cancelled", message = "left at once" }, 0) end
  if not ok then return err end
end

--- Takes what points into our own playbook out of an error that a user of `perilune load` sees.
local function without_own_places(err)
  local place = prepared.spec.playbook .. ":"
  if err.message:sub(1, #place) == place then err.message = err.message:gsub("\n  > [^\n]*$", ""):match("^%d+: (.*)$", #place + 1) or err.message end
  local kept = {}
  for line in (err.trace or ""):gmatch "[^\n]+" do
    if line:sub(3, #place + 2) ~= place then kept[#kept + 1] = line end
  end
  err.trace = #kept > 1 and table.concat(kept, "\n") or nil
end

--- An error as it may be stored and shown.
local function presentable(err)
  if type(err) ~= "table" or type(err.message) ~= "string" then return err end
  if prepared.options.from_options then without_own_places(err) end
  err.message = redact.url(err.message)
  return err
end

--- run(run) in a task of its own, so that a cancel or the deadline ends its waits.
local function body(run)
  local main = task.spawn(prepared.book.run, run:face())
  local cancel_watch = task.spawn(function()
    local signal_number = engine.wait_cancel()
    run.cancelled = { signal = signal_number > 0 and signal_number or nil }
    main:cancel()
  end)
  local deadline = prepared.spec.deadline and task.spawn(function()
    task.sleep(prepared.spec.deadline)
    run.deadline_passed = true
    main:cancel()
  end)
  local controls = task.spawn(controller.watch, run)
  local err = attempt(main.join, main)
  cancel_watch:cancel()
  controls:cancel()
  if deadline then deadline:cancel() end
  if err and (run.cancelled or run.deadline_passed) then return nil end
  return presentable(prepared.options.from_options and err or exit_codes.of_script(err))
end

local function clean_up(run, err)
  local outcome = err and "error" or run.cancelled and "cancelled" or run.deadline_passed and "deadline" or "ok"
  load.stop_all(run)
  for i = #run.deferred, 1, -1 do
    local failed = attempt(task.within, CLEANUP_SECONDS, run.deferred[i])
    if failed then run:note("clean-up failed: " .. tostring(failed.message)) end
  end
  if prepared.book.cleanup then
    local failed = attempt(task.within, CLEANUP_SECONDS, prepared.book.cleanup, run:face(), outcome)
    if failed then run:note("cleanup(run) failed: " .. tostring(failed.message)) end
  end
end

--- Failures of the disk or the file; others are our own.
local STORING = { full = true, busy = true, io = true, read_only = true, denied = true, corrupt = true }

--- Brings everything measured to the file; raises why that failed.
local function write_out(run)
  local ok, err = writer.sync()
  local rows, why = writer.unstored()
  err = why or not ok and err or nil
  if rows == 0 and not err then return end
  if rows > 0 then run:note(("%d rows of this run are not stored%s"):format(rows, err and ": " .. err.message or "")) end
  error({ code = err and STORING[err.code] and err.code or "misuse", message = ("not stored: %s"):format(err and err.message or rows .. " rows") }, 0)
end

local PASSING = { full = true, busy = true, io = true }

--- Stores the run's end, waiting for room and for other programs; gives its JSON, and why it was not stored.
local function store_end(run)
  local text = json.encode(result.run(run))
  local fields = { run = run.row, state = exit_codes.state(run.verdict), exit_code = run.exit.code, ended_ns = run.ended_ns, result = text }
  local row, err
  for _ = 1, STORE_END_SECONDS do
    row, err = writer.record("run_end", fields, true)
    if row or not PASSING[err.code] then break end
    task.sleep(1)
  end
  if not row then return text, { code = err.code, message = "the end of this run may not be stored: " .. err.message } end
  return text
end

--- `perilune lint` and `plan`: everything was checked by prepare, nothing is sent.
local function finish_unsent()
  local code = prepared.options.only == "lint" and #lint.problems(prepared.findings) > 0 and exit_codes.CODE.script_error or 0
  engine.finish { exit = code, verdict = code == 0 and "pass" or "error", json = preview.show(prepared) }
end

--- `--once SCENARIO`: the walk takes the place of run(run).
local function walk(run) run:load(prepared.options.once) end

--- Judges, stores and shows a run whose playbook has ended.
local function finish(run)
  run.ended_ns = clock.wall()
  local unstopped = attempt(sample.finish, run)
  local unscraped = attempt(scrape.finish, run)
  local unsettled = attempt(receive.finish, run)
  local unwatched = run.alerts and attempt(alerts.finish, run)
  if unwatched then run:note("the live anomalies were not kept: " .. tostring(unwatched.message)) end
  local unjoined = attempt(traces.join, run)
  if unjoined then run:note("slow requests were not joined to their traces: " .. tostring(unjoined.message)) end
  local unwritten = attempt(write_out, run)
  local unsent = attempt(export.finish, run)
  if unsent then run:note("the export was not finished: " .. tostring(unsent.message)) end
  local judged = attempt(judge.all, run)
  run.error = run.error or unstopped or unscraped or unsettled or unwritten or judged
  conclusion.draw(run, run.error)
  local unpinned = attempt(baseline.settle, run)
  if unpinned then run:note("the baseline was not pinned: " .. tostring(unpinned.message)) end
  attempt(result.store_notes, run) -- a database that cannot take them does not take the run's end either, which is told
  result.plan_paths(run)
  local text, not_stored = store_end(run)
  local unwritable = result.publish(run, function() text, not_stored = store_end(run) return text end)
  local trouble = not_stored and not_stored.message or unwritable and "the report was not written; the run is kept: " .. tostring(unwritable.message)
  local code = run.exit.code
  if trouble then
    output.tell("perilune: " .. trouble)
    if not run.cancelled then code = exit_codes.first({ bad_file = true, [run.exit.reason] = true }).code end
  end
  engine.finish { exit = code, verdict = run.verdict, json = text, error = conclusion.error(run) }
end

local function live(run)
  if prepared.options.exclusive then lock.take(run, begin) else begin(run) end
  prepared.world.sources = function(metric) return run:series(metric) end
  watch.start(run)
  run:progress({ type = "run_begin", id = run.id, name = prepared.book.name })
  for _, row in ipairs(run.objectives) do
    for _, text in ipairs(row.warnings) do run:note(text) end
  end
  local err = body(run)
  run.error = err
  clean_up(run, err)
  finish(run)
end

--- The end of a run that was asked a second time to end: no load is drained, nothing is cleaned up, its row says cancelled.
local function leave(run)
  local signal_number = engine.cancelled()
  local code = signal_number > 0 and 128 + signal_number or exit_codes.CODE.internal
  if run.row then
    pcall(task.shield, LEAVE_SECONDS, writer.record, "run_end",
      { run = run.row, state = exit_codes.state("cancelled"), exit_code = code, ended_ns = clock.wall() }, true)
  end
  engine.finish { exit = code, verdict = "cancelled" }
end

--- The root task of a run.
function M.main()
  if prepared.options.only then return finish_unsent() end
  if prepared.options.once then
    prepared.book.run, prepared.book.cleanup, prepared.objectives = walk, nil, {}
  end
  local run = Run.new(prepared, prepared.id)
  run.machine = target.host()
  run.machine.versions = json.decode(engine.build_info())
  run.labels = labels.of(prepared.spec.labels, run.machine, prepared.spec.folder)
  run.started_ns = clock.wall()
  http.use(run:asks())
  for _, warning in ipairs(reading.warnings(prepared)) do run:note(warning) end
  local earlier = prepared.options.interval and lock.finished(run, prepared.options.interval)
  if earlier then return reuse.finish(run, earlier, identity_of(run)) end
  local ok, err = task.try(live, run)
  if ok then return end
  if not is_left() then error(err, 0) end
  leave(run)
end

return M
