require("lua.support").without_run()
local scenario = require "perilune.scenario"
local topics = require "perilune.topics"
local words = require "perilune.words"

local function sorted(names)
  table.sort(names)
  return names
end

describe("the words' table", function()
  it("has every key of a scenario", function()
    local keys = {}
    for name in pairs(scenario.SCHEMA) do keys[#keys + 1] = name end
    assert.same(sorted(keys), sorted(words.names(words.scenario)))
  end)
  it("has every key of defaults, of tls and of dns", function()
    for _, pair in ipairs { { scenario.DEFAULTS, words.defaults }, { require("perilune.tls").SCHEMA, words.tls },
      { require("perilune.route").DNS, words.dns } } do
      local keys = {}
      for name in pairs(pair[1]) do keys[#keys + 1] = name end
      assert.same(sorted(keys), sorted(words.names(pair[2])))
    end
  end)
  it("has every word of pl", function()
    local names = {}
    for name in pairs(require "perilune") do names[#names + 1] = name end
    assert.same(sorted(names), sorted(words.names(words.vocabulary)))
  end)
  it("has every word of pl.stats", function()
    local names = {}
    for name in pairs(require "perilune.stats") do names[#names + 1] = name end
    assert.same(sorted(names), sorted(words.names(words.stats)))
  end)
  it("has every kind of argument", function()
    local kinds = {}
    for kind in pairs(require("perilune.arg").KINDS) do kinds[#kinds + 1] = kind end
    assert.same(sorted(kinds), sorted(words.names(words.arguments)))
  end)
  it("has metrics that the grammar knows, in objectives that it reads", function()
    local query = require "perilune.core.query"
    for _, list in ipairs { words.metrics, words.sampler_metrics, words.objectives } do
      for _, m in ipairs(list) do
        local expr = list == words.objectives and m[1] or m[2]
        local parsed, err = query.parse(expr)
        assert(parsed, expr .. ": " .. tostring(err and err.message))
        if list ~= words.objectives then assert.equal(m[1], parsed.metric) end
      end
    end
  end)
  it("has an annotation for each word", function()
    local text = require("perilune.topics").text "types"
    for class, list in pairs { User = words.user, Run = words.run, Load = words.load_handle } do
      for _, name in ipairs(words.names(list)) do assert.is_truthy(text:find(("function %s:%s("):format(class, name), 1, true), class .. ":" .. name) end
    end
    for _, list in ipairs { words.user_fields, words.run_fields, words.request, words.scenario, words.arguments } do
      for _, name in ipairs(words.names(list)) do assert.is_truthy(text:find("%-%-%-@field " .. name .. "%f[%W]"), name) end
    end
    for _, name in ipairs(words.names(words.answer)) do
      local word = name:match "^%w+"
      assert.is_truthy(text:find("function Answer:" .. word, 1, true) or text:find("@field " .. word .. " ", 1, true), name)
    end
    for _, name in ipairs(words.names(words.vocabulary)) do
      assert.is_truthy(text:find("function pl." .. name .. "(", 1, true) or text:find("@field " .. name .. " ", 1, true), name)
    end
    assert.is_truthy(load(text))
  end)
  it("explains every exit code", function()
    for _, row in ipairs(require("perilune.core.engine").exits) do assert.is_string(words.exits[row.reason], row.reason) end
  end)
end)

describe("help topics", function()
  it("fit 80 columns", function()
    for _, name in ipairs(topics.NAMES) do
      local text = topics.text(name)
      for line in text:gmatch("[^\n]+") do assert.is_true(utf8.len(line) <= 80, line) end
    end
    assert.is_nil(topics.text "nosuch")
  end)
  it("are the tables of README.md", function()
    local file = assert(io.open("lua/perilune/README.md"))
    local text = file:read "a"
    file:close()
    assert.is_truthy(text:find(topics.markdown(), 1, true), "lua/perilune/README.md must end with the output of perilune help tables")
  end)
end)
