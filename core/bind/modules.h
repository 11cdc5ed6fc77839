/* The modules of this room: each opens one perilune.core.* table (see the file of the same name). */
#ifndef PL_BIND_MODULES_H
#define PL_BIND_MODULES_H

#include <lua.h>

/* Durations, sizes and rates as people write them (units.c). */
int pl_open_units(lua_State *L);
/* JSON text and Lua values (json.c). */
int pl_open_json(lua_State *L);
/* Wall and monotonic time (clock.c). */
int pl_open_clock(lua_State *L);
/* Statistics of arrays (stats.c). */
int pl_open_stats(lua_State *L);
/* Tests and intervals of samples (samples.c). */
int pl_open_samples(lua_State *L);
/* Quantiles with a relative error (sketch.c). */
int pl_open_sketch(lua_State *L);
/* Forecasts of many series (forecast.c). */
int pl_open_forecast(lua_State *L);
/* What to request and how many there must be (rightsize.c). */
int pl_open_rightsize(lua_State *L);
/* Models of capacity (capacity.c). */
int pl_open_capacity(lua_State *L);
/* What users met (experience.c). */
int pl_open_experience(lua_State *L);
/* One series ahead, and when it reaches a limit (outlook.c). */
int pl_open_outlook(lua_State *L);
/* Histograms as values (hist.c). */
int pl_open_hist(lua_State *L);
/* Reading a timeline (timeline.c). */
int pl_open_timeline(lua_State *L);
/* Rolling up what is old in a timeline (gc.c). */
int pl_open_gc(lua_State *L);
/* Objectives over stored runs (query.c). */
int pl_open_query(lua_State *L);
/* PromQL over a timeline (promql.c). */
int pl_open_promql(lua_State *L);
/* Files, whole (file.c). */
int pl_open_file(lua_State *L);
/* Other programs (program.c). */
int pl_open_program(lua_State *L);
/* Who listens at an address (target.c). */
int pl_open_target(lua_State *L);
/* Changes of level in a history (change.c). */
int pl_open_change(lua_State *L);
/* Numbers that analysis reads (inputs.c). */
int pl_open_inputs(lua_State *L);
/* Detectors of anomalies (anomaly.c). */
int pl_open_anomaly(lua_State *L);
/* Traces of arrivals (trace.c). */
int pl_open_trace(lua_State *L);
/* Rows for virtual users (feeder.c). */
int pl_open_feeder(lua_State *L);
/* What wrk's scripts are built from (wrk_module.c). */
int pl_open_wrk(lua_State *L);
/* Where connections go (route.c). */
int pl_open_route(lua_State *L);
/* What machines and processes do (sampler.c); start and stop only where there is a run. */
int pl_open_sampler(lua_State *L);
/* Writing to the run's timeline (writer.c). Only in states with a run. */
int pl_open_writer(lua_State *L);
/* Starting and judging loads (load.c). Only in states with a run. */
int pl_open_load(lua_State *L);
/* Requests to other systems (http.c). */
int pl_open_http(lua_State *L);
/* History of other systems onto the timeline (history.c). Only in states with a run. */
int pl_open_history(lua_State *L);
/* Tokens that are renewed while a load runs (token.c). Only in states with a run. */
int pl_open_token(lua_State *L);
/* Receiving what others send (receiver.c). Only in states with a run. */
int pl_open_receiver(lua_State *L);
/* What targets of Prometheus answer, onto the timeline (scrape.c). Only in states with a run. */
int pl_open_scrape(lua_State *L);
/* Files onto the run's timeline (import.c). Only in states with a run. */
int pl_open_import(lua_State *L);
/* A timeline as text for others (export.c). */
int pl_open_export(lua_State *L);
/* A timeline in parcels for other systems (outlet.c). */
int pl_open_outlet(lua_State *L);
/* The newest values of runs as a page that Prometheus scrapes (exposition.c). */
int pl_open_exposition(lua_State *L);
/* Lines over TCP and UDP to other systems (lines.c). */
int pl_open_lines(lua_State *L);
/* Live objectives (watch.c). Only in states with a run. */
int pl_open_watch(lua_State *L);

#endif
