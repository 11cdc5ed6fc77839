/* Rewriting: the samples of a range as new chunks in place of those that are there. What a reader finds stays the same. */
#ifndef PL_STORE_REWRITE_H
#define PL_STORE_REWRITE_H

#include "store/scan.h"

enum { PL_CHUNK_OPEN = 1024 }; /* a packed chunk of fewer samples takes in what comes behind it */

typedef struct pl_piece {
  int64_t from_ns, to_ns;
  size_t n, at, len; /* samples; place of its bytes */
} pl_piece;

typedef struct pl_rewriter {
  pl_archive *archive;
  sqlite3_stmt *neighbours, *before, *damaged, *due, *drop, *put, *grow; /* prepared at their first use */
  pl_buf bytes;
  pl_piece *pieces;
  size_t n_pieces, cap_pieces;
  uint64_t work; /* samples that were written, and about what else was done, ever */
  size_t n;      /* samples that were collected, in times_ns and values */
  int64_t times_ns[PL_CHUNK_MAX];
  double values[PL_CHUNK_MAX];
} pl_rewriter;

/* The archive outlives it, and is that of a connection that may write. PL_ENOMEM. */
int pl_rewriter_new(pl_archive *a, pl_rewriter **out) PL_MUSTCHECK;
/* NULL is fine. */
void pl_rewriter_free(pl_rewriter *r);

/* Writes the samples of the range as chunks of this effort; chunks that begin in the range go, so it covers each of them. Inside a
 * transaction, which is to be rolled back after an error: PL_ENOMEM, PL_ECORRUPT, a statement's. */
int pl_rewrite(pl_rewriter *r, const pl_range *range, enum pl_chunk_effort effort, pl_error *err) PL_MUSTCHECK;

/* Writes n >= 1 points of one series and run, in order of time, as packed chunks where no chunk is. Inside a transaction, likewise. */
int pl_rewrite_points(pl_rewriter *r, const pl_store_point *p, size_t n, pl_error *err) PL_MUSTCHECK;

/* Makes the packed chunk of this id one of these samples, of which its own are the first; those that begin in the range behind it, which
 * may be NULL, go: their samples are among them, too. Inside a transaction, likewise. */
int pl_rewrite_grown(pl_rewriter *r, int64_t id, const pl_range *behind, const pl_samples *samples, pl_error *err) PL_MUSTCHECK;

/* A chunk without its samples. */
typedef struct pl_chunk_place {
  int64_t id, from_ns, to_ns, n;
  int sealed; /* 0: not yet; 1: with the samples that came; else the seconds of the periods that they were rolled up into */
} pl_chunk_place;

/* A number of samples as a row says it, which may be damaged: within what a chunk holds. */
static inline int64_t pl_chunk_count(int64_t n)
{
  return n < 0 ? 0 : n > PL_CHUNK_MAX ? PL_CHUNK_MAX : n;
}

/* Puts n samples, in order of time, in the place of those that chunks have in the range, as sealed chunks of that kind (>= 1). Chunks that
 * reach beyond the range are written anew with it. Inside a transaction, likewise. */
int pl_rewrite_with(pl_rewriter *r, const pl_range *range, const pl_samples *with, int sealed, pl_error *err) PL_MUSTCHECK;

/* Calls fn with the chunk that begins before from_ns last and those behind it up to to_ns, in order, until it gives false. */
int pl_rewriter_neighbours(pl_rewriter *r, const pl_range *range, bool (*fn)(void *user, const pl_chunk_place *c), void *user, pl_error *err)
    PL_MUSTCHECK;

/* Calls fn with the chunks that begin up to to_ns, the last one first, until it gives false. */
int pl_rewriter_before(pl_rewriter *r, const pl_range *range, bool (*fn)(void *user, const pl_chunk_place *c), void *user, pl_error *err)
    PL_MUSTCHECK;
/* The bytes of the chunk that it calls fn with, until fn returns. */
pl_str pl_rewriter_bytes(const pl_rewriter *r);

/* The first chunk that a scan of the range reads and that is not whole: 1 and *c, 0, or an error. */
int pl_rewriter_damaged(pl_rewriter *r, const pl_range *range, pl_chunk_place *c, pl_error *err) PL_MUSTCHECK;

/* How far the head was moved into chunks; of zeros before. */
typedef struct pl_grouping {
  bool begun;
  bool at_once;        /* there is damage, which pl_group_head alone goes round */
  int64_t until;       /* the last batch that is moved; before it begins, of those that cannot be; after pl_group_head the last one that stays, or was there */
  int64_t series, run; /* the first pair that is not done */
  size_t pairs;        /* that are */
  uint64_t n;          /* samples of the batches that are moved, as pl_group_some finds them when it begins */
} pl_grouping;

/* group.c: moves the head into chunks, each sample to those of its series and run. Batches that cannot be read stay, and so do samples
 * of a time at which a damaged chunk is, as a batch of their own. Inside a transaction, likewise; after an error *g is as before. */
int pl_group_head(pl_rewriter *r, pl_grouping *g, pl_error *err) PL_MUSTCHECK;

/* The same in many short transactions: samples are in chunks and batches both, which readers see once, until the last one takes the
 * batches away. `work` is about the samples to write, at least those of one series and run. A grouping that begins takes the first batches
 * in, until they have `least` samples. 1 when there is more to do, 0, or an error, after which it begins anew with zeros. */
int pl_group_some(pl_rewriter *r, pl_grouping *g, uint64_t work, uint64_t least, pl_error *err) PL_MUSTCHECK;

/* seal.c: whether a chunk that is not sealed ended before before_ns: 1, 0, or an error. */
int pl_seal_due(pl_rewriter *r, int64_t before_ns, pl_error *err) PL_MUSTCHECK;
/* seal.c: seals chunks that ended before before_ns, of one series and run, at most PL_CHUNK_MAX samples; one that is damaged counts as
 * sealed as it is. 1, 0 when there was nothing to do, or an error. Inside a transaction, likewise. */
int pl_seal_some(pl_rewriter *r, int64_t before_ns, pl_error *err) PL_MUSTCHECK;

#endif
