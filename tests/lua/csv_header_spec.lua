local csv_header = require "perilune.csv_header"

describe("the header of a CSV", function()
  it("has fields apart by a comma, a semicolon or a tab", function()
    assert.same({ "a", "b, c", "", "d" }, csv_header.fields(' a ,"b, c",,d', ","))
    assert.same({ "" }, csv_header.fields("", ","))
    assert.same({ "", "" }, csv_header.fields(";", ";"))
  end)
  it("says which column is what", function()
    local r = csv_header.roles "\n# note\nTime;Value;host\n1;2;a\n"
    assert.same({ 1, 2, { 3 }, false, ";" }, { r.time, r.value, r.others, r.metric, r.delimiter })
    assert.is_true(csv_header.roles("timestamp,metric,value").metric)
    assert.same({ 2, 3 }, csv_header.roles("time,cpu,memory").others)
    for _, text in ipairs { "", "1,2\n", "\n\n", "a,1" } do assert.is_nil(csv_header.roles(text)) end
  end)
  it("may tell several series apart, by labels at one moment or by metrics", function()
    assert.same({ columns = { "metric", "host" }, n = 2, examples = { "cpu, a", "cpu, b" } }, csv_header.several "timestamp,metric,value,host\n1,cpu,1,a\n1,cpu,2,b\n2,cpu,1,a\n2,cpu,2,b\n")
    assert.same({ columns = { "metric" }, n = 2, examples = { "a", "b" } }, csv_header.several "timestamp,metric,value\n1,a,1\n2,b,2\n")
    local many = csv_header.several "timestamp,value,host\n1,1,a\n1,1,b\n1,1,c\n1,1,d\n"
    assert.same({ 4, { "a", "b", "c" } }, { many.n, many.examples })
  end)
  it("may have words beside one series", function()
    for _, text in ipairs { "timestamp,value\n1,1\n1,2\n", "timestamp,value,note\n1,1,deploy\n2,1,\n3,2,rollback\n", "timestamp,value,score\n1,1,0.1\n1,2,0.5\n",
      "timestamp,metric,value,host\n1,cpu,1,a\n2,cpu,2,a\n1,cpu,3,a\n", "1,1\n2,2\n", "", "time,cpu,host\n1,1,a\n1,2,b\n" } do
      assert.is_nil(csv_header.several(text))
    end
  end)
end)
