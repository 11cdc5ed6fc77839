--- Feeders: rows of test data. A row is a function of the iteration (or user), so that every worker finds the same one
--- without talking to the others.
local schema = require "perilune.schema"

local M = {}

local CSV = {
  order = { "string", default = "sequential", choices = { "sequential", "random", "unique" } },
  at_end = { "string", default = "loop", choices = { "loop", "stop" } },
  delimiter = { "string", default = "," },
}

--- Rows of a CSV file with a header line: each row a table { column = text }.
--- order: "sequential" (by iteration), "random" (seeded), "unique": in a closed loop each user has its row, in an open
--- loop, where users of the pool are nobody in particular, each start has another one. Neither depends on the workers.
---@param path string relative to the playbook's folder
---@param options table|nil
---@return table
function M.csv(path, options)
  if type(path) ~= "string" then error({ code = "invalid", message = "pl.csv: the first argument is the file's path" }, 0) end
  local o = schema.check(CSV, options, "pl.csv")
  return { perilune = "feeder", format = "csv", path = path, order = o.order, at_end = o.at_end, delimiter = o.delimiter }
end

--- Splits CSV text (RFC 4180) into rows by its header.
---@param text string
---@param delimiter string
---@param name string for messages
---@return table rows
function M.parse_csv(text, delimiter, name)
  local records, line = {}, 1
  local record, at, n, field = {}, 1, #text
  local function fail(why)
    error({ code = "syntax", message = ("feeder %s, line %d: %s"):format(name, line, why) }, 0)
  end
  while at <= n do
    if text:sub(at, at) == '"' then
      local parts = {}
      at = at + 1
      while true do
        local stop = text:find('"', at, true)
        if not stop then fail("a quoted field is not closed") end
        parts[#parts + 1] = text:sub(at, stop - 1)
        at = stop + 1
        if text:sub(at, at) ~= '"' then break end
        parts[#parts + 1] = '"'
        at = at + 1
      end
      field = table.concat(parts)
      line = line + select(2, field:gsub("\n", ""))
    else
      local stop = text:find("[" .. delimiter .. "\r\n]", at) or n + 1
      field = text:sub(at, stop - 1)
      at = stop
    end
    record[#record + 1] = field
    local c = text:sub(at, at)
    if c == delimiter then
      at = at + 1
      if at > n then record[#record + 1] = "" end
    elseif c == "\r" or c == "\n" or c == "" then
      if text:sub(at, at + 1) == "\r\n" then at = at + 1 end
      at = at + 1
      if #record > 1 or record[1] ~= "" then records[#records + 1] = { record, line } end
      record, line = {}, line + 1
    else
      fail("text after a closing quote")
    end
  end
  if #record > 0 then records[#records + 1] = { record, line } end
  return M.rows_of(records, name)
end

--- Records (first one the header) to rows by column name.
function M.rows_of(records, name)
  if #records < 2 then
    error({ code = "syntax", message = ("feeder %s: a header line and at least one row are needed"):format(name) }, 0)
  end
  local header, rows = records[1][1], {}
  for i = 2, #records do
    local record, row = records[i][1], {}
    if #record ~= #header then
      error({ code = "syntax", message = ("feeder %s, line %d: %d fields, the header has %d"):format(name, records[i][2], #record, #header) }, 0)
    end
    for c, column in ipairs(header) do row[column] = record[c] end
    rows[i - 1] = row
  end
  return rows
end

--- The row of a feeder for a user and iteration (both from 0).
---@param f table { order, at_end, rows }
---@param user integer in an open loop the start's number
---@param iteration integer
---@param random fun(n: integer): integer seeded
---@return table|nil row, nil when the rows are used up
function M.row(f, user, iteration, random)
  local n = #f.rows
  if f.order == "random" then return f.rows[random(n)] end
  local index = f.order == "unique" and user or iteration
  if index >= n and f.at_end == "stop" then return nil end
  return f.rows[index % n + 1]
end

return M
