/* Chunks: samples of one series as bytes, lossless for every time and every double. The layout is in README.md. */
#ifndef PL_STORE_CHUNK_H
#define PL_STORE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"

enum { PL_CHUNK_MAX = 8192 }; /* samples of a chunk at the most */

/* What writing and reading need beside their input, about 1 MB. One thread at a time. */
typedef struct pl_codec pl_codec;

/* Errors: PL_ENOMEM. */
int pl_codec_new(const pl_allocator *a, pl_codec **out) PL_MUSTCHECK;
/* NULL is fine. */
void pl_codec_free(pl_codec *c);

enum pl_chunk_effort {
  PL_CHUNK_PACKED, /* for samples that still come: bits only, fast to write and to read */
  PL_CHUNK_SEALED, /* for keeping: every form is tried, with deflate behind it, and the shortest stays */
};

/* Appends the chunk of n samples, 1 <= n <= PL_CHUNK_MAX, in their order: times may repeat and go back. Errors: PL_EINVAL (n),
 * PL_ENOMEM, PL_ELIMIT (of out); out may then hold part of a chunk. */
int pl_chunk_write(pl_codec *c, const int64_t *times_ns, const double *values, size_t n, enum pl_chunk_effort effort, pl_buf *out)
    PL_MUSTCHECK;

typedef struct pl_samples {
  const int64_t *times_ns;
  const double *values;
  size_t n;
} pl_samples;

/* Reads a whole chunk, whose checksum is looked at first. The samples are the codec's, until it is used again. Errors:
 * PL_ECORRUPT, PL_EVERSION (of a later form). */
int pl_chunk_read(pl_codec *c, pl_str chunk, pl_samples *out) PL_MUSTCHECK;

/* The frame of chunks and batches. Close appends the checksum of all that was written from `start`, whose first byte is the version;
 * open gives what stands between version and checksum, when both are right: PL_ECORRUPT, PL_EVERSION (of a later form). */
void pl_chunk_close(pl_buf *out, size_t start);
int pl_chunk_open(pl_str chunk, unsigned version, pl_str *body) PL_MUSTCHECK;

/* Whether a reading failed for the bytes that are stored: another attempt gives the same, while what lies beside them can be read. */
bool pl_chunk_is_unreadable(int code);

#endif
