--- What the codes of failed requests to other systems mean: who is at fault, and whether the same may go well a moment later.
local M = {}

--- No answer came.
M.UNANSWERED = { dns = true, connect = true, tls = true, timeout = true, reset = true, truncated = true }

--- Of those, what may not come again; a handshake that failed fails again.
M.PASSING = {}
for code in pairs(M.UNANSWERED) do M.PASSING[code] = code ~= "tls" or nil end

--- Nobody was asked: the request could not be made, or was not allowed.
M.UNASKED = { refused = true, invalid = true, limit = true, unsupported = true }

return M
