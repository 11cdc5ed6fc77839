--- Text in lines: aligned columns, wrapped sentences, counted nouns.
local units = require "perilune.core.units"

local M = {}

--- A duration, or "-".
---@param v number|nil seconds
---@return string
function M.seconds(v) return v and units.format("duration", v) or "-" end
--- A number for people.
---@param n number
---@return string
function M.count(n) return units.format("number", n) end

--- A share in percent: "12 %", "0.25 %".
---@param v number of 1
---@param digits integer that count
---@return string
function M.share(v, digits) return ("%." .. digits .. "g %%"):format(v * 100) end

--- A share in whole percent: "46 %".
---@param v number of 1
---@return string
function M.whole_share(v) return ("%.0f %%"):format(v * 100) end

--- "1 request", "1,200 requests".
---@param n integer
---@param noun string
---@return string
function M.counted(n, noun)
  return ("%s %s%s"):format(M.count(n), noun, n == 1 and "" or "s")
end

--- A figure of a distribution; "> 30 s" where it is a lower bound.
---@param d table from figures.distribution
---@param name string
---@return string
function M.figure(d, name)
  local limit = d[name] and d.beyond and d.beyond[name]
  return limit and "> " .. M.seconds(limit) or M.seconds(d[name])
end

--- A table with aligned columns: the first to the left, the others to the right but for those that `left` names.
---@param rows string[][]
---@param left table|nil column -> true
---@return string[]
function M.columns(rows, left)
  left = left or {}
  local widths = {}
  for _, row in ipairs(rows) do
    for c, cell in ipairs(row) do widths[c] = math.max(widths[c] or 0, utf8.len(cell) or #cell) end
  end
  local lines = {}
  for i, row in ipairs(rows) do
    local cells = {}
    for c, cell in ipairs(row) do
      local pad = (" "):rep(widths[c] - (utf8.len(cell) or #cell))
      cells[c] = (c == 1 or left[c]) and cell .. pad or pad .. cell
    end
    lines[i] = ("  " .. table.concat(cells, "  ")):gsub("%s+$", "")
  end
  return lines
end

--- A line broken at spaces so that no part is longer than `columns`; the parts after the first are indented.
---@param text string
---@param columns integer|nil nil: one line
---@param indent string
---@return string
function M.wrap(text, columns, indent)
  if not columns or (utf8.len(text) or #text) <= columns then return text end
  local out, line = {}, ""
  for space, word in text:gmatch("(%s*)(%S+)") do
    if #out + #line > 0 and (utf8.len(line .. space .. word) or 0) > columns and line:find("%S") then
      out[#out + 1] = line
      line = indent .. word
    else
      line = line .. space .. word
    end
  end
  out[#out + 1] = line
  return table.concat(out, "\n")
end

--- A text of at most so many columns: of a longer one the middle is left out, for names differ at their ends.
---@param text string
---@param columns integer at least 3
---@return string
function M.shortened(text, columns)
  local length = utf8.len(text)
  if (length or #text) <= columns then return text end
  local head, tail = (columns - 1) // 2, columns - 1 - (columns - 1) // 2
  if not length then return text:sub(1, head) .. "…" .. text:sub(-tail) end
  return text:sub(1, utf8.offset(text, head + 1) - 1) .. "…" .. text:sub(utf8.offset(text, -tail))
end

local GAP, LEAST = 2, 8 -- columns before a cell; those that a long cell keeps

--- The widths of a table's columns, none wider than `most`, and what a line of them takes.
local function widths_of(rows, most)
  local widths, all = {}, 0
  for _, row in ipairs(rows) do
    for c, cell in ipairs(row) do widths[c] = math.min(most, math.max(widths[c] or 0, utf8.len(cell) or #cell)) end
  end
  for _, width in ipairs(widths) do all = all + GAP + width end
  return widths, all
end

--- Rows whose lines, as columns() makes them, have room in so many columns: the longest cells are cut, as far as they must.
---@param rows string[][]
---@param columns integer|nil nil: they stay whole
---@return string[][]|nil nil: there are too many cells in a row
function M.fitted(rows, columns)
  local _, all = widths_of(rows, math.huge)
  if not columns or all <= columns then return rows end
  local most = columns
  repeat
    most = most - 1
    _, all = widths_of(rows, most)
  until all <= columns or most <= LEAST
  if all > columns then return nil end
  local out = {}
  for i, row in ipairs(rows) do
    out[i] = {}
    for c, cell in ipairs(row) do out[i][c] = M.shortened(cell, most) end
  end
  return out
end

--- Text of several lines, each wrapped.
---@param text string
---@param columns integer|nil nil: as it is
---@param indent string
---@return string
function M.folded(text, columns, indent)
  local out = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do out[#out + 1] = M.wrap(line, columns, indent) end
  return table.concat(out, "\n")
end

--- What was refused, by reason, in words; nil where nothing was.
---@param list table[] { reason, count, of, text } each
---@return string|nil
function M.refused(list)
  local out = {}
  for i, r in ipairs(list) do out[i] = ("%s (%s)"):format(M.counted(r.count, (r.of:gsub("s$", ""))), r.text) end
  return #out > 0 and table.concat(out, ", ") or nil
end

return M
