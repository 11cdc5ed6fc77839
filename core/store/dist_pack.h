/* How chunks of histograms come and go: rows that are ten minutes old are packed, some at a time; a chunk that is to change becomes rows
 * again. No row lies between the first and the last time of a chunk of its series, run and resolution that can be read. */
#ifndef PL_STORE_DIST_PACK_H
#define PL_STORE_DIST_PACK_H

#include "store/archive.h"

/* Whose histograms, and a time. */
typedef struct pl_dist_place {
  int64_t series, run, resolution_s, ts_ms;
} pl_dist_place;

typedef struct pl_dist_packer pl_dist_packer;

/* The archive outlives it. PL_ENOMEM. */
int pl_dist_packer_new(pl_archive *a, pl_dist_packer **out) PL_MUSTCHECK;
/* NULL is fine. */
void pl_dist_packer_free(pl_dist_packer *p);

/* Looks on, from where it was, for rows older than before_ms that make a chunk: 1, 0 when it met none among some hundred rows, or an
 * error. A series whose rows still come waits until they fill a chunk. */
int pl_dist_pack_due(pl_dist_packer *p, int64_t before_ms, pl_error *err) PL_MUSTCHECK;
/* Whether the last look came to the end of all rows: the next one begins anew. */
bool pl_dist_pack_is_round(const pl_dist_packer *p);
/* Packs them, and those behind them, up to some hundred kilobytes; in a transaction of the caller's. Rows that would not be read back as the
 * bytes that they are stay rows. An error is to be rolled back. */
int pl_dist_pack_some(pl_dist_packer *p, int64_t before_ms, pl_error *err) PL_MUSTCHECK;

/* Chunks that touch the times from place->ts_ms to to_ms become rows again; in a transaction of the caller's. *last_ms becomes the last time of
 * them, if that is later; NULL is fine. PL_ECORRUPT, PL_EVERSION: one cannot be read; or a failed statement's code. */
int pl_dist_unpack(pl_dist_packer *p, const pl_dist_place *place, int64_t to_ms, int64_t *last_ms, pl_error *err) PL_MUSTCHECK;

#endif
