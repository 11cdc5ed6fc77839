/* Housekeeping: what a writer does with stored samples between two transactions. Batches become chunks when they have enough samples of each
 * series or are old, histograms that are ten minutes old are packed, chunks are sealed when they are older than a day. */
#ifndef PL_STORE_HOUSEKEEPING_H
#define PL_STORE_HOUSEKEEPING_H

#include <stdbool.h>

#include "base/clock.h"
#include "store/dist_pack.h"
#include "store/rewrite.h"

typedef struct pl_housekeeping {
  pl_rewriter *rewriter;
  pl_dist_packer *packer;
  sqlite3_stmt *oldest;
  pl_grouping grouping;  /* that has begun */
  uint64_t moving;       /* of the samples that wait: those of its batches */
  size_t pairs;          /* of series and run that the last one found */
  int64_t grouped;       /* batches up to this id stay as they are: damaged, or of the time of a damaged chunk */
  uint64_t waiting;      /* samples in batches, at least as many as there are */
  uint64_t retry_ns;     /* after a failure: not before */
} pl_housekeeping;

/* Counts the samples that wait in batches. h ends also after an error. */
int pl_housekeeping_begin(pl_housekeeping *h, pl_archive *a, pl_error *err) PL_MUSTCHECK;
/* Frees what it holds; also of zeros. The archive is still there. */
void pl_housekeeping_end(pl_housekeeping *h);

/* Does a part of what is due, in a transaction of its own, after n samples were written. PL_OK also when nothing was; an error changed
 * nothing, and the next attempt is made a minute later, or at the next call when another program was in the way. */
int pl_housekeeping_step(pl_housekeeping *h, pl_archive *a, const pl_clock *clock, uint64_t n, pl_error *err);

#endif
