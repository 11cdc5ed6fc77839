local M = {}
function M.model() return {} end
function M.html() return "" end
return M
