/* When a counter of a load has grown: a sample shows what was counted up to its time, while objectives judge what happened within a second.
 * Between feed or replay and watches; no memory, any thread. */
#ifndef PL_QUERY_GROWTH_H
#define PL_QUERY_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "store/store.h"

/* One counter, sample by sample; begins as {0}. */
typedef struct pl_growth {
  int64_t ts_ms; /* of the sample before */
  double value;
  bool any;      /* there was one */
  bool at_begin; /* samples bear the begin of their second, as databases of older versions have them */
} pl_growth;

/* Whether a series is a counter that a load keeps, a sample a second. */
bool pl_growth_is_of_load(pl_str name, enum pl_series_kind kind, pl_str source);

/* Where the time begins in which the counter grew to this value: at the sample before; at the sample itself where nothing was before it
 * (the first one, one that fell) or that is no number. A 0 that the next sample follows within 1 ms says that samples bear the begin of
 * their second: then, and from then on, it is the sample's own time. */
int64_t pl_growth_from_ms(pl_growth *g, int64_t ts_ms, double value);

#endif
