/* A chunk of histograms: consecutive ones of a series, run and resolution as bytes, each coded by what those before it let expect. Lossless: a
 * histogram that is read has the bytes that it had. The layout is in README.md. */
#ifndef PL_STORE_DIST_CHUNK_H
#define PL_STORE_DIST_CHUNK_H

#include "store/chunk.h"
#include "store/counters.h"

enum { PL_DIST_CHUNK_MAX = 64 }; /* histograms of a chunk at the most */

/* What stands beside the counters of n histograms. Times ascend. */
typedef struct pl_dist_figures {
  size_t n;
  int64_t ts_ms[PL_DIST_CHUNK_MAX], count[PL_DIST_CHUNK_MAX], min[PL_DIST_CHUNK_MAX], max[PL_DIST_CHUNK_MAX];
  double sum[PL_DIST_CHUNK_MAX];
} pl_dist_figures;

/* Appends the chunk of n >= 1 histograms whose counters were written as `counters` (pl_counters_write). Errors: of out. */
int pl_dist_chunk_write(pl_codec *c, const pl_dist_figures *f, pl_str counters, pl_buf *out) PL_MUSTCHECK;

/* The histograms of a chunk, in their order. All zeros at first. */
typedef struct pl_dist_reader {
  const pl_allocator *alloc;
  pl_dist_figures figures;
  pl_str rest;           /* the counters, in the chunk's bytes */
  size_t read;           /* histograms whose counters were */
  pl_counters *counters; /* made for the first one */
  pl_buf bytes;          /* the last one of them, as HDR V2 */
} pl_dist_reader;

/* Begins a chunk, whose bytes stay until the last histogram is read: looks at its checksum and reads the figures. Errors: PL_ECORRUPT,
 * PL_EVERSION (of a later form); there is nothing to read then. */
int pl_dist_reader_open(pl_dist_reader *r, const pl_allocator *a, pl_codec *c, pl_str chunk) PL_MUSTCHECK;
/* Histogram i of it, as HDR V2, into *out, which is the reader's until its next call; i never goes down. Errors: PL_ECORRUPT, PL_ENOMEM. */
int pl_dist_reader_bytes(pl_dist_reader *r, size_t i, pl_str *out) PL_MUSTCHECK;
/* Gives back its memory; also of zeros. */
void pl_dist_reader_close(pl_dist_reader *r);

/* Whether all of a chunk can be read; the figures are the reader's. Errors as above. */
int pl_dist_reader_check(pl_dist_reader *r, const pl_allocator *a, pl_codec *c, pl_str chunk) PL_MUSTCHECK;

#endif
