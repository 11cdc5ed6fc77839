/* Columns: whole numbers as bytes, the one thing that chunks are made of. */
#ifndef PL_STORE_COLUMN_H
#define PL_STORE_COLUMN_H

#include "store/codec.h"

/* Appends 1 <= n <= PL_CHUNK_MAX numbers. Errors: of out. */
int pl_column_write(pl_codec *c, const int64_t *numbers, size_t n, enum pl_chunk_effort effort, pl_buf *out) PL_MUSTCHECK;

/* About the bytes that n numbers take when they are sealed, as pl_codec_guess says it. */
size_t pl_column_guess(pl_codec *c, const int64_t *numbers, size_t n);

/* Takes a column of n numbers, 1 <= n <= PL_CHUNK_MAX, off *rest. Errors: PL_ECORRUPT. */
int pl_column_read(pl_codec *c, pl_str *rest, int64_t *numbers, size_t n) PL_MUSTCHECK;

#endif
