--- Markdown: what fits into a pull request's comment or a job summary.
local units = require "perilune.core.units"

local M = {}

local SIGN = { pass = "✅", fail = "❌", inconclusive = "❔", error = "💥" }

local function cell(text)
  return (tostring(text):gsub("|", "\\|"):gsub("\n", " "))
end

local function seconds(v)
  return type(v) == "number" and units.format("duration", v) or "-"
end

local function append_objectives(out, result)
  if #(result.objectives or {}) == 0 then return end
  out[#out + 1] = "| | objective | measured | limit |\n|---|---|---:|---:|"
  for _, o in ipairs(result.objectives) do
    local value = o.line and o.line:match("%s%s+(.-)$") or tostring(o.value)
    out[#out + 1] = ("| %s | `%s` | %s | |"):format(SIGN[o.verdict] or "", cell(o.expr), cell(value))
  end
  out[#out + 1] = ""
end

local function append_loads(out, model)
  for i, l in ipairs(model.result.loads or {}) do
    out[#out + 1] = ("**Load %d**: %s requests, %s; latency p50 %s, p99 %s; generator %s."):format(i, units.format("number", l.requests.total),
      units.format("rate", l.rate_per_s.achieved), seconds(l.latency_s.p50), seconds(l.latency_s.p99), l.generator.verdict)
  end
  out[#out + 1] = ""
  if #model.requests == 0 then return end
  out[#out + 1] = "| request | count | p50 | p95 | p99 | max |\n|---|---:|---:|---:|---:|---:|"
  for _, r in ipairs(model.requests) do
    local h = r.latency
    out[#out + 1] = ("| %s | %s | %s | %s | %s | %s |"):format(cell(r.name), units.format("number", h:count()), seconds(h:quantile(0.5)), seconds(h:quantile(0.95)),
      seconds(h:quantile(0.99)), seconds(h:max()))
  end
  out[#out + 1] = ""
end

--- The report as Markdown.
---@param model table
---@return string
function M.text(model)
  local result, row = model.result, model.row
  local out = { ("## %s %s: %s"):format(SIGN[result.verdict] or "", cell(row.name), result.verdict or row.state), "" }
  append_objectives(out, result)
  for _, c in ipairs(result.comparisons or {}) do out[#out + 1] = "- " .. cell(c.line) end
  append_loads(out, model)
  for _, f in ipairs(result.findings or {}) do out[#out + 1] = "- " .. cell(f.text or "") end
  if result.error then out[#out + 1] = "```\n" .. result.error.message .. "\n```" end
  out[#out + 1] = ("Run `%s`, %s."):format(row.ulid, seconds(model.grid.seconds))
  return table.concat(out, "\n") .. "\n"
end

return M
