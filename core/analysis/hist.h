/* The histogram of Perilune: one geometry for ever, that of HdrHistogram with unit 1, three
 * significant digits and highest value 2^42 - 1 (4,398 s in nanoseconds): 33,792 counters, kept in
 * 528 pages of 64 counters that exist once a value fell into them. Merging is exact. */
#ifndef PL_ANALYSIS_HIST_H
#define PL_ANALYSIS_HIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"

#define PL_HIST_PAGE 64
#define PL_HIST_PAGES 528
#define PL_HIST_COUNTERS 33792
#define PL_HIST_MAX_VALUE ((UINT64_C(1) << 42) - 1)

/* Most pages hold a few rare values, and there are more of them the longer a load goes on: what a counter has above its lower 16 bits
 * lies in memory of its own, which only pages with such a counter have. */
typedef struct pl_hist_page {
  uint16_t low[PL_HIST_PAGE];
  uint64_t *high; /* PL_HIST_PAGE numbers: how often 65,536; NULL: none of them once */
} pl_hist_page;

/* The pages are hist.c's. Single thread. Values are whole numbers of 0 and more, so that NaN and negative ones are none; a constant has a deviation of at
 * most half its counter. Recording and indexing are O(1), the rest O(counters in use) (Tene, HdrHistogram). */
typedef struct pl_hist {
  const pl_allocator *alloc;
  pl_hist_page *page[PL_HIST_PAGES];
  uint64_t count; /* recorded values, those above the maximum included */
  uint64_t over;  /* values above the maximum, counted in the last counter */
  uint64_t lost;  /* values that could not be recorded for want of memory: never silent */
  uint64_t min;   /* exact; UINT64_MAX while empty */
  uint64_t max;   /* exact; 0 while empty */
  double sum;     /* exact values added up, for the mean */
} pl_hist;

/* Empty; pages come from a, which must outlive it. */
void pl_hist_init(pl_hist *h, const pl_allocator *a);
/* Frees its pages; it is empty then. */
void pl_hist_fini(pl_hist *h);

/* Empties it; pages of values that came since the last time are kept, zeroed, others freed. */
void pl_hist_clear(pl_hist *h);

/* Records value count times. Allocates at a value range's first use, and once more when the first of its counters reaches 65,536. */
void pl_hist_record_n(pl_hist *h, uint64_t value, uint64_t count);

/* The counter that holds value (<= PL_HIST_MAX_VALUE). */
uint32_t pl_hist_index(uint64_t value);
/* The lowest value of a counter. */
uint64_t pl_hist_lowest(uint32_t index);
/* The highest value of a counter. */
uint64_t pl_hist_highest(uint32_t index);

/* Adds all of from to into. PL_OK or PL_ENOMEM (into is then unchanged). */
int pl_hist_add(pl_hist *into, const pl_hist *from) PL_MUSTCHECK;

/* Takes all of from, which was added before, out of h again, and frees pages that are empty then. What h says of its values beside
 * their counts (over, lost, min, max, sum) stays as it was. */
void pl_hist_take(pl_hist *h, const pl_hist *from);

/* Nearest rank: the highest value equivalent to the ceil(p * count)-th smallest, p in [0, 1], never
 * above the recorded maximum; p = 0 gives the minimum. 0 for an empty histogram. */
uint64_t pl_hist_quantile(const pl_hist *h, double p);

/* How many recorded values are <= value (to the geometry's resolution). */
uint64_t pl_hist_count_at_most(const pl_hist *h, uint64_t value);

double pl_hist_mean(const pl_hist *h);   /* NaN when empty */
double pl_hist_stddev(const pl_hist *h); /* population, from counter mid-points; NaN when empty */

/* Walks the counters that are not zero, upwards. Start with *index = 0; returns false at the end. */
bool pl_hist_next(const pl_hist *h, uint32_t *index, uint64_t *lowest, uint64_t *highest, uint64_t *count);

/* The recorder's inner loop: about 3 ns. */
static inline void pl_hist_record(pl_hist *h, uint64_t value)
{
  if (value <= PL_HIST_MAX_VALUE) {
    unsigned bits = 63u - (unsigned)__builtin_clzll(value | 2047u);
    uint32_t i = (uint32_t)(((bits - 10u) << 10) + (uint32_t)(value >> (bits - 10u)));
    pl_hist_page *page = h->page[i / PL_HIST_PAGE];
    if (__builtin_expect(page != NULL && page->low[i % PL_HIST_PAGE] != UINT16_MAX, 1)) {
      page->low[i % PL_HIST_PAGE]++;
      h->count++;
      h->sum += (double)value;
      h->min = value < h->min ? value : h->min;
      h->max = value > h->max ? value : h->max;
      return;
    }
  }
  pl_hist_record_n(h, value, 1);
}

#endif
