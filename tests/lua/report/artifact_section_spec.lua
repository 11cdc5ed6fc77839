local artifact_section = require "perilune.report.artifact_section"

describe("the section on artifacts", function()
  local function kept(fields)
    local a = { name = "plan.txt", type = "text/plain", bytes = 4, sha256 = "abcd", ts_ns = 65000000000, duration_ns = 0, labels = {} }
    for k, v in pairs(fields or {}) do a[k] = v end
    return a
  end
  local function draw(...) return artifact_section.draw { artifacts = { ... }, grid = { from = 60000 }, row = { ulid = "01ABC" } } end
  local function has(text, words) assert.is_truthy(text:find(words, 1, true), words .. " in\n" .. text) end

  it("is none without any", function() assert.is_nil(draw()) end)
  it("has media type, size, range, labels and hash, escaped", function()
    local text = draw(kept { name = "<p>", labels = { b = "2", a = "<1>" }, duration_ns = 1500000000 }, kept { ts_ns = 0 })
    for _, words in ipairs { "&lt;p&gt;", "text/plain", "4 B", "0:05 for 1.5 s", "a=&lt;1&gt;, b=2", "<code>abcd</code>", "1970-01-01 00:00:00 UTC", "perilune artifacts 01ABC NAME" } do has(text, words) end
    assert.is_nil(text:find("<details>", 1, true))
  end)
  it("opens text, as far as there is room", function()
    local function opened(data, fields)
      local a = kept(fields)
      a.bytes = #data
      artifact_section.open({ a }, function() return data end)
      return a
    end
    has(draw(opened "a <b>"), "<details><summary>plan.txt</summary><pre>a &lt;b&gt;</pre></details>")
    for _, media in ipairs { "application/json", "text/html; charset=utf-8", "image/svg+xml", "application/x-ndjson" } do assert.equal("x", opened("x", { type = media }).text, media) end
    for _, media in ipairs { "application/octet-stream", "image/png" } do assert.is_nil(opened("x", { type = media }).text, media) end
    for _, data in ipairs { "\255\254", "a\0b", "\27[31m" } do assert.is_nil(opened(data).text) end
    local long = opened(("é"):rep(40000))
    assert.equal(65536, #long.text)
    has(draw(long), "The first 64 KiB of 78.1 KiB.")
    local many = {}
    for i = 1, 12 do many[i] = kept() end
    artifact_section.open(many, function() return ("x"):rep(70000) end)
    assert.is_truthy(many[8].text)
    assert.is_nil(many[9].text)
  end)
end)
