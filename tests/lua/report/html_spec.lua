local fixture = require "lua.report.fixture"
local html = require "perilune.report.html"

describe("the HTML report", function()
  local function has(text, words) return text:find(words, 1, true) ~= nil end

  it("says what was sent, to whom, and with which arguments", function()
    local text = html.page(fixture.model())
    for _, words in ipairs { "http://shop:8080", "Poisson arrivals, 200/s", ">10 s<", ">2 s<", "<h3>visit</h3>", "<dt>peak</dt><dd>200/s</dd>", "scenario=visit", "<td>1 KiB/s</td>" } do
      assert.is_true(has(text, words), words)
    end
    assert.is_false(has(text, "Load 1"))
    assert.is_true(has(text, '<td class="left">v2</td>'), "texts of events are aligned to the left")
  end)
  it("tells findings of the comparison once, in its table", function()
    local text = html.page(fixture.model())
    assert.is_true(has(text, "look at the disk"))
    assert.is_false(has(text, "twice as high"))
    assert.is_true(has(text, "+100.0 %"))
    assert.is_false(has(text, "0 % to 0 %"))
  end)
  it("lists notes apart from findings", function()
    local model = fixture.model()
    assert.is_false(has(html.page(model), ">Notes</"))
    model.findings = { { kind = "note", text = "left out <2> rows" } }
    local text = html.page(model)
    assert.is_true(has(text, '<h2 id="notes">Notes</h2>\n<ul><li>left out &lt;2&gt; rows</li></ul>'))
    assert.is_false(has(text, ">Findings</"))
  end)
  it("begins with the verdict and what it rests on", function()
    local model = fixture.model()
    local function lead(verdict, because)
      model.result.verdict, model.result.because = verdict, because
      return html.page(model):match '<p class="lead">(.-)</p>'
    end
    assert.is_true(has(lead("inconclusive", "the generator was limited"), "The measurement does not settle the question: the generator was limited. "))
    assert.is_true(has(lead("fail", "not one answer came"), "Not one answer came. "))
    assert.is_true(has(lead("error"), "The run ended with an error. "))
  end)
  it("asks nobody for anything", function()
    local text = html.page(fixture.model()):gsub("http://shop:8080", ""):gsub(' href="#', "")
    assert.is_true(has(text, "default-src 'none'"))
    for _, reference in ipairs { "<script", " src=", " href=", "url(", "@import", "http" } do assert.is_false(has(text:gsub('http%-equiv', ""), reference), reference) end
  end)
  it("escapes what others wrote", function()
    local model = fixture.model()
    model.row.name, model.labels.branch, model.arguments, model.result.error = "<b>", "<i>", { { "q", "<u>" } }, { message = "<s>" }
    local text = html.page(model)
    for _, tag in ipairs { "<b>shop", "<i>", "<u>", "<s>" } do assert.is_false(has(text, tag), tag) end
    assert.is_true(has(text, "<pre>&lt;s&gt;</pre>"))
  end)
  it("leaves out sections and columns that say nothing", function()
    local model = fixture.model()
    model.objectives, model.findings, model.result.comparisons, model.events = {}, {}, {}, {}
    local text = html.page(model)
    for _, title in ipairs { ">Objectives</", ">Findings</", ">Compared with", ">Events</", ">Capacity</" } do assert.is_false(has(text, title), title) end
    model.result.verdict = "pass"
    assert.is_true(has(html.page(model), "There was no objective to judge."))
  end)
  it("shows the slowest requests with what their time was spent on", function()
    local model = fixture.model()
    model.slow = { { at = 65, name = "home", scenario = "visit", latency_s = 2, status = 200, trace_id = "abc", phases = { { "wait", 1.5 } } },
      { at = 1, name = "<home>", scenario = "visit", latency_s = 1, error = "timeout", phases = {} } }
    local text = html.page(model)
    assert.is_false(has(text, '<td class="left">visit</td><td>1:05'), "there is one scenario")
    for _, words in ipairs { "<td>1:05</td>", "<code>abc</code>", "&lt;home&gt;", ">timeout<" } do assert.is_true(has(text, words), words) end
  end)
  it("has headings in order and titles of columns for who listens to it", function()
    local text, level = html.page(fixture.model()), 0
    for heading in text:gmatch "<h(%d)" do
      assert.is_true(tonumber(heading) <= level + 1)
      level = tonumber(heading)
    end
    assert.equal(1, select(2, text:gsub("<h1", "")))
    assert.is_nil((text:gsub('<th scope="col"', "")):find "<th[ >]")
  end)
  it("says whose requests they are where there are several scenarios", function()
    local model = fixture.model()
    assert.is_true(has(html.page(model), "<tr><td>home</td><td>100</td>"))
    model.requests[2] = { name = "pay", scenario = "order", latency = fixture.hist(9) }
    assert.is_true(has(html.page(model), '<tr><td>pay</td><td class="left">order</td><td>9</td>'))
  end)
  it("begins with links to the sections that there are", function()
    local text = html.page(fixture.model())
    local links, headings = {}, {}
    for id in text:match("<nav.-</nav>"):gmatch 'href="#([^"]+)"' do links[#links + 1] = id end
    for id in text:gmatch '<h2 id="([^"]+)"' do headings[#headings + 1] = id end
    assert.same(headings, links)
    assert.equal("objectives", links[1])
  end)
  it("shows the script when the model has it", function()
    local model = fixture.model()
    model.script = "return 1 < 2"
    assert.is_true(has(html.page(model), "<pre>return 1 &lt; 2</pre>"))
  end)
end)
