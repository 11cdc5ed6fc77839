local database = require "perilune.database"
local engine = require "perilune.core.engine"
local json = require "perilune.core.json"
local reuse = require "perilune.reuse"
local support = require "lua.support"

describe("a run for an interval that was judged", function()
  local path
  setup(function() path = support.timeline { { ulid = "01A", state = "failed", exit_code = 3, loads = { support.load_figures(10, 1) } } } end)
  teardown(support.clean)

  local same = { args = "{}", args_hash = "a", script_hash = "h", labels = "{}" }
  local function reused(options, now)
    local reader, finish = database.open(path), nil
    local run = { options = options or {}, prepared = { spec = {} }, reader = function() return reader end }
    local text, _, progress = support.with(engine, { finish = function(t) finish = t end }, support.output, reuse.finish, run, database.run(reader, "last"), now or same)
    return finish, text, progress or ""
  end

  it("ends as the first one did, and says so", function()
    local finish, text = reused()
    assert.same({ 3, "fail" }, { finish.exit, finish.verdict })
    assert.equal("shop: reused: run 01A was for this interval, fail (exit 3); nothing was sent\n", text)
    local result = json.decode(finish.json)
    assert.same({ "01A", true }, { result.run_id, result.reused })
  end)
  it("writes its reports again", function()
    local folder = support.folder()
    reused { reports = { json = folder .. "/r.json", junit = folder .. "/r.xml" } }
    assert.is_true(json.decode(support.read(folder .. "/r.json")).reused)
    assert.matches("<testsuites", support.read(folder .. "/r.xml"), 1, true)
  end)
  it("tells what else was asked for, in its reports too", function()
    local place = support.folder()
    local now = setmetatable({ args = '{"target":"http://b"}', args_hash = "b", script_hash = "h2" }, { __index = same })
    local finish, _, progress = reused({ reports = { html = place .. "/r.html", markdown = place .. "/r.md", json = place .. "/r.json" } }, now)
    assert.matches("perilune: shop: note: this is run 01A, .*: arguments: target http://b, was none; the script's text has changed%.", progress)
    assert.same({ "arguments: target http://b, was none", "the script's text has changed" }, json.decode(finish.json).reused_unlike)
    for _, name in ipairs { "/r.html", "/r.md", "/r.json" } do assert.matches("target http://b, was none", support.read(place .. name), 1, true) end
    local like, _, none = reused()
    assert.same({ "", nil }, { none, json.decode(like.json).reused_unlike })
  end)
  it("leaves standard output to who has taken it", function()
    local _, text, progress = reused { stdout_taken = "json" }
    assert.equal("", text)
    assert.matches("reused", progress, 1, true)
  end)
end)
