/* How far a load's quantiles may lie from the truth, and whether its seconds are steady, from the stored seconds. */
#ifndef PL_QUERY_SPREAD_H
#define PL_QUERY_SPREAD_H

#include "analysis/hist.h"
#include "store/store.h"

/* Which seconds of which series: those of `metric` and these scenarios that begin from from_ms to to_ms, on the grid of start_ms. */
typedef struct pl_spread_range {
  pl_str metric;
  const pl_str *scenarios;
  size_t n_scenarios;
  int64_t start_ms, from_ms, to_ms;
} pl_spread_range;

typedef struct pl_spread_quantile {
  double p;
  bool known;       /* enough samples and seconds for an interval */
  bool few_seconds; /* too few independent seconds for it to be trusted */
  uint64_t lo, hi;  /* ns, 95 % */
} pl_spread_quantile;

typedef struct pl_spread {
  uint64_t seconds;   /* with data */
  double lag1;        /* autocorrelation of the seconds' means with the next ones'; NaN for fewer than 10 seconds */
  double kpss;        /* statistic of their steadiness: see analysis/steady.h; NaN likewise */
  uint64_t warmup;    /* of its first seconds, by their means: see analysis/warmup.h */
  bool unsettled;     /* no steady level is seen */
  double change, change_p; /* the trend of the seconds' means from begin to end, as a share of their mean, and its p; NaN for fewer than 10 */
} pl_spread;

/* Fills the intervals of the quantiles q, which name their p, of the distribution `whole` that the range's seconds add up to. A
 * quantile of fewer than 10 / (1 - p) values has none. Reads each histogram once. PL_EINVAL: more than 8 quantiles, or a week;
 * PL_ELIMIT: more than 20,000 series; PL_ENOMEM, errors of reading. */
int pl_spread_read(const pl_allocator *a, pl_reader *reader, int64_t run, const pl_spread_range *range, const pl_hist *whole,
                   pl_spread_quantile *q, size_t n, pl_spread *out, pl_error *err) PL_MUSTCHECK;

#endif
