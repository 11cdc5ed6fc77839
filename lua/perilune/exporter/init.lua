--- Systems that are sent what the timeline has: pure functions that say what a request is and what answers mean. delivery.lua sends it. An exporter
--- is { FORMAT = name of core/ingest/parcel.c, build_request(o, body), why(answer), and where it has them check(options), dropped(answer), and
--- rejected(answer): of one that was taken how many samples were not, and why }; one that sends other
--- than samples has open(options, from), which gives what an outlet is (core/bind/outlet.c), and NOUN instead of FORMAT. LINES: it is
--- sent over TCP or UDP, and answers nothing. LISTENS, alone: nothing is sent, others ask (receive.lua: expose).
local M = {}

M.systems = {
  remote_write = require "perilune.exporter.remote_write", influx = require "perilune.exporter.influx",
  otlp = require "perilune.exporter.otlp", otlp_traces = require "perilune.exporter.otlp_traces", pushgateway = require "perilune.exporter.pushgateway", grafana = require "perilune.exporter.grafana",
  graphite = require "perilune.exporter.graphite", statsd = require "perilune.exporter.statsd",
  listen = { LISTENS = true },
}

return M
