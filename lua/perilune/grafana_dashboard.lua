--- A dashboard of Grafana's for our series in Prometheus: those that it scraped (`perilune serve`, export "listen") have distributions as histograms,
--- those that were written to it have them as summaries. Every expression of a distribution takes either.
local json = require "perilune.core.json"

local M = {}

local SCENARIO = 'scenario=~"$scenario"'
local DATASOURCE = { type = "prometheus", uid = "${datasource}" }
local COLUMNS, WIDTH, HEIGHT = 2, 12, 8

--- A quantile of a distribution, for each value of a label where one is named.
local function quantile(p, metric, label)
  local by = label and label .. ", le" or "le"
  return ('histogram_quantile(%s, sum by (%s) (rate(%s_bucket{%s}[$__rate_interval]))) or %s (%s{quantile="%s", %s})'):format(
    p, by, metric, SCENARIO, label and ("max by (%s)"):format(label) or "max", metric, p, SCENARIO)
end

local function rate(metric, label, matchers)
  return ("sum%s (rate(%s{%s}[$__rate_interval]))"):format(label and (" by (%s)"):format(label) or "", metric, matchers or SCENARIO)
end

local function quantiles(metric)
  return { { quantile("0.5", metric), "p50" }, { quantile("0.95", metric), "p95" }, { quantile("0.99", metric), "p99" } }
end

--- The panels: a title, a unit of Grafana's, expressions with their legends, what it says where that is not plain.
local PANELS = {
  { "Requests a second", "reqps", { { rate("load_requests_total", "outcome"), "{{outcome}}" }, { ("sum(load_rate_planned{%s})"):format(SCENARIO), "planned" } } },
  { "Failed requests", "percentunit", { { ('(sum(rate(load_requests_total{outcome!="ok", %s}[$__rate_interval])) or vector(0)) / %s'):format(SCENARIO, rate "load_requests_total"), "failed" } } },
  { "Latency", "s", quantiles "load_latency_seconds", "From the intended start: what users waited." },
  { "Service time", "s", quantiles "load_service_seconds", "From the send, as most tools time it." },
  { "Latency p99 by name", "s", { { quantile("0.99", "load_latency_seconds", "name"), "{{name}}" } } },
  { "Where a request's time goes", "s", { { ("%s / (%s > 0)"):format(rate("load_phase_seconds_sum", "phase"), rate("load_phase_seconds_count", "phase")), "{{phase}}" } }, "Means of each phase." },
  { "Starts a second", "short", { { rate("load_starts_total", "outcome"), "{{outcome}}" } }, "Dropped and cancelled starts make latencies too good." },
  { "Start behind its time", "s", quantiles "load_schedule_lag_seconds", "The generator's own lag: part of the latency." },
  { "Users and connections", "short", { { ("sum(load_users{%s})"):format(SCENARIO), "users" }, { "sum(load_connections)", "connections" } } },
  { "Bytes a second", "Bps", { { rate("load_bytes_total", "direction"), "{{direction}}" } } },
  { "CPU", "percentunit", { { '1 - sum by (instance, role) (rate(node_cpu_seconds_total{mode=~"idle|iowait"}[$__rate_interval])) / sum by (instance, role) (rate(node_cpu_seconds_total[$__rate_interval]))', "{{instance}} ({{role}})" } } },
  { "Memory", "percentunit", { { "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", "{{instance}} ({{role}})" } } },
  { "Processes: CPU", "short", { { "sum by (process, instance) (rate(process_cpu_seconds_total[$__rate_interval]))", "{{process}} on {{instance}}" } }, "Cores." },
  { "Waiting for CPU, disk and memory", "percentunit", { { "sum by (instance) (rate(node_pressure_cpu_waiting_seconds_total[$__rate_interval]))", "CPU, {{instance}}" },
    { "sum by (instance) (rate(node_pressure_io_waiting_seconds_total[$__rate_interval]))", "disk, {{instance}}" },
    { "sum by (instance) (rate(node_pressure_memory_waiting_seconds_total[$__rate_interval]))", "memory, {{instance}}" } }, "Pressure: the share of the time in which something waited." },
}

local function panel(i, p)
  local targets, at = json.array {}, i - 1
  for t, expression in ipairs(p[3]) do
    targets[t] = { refId = string.char(64 + t), datasource = DATASOURCE, expr = expression[1], legendFormat = expression[2], range = true }
  end
  return {
    id = i, type = "timeseries", title = p[1], description = p[4], datasource = DATASOURCE, targets = targets,
    gridPos = { x = at % COLUMNS * WIDTH, y = at // COLUMNS * HEIGHT, w = WIDTH, h = HEIGHT },
    fieldConfig = { defaults = { unit = p[2], min = 0, custom = { lineWidth = 1, fillOpacity = 10, showPoints = "never" } }, overrides = json.array {} },
    options = { legend = { displayMode = "table", placement = "bottom", calcs = json.array { "mean", "max" } }, tooltip = { mode = "multi", sort = "desc" } },
  }
end

local VARIABLES = {
  { name = "datasource", label = "Prometheus", type = "datasource", query = "prometheus" },
  { name = "scenario", label = "Scenario", type = "query", datasource = DATASOURCE, definition = "label_values(load_requests_total, scenario)",
    query = { query = "label_values(load_requests_total, scenario)", refId = "scenario" }, refresh = 2, includeAll = true, allValue = ".*", multi = true, current = { text = "All", value = "$__all" } },
}

--- What perilune export grafana --to puts beside the series.
local ANNOTATIONS = { name = "Perilune", enable = true, iconColor = "orange", datasource = { type = "grafana", uid = "-- Grafana --" },
  target = { type = "tags", tags = json.array { "perilune" }, matchAny = false, limit = 200 } }

--- The dashboard, as it is imported.
---@return string JSON
function M.text()
  local panels = json.array {}
  for i, p in ipairs(PANELS) do panels[i] = panel(i, p) end
  return json.encode {
    uid = "perilune", title = "Perilune", tags = json.array { "perilune" }, schemaVersion = 39, editable = true, refresh = "5s", time = { from = "now-15m", to = "now" },
    templating = { list = json.array(VARIABLES) }, annotations = { list = json.array { ANNOTATIONS } }, panels = panels,
  }
end

return M
