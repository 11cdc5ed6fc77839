--- The files that a run keeps: a table of all, and the text of those that are text.
local clock = require "perilune.core.clock"
local svg = require "perilune.report.chart.svg"
local table_of = require "perilune.report.html_table"
local units = require "perilune.core.units"

local M = {}

local escape = svg.escape

-- Bytes of text that a page shows, of one and of all.
local EACH, ALL = 64 << 10, 512 << 10

--- Whether a media type is of text that people read.
local function is_text(media)
  local kind = media:lower():match "^[^;%s]+"
  if kind:match "^text/" or kind:match "%+json$" or kind:match "%+xml$" or kind:match "%+yaml$" then return true end
  return ({ ["application/json"] = true, ["application/xml"] = true, ["application/yaml"] = true, ["application/x-ndjson"] = true, ["application/sql"] = true, ["application/javascript"] = true })[kind] or false
end

--- Text that is cut at the begin of a character; nil: it is none.
local function text_of(data, most)
  if #data > most then data = data:sub(1, (utf8.offset(data, 0, most + 1) or most + 1) - 1) end
  return utf8.len(data) and not data:find "[%z\1-\8\11\12\14-\31]" and data or nil
end

--- Gives each artifact that is text its text, as far as a page has room; `read` gives the bytes of one.
---@param artifacts table[] rows of artifacts_of
---@param read fun(row: table): string|nil
function M.open(artifacts, read)
  local left = ALL
  for _, a in ipairs(artifacts) do
    local most = math.min(EACH, left)
    local data = most > 0 and is_text(a.type) and read(a)
    a.text = data and text_of(data, most) or nil
    left = left - (a.text and #a.text or 0)
  end
end

--- What it is of: from and to since the run's begin, or a date where that was before.
local function range_of(a, from_ms)
  local at = (a.ts_ns / 1e6 - from_ms) / 1000
  local begin = at >= 0 and svg.elapsed(at) or clock.iso(a.ts_ns):sub(1, 19):gsub("T", " ") .. " UTC"
  return a.duration_ns > 0 and ("%s for %s"):format(begin, units.format("duration", a.duration_ns / 1e9)) or begin
end

local function labels_of(a)
  local list = {}
  for k, v in pairs(a.labels) do list[#list + 1] = ("%s=%s"):format(k, v) end
  table.sort(list)
  return table.concat(list, ", ")
end

local function opened(a)
  local cut = #a.text < a.bytes and ('<p class="meta">The first %s of %s.</p>'):format(units.format("size", #a.text), units.format("size", a.bytes)) or ""
  return ("<details><summary>%s</summary>%s<pre>%s</pre></details>"):format(escape(a.name), cut, escape(a.text))
end

--- The section; nil where there is none.
---@param model table { artifacts, grid, row }
---@return string|nil html
function M.draw(model)
  local rows, texts = {}, {}
  for i, a in ipairs(model.artifacts) do
    rows[i] = { escape(a.name), escape(a.type), units.format("size", a.bytes), escape(range_of(a, model.grid.from)), escape(labels_of(a)), ("<code>%s</code>"):format(escape(a.sha256)) }
    if a.text then texts[#texts + 1] = opened(a) end
  end
  local drawn = table_of({ "artifact", "media type", "size", "of", "labels", "SHA-256" }, rows, { [2] = true, [4] = true, [5] = true, [6] = true })
  return drawn and ('%s%s<p class="meta"><code>perilune artifacts %s NAME --output FILE</code> writes one.</p>'):format(drawn, table.concat(texts), escape(model.row.ulid))
end

return M
