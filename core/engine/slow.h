/* Requests of a load that were kept whole, as events of the timeline. */
#ifndef PL_ENGINE_SLOW_H
#define PL_ENGINE_SLOW_H

#include "bind/desk.h"

/* Stores each of the n as an event of this kind ("slow", "request"): it begins at the intended start, lasts its latency, its text is the
 * request's name (with tags); data: scenario, service_s, lag_s (not there: never sent), phases_s (those that it had; of a timeout, the last may be what its limit cut), status, error
 * (null: none), trace_id (null: none). start_ms and start_ns: the load's start on the wall and on the monotonic clock. The
 * collector's thread. */
void pl_slow_store(pl_desk *desk, const char *kind, const pl_load_key *key, const pl_example *items, size_t n, int64_t start_ms, uint64_t start_ns);

#endif
