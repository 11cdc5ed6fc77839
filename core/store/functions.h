/* Our functions in SQL: quantile(hist, p), hist_count(hist), hist_mean(hist), hist_min(hist), hist_max(hist) (seconds), and the
 * aggregate hist_merge(hist). A NULL histogram gives NULL. */
#ifndef PL_STORE_FUNCTIONS_H
#define PL_STORE_FUNCTIONS_H

#include <sqlite3.h>

#include "base/alloc.h"

/* Registers them on a connection, which the allocator outlives; an SQLite code. */
int pl_functions_register(sqlite3 *db, const pl_allocator *a);

#endif
