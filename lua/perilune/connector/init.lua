--- Systems that can be asked for history: pure functions that say what is asked and what answers mean. Whoever asks (fetch.lua) sends it.
--- A connector is { RANGE_MOST = steps of one question, build_request(o, from, to), why(answer) }.
local M = {}

M.systems = { prometheus = require "perilune.connector.prometheus" }

return M
