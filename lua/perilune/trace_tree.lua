--- Spans of traces as trees: whose child each is, where the time went, what is missing. Pure: rows of spans_of in, tables out.
local hist = require "perilune.core.hist"
local stats = require "perilune.core.stats"

local M = {}

--- The place of each span's parent, 0 for a root or where the parent did not come. A server may share its id with the client that asked it:
--- it is that one's child, and parent of what names the id.
---@param spans table[] { trace_id, span_id, parent_id, kind }
---@return integer[]
function M.parents(spans)
  local by_id, shared, parents = {}, {}, {}
  for i, s in ipairs(spans) do
    local key = s.trace_id .. s.span_id
    local other = by_id[key]
    if not other or s.kind == "server" then by_id[key] = i end
    if other then shared[s.kind == "server" and i or other] = s.kind == "server" and other or i end
  end
  for i, s in ipairs(spans) do
    local parent = shared[i] or s.parent_id and by_id[s.trace_id .. s.parent_id]
    parents[i] = parent and parent ~= i and parent or 0
  end
  return parents
end

--- Self time and time on the critical path of each span, in nanoseconds, and the paths (core/analysis/trace_times.h): place, from, to of each
--- stretch.
---@param spans table[] { ts_ns, duration_ns }
---@param parents integer[]
---@return integer[] self
---@return integer[] critical
---@return integer[] path
function M.times(spans, parents)
  local starts, ends = {}, {}
  for i, s in ipairs(spans) do starts[i], ends[i] = s.ts_ns, s.ts_ns + s.duration_ns end
  return stats.trace_times(starts, ends, parents)
end

--- One entry for each service, operation and kind of the spans that are wanted, with sums and a histogram of durations, in seconds.
---@param spans table[]
---@param parents integer[]
---@param wanted (fun(s: table): boolean)|nil
---@return table[] { service, operation, kind, count, errors, self, critical, durations }
function M.gather(spans, parents, wanted)
  local self_ns, critical_ns = M.times(spans, parents)
  local list, known = {}, {}
  for i, s in ipairs(spans) do
    if not wanted or wanted(s) then
      local key = ("%s\0%s\0%s"):format(s.service, s.operation, s.kind)
      local e = known[key]
      if not e then
        e = { service = s.service, operation = s.operation, kind = s.kind, count = 0, errors = 0, self = 0, critical = 0, durations = hist.new() }
        known[key], list[#list + 1] = e, e
      end
      e.count, e.errors = e.count + 1, e.errors + (s.status == "error" and 1 or 0)
      e.self, e.critical = e.self + self_ns[i] / 1e9, e.critical + critical_ns[i] / 1e9
      e.durations:record(s.duration_ns / 1e9)
    end
  end
  table.sort(list, M.before)
  return list
end

--- Whether one entry comes before another: those whose time traces depend on most come first.
---@param a table
---@param b table
---@return boolean
function M.before(a, b)
  if a.critical ~= b.critical then return a.critical > b.critical end
  if a.service ~= b.service then return a.service < b.service end
  if a.operation ~= b.operation then return a.operation < b.operation end
  return a.kind < b.kind
end

--- The operations on the critical path of one trace, longest part first.
---@param spans table[]
---@return table[] { service, operation, kind, critical }
function M.path(spans)
  local list = {}
  for _, e in ipairs(M.gather(spans, M.parents(spans))) do
    if e.critical > 0 then list[#list + 1] = { service = e.service, operation = e.operation, kind = e.kind, critical = e.critical } end
  end
  return list
end

--- Whether a span names a parent that is to come from elsewhere and did not. The request of a load, which begins a trace, has the second half of
--- its id as its own (core/load/trace_context.h), and is known.
local function is_lost(s, parent) return parent == 0 and s.parent_id ~= nil and s.parent_id ~= s.trace_id:sub(17) end

--- The ids that spans of one trace name as their parent, and that did not come; in the order in which they are first named.
---@param spans table[]
---@param parents integer[]
---@return string[]
function M.missing(spans, parents)
  local known, list = {}, {}
  for i, s in ipairs(spans) do
    local id = is_lost(s, parents[i]) and s.parent_id
    if id and not known[id] then known[id], list[#list + 1] = true, id end
  end
  return list
end

--- The places of the spans by trace, and the ids of the traces in the order in which they begin.
---@param spans table[]
---@return table<string, table[]> by_trace
---@return string[] ids
function M.by_trace(spans)
  local by_trace, ids = {}, {}
  for _, s in ipairs(spans) do
    local list = by_trace[s.trace_id]
    if not list then
      list = {}
      by_trace[s.trace_id], ids[#ids + 1] = list, s.trace_id
    end
    list[#list + 1] = s
  end
  return by_trace, ids
end

--- Which spans are kept of too many: those on critical paths, then the longest.
local function keep(spans, critical_ns, most)
  local order, kept = {}, {}
  for i = 1, #spans do order[i] = i end
  table.sort(order, function(a, b)
    if (critical_ns[a] > 0) ~= (critical_ns[b] > 0) then return critical_ns[a] > 0 end
    if spans[a].duration_ns ~= spans[b].duration_ns then return spans[a].duration_ns > spans[b].duration_ns end
    return a < b
  end)
  for i = 1, math.min(most, #order) do kept[order[i]] = true end
  return kept
end

--- The stretches of each span's part of the path: place -> { { from_ns, to_ns } }.
local function stretches(path)
  local out = {}
  for i = 1, #path, 3 do
    local list = out[path[i]] or {}
    out[path[i]] = list
    list[#list + 1] = { path[i + 1], path[i + 2] }
  end
  return out
end

--- Places by parent, 0: roots, each in the order of `spans`.
local function children_of(parents)
  local out = {}
  for i, parent in ipairs(parents) do
    out[parent] = out[parent] or {}
    table.insert(out[parent], i)
  end
  return out
end

--- The spans of one trace in the order of its tree, each under its parent. Of more than `most` the rest is left out; circles are, too.
---@param spans table[] of one trace, in order of time
---@param most integer
---@return table[] rows { span, depth, self_ns, critical_ns, path: { { from_ns, to_ns } }, lost: its parent did not come }
---@return string[] missing ids of parents that did not come
function M.rows(spans, most)
  local parents = M.parents(spans)
  local self_ns, critical_ns, path = M.times(spans, parents)
  local kept, parts, children, rows = keep(spans, critical_ns, most), stretches(path), children_of(parents), {}
  local stack = {} -- places that are still to come, the next one last
  local function push(parent, depth)
    local list = children[parent] or {}
    for i = #list, 1, -1 do stack[#stack + 1] = { list[i], depth } end
  end
  push(0, 0)
  while #stack > 0 do
    local i, depth = table.unpack(table.remove(stack))
    if kept[i] then
      rows[#rows + 1] = { span = spans[i], depth = depth, self_ns = self_ns[i], critical_ns = critical_ns[i], path = parts[i] or {}, lost = is_lost(spans[i], parents[i]) }
    end
    push(i, depth + 1)
  end
  return rows, M.missing(spans, parents)
end

return M
