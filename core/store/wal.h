/* Whether a write-ahead log is as SQLite wrote it: a reader takes what is behind a damaged place for never written. */
#ifndef PL_STORE_WAL_H
#define PL_STORE_WAL_H

#include <stdint.h>

#include "base/alloc.h"

/* Transactions that were committed to the log of the database at path, and that SQLite will not find when it is opened next, for the log is
 * damaged before them; 0 also where there is no log, or it cannot be read. Of a log that somebody writes to it is the same. */
int64_t pl_wal_lost(const pl_allocator *a, const char *path);

#endif
