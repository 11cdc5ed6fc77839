/* Our functions in SQL: quantile(hist, p), hist_count(hist), hist_mean(hist), hist_min(hist), hist_max(hist) (seconds), and the
 * aggregates hist_merge(hist) and rate(ts, value): what a counter grew by a second from its first to its last sample, in any order of
 * rows; where it falls it began anew from 0. A NULL histogram gives NULL, and so do fewer than two moments. */
#ifndef PL_STORE_FUNCTIONS_H
#define PL_STORE_FUNCTIONS_H

#include "base/alloc.h"
#include "store/sqlite_api.h"

/* Registers them on a connection, which the allocator outlives; an SQLite code. */
int pl_functions_register(sqlite3 *db, const pl_allocator *a);

#endif
