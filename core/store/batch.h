/* Batches: the samples of one write transaction, of all series, as bytes. The layout is in README.md. */
#ifndef PL_STORE_BATCH_H
#define PL_STORE_BATCH_H

#include "store/chunk.h"
#include "store/point.h"

/* Columns of a batch in the making, about 256 KB. */
typedef struct pl_batch_columns {
  int64_t series[PL_CHUNK_MAX], runs[PL_CHUNK_MAX], times_ns[PL_CHUNK_MAX];
  double values[PL_CHUNK_MAX];
} pl_batch_columns;

/* Appends the batch of n >= 1 points in their order. Errors: PL_ENOMEM, PL_ELIMIT (of out). */
int pl_batch_write(pl_codec *c, pl_batch_columns *columns, const pl_store_point *points, size_t n, pl_buf *out) PL_MUSTCHECK;

/* Appends the points of a whole batch, whose checksum is looked at first. Errors: PL_ENOMEM, PL_ECORRUPT, PL_EVERSION (of a later form);
 * the points are then as before. */
int pl_batch_read(pl_codec *c, pl_batch_columns *columns, pl_str batch, pl_store_points *points) PL_MUSTCHECK;

#endif
