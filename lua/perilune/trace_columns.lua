--- A CSV with a column of time as traces: one for each column of values, a value each step, as the lines id,v1,v2,... that sizing reads.
local inputs = require "perilune.inputs"

local M = {}

local VALUES_MOST = 1 << 22 -- of a trace: 40 years of a value each 300 s
local COLUMNS_MOST = 16

local function corrupt(text, ...) error({ code = "corrupt", message = text:format(...) }, 0) end

local function quoted(id) return id:find '[,"]' and '"' .. id:gsub('"', '""') .. '"' or id end

--- The median of what lies between two moments, ns; times are ascending, and differ.
local function median_step(times)
  local apart = {}
  for i = 2, #times do apart[i - 1] = times[i] - times[i - 1] end
  table.sort(apart)
  return apart[(#apart + 1) // 2]
end

--- One trace: of a step without a value the field is empty, of one with several the last one stays.
local function line(name, times, values, step_ns, n)
  local fields = { quoted(name) }
  for i = 2, n + 1 do fields[i] = "" end
  for i, v in ipairs(values) do
    if v == v then fields[2 + (times[i] - times[1] + step_ns // 2) // step_ns] = ("%.17g"):format(v) end
  end
  return table.concat(fields, ",")
end

--- The traces of a file.
---@param F string how the file is named to people
---@param text string what is in it
---@param roles table of csv_header.roles, with a time
---@param step number|nil seconds between two values; nil: the median of those between two moments
---@return string lines id,v1,v2,...
---@return number seconds between two values
---@return integer n traces
function M.lines(F, text, roles, step)
  local names, out = {}, {}
  for at, name in ipairs(roles.names) do
    if at ~= roles.time and name ~= "" then names[#names + 1] = name end
  end
  if #names > COLUMNS_MOST then corrupt("%s: it has %d columns of values beside the time; at most %d are taken: keep those that are meant, or write a trace a line, id,v1,v2,...", F, #names, COLUMNS_MOST) end
  local got = inputs.columns_in_order(F, text, names)
  if #got.times < 2 then inputs.too_few(F, #got.times, "moment", "the step of a trace needs two; write a trace a line, id,v1,v2,...") end
  local step_ns = step and math.max(1, math.floor(step * 1e9 + 0.5)) or median_step(got.times)
  local n = 1 + (got.times[#got.times] - got.times[1] + step_ns // 2) // step_ns
  if n > VALUES_MOST then corrupt("%s: from its first to its last moment there are %d steps of %.6g s, of at most %d; --step names a longer one", F, n, step_ns / 1e9, VALUES_MOST) end
  for i, name in ipairs(names) do out[i] = line(name, got.times, got.columns[i], step_ns, n) end
  return table.concat(out, "\n") .. "\n", step_ns / 1e9, #names
end

return M
