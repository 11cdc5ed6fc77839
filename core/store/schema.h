/* The schema of the timeline, by version. */
#ifndef PL_STORE_SCHEMA_H
#define PL_STORE_SCHEMA_H

#include "base/alloc.h"
#include "perilune/error.h"
#include "store/sqlite_api.h"

#define PL_STORE_APPLICATION 0x5065726c /* "Perl": PRAGMA application_id of our files */

/* Checks that db is ours and not newer, and brings an older one up to date, each step in a transaction.
 * path is for messages. PL_EFOREIGN, PL_EVERSION, or the code of a failed statement. */
int pl_schema_migrate(sqlite3 *db, const pl_allocator *a, const char *path, pl_error *err) PL_MUSTCHECK;

/* The same check without changing anything; an older schema is PL_EVERSION. */
int pl_schema_check(sqlite3 *db, const char *path, pl_error *err) PL_MUSTCHECK;

#endif
