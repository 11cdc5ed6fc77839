--- One trace as a waterfall: a row a span, indented under its parent, with its bar on a common axis of time. The critical path is what is drawn
--- full, with a line below; the rest of a span is pale. A colour is a service.
local svg = require "perilune.report.chart.svg"
local units = require "perilune.core.units"

local M = {}

-- Of a bar, in its own units: it is as wide as its column.
local WIDTH, HEIGHT, LEAST = 1000, 14, 4
local COLOURS, DEPTH_SHOWN = { "c1", "c2", "c3", "c4", "c7", "c6" }, 12

local function duration(ns) return units.format("duration", ns / 1e9) end

local function rect(class, from, to, y, height, title)
  return ('<rect class="%s" x="%s" y="%d" width="%s" height="%d">%s</rect>'):format(class, svg.n(from), y, svg.n(math.max(LEAST, to - from)), height, title and "<title>" .. svg.escape(title) .. "</title>" or "")
end

--- The bar's words for who does not see it.
local function spoken(row, x)
  local s = row.span
  return ("from %s, %s%s"):format(duration(s.ts_ns - x.from_ns), duration(s.duration_ns), row.critical_ns > 0 and ("; %s on the critical path"):format(duration(row.critical_ns)) or "")
end

local function drawing(parts, label)
  return ('<svg class="span" viewBox="0 0 %d %d" preserveAspectRatio="none" role="img" aria-label="%s">%s</svg>'):format(WIDTH, HEIGHT, svg.escape(label), table.concat(parts))
end

local function span_bar(row, x, scale, class)
  local s, parts = row.span, {}
  parts[1] = rect(class .. " pale", scale(s.ts_ns), scale(s.ts_ns + s.duration_ns), 2, 8)
  for _, part in ipairs(row.path) do
    parts[#parts + 1] = rect(class .. " full", scale(part[1]), scale(part[2]), 0, 10)
    parts[#parts + 1] = rect("critical", scale(part[1]), scale(part[2]), 11, 3)
  end
  for _, e in ipairs(row.events) do parts[#parts + 1] = rect("event", scale(e.at_ns), scale(e.at_ns), 0, 10, e.name) end
  return drawing(parts, spoken(row, x))
end

local function request_bar(r, scale)
  local parts = {}
  if r.sent_ns > r.from_ns then parts[1] = rect("c6 pale", scale(r.from_ns), scale(r.sent_ns), 2, 8, "queue") end
  parts[#parts + 1] = rect("c6 full", scale(r.sent_ns), scale(r.to_ns), 2, 8, "request")
  return drawing(parts, ("%s before it was sent, %s in all"):format(duration(r.sent_ns - r.from_ns), duration(r.to_ns - r.from_ns)))
end

--- "shop GET /cart server ✗".
local function name_of(row, number)
  local s, marks = row.span, {}
  if s.status == "error" then marks[#marks + 1] = '<span class="fail">✗ ' .. svg.escape(row.message or "error") .. "</span>" end
  if row.lost then marks[#marks + 1] = '<span class="meta">its parent did not come</span>' end
  return ('<span class="in%d">%d. %s <b>%s</b> <small>%s</small> %s</span>'):format(math.min(row.depth, DEPTH_SHOWN), number, svg.escape(s.service), svg.escape(s.operation), svg.escape(s.kind), table.concat(marks, " "))
end

local function cells(name, bar, begin, lasts, itself, critical)
  return ('<tr><td>%s</td><td class="bar">%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>'):format(name, bar, begin, lasts, itself, critical)
end

--- The colour of each service, in the order in which they come; from the seventh on they share one.
local function colours_of(rows)
  local classes, names = {}, {}
  for _, row in ipairs(rows) do
    local service = row.span.service
    if not classes[service] then
      names[#names + 1] = service
      classes[service] = COLOURS[math.min(#names, #COLOURS)]
    end
  end
  return classes, names
end

local function legend(classes, names)
  local out = {}
  for i, name in ipairs(names) do
    if i <= #COLOURS then out[i] = ('<span class="key %s">%s</span>'):format(classes[name], svg.escape(name)) end
  end
  if #names > #COLOURS then out[#COLOURS] = ('<span class="key %s">%d more services</span>'):format(COLOURS[#COLOURS], #names - #COLOURS + 1) end
  return ('<p class="legend">%s<span class="key critical-key">critical path</span></p>'):format(table.concat(out))
end

--- A table of the rows of a trace.
---@param x table { from_ns, to_ns, rows, request }: report/traces.lua
---@return string html
function M.draw(x)
  local scale = svg.scale(x.from_ns, x.to_ns, 0, WIDTH)
  local classes, names = colours_of(x.rows)
  local length, out = x.to_ns - x.from_ns, {}
  if x.request then
    local r = x.request
    out[1] = cells(("the request <b>%s</b>"):format(svg.escape(r.name)), request_bar(r, scale), duration(r.from_ns - x.from_ns), duration(r.to_ns - r.from_ns), "", "")
  end
  for n, row in ipairs(x.rows) do
    local s = row.span
    out[#out + 1] = cells(name_of(row, n), span_bar(row, x, scale, classes[s.service]), duration(s.ts_ns - x.from_ns), duration(s.duration_ns), duration(row.self_ns),
      row.critical_ns > 0 and duration(row.critical_ns) or "")
  end
  local axis = ('<span class="scale"><span>0</span><span>%s</span><span>%s</span></span>'):format(duration(length / 2), duration(length))
  return ('<div class="scroll"><table class="waterfall"><thead><tr><th scope="col">span</th><th scope="col" class="bar">%s</th><th scope="col">begins</th><th scope="col">lasts</th><th scope="col">itself</th><th scope="col">critical</th></tr></thead><tbody>%s</tbody></table></div>%s')
    :format(axis, table.concat(out), legend(classes, names))
end

return M
