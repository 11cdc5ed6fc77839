--- Objectives as rows: normalised, with defaults; their lines for people.
local metrics = require "perilune.metrics"
local query = require "perilune.core.query"
local schema = require "perilune.schema"
local units = require "perilune.core.units"
local words = require "perilune.words"

local M = {}

M.DEFAULT_ERRORS = "error_ratio < 1%"

--- A row, normalised; an error has its number.
---@param row string|table
---@param i integer which of the objectives it is
---@param world table|nil what it may name (perilune.metrics)
---@return table
function M.row(row, i, world)
  local what = ("objective %d"):format(i)
  if type(row) == "string" then row = { row } end
  if type(row) ~= "table" or type(row[1]) ~= "string" then
    error({ code = "invalid", message = what .. ': a text such as "p99(latency) < 250ms", or a table that begins with one' }, 0)
  end
  local options = {}
  for k, v in pairs(row) do
    if k ~= 1 then options[k] = v end
  end
  local out = schema.check(words.objective, options, what)
  out.expr = row[1]
  local parsed, err = query.parse(out.expr)
  if not parsed then error({ code = "invalid", message = what .. ": " .. err.message }, 0) end
  out.metric, out.unit, out.of_load = parsed.metric, parsed.unit, parsed.of_load
  out.warnings = world and metrics.check(parsed, world, ("%s: %q"):format(what, out.expr)) or {}
  return out
end

--- Rows of objectives; without one on errors the default is added (errors = "ignore": not).
---@param rows table strings or tables
---@param errors string|nil
---@param world table|nil what they may name (perilune.metrics)
---@return table
function M.read(rows, errors, world)
  local out, on_errors = {}, false
  for i, row in ipairs(rows) do
    out[i] = M.row(row, i, world)
    on_errors = on_errors or out[i].metric == "error_ratio" or out[i].metric == "checks"
  end
  if not on_errors and errors ~= "ignore" then
    local row = M.row(M.DEFAULT_ERRORS, #out + 1)
    row.default = true
    out[#out + 1] = row
  end
  return out
end

--- Options of the watch of a row.
---@param row table
---@param strict boolean|nil
---@return table
function M.options(row, strict)
  return { min_samples = row.min_samples, strict = strict or false }
end

local SIGN = { pass = "✓", fail = "✗", inconclusive = "?" }

--- The interval; nothing where it tells no more than the value.
local function interval_text(r)
  if not r.ci then return r.few_seconds and not r.reason and "  (no interval: too few independent seconds)" or "" end
  local lo, hi = units.format(r.unit, r.ci[1]), units.format(r.unit, r.ci[2])
  return lo ~= hi and ("  (interval %s to %s%s)"):format(lo, hi, r.few_seconds and " is unreliable: too few independent seconds" or "") or ""
end

local COLUMNS, COLUMNS_MOST = 42, 60 -- of the sign and the expression, before the value

--- "✓ p99(latency) < 1s", "✓ error_ratio < 1% (default)".
local function head_of(r)
  return ("%s %s%s"):format(r.marginal and "~" or SIGN[r.verdict], r.expr, r.is_default and " (default)" or "")
end

local function columns_of(text) return utf8.len(text) or #text end

--- How wide the expressions of lines that stand below each other are, so that their values do, too; a longer one than
--- COLUMNS_MOST does not move the others.
---@param rows table[] verdict rows
---@return integer columns
function M.width(rows)
  local width = COLUMNS
  for _, r in ipairs(rows) do
    local own = columns_of(head_of(r))
    if own <= COLUMNS_MOST then width = math.max(width, own) end
  end
  return width
end

--- One line for people: sign, expression, what was measured.
---@param r table verdict row
---@param width integer|nil columns before the value (M.width)
---@return string
function M.line(r, width)
  local text = head_of(r)
  if r.value then
    local pad = (" "):rep((width or COLUMNS) - columns_of(text))
    text = ("%s%s %s%s"):format(text, pad, r.beyond and "> " or "", units.format(r.unit, r.value)) .. interval_text(r)
  end
  if r.scope then text = text .. "  [" .. r.scope .. "]" end
  if r.marginal then text = text .. "  marginal" end
  if r.stopped then text = text .. "  stopped the load" end
  if r.reason then text = text .. "  " .. r.reason end
  return text
end

return M
