--- Prometheus' remote write 1.0, as Mimir, Thanos and VictoriaMetrics take it, too.
local M = {}

M.FORMAT = "remote_write"

--- A message on its way.
---@param o { url: string }
---@param body string
---@return table options of a request
function M.build_request(o, body)
  return { url = o.url, method = "POST", body = body, headers = { ["content-type"] = "application/x-protobuf", ["content-encoding"] = "snappy", ["x-prometheus-remote-write-version"] = "0.1.0" } }
end

--- Why it was not taken, in the receiver's words.
---@param answer table
---@return string|nil
function M.why(answer) return answer.text:match "%S[^\r\n]*" end

return M
