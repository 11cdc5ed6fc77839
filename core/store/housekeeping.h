/* Housekeeping: what a writer does with stored samples between two transactions. Batches become chunks when they have enough samples of each
 * series or are old, histograms that are ten minutes old are packed, chunks are sealed when they are older than a day. What an earlier run has left is
 * no business of a run that measures: while somebody asks for quiet, packing and sealing wait, and a little of them is made up for at the end. */
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
  uint64_t quiet_ns;     /* until then packing and sealing wait, */
  uint64_t rest_ns;      /* but not longer than until then */
  uint64_t owed_ns;      /* of the time that they did not take */
} pl_housekeeping;

/* Counts the samples that wait in batches. h ends also after an error. */
int pl_housekeeping_begin(pl_housekeeping *h, pl_archive *a, pl_error *err) PL_MUSTCHECK;
/* Frees what it holds; also of zeros. The archive is still there. */
void pl_housekeeping_end(pl_housekeeping *h);

/* Does a part of what is due, in a transaction of its own, after n samples were written. PL_OK also when nothing was; an error changed
 * nothing, and the next attempt is made a minute later, or at the next call when another program was in the way. */
int pl_housekeeping_step(pl_housekeeping *h, pl_archive *a, const pl_clock *clock, uint64_t n, pl_error *err);

/* Packing and sealing wait for some seconds, those that follow the last call. A load of hours does not keep them waiting for ever: each minute, and
 * a thousand times as long as they took, lies between two parts. */
void pl_housekeeping_quiet(pl_housekeeping *h, uint64_t now_ns);
/* What was waiting is done now, up to a second, and a hundredth of the time for which it was. Errors are left to the next writer. */
void pl_housekeeping_make_up(pl_housekeeping *h, pl_archive *a, const pl_clock *clock);

#endif
