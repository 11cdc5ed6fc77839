/* Samples of schema 3, which was a row for each of them. */
#ifndef PL_STORE_ROWS_H
#define PL_STORE_ROWS_H

#include "base/alloc.h"
#include "store/sqlite_api.h"

/* Writes the rows of points_3 as chunks, inside the transaction of the migration; NULL is NaN. An SQLite code. */
int pl_rows_to_chunks(sqlite3 *db, const pl_allocator *a) PL_MUSTCHECK;

#endif
