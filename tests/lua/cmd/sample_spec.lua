local report = require "perilune.report"
local sample = require "perilune.cmd.sample"
local session = require "perilune.session"
local support = require "lua.support"

describe("perilune sample", function()
  local db
  setup(function() db = support.timeline { { ulid = "01A" } } end)
  teardown(support.clean)

  local RESULT = '{"schema":"perilune.run/1","run_id":"01A","verdict":"pass","exit":{"code":0},"interval":["a","b"]}'

  --- Runs the command with a run that has sampled these figures; gives output, the spec.
  local function sampled(figures, o)
    local spec
    local function run(_, s) spec = s return 0, { json = RESULT } end
    local values = { db = db, duration = "1s" }
    for k, v in pairs(o or {}) do values[k] = v end
    local text = support.with(session, { run = run }, support.with, report.machine, { figures = function() return figures end }, support.output, sample.main, values)
    return text, spec
  end

  it("runs the sampling playbook and shows figures with their units", function()
    local text, spec = sampled { { name = "cpu", unit = "ratio", min = 0.1, mean = 0.2, max = 0.5, samples = 9 }, { name = "disk read", unit = "bytes/s", min = 0, mean = 1024, max = 2048, samples = 9 } }
    assert.matches("cpu +10 %% +20 %% +50 %% +9", text)
    assert.matches("disk read +0 B/s +1 KiB/s +2 KiB/s", text)
    assert.same({ "1s", {} }, { spec.args.duration, spec.options.from_options })
  end)
  it("gives them as perilune.sample/1", function()
    local _, spec = sampled({ { name = "cpu" } }, { quiet = true })
    local text = support.with(report.machine, { figures = function() return { { name = "cpu" } } end }, spec.select, RESULT)
    assert.matches('"schema":"perilune.sample/1"', text, 1, true)
  end)
  it("says when there was too little time", function()
    assert.matches("nothing was sampled", (sampled {}), 1, true)
    assert.equal("", (sampled({}, { quiet = true })))
  end)
end)
