/* SQLite files of other programs: read, never written. */
#ifndef PL_STORE_FOREIGN_H
#define PL_STORE_FOREIGN_H

#include "store/store.h"

enum { PL_FOREIGN_SQL_MAX = 64 << 10 };

/* Gives each row of a SELECT on the file at path to fn, in order; fn's fields have the names of the columns. The statement reads this
 * file alone: no other is attached. Errors: PL_EINVAL (no single SELECT), PL_EFOREIGN (no database), or what fn gave when it was
 * negative. Blocks; any thread. */
int pl_foreign_rows(const pl_allocator *a, const char *path, pl_str sql, pl_row_fn fn, void *user, pl_error *err) PL_MUSTCHECK;

#endif
