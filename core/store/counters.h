/* The counters of consecutive histograms as bytes: each counter is coded by what its predecessors and its neighbours let expect. The
 * layout is in README.md. */
#ifndef PL_STORE_COUNTERS_H
#define PL_STORE_COUNTERS_H

#include "base/buf.h"
#include "base/str.h"

enum { PL_COUNTER_MAX = (1 << 22) - 1 }; /* a larger count is not coded */

/* The model and what it remembers, about 350 KB, of which a series touches its range. One thread at a time. */
typedef struct pl_counters pl_counters;

/* Errors: PL_ENOMEM. */
int pl_counters_new(const pl_allocator *a, pl_counters **out) PL_MUSTCHECK;
/* NULL is fine. */
void pl_counters_free(pl_counters *c);

/* A row of histograms begins, without a predecessor. It is appended to out, which stays until the end and whose errors are looked at then. */
void pl_counters_begin_write(pl_counters *c, pl_buf *out);
/* The same, read from bytes, which stay until the last one was read. */
void pl_counters_begin_read(pl_counters *c, pl_str bytes);

/* Writes the next one, of `count` values, given as HDR V2. PL_EPARSE: it has not that many, or the bytes are not those that pl_hdr_encode writes.
 * PL_ELIMIT: a count is too large. Nothing was written then. */
int pl_counters_write(pl_counters *c, pl_str hist, uint64_t count) PL_MUSTCHECK;
/* Writes what the coder still holds: the row is whole. */
void pl_counters_end_write(pl_counters *c);

/* Appends the next one as HDR V2; *count: its values. PL_ECORRUPT: there is none. Those of out. */
int pl_counters_read(pl_counters *c, pl_buf *out, uint64_t *count) PL_MUSTCHECK;

#endif
