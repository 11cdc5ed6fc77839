local fixture = require "lua.report.fixture"
local log_section = require "perilune.report.log_section"

describe("the section on logs", function()
  local function draw(change)
    local model = fixture.model()
    model.logs = { total = 3, traced = 1, read = 3, more = 0, severities = { { name = "error", count = 2, traced = 1, first_ns = 1e9, last_ns = 65e9, values = { 2 } }, { name = "odd", count = 1, traced = 0, first_ns = -5e9, last_ns = -5e9, values = {} } },
      messages = { { severity = "error", service = "<shop>", count = 2, first = "took 5 <ms>", last = "took 6 ms", first_ns = 1e9, last_ns = 65e9 }, { severity = "odd", service = "", count = 1, first = "x", last = "x", first_ns = -5e9, last_ns = -5e9 } } }
    for k, v in pairs(change or {}) do model.logs[k] = v end
    return log_section.draw(model)
  end
  local function has(text, words) assert.matches(words, text, 1, true) end

  it("is none where no log came", function() assert.is_nil(log_section.draw(fixture.model())) end)
  it("has severities with their times on the run's timeline", function()
    local text = draw()
    has(text, "Logs by severity: error 2/s")
    has(text, '<tr><td><span class="fail">error</span></td><td>2</td><td>1</td><td>0:01</td><td>1:05</td></tr>')
    has(text, "<td>odd</td><td>1</td><td></td><td>5 s before</td>")
  end)
  it("has messages with the first and the last one, as text", function()
    local text = draw()
    has(text, "<td>took 5 &lt;ms&gt;<br><small>last: took 6 ms</small></td>")
    has(text, '<td class="left">&lt;shop&gt;</td><td>2</td>')
    has(text, "<tr><td>x</td>")
  end)
  it("says what is not there", function()
    local text = draw { total = 9000, read = 5000, more = 7 }
    has(text, "Messages are of the 5,000 most severe logs. 7 more messages not shown.")
    assert.is_nil(draw():find("most severe", 1, true))
  end)
end)
