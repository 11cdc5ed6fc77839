--- Systems that can be asked for history: pure functions that say what is asked and what answers mean. Whoever asks (fetch.lua) sends it.
--- A connector of series is { RANGE_MOST = steps of one question, build_request(o, from, to), why(answer), name_of(query) }, one of traces
--- { traces = true, build_request(o, from, to), question(o), why(answer) }.
local M = {}

M.systems = { jaeger = require "perilune.connector.jaeger", prometheus = require "perilune.connector.prometheus" }

return M
