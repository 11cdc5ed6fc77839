/* What the workers recorded, put together: once a second, by the collector, exactly. Frames come from the
 * workers' rings (every 250 ms), are merged into seconds by the intended start or end (house.md 2b.5) and
 * handed on when a second is complete. The collector's thread. */
#ifndef PL_LOAD_MERGE_H
#define PL_LOAD_MERGE_H

#include "analysis/hist.h"
#include "base/str.h"
#include "load/client.h"

enum pl_dist { PL_DIST_LATENCY, PL_DIST_SERVICE, PL_DIST_LAG, PL_DIST_ITERATION, PL_DIST_GROUP, PL_DIST_PHASE /* + enum pl_phase */, PL_DISTS = PL_DIST_PHASE + PL_PHASES };

/* Who a figure belongs to; empty strings where a label is absent. Valid as long as the load. */
typedef struct pl_load_key {
  pl_str scenario, name, method;
} pl_load_key;

/* Receives merged data. second: index of the wall second since the load began, times are wall milliseconds.
 * All pointers are valid during the call only. */
typedef struct pl_load_sink {
  void (*dist)(void *user, const pl_load_key *key, enum pl_dist which, int64_t ts_ms, unsigned resolution_s, const pl_hist *h); /* 1, 10, 60 and 0 (the whole load) */
  void (*count)(void *user, const char *metric, const pl_load_key *key, const char *label, pl_str value, const char *label2, pl_str value2, int64_t ts_ms, double total); /* running totals: load_requests_total{status,outcome}, load_starts_total{outcome}, load_checks_total{check,ok}, load_bytes_total{direction} */
  void (*gauge)(void *user, const char *metric, const pl_load_key *key, int64_t ts_ms, double value); /* load_users, load_connections, load_rate_planned */
  void (*second)(void *user, int64_t ts_ms); /* all of this second was given: watchers may look */
  void (*done)(void *user);                  /* all workers ended and everything was given */
  void *user;
} pl_load_sink;

#endif
