--- Prometheus' HTTP API, as Thanos, Mimir and VictoriaMetrics have it, too: query and query_range. core/format/prometheus_answer.c reads
--- the answers.
local M = {}

M.RANGE_MOST = 10000 -- Prometheus refuses more than 11,000 points of a series

local FORM_FROM = 2000 -- bytes of a query that no longer goes into a URL

--- Seconds as the API takes them.
local function seconds(n) return (("%.3f"):format(n):gsub("%.?0+$", "")) end

--- The question for a query's values at from, from + step ... to; without a step at `to` alone.
---@param o { url: string, query: string, step: number? }
---@param from number|nil seconds since 1970
---@param to number|nil the server's now when it is missing
---@return table options of a request
function M.build_request(o, from, to)
  local fields = { query = o.query }
  if o.step then
    fields.start, fields["end"], fields.step = seconds(from), seconds(to), seconds(o.step)
  else
    fields.time = to and seconds(to)
  end
  local url = o.url:gsub("/+$", "") .. (o.step and "/api/v1/query_range" or "/api/v1/query")
  if #o.query < FORM_FROM then return { url = url, query = fields } end
  return { url = url, method = "POST", form = fields, dry = true, repeatable = true }
end

--- Why it gave no values, in its words.
---@param answer table
---@return string|nil
function M.why(answer)
  local why = answer:json "error"
  return type(why) == "string" and why or nil
end

--- The name of a query's series, where it says one: that of a mere selector.
---@param query string
---@return string|nil
function M.name_of(query)
  return query:match "^%s*([%a_:][%w_:]*)%s*$" or query:match "^%s*([%a_:][%w_:]*)%s*%b{}%s*$"
end

return M
