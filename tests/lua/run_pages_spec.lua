local database = require "perilune.database"
local support = require "lua.support"
support.without_run()
local run_pages = require "perilune.run_pages"

describe("the pages of runs", function()
  local reader
  setup(function()
    reader = database.open((support.timeline { { ulid = "01ABCDEFGHJKMNPQRSTVWXYZ00", name = "a <b>" } }))
  end)
  teardown(support.clean)

  it("list the runs", function()
    local status, type_, body = run_pages.answer(reader, "/")
    assert.same({ 200, "text/html; charset=utf-8" }, { status, type_ })
    assert.matches("/runs/01ABCDEFGHJKMNPQRSTVWXYZ00", body, 1, true)
  end)
  it("have the report of each", function()
    local status, type_, body = run_pages.answer(reader, "/runs/01ABCDEFGHJKMNPQRSTVWXYZ00")
    assert.same({ 200, "text/html; charset=utf-8" }, { status, type_ })
    assert.matches("<h1>a &lt;b&gt;</h1>", body, 1, true)
    assert.equal("text/markdown; charset=utf-8", (select(2, run_pages.answer(reader, "/runs/01ABCDEFGHJKMNPQRSTVWXYZ00.md"))))
    assert.matches('^{.*"run_id":"01ABCDEFGHJKMNPQRSTVWXYZ00"', (select(3, run_pages.answer(reader, "/runs/01ABCDEFGHJKMNPQRSTVWXYZ00.json"))))
  end)
  it("are no others", function()
    assert.equal(404, (run_pages.answer(reader, "/runs/01ABCDEFGHJKMNPQRSTVWXYZ00.xml")))
    assert.equal(404, (run_pages.answer(reader, "/runs/../etc")))
    assert.equal("not_found", (select(2, support.message(run_pages.answer, reader, "/runs/02"))))
  end)
end)
