--- The first row of a CSV, and what its columns are by their names: what is to be known of a file before it is read in C (core/format/number_table.c).
local M = {}

local TIMES = { timestamp = true, ["@timestamp"] = true, time = true, ts = true, date = true, datetime = true }
local METRICS = { metric = true, name = true, ["__name__"] = true }

--- The fields of a row, without the space and the quotes around them.
---@param row string
---@param delimiter string
---@return string[]
function M.fields(row, delimiter)
  local out, at = {}, 1
  repeat
    local quoted, stop = row:match('^%s*"([^"]*)"%s*()', at)
    local field = quoted
    if not quoted then field, stop = row:match("^%s*([^" .. delimiter .. "]-)%s*()%f[%z" .. delimiter .. "]", at) end
    out[#out + 1] = field or ""
    local next_at = row:find(delimiter, stop or at, true)
    at = next_at and next_at + 1
  until not at
  return out
end

--- The first row that is neither blank nor a comment, and what stands behind it.
local function first_row(text)
  for row, behind in text:gmatch "([^\r\n]+)()" do
    row = row:gsub("^\xef\xbb\xbf", "")
    if row:find "%S" and not row:find "^%s*#" then return row, behind end
  end
end

--- What the columns of a header are, by their names in any case; nil where there is none, for a field of it is a number.
---@param text string
---@return table|nil { delimiter, names, time, value: columns or nil, metric: whether names of metrics are among them, others: columns, rows: whether something stands below }
function M.roles(text)
  local row, behind = first_row(text)
  if not row then return nil end
  local out = { delimiter = row:match "[,;\t]" or ",", others = {} }
  out.names, out.rows = M.fields(row, out.delimiter), text:find("%S", behind) ~= nil
  for at, name in ipairs(out.names) do
    local lower = name:lower()
    if tonumber(name) then return nil end
    if TIMES[lower] and not out.time then out.time = at
    elseif lower == "value" then out.value = at
    else out.others[#out.others + 1] = at end
    out.metric = out.metric or METRICS[lower] or false
  end
  return out
end

--- Whether a column's name is one of times.
---@param name string
---@return boolean
function M.is_time(name) return TIMES[name:lower()] == true end

local SHOWN = 3 -- series that are named
local LOOKED_AT = 200000 -- rows: series that are mixed are beside each other much earlier

--- Those of the other columns that hold words: labels, as numbers beside a value are none.
local function label_columns(text, roles)
  local found, left = {}, 1000
  for row in text:gmatch "[^\r\n]+" do
    left = left - 1
    if left < 0 then break end
    local fields = M.fields(row, roles.delimiter)
    for _, at in ipairs(roles.others) do
      local field = fields[at]
      if not found[at] and field and field ~= "" and not tonumber(field) and fields[roles.time] ~= roles.names[roles.time] then found[at] = true end
    end
  end
  local list = {}
  for _, at in ipairs(roles.others) do
    if found[at] then list[#list + 1] = at end
  end
  return list
end

--- What tells several series of a file timestamp,value,LABEL... apart: labels that differ at one moment, or names of metrics. Nil where it is one
--- series, whose rows may have words beside them. Linear in the text's length; of a long one the first 200,000 rows are looked at.
---@param text string
---@return table|nil { columns = names, n = how many series, examples = the first few }
function M.several(text)
  local roles = M.roles(text)
  if not (roles and roles.time and roles.value and #roles.others > 0) then return nil end
  local labels, series, n, at_time, apart, examples, left = label_columns(text, roles), {}, 0, {}, false, {}, LOOKED_AT
  if #labels == 0 then return nil end
  local _, behind = first_row(text)
  for row in text:sub(behind or 1):gmatch "[^\r\n]+" do
    left = left - 1
    if left < 0 then break end
    local fields, key = M.fields(row, roles.delimiter), {}
    for i, at in ipairs(labels) do key[i] = fields[at] or "" end
    local word, time = table.concat(key, ", "), fields[roles.time] or ""
    if not series[word] and not row:find "^%s*#" then
      series[word], n = true, n + 1
      if n <= SHOWN then examples[n] = word end
    end
    apart = apart or (at_time[time] or word) ~= word
    at_time[time] = word
  end
  local columns = {}
  for i, at in ipairs(labels) do
    columns[i] = roles.names[at]
    apart = apart or n > 1 and METRICS[columns[i]:lower()]
  end
  return apart and { columns = columns, n = n, examples = examples } or nil
end

return M
