local support = require "lua.support"
local query = require "perilune.core.query"
local topics = require "perilune.topics"
local words = require "perilune.words"

describe("perilune help TOPIC", function()
  it("has a text and a line in the overview for each topic", function()
    for _, name in ipairs(topics.NAMES) do
      assert.is_truthy(topics.ABOUT[name], name)
      assert.matches("^%u.*\n$", topics.text(name))
    end
    assert.is_nil(topics.text "nothing")
  end)
  it("fits into 80 columns, without trailing blanks", function()
    for _, name in ipairs(topics.NAMES) do
      for line in topics.text(name):gmatch "[^\n]+" do
        assert.is_true(utf8.len(line) <= 80, line)
        assert.is_nil(line:find "%s$", line)
      end
    end
  end)
  it("names every word, key and option", function()
    local function all_in(topic, list, left)
      local text = topics.text(topic)
      for _, entry in ipairs(list) do assert.is_truthy(text:find(left .. entry[1], 1, true), topic .. ": " .. entry[1]) end
    end
    all_in("run", words.run, "run:")
    all_in("user", words.user, "user:")
    all_in("user", words.request, "  ")
    all_in("user", words.cookies, "user.cookies:")
    all_in("user", words.cookie, "  ")
    for _, c in ipairs(words.channels) do
      all_in("protocols", { c }, "user:")
      all_in("protocols", c.words, "c:")
    end
    all_in("playbook", words.scenario, "  ")
    all_in("playbook", words.vocabulary, "pl.")
    all_in("metrics", words.metrics, "  ")
    all_in("arguments", words.arguments, "pl.arg.")
    all_in("stats", words.stats, "pl.stats.")
  end)
  it("says what an option is where it is not given, as it may be written", function()
    local text = topics.text("run"):gsub("%s+", " ")
    for _, line in ipairs { "limit ratio the change that matters (default 5%)", "body size most of one request (default 16MiB)", "rate rate samples, spans and logs a second, at most (default 1000000/s)",
      "listen string address and port, 0: any that is free; without TLS (default 127.0.0.1:0)", "timeout duration then it is an error (default 60s)" } do
      assert.matches(line, text, 1, true)
    end
  end)
  it("shows a stop rule of two windows that can be used as it is", function()
    local rule = topics.text("objectives"):match "  run:stop_when.*"
    local asked, fn = {}, nil
    assert(load("local run = ... " .. rule))({ stop_when = function(_, f) fn = f end })
    assert.equal("it burns", fn { value = function(_, expr) asked[#asked + 1] = expr return 0.5 end })
    assert.equal(2, #asked)
    for _, expr in ipairs(asked) do assert.is_number(assert(query.expression(expr)).window) end
    assert.is_nil(fn { value = function(_, expr) return expr == asked[1] and 0.5 or 0 end })
  end)
  it("gives the tables that README.md has", function()
    local readme = support.read "lua/perilune/README.md"
    local have, wanted = {}, {}
    for line in readme:gmatch "[^\n]+" do have[line] = true end
    for line in topics.text("tables"):gmatch "[^\n]+" do
      if not have[line] then wanted[#wanted + 1] = line end
    end
    assert.same({}, wanted)
  end)
  it("gives the annotations for editors", function()
    local text = topics.text "types"
    assert.matches("^%-%-%-@meta perilune\n", text)
    assert.equal(1, select(2, text:gsub("%-%-%-@meta", "")))
    assert(load(text, "=types", "t"))
    for _, class in ipairs { "User", "Sql", "Run", "pl" } do assert.matches("\nlocal " .. class .. " = {}", text) end
  end)
end)
