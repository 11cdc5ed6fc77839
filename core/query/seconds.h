/* The last seconds of a scope and what they add up to: the window of an objective. Private to watches. */
#ifndef PL_QUERY_SECONDS_H
#define PL_QUERY_SECONDS_H

#include "base/buf.h"
#include "query/tally.h"

/* One of them. Its histogram lies apart, encoded: a tenth of its size, of which an hour has 3,600. */
typedef struct pl_second {
  pl_tally tally;
  char *bytes; /* format/hdr.h; NULL: none */
  size_t len;
  uint64_t min, max, over; /* of the histogram */
  double sum;
} pl_second;

typedef struct pl_seconds {
  const pl_allocator *alloc;
  pl_second *ring;
  uint64_t cap, count, first; /* places, seconds there are, the oldest */
  pl_tally total;             /* of all of them; the histogram's counts always, the rest when it is asked for */
  pl_hist going;              /* the oldest one's, decoded */
  pl_buf encoded;
} pl_seconds;

/* So many at most; 0: none, without memory. PL_ENOMEM. */
int pl_seconds_init(pl_seconds *s, uint64_t cap, const pl_allocator *a) PL_MUSTCHECK;
/* Also after an init that failed. */
void pl_seconds_fini(pl_seconds *s);
/* None any more; memory is kept. */
void pl_seconds_clear(pl_seconds *s);

/* The newest second; when all places are taken the oldest one goes. PL_ENOMEM: data are missing from it, or there are none any more. */
int pl_seconds_add(pl_seconds *s, const pl_tally *second) PL_MUSTCHECK;

/* The counts of the newest n of them, or of all. */
void pl_seconds_newest(const pl_seconds *s, uint64_t n, double *part, double *all);

/* What all seconds add up to; valid until the next call. NULL: no memory. */
const pl_tally *pl_seconds_sum(pl_seconds *s);

#endif
