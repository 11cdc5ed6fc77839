/* Errors of SQLite as ours. */
#ifndef PL_STORE_SQLITE_ERROR_H
#define PL_STORE_SQLITE_ERROR_H

#include "perilune/error.h"
#include "store/sqlite_api.h"

/* err from the connection's last error: maps SQLite's code (full disk, read-only, damaged, busy ...) and says what was
 * being done. */
int pl_sqlite_fail(sqlite3 *db, int sqlite_code, const char *what, const char *path, pl_error *err);

#endif
