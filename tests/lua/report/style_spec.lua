local fixture = require "lua.report.fixture"
local html = require "perilune.report.html"
local style = require "perilune.report.style"

describe("the stylesheet", function()
  it("is for light, dark and print", function()
    assert.is_truthy(style:find("prefers-color-scheme:dark", 1, true))
    assert.is_truthy(style:find("@media print", 1, true))
    assert.equal(select(2, style:gsub("{", "")), select(2, style:gsub("}", "")))
  end)
  it("defines every colour that it names", function()
    for name in style:gmatch "var%((%-%-[%w]+)%)" do assert.is_truthy(style:find(name .. ":", 1, true), name) end
  end)
  it("knows the classes of the page", function()
    local model = fixture.model()
    model.load.answered, model.machine.memory = { 1, 2 }, { 0.5 }
    for classes in html.page(model):gmatch 'class="([^"]+)"' do
      for class in classes:gmatch "%S+" do assert.is_truthy(style:find("." .. class:gsub("%-", "%%-") .. "%f[^%w%-]") or style:find("." .. class, 1, true), class) end
    end
  end)
end)
