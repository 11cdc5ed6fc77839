--- Words to a run on its way, read: what `perilune control`, pl_run_control and the keys of the live view say.
local schema = require "perilune.schema"

local M = {}

local KINDS = { rate = { "open" }, users = { "closed" }, level = { "open", "closed" } }

local function invalid(text, why)
  error({ code = "invalid", message = ("control %q: %s"):format(text, why) }, 0)
end

--- A value, or a share of the level now: "800/s", "+10%", "-50%".
local function change_of(text, what, value)
  local sign, percent = value:match("^([+-])([%d%.]+)%%$")
  if sign then
    local number = tonumber(sign .. percent) or invalid(text, ("%s is no number"):format(percent))
    local share = 1 + number / 100
    if share < 0 then invalid(text, "less than nothing") end
    return function(now, whole) return whole and share > 0 and math.max(1, now * share) or now * share end -- a tenth less of one user is one, of none a tenth more
  end
  if value:match("^%+") then invalid(text, ("write %s=%s, or a share, such as %s=+10%%"):format(what, value:sub(2), what)) end
  local to
  if what == "level" then invalid(text, "a share, such as level=+10%") end
  if what == "rate" then
    to = schema.value("rate", value, "control: rate")
  else
    to = math.tointeger(tonumber(value)) or invalid(text, "users is a whole number")
  end
  if to < 0 then invalid(text, "less than nothing") end
  return function() return to end
end

--- Reads one word: { action = "level", models, change, scenario } or { action = "pause"|"resume"|"stop", scenario = nil }.
---@param text string
---@return table
function M.parse(text)
  local name, word = text:match("^([%w_%-]+):(.+)$")
  word = word or text
  local what, value = word:match("^(%a+)=(.+)$")
  if KINDS[what] then return { action = "level", models = KINDS[what], change = change_of(text, what, value), scenario = name } end
  if not name and (word == "pause" or word == "resume" or word == "stop" or word == "toggle") then return { action = word } end
  invalid(text, "write rate=800/s, rate=+10%, users=50, SCENARIO:rate=800/s, pause, resume or stop")
end

return M
