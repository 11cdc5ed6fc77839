--- The page that lists runs, with links to their reports under /runs/ID.
local clock = require "perilune.core.clock"
local history = require "perilune.history"
local style = require "perilune.report.style"
local svg = require "perilune.report.chart.svg"
local units = require "perilune.core.units"

local M = {}

local escape = svg.escape

local PAGE = [[
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Perilune: runs</title><style>%s</style></head><body><main>
<h1>Runs</h1><p class="meta">newest first; <a href="/metrics">/metrics</a></p>
<div class="scroll"><table><thead><tr><th scope="col">run</th><th scope="col" class="left">verdict</th><th scope="col" class="left">target</th><th scope="col">rate</th><th scope="col">p99</th><th scope="col">took</th><th scope="col" class="left">started</th><th scope="col" class="left">other forms</th></tr></thead>
<tbody>
%s
</tbody></table></div></main></body></html>
]]

local ROW = '<tr><td><a href="/runs/%s">%s</a></td><td class="left"><span class="%s">%s</span></td><td class="left">%s</td><td>%s</td><td>%s</td><td>%s</td><td class="left">%s</td><td class="left"><a href="/runs/%s.md">Markdown</a> <a href="/runs/%s.json">JSON</a></td></tr>'

local function shown(kind, value) return value and units.format(kind, value) or "" end

--- The list of the runs.
---@param rows table[] of the table of runs
---@return string HTML
function M.page(rows)
  local out = {}
  for i, row in ipairs(rows) do
    local r = history.describe(row)
    out[i] = ROW:format(r.run_id, escape(r.name), escape(r.verdict), escape(r.verdict), escape(history.place(r.url)), escape(shown("rate", r.rate_per_s)), escape(shown("duration", r.p99_s)),
      escape(shown("duration", r.took_s)), escape(clock.iso(row.started_ns):sub(1, 19):gsub("T", " ") .. " UTC"), r.run_id, r.run_id)
  end
  return PAGE:format(style, #out > 0 and table.concat(out, "\n") or '<tr><td>There is no run yet.</td></tr>')
end

return M
