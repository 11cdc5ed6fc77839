--- What a playbook would send, before anything is sent: hosts, peak rates, numbers of requests.
local grant = require "perilune.grant"
local scenario = require "perilune.scenario"
local summary = require "perilune.summary"
local units = require "perilune.core.units"

local M = {}

local function when(plan)
  return units.format("duration", plan.duration) .. (plan.warmup > 0 and (", %s of it warm-up"):format(units.format("duration", plan.warmup)) or "")
end

local function volume_text(plan)
  local peak, total = scenario.volume(plan)
  if plan.model == "open" then
    return ("%s arrivals, at most %s"):format(plan.law == "poisson" and "Poisson" or "even", units.format("rate", peak)), units.format("number", math.floor(total + 0.5)) .. " starts"
  end
  if plan.model == "closed" then return ("closed loop, at most %d users"):format(peak), "as many as are answered" end
  return ("%d users"):format(peak), units.format("number", total) .. " iterations"
end

--- The preview of a prepared playbook.
---@param prepared table
---@return string
function M.text(prepared)
  local out = { ("%s: nothing was sent. Its run would send, if it loads every scenario once:"):format(prepared.book.name) }
  local rows = { { "scenario", "to", "how", "how much", "how long" } }
  for _, plan in ipairs(prepared.plans) do
    local how, much = volume_text(plan)
    rows[#rows + 1] = { plan.name, scenario.host(plan.url or plan.base) or "given by the script", how, much, when(plan) }
  end
  if #rows == 1 then rows[1] = { "no scenario: no load" } end
  for _, line in ipairs(summary.columns(rows)) do out[#out + 1] = line end
  if #prepared.plans > 0 then
    local granted = grant.load(prepared.plans, prepared.typed, prepared.trusted)
    if granted.why then out[#out + 1] = "note: " .. granted.why end
  end
  for _, row in ipairs(prepared.objectives) do out[#out + 1] = ("objective: %s%s%s"):format(row.expr, row.default and " (default)" or "", row.stop and ", stops the load" or "") end
  out[#out + 1] = "Paid API calls: none. Actions: none."
  return table.concat(out, "\n") .. "\n"
end

return M
