local fixture = require "lua.report.fixture"
local html = require "perilune.report.html"
local style = require "perilune.report.style"

--- The relative luminance of "#rrggbb" or "#rgb" (WCAG 2).
local function luminance(colour)
  local digits = colour:match "^#(%x+)$"
  if #digits == 3 then digits = digits:gsub("%x", "%0%0") end
  local sum, weights = 0, { 0.2126, 0.7152, 0.0722 }
  for i = 1, 3 do
    local v = tonumber(digits:sub(2 * i - 1, 2 * i), 16) / 255
    sum = sum + weights[i] * (v <= 0.03928 and v / 12.92 or ((v + 0.055) / 1.055) ^ 2.4)
  end
  return sum
end

local function contrast(a, b)
  local x, y = luminance(a), luminance(b)
  return (math.max(x, y) + 0.05) / (math.min(x, y) + 0.05)
end

describe("the stylesheet", function()
  it("has a contrast of 4.5 or more in every theme, of texts and of lines", function()
    local themes, colours = 0, {}
    for root in style:gmatch ":root(%b{})" do
      themes = themes + 1
      for name, colour in root:gmatch "%-%-(%w+):(#%x+)" do colours[name] = colour end
      for name, colour in pairs(colours) do
        if not ({ paper = true, tint = true, rule = true })[name] then
          for _, ground in ipairs { "paper", "tint" } do assert.is_true(contrast(colour, colours[ground]) >= 4.5, name .. " on " .. ground) end
        end
      end
    end
    assert.equal(3, themes)
    for ground in style:gmatch "color:#fff;background:(#%x+)" do assert.is_true(contrast("#fff", ground) >= 4.5, ground) end
  end)
  it("gives print all colours of its own, whatever the reader's theme", function()
    local light, _, print = style:match ":root(%b{}).-:root(%b{}).-:root(%b{})"
    for name in light:gmatch "%-%-(%w+):" do assert.is_truthy(print:find("--" .. name .. ":", 1, true), name) end
  end)
  it("is for light, dark and print", function()
    assert.is_truthy(style:find("prefers-color-scheme:dark", 1, true))
    assert.is_truthy(style:find("@media print", 1, true))
    assert.equal(select(2, style:gsub("{", "")), select(2, style:gsub("}", "")))
  end)
  it("prints tables whole, which a screen scrolls", function()
    assert.is_truthy(style:find("@media print{nav{display:none}.scroll{overflow:visible}", 1, true))
    assert.is_truthy(style:find("@media screen and (max-width:700px)", 1, true), "paper is narrow, and no small screen")
  end)
  it("breaks long objectives on a small screen, so that their values are in sight", function()
    local small = style:match "@media screen and %(max%-width:700px%)(%b{})"
    assert.matches("td:first%-child{[^}]*overflow%-wrap:anywhere", small)
  end)
  it("lets no later rule fill the key of a dashed line", function()
    local after = style:match "%.key%.dashed::before.*$"
    assert.is_nil(after:gsub("%.key%.c%d%.dashed", ""):find "%.key%.c%d::before")
  end)
  it("defines every colour that it names", function()
    for name in style:gmatch "var%((%-%-[%w]+)%)" do assert.is_truthy(style:find(name .. ":", 1, true), name) end
  end)
  it("knows the classes of the page", function()
    local model = fixture.model()
    model.load.answered, model.machines[1].memory = { 1, 2 }, { 0.5 }
    for classes in html.page(model):gmatch 'class="([^"]+)"' do
      for class in classes:gmatch "%S+" do assert.is_truthy(style:find("." .. class:gsub("%-", "%%-") .. "%f[^%w%-]") or style:find("." .. class, 1, true), class) end
    end
  end)
end)
