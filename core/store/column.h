/* Columns: whole numbers as bytes, the one thing that chunks are made of. */
#ifndef PL_STORE_COLUMN_H
#define PL_STORE_COLUMN_H

#include "store/codec.h"

/* Appends 1 <= n <= PL_CHUNK_MAX numbers. Errors: of out. */
int pl_column_write(pl_codec *c, const int64_t *numbers, size_t n, enum pl_chunk_effort effort, pl_buf *out) PL_MUSTCHECK;

/* Takes a column of n numbers, 1 <= n <= PL_CHUNK_MAX, off *rest. Errors: PL_ECORRUPT. */
int pl_column_read(pl_codec *c, pl_str *rest, int64_t *numbers, size_t n) PL_MUSTCHECK;

#endif
