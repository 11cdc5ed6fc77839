/* Doubles as columns of whole numbers. */
#ifndef PL_STORE_VALUES_H
#define PL_STORE_VALUES_H

#include "store/codec.h"

/* Appends 1 <= n <= PL_CHUNK_MAX values, in the shortest of the forms. Errors: of out. */
int pl_values_write(pl_codec *c, const double *values, size_t n, enum pl_chunk_effort effort, pl_buf *out) PL_MUSTCHECK;

/* Takes n values, 1 <= n <= PL_CHUNK_MAX, off *rest. Errors: PL_ECORRUPT. */
int pl_values_read(pl_codec *c, pl_str *rest, double *values, size_t n) PL_MUSTCHECK;

#endif
