local sql_text = require "perilune.sql_text"

describe("calls of samples() in a statement", function()
  local function of(text)
    local out = {}
    for i, call in ipairs(sql_text.samples(text)) do
      out[i] = { call.name and call.name.text, call.run and call.run.text }
      for _, part in pairs(call) do assert.equal(sql_text.quoted(part.text), text:sub(part.from, part.to)) end
    end
    return out
  end

  it("name a series and a run", function()
    assert.same({ { "node_load1" } }, of "SELECT ts FROM samples('node_load1')")
    assert.same({ { "a", "last~2" }, { "b" } }, of "SELECT 1 FROM samples ( 'a' , 'last~2', '{}') JOIN SAMPLES('b', :run)")
    assert.same({ { "it's", "o'clock" } }, of "SELECT 1 FROM samples('it''s','o''clock')")
  end)
  it("may be computed", function()
    assert.same({ {}, {}, {} }, of "SELECT 1 FROM samples(:name), samples(), samples('a' || 'b', 'last')")
    assert.same({ { "a" } }, of "SELECT 1 FROM samples('a', lower('LAST'))")
  end)
  it("do not stand in texts, names and comments", function()
    assert.same({}, of "SELECT 'samples(''a'')', \"samples('b')\" -- samples('c')\n /* samples('d') */ FROM [samples('e')], my_samples('f'), samples2('g')")
  end)
  it("may be cut off", function()
    for _, text in ipairs { "", "samples", "samples(", "samples('", "samples('a", "samples('a'", "/* samples('a')", "'" } do
      for _, call in ipairs(of(text)) do assert.same({}, call) end
    end
  end)
end)
