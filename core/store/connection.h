/* One SQLite connection: opening, cached statements, binding of fields. Shared by writer and reader. */
#ifndef PL_STORE_CONNECTION_H
#define PL_STORE_CONNECTION_H

#include "store/archive.h"
#include "store/records.h"
#include "store/sqlite_api.h"
#include "store/store.h"
#include "store/vfs.h"

enum { PL_BUSY_MS = 10000 }; /* how long a statement waits for another program's lock */

#define PL_MEMORY_PREFIX "file:perilune-" /* of URIs of databases in memory; other paths are absolute, also in URIs */

typedef struct pl_connection {
  const pl_allocator *alloc;
  pl_vfs *vfs;
  sqlite3 *db;
  int64_t log_lost; /* pl_wal_lost, before it was opened to mend */
  char *path; /* absolute, or the URI of a database in memory */
  pl_archive archive;
  sqlite3_stmt *records[PL_RECORDS_MAX];
} pl_connection;

/* Opens path (a file: URI for memory). flags: SQLITE_OPEN_*; mend: as pl_vfs_mend. Registers our SQL functions and tables; c must not
 * move. */
int pl_connection_open(pl_connection *c, const pl_allocator *a, const char *path, int flags, bool mend, pl_error *err) PL_MUSTCHECK;
/* Closes it with its cached statements; the owner's are finalized before. Also after an open that failed, and twice. */
void pl_connection_close(pl_connection *c);

/* Prepares a statement that lives as long as the connection's owner wants it. */
int pl_connection_prepare(pl_connection *c, const char *sql, sqlite3_stmt **out, pl_error *err) PL_MUSTCHECK;

/* Binds fields by name to stmt (":name"); unknown names are PL_EINVAL, missing ones stay NULL. */
int pl_connection_bind(pl_connection *c, sqlite3_stmt *stmt, const pl_field *fields, size_t n, const char *what, pl_error *err) PL_MUSTCHECK;

/* Steps through stmt and gives rows to fn (NULL: rows are dropped) until it returns other than 0; a negative code of it is the
 * result. Resets stmt. PL_ELIMIT: more than 128 columns. */
int pl_connection_rows(pl_connection *c, sqlite3_stmt *stmt, pl_row_fn fn, void *user, const char *what, pl_error *err) PL_MUSTCHECK;

/* The cached statement of a named operation; write says which kind is allowed. */
int pl_connection_record(pl_connection *c, const char *operation, bool write, sqlite3_stmt **out, pl_error *err) PL_MUSTCHECK;

#endif
