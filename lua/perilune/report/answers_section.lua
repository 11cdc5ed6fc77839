--- What the words of analysis found, from the findings of the run: forecasts as fans, changes upon their histories, what was odd, what changed with a bad
--- window, and what capacity, experience, replicas and right-sizing say.
local capacity_charts = require "perilune.report.capacity_charts"
local history = require "perilune.report.chart.history"
local moment = require "perilune.moment"
local stored = require "perilune.report.stored"
local svg = require "perilune.report.chart.svg"
local table_of = require "perilune.report.html_table"
local units = require "perilune.core.units"

local M = {}

local escape = svg.escape

local KINDS = { forecast = true, crossing = true, changes = true, anomalies = true, correlate = true, capacity = true, experience = true, replicas = true, rightsize = true }

local function number(v) return v and units.format("number", v) or "" end

--- Whether a finding is an answer of a word of analysis. A search's finding of its capacity is none: its curve is a section of its own.
---@param f table
---@return boolean
function M.is(f) return KINDS[f.kind] ~= nil and (f.kind ~= "capacity" or stored.decoded(f.data).explained == true) end

local function paragraphs(text) return "<p>" .. escape(text):gsub("\n", "<br>") .. "</p>" end

--- A forecast with the limits that it was asked for.
local function forecast(f, data, crossings)
  local limits, marks, words = {}, {}, { paragraphs(f.text) }
  for _, c in ipairs(crossings) do
    limits[#limits + 1] = { value = c.data.hi, name = (c.data.floor and "floor " or "limit ") .. number(c.data.hi) }
    if c.data.lo ~= c.data.hi then limits[#limits + 1] = { value = c.data.lo, name = number(c.data.lo) } end
    for _, p in ipairs { "p10", "p50", "p90" } do
      if c.data[p] then marks[#marks + 1] = { at = c.data[p], name = p, of = number(c.data.hi) } end
    end
    words[#words + 1] = "<p><strong>" .. escape(c.text) .. "</strong></p>"
  end
  if data.known == false then return table.concat(words) end
  local levels = {}
  for i, band in ipairs(data.intervals or {}) do levels[i] = ("%g %%"):format(band.level * 100) end
  words[#words + 1] = history.draw { title = data.name, note = "intervals " .. table.concat(levels, ", ") .. "; UTC", times = data.times, values = data.values, ahead = data.ahead, mean = data.mean,
    intervals = data.intervals, limits = limits, marks = marks }
  words[#words + 1] = "<details><summary>How it was forecast</summary>" .. paragraphs(data.explain or "") .. "</details>"
  return table.concat(words)
end

--- The levels between the changes.
local function levels_of(data)
  local out, from = {}, data.times[1]
  local last
  for _, c in ipairs(data.changes) do
    if (c.kind or "level") == "level" and not c.slope_before then
      out[#out + 1] = { from = from, to = c.time, value = c.before }
      from, last = c.time, c
    end
  end
  if last then out[#out + 1] = { from = from, to = data.times[#data.times], value = last.after } end
  return out
end

--- The run that a change falls on, and the commits that may have made it.
local function cause(c)
  local parts = {}
  if c.run then parts[1] = "run " .. c.run end
  if c.commit then parts[#parts + 1] = "commit " .. c.commit:sub(1, 12) end
  if c.suspects and c.suspects.after then parts[#parts + 1] = "after " .. c.suspects.after:sub(1, 12) end
  return table.concat(parts, ", ")
end

local UNITS = { duration = "seconds", ratio = "a share of 1" } -- units whose numbers do not tell them

--- A value in the unit of its series, where that has one.
local function valued(v, unit)
  return v and UNITS[unit] and (unit == "ratio" and ("%.4g %%"):format(v * 100) or units.format(unit, math.abs(v)):gsub("^", v < 0 and "-" or "")) or number(v)
end

local function change_rows(list, unit)
  local rows = {}
  for i, c in ipairs(list) do
    rows[i] = { moment.text(c.time), c.kind or "level", valued(c.before, unit), valued(c.after, unit), ("%s%s"):format(c.effect > 0 and "+" or "", valued(c.effect, unit)) .. (c.relative and (" (%+.1f %%)"):format(c.relative * 100) or ""),
      c.lo and c.hi and ("%s to %s"):format(valued(c.lo, unit), valued(c.hi, unit)) or "", c.p and ("%.2g"):format(c.p) or "", escape(cause(c)) }
  end
  return table_of({ "changed at (UTC)", "what", "before", "after", "effect", "95 % interval", "p", "run or commit" }, rows, { [2] = true, [8] = true })
end

local function changed(f, data)
  local marks = {}
  for i, c in ipairs(data.changes) do marks[i] = { at = c.time, name = (c.kind or "level") ~= "level" and c.kind or c.relative and ("%+.0f %%"):format(c.relative * 100) or tostring(i) } end
  return paragraphs(f.text) .. history.draw { title = data.name, note = (UNITS[data.unit] and UNITS[data.unit] .. "; " or "") .. (data.runs and "over runs; UTC" or "UTC"), times = data.times, values = data.values, levels = levels_of(data), marks = marks }
    .. (change_rows(data.changes, data.unit) or "")
end

local function anomalies(f, data)
  local rows = {}
  local together = data.rows[1] and data.rows[1].series
  for i, a in ipairs(data.rows) do
    rows[i] = { escape(a.kind), escape(a.name), moment.text(a.time), number(a.value), ("%.2f"):format(a.score), together and ("%.0f %%"):format(a.share * 100) or nil }
  end
  local heads = { "kind", together and "contributed most" or "series", "at (UTC)", "value", "score", together and "its share" or nil }
  return paragraphs(f.text) .. (table_of(heads, rows, { [2] = true }) or "")
end

local function causes(f, data)
  local rows = {}
  for i, c in ipairs(data.rows) do
    rows[i] = { ("%d. %s"):format(i, escape(c.name)), number(c.before), number(c.during), c.correlation and ("%.2f"):format(c.correlation) or "", c.lag and ("%+g s"):format(c.lag) or "", c.p and ("%.2g"):format(c.p) or "" }
  end
  return paragraphs(f.text) .. (table_of({ "series", "before", "during", "correlation", "lag", "p" }, rows) or "")
end

--- What can be had: the words, and where there are points the law through them.
local function capacity(f, data) return paragraphs(f.text) .. (data.law and capacity_charts.law(data.law) or "") end

--- What users met: the words, and of an objective over stretches of time how it went in each, with those that missed it most.
local function experience(f, data)
  if not data.times then return paragraphs(f.text) end
  local rows, shares = {}, {}
  for i, v in ipairs(data.attained) do shares[i] = v * 100 end
  for i, row in ipairs(data.missed) do
    rows[i] = { moment.text(row.from), units.format("duration", row.to - row.from), number(math.floor(row.total + 0.5)), number(math.floor(row.bad + 0.5)), ("%.5g %%"):format(row.attained * 100) }
  end
  local objective = ("objective %.6g %%"):format(data.objective * 100)
  return paragraphs(f.text) .. history.draw { title = "Share of good requests", note = ("percent, of each %s; UTC"):format(units.format("duration", data.every)), times = data.times, values = shares,
    limits = { { value = data.objective * 100, name = objective } } } .. (#rows > 0 and table_of({ "missed from (UTC)", "for", "requests", "bad", "good" }, rows) or "")
end

local DRAWN = { { "forecast", "Forecast", forecast }, { "changes", "Changes", changed }, { "anomalies", "Anomalies", anomalies }, { "correlate", "What changed with the bad window", causes },
  { "capacity", "What can be had", capacity }, { "experience", "What users met", experience }, { "replicas", "Replicas" }, { "rightsize", "Right-sizing" } }

--- The answers by kind, { text, data } each; limits by the number of their forecast.
local function by_kind(list)
  local of, crossings = {}, {}
  for _, f in ipairs(list) do
    if M.is(f) then
      local one = { text = f.text, data = stored.decoded(f.data) }
      local into = f.kind == "crossing" and crossings or of
      local key = f.kind == "crossing" and one.data.forecast or f.kind
      into[key] = into[key] or {}
      table.insert(into[key], one)
    end
  end
  return of, crossings
end

--- The section.
---@param model table
---@return string html; empty when no word of analysis was used
function M.draw(model)
  local of, crossings = by_kind(model.findings)
  local out = {}
  for _, kind in ipairs(DRAWN) do
    for i, f in ipairs(of[kind[1]] or {}) do
      if i == 1 then out[#out + 1] = ("<h3>%s</h3>"):format(kind[2]) end
      out[#out + 1] = kind[3] and kind[3](f, f.data, crossings[i] or {}) or paragraphs(f.text)
    end
  end
  return table.concat(out, "\n")
end

--- The same in words, a line each.
---@param model table
---@return string[]
function M.lines(model)
  local out = {}
  for _, f in ipairs(model.findings) do
    if M.is(f) then out[#out + 1] = (f.text:gsub("\n", " ")) end
  end
  return out
end

return M
