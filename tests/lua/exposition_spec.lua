local support = require "lua.support"
support.without_run { writer = { reader = function() return nil end } }
local clock = require "perilune.core.clock"
local core = require "perilune.core.exposition"
local database = require "perilune.database"
local exposition = require "perilune.exposition"
local history = require "perilune.history"
local writer = require "perilune.core.writer"

describe("/metrics", function()
  it("is what is asked for", function()
    local wants = exposition.wants_openmetrics
    assert.is_false(wants "")
    assert.is_false(wants "*/*")
    assert.is_false(wants "text/plain;version=0.0.4;q=0.9, application/openmetrics-text;version=1.0.0;q=0.5")
    assert.is_false(wants "application/openmetrics-text;version=1.0.0;q=0")
    assert.is_false(wants "application/openmetrics-text;version=2.0.0, text/plain")
    assert.is_true(wants "application/openmetrics-text")
    -- Prometheus 2 and 3.
    assert.is_true(wants "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
    assert.is_true(wants "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2")
  end)

  --- The page of these rows, the last ones of their names, and of `older` ones that still run; gives status, type, body and the runs that were asked for.
  local function page_of(rows, accept, older)
    local runs
    local function records(_, operation)
      if operation == "runs_last" then return rows end
      local running = table.move(older or {}, 1, #(older or {}), 1, {})
      for _, row in ipairs(rows) do running[#running + 1] = row.state == "running" and row or nil end
      table.sort(running, function(a, b) return a.id < b.id end)
      return running
    end
    local function open() return { page = function(_, _, list, openmetrics) runs = list return openmetrics and "# EOF\n" or "" end } end
    local function verdict(row) return row.state end
    return support.with(core, { open = open }, support.with, writer, { reader = function() return "reader" end }, support.with, database, { records = records },
      support.with, history, { verdict = verdict }, function()
        local status, type_, body = exposition.new() { accept = accept }
        return status, type_, body, runs
      end)
  end
  it("tells of the runs that go on first, and of each run what it is", function()
    local now = clock.wall()
    local rows = { { id = 3, name = "a", ulid = "03", state = "pass", started_ns = 3500000000, ended_ns = now - 1000000000 }, { id = 2, name = 'b"\\', ulid = "02", state = "running", started_ns = 2000000000 } }
    local status, type_, body, runs = page_of(rows, "application/openmetrics-text")
    assert.equal(200, status)
    assert.equal("application/openmetrics-text; version=1.0.0; charset=utf-8", type_)
    assert.equal([[
# TYPE perilune_run_info gauge
perilune_run_info{name="b\"\\",run="02",verdict="running"} 1
perilune_run_info{name="a",run="03",verdict="pass"} 1
# TYPE perilune_run_started_seconds gauge
perilune_run_started_seconds{name="b\"\\",run="02"} 2.000
perilune_run_started_seconds{name="a",run="03"} 3.500
# EOF
]], body)
    assert.same({ 2, 3, math.maxinteger }, { runs[1][1], runs[2][1], runs[2][2] })
    assert.is_true(runs[1][2] < math.maxinteger)
    for _, run in ipairs(runs) do assert.is_true(run[3] >= now - 300000000000 and run[3] < now - 290000000000) end
    assert.equal("text/plain; version=0.0.4; charset=utf-8", (select(2, page_of(rows, "*/*"))))
  end)
  it("tells of every run of a name that goes on, whether or not it is the last one", function()
    local function of(id, state) return { id = id, name = "n", ulid = "0" .. id, state = state, started_ns = 0, ended_ns = state ~= "running" and clock.wall() or nil } end
    local function ids(runs)
      for i, run in ipairs(runs) do runs[i] = run[1] end
      return runs
    end
    assert.same({ 5, 4, 2 }, ids(select(4, page_of({ of(5, "running") }, "", { of(2, "running"), of(4, "running") }))))
    assert.same({ 2, 5 }, ids(select(4, page_of({ of(5, "pass") }, "", { of(2, "running") }))))
  end)
  it("tells no values of runs that ended five minutes ago, but what they were", function()
    local function ended(id, ago_s) return { id = id, name = "n" .. id, ulid = "0" .. id, state = "fail", started_ns = 0, ended_ns = ago_s and clock.wall() - ago_s * 1000000000 } end
    local _, _, body, runs = page_of({ ended(1, 301), ended(2, 200), ended(3) }, "")
    assert.same({ 1, 2 }, { #runs, runs[1][1] })
    assert.equal(3, select(2, body:gsub('verdict="fail"', "")))
  end)
  it("has room for so many runs", function()
    local rows = {}
    for i = 1, 40 do rows[i] = { id = i, name = "n" .. i, ulid = "0" .. i, state = "running", started_ns = 0 } end
    assert.equal(core.runs, #select(4, page_of(rows, "")))
  end)
end)
