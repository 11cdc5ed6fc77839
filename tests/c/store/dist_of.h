/* Histograms for tests: a load's seconds, and what no load has. */
#ifndef TEST_DIST_OF_H
#define TEST_DIST_OF_H

#include "analysis/hist.h"
#include "base/random.h"

enum dist_kind { DIST_LOAD, DIST_ONE_VALUE, DIST_WIDE, DIST_LARGE_COUNTS, DIST_FULL, DIST_JUMPS, DIST_KINDS };

/* The i-th histogram of a kind into h, which is empty. */
static inline void dist_fill(pl_hist *h, enum dist_kind kind, uint64_t i, pl_rng *r)
{
  switch (kind) {
  case DIST_LOAD:
    for (int n = 0; n < 2000; n++)
      pl_hist_record(h, 50000 + (pl_rng_below(r, 1000) * pl_rng_below(r, 1000) >> 3) + i * 50);
    break;
  case DIST_ONE_VALUE:
    pl_hist_record_n(h, 123456, i % 3 + 1);
    break;
  case DIST_WIDE:
    for (int n = 0; n < 40; n++)
      pl_hist_record(h, pl_rng_u64(r) >> (22 + pl_rng_below(r, 42)));
    break;
  case DIST_LARGE_COUNTS:
    for (int n = 0; n < 20; n++)
      pl_hist_record_n(h, 1000 + pl_rng_below(r, 50), 1 + (pl_rng_u64(r) >> (46 + pl_rng_below(r, 18))));
    break;
  case DIST_FULL:
    for (uint32_t at = 0; i % 16 == 0 && at < PL_HIST_COUNTERS; at++)
      pl_hist_record_n(h, pl_hist_lowest(at), 1 + at % 3);
    pl_hist_record(h, i);
    break;
  default: /* nothing in common with the one before */
    for (int n = 0; n < 300; n++)
      pl_hist_record(h, (UINT64_C(1) << (i * 7 % 42)) + pl_rng_below(r, 100));
    break;
  }
}

#endif
