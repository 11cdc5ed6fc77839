--- Tables of the HTML report.
local svg = require "perilune.report.chart.svg"

--- Columns in which at least one row says something.
local function filled(rows)
  local out = {}
  for _, row in ipairs(rows) do
    for c, cell in ipairs(row) do out[c] = out[c] or cell ~= "" end
  end
  return out
end

--- A table: head is an array of titles, rows of cells that are HTML already; `left` names columns of text. Empty columns are left out.
---@param head string[]
---@param rows string[][]
---@param left table<integer, boolean>|nil
---@return string|nil html nil: there is no row
return function(head, rows, left)
  if #rows == 0 then return nil end
  local shown = filled(rows)
  local function cells(tag, row, attribute)
    local parts = {}
    for c, cell in ipairs(row) do
      if shown[c] then parts[#parts + 1] = ("<%s%s%s>%s</%s>"):format(tag, attribute or "", left and left[c] and ' class="left"' or "", cell, tag) end
    end
    return "<tr>" .. table.concat(parts) .. "</tr>"
  end
  local titles, out = {}, {}
  for c, title in ipairs(head) do titles[c] = svg.escape(title) end
  for i, row in ipairs(rows) do out[i] = cells("td", row) end
  return ('<div class="scroll"><table><thead>%s</thead><tbody>%s</tbody></table></div>'):format(cells("th", titles, ' scope="col"'), table.concat(out))
end
