--- The score of the Numenta Anomaly Benchmark at a fixed threshold (Lavin, Ahmad, "Evaluating real-time anomaly detection algorithms", ICMLA 2015,
--- section II): each window of an anomaly counts by its earliest alert, each alert outside by how far the window before it is.
local M = {}

--- Weights of a found window, a false alert, a missed window.
M.PROFILES = { standard = { 1, 0.11, 1 }, low_fp = { 1, 0.22, 1 }, low_fn = { 1, 0.11, 2 } }

local function sigmoid(x) return x > 3 and -1 or 2 / (1 + math.exp(5 * x)) - 1 end

--- Rows of the windows of a file, in order: { first, last } each.
local function spans_of(stamps, windows)
  local row, spans = {}, {}
  for i, stamp in ipairs(stamps) do row[stamp] = row[stamp] or i end
  for i, w in ipairs(windows) do spans[i] = { assert(row[w[1]], w[1]), assert(row[w[2]], w[2]) } end
  return spans
end

--- What one file adds to the sum.
local function file_sum(file, profile, threshold)
  local spans, sum, best, at, before = spans_of(file.stamps, file.windows), 0, {}, 1, nil
  for i, score in ipairs(file.scores) do
    while spans[at] and i > spans[at][2] do before, at = spans[at], at + 1 end
    local inside = spans[at] and i >= spans[at][1]
    if score >= threshold and i > math.min(math.floor(0.15 * #file.scores), 750) then
      if inside then
        local s = sigmoid(-(spans[at][2] - i + 1) / (spans[at][2] - spans[at][1] + 1)) / sigmoid(-1)
        best[at] = math.max(best[at] or -profile[3], s * profile[1])
      else
        sum = sum + (before and sigmoid((i - before[2]) / (before[2] - before[1])) or -1) * profile[2]
      end
    end
  end
  for i = 1, #spans do sum = sum + (best[i] or -profile[3]) end
  return sum
end

--- The score of files, 0 where nothing is found, 100 where each window is at its first row and there is no false alert.
---@param files table[] { stamps, windows = { { first stamp, last stamp } ... }, scores }
---@param profile number[] of M.PROFILES
---@param threshold number
---@return number
function M.score(files, profile, threshold)
  local sum, n = 0, 0
  for _, file in ipairs(files) do
    sum, n = sum + file_sum(file, profile, threshold), n + #file.windows
  end
  return 100 * (sum + profile[3] * n) / (n * (profile[1] + profile[3]))
end

return M
