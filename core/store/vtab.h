/* What our tables in SQL (points, histograms, samples) have in common: eponymous virtual tables that only read. */
#ifndef PL_STORE_VTAB_H
#define PL_STORE_VTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/sqlite_api.h"

typedef struct pl_vtab {
  sqlite3_vtab base; /* first: SQLite's */
  void *user;        /* what it reads; outlives it */
} pl_vtab;

typedef struct pl_vtab_cursor {
  sqlite3_vtab_cursor base; /* first: SQLite's */
  sqlite3_int64 row;        /* the number of the row that it stands on */
  bool at_end;              /* it stands on none */
} pl_vtab_cursor;

/* Makes the table of these columns ("CREATE TABLE x(...)"), which views and triggers may use whoever wrote them. An SQLite code. */
int pl_vtab_connect(sqlite3 *db, const char *columns, void *user, sqlite3_vtab **out);
/* xDisconnect. */
int pl_vtab_disconnect(sqlite3_vtab *t);

/* xBestIndex of a table whose first n_keys columns are whole numbers, of which the first says most, and whose next one is a time, in which the
 * rows of one combination stand. idxNum gets a bit for each argument that xFilter is given, in the order of the columns: PL_VTAB_KEY of a key
 * that is to be equal, PL_VTAB_FROM and PL_VTAB_TO of bounds of the time, for pl_vtab_bound. SQLite looks at every row again: arguments only
 * say where rows may be. rows: how many a whole table may have. */
int pl_vtab_best_index(sqlite3_index_info *info, int n_keys, sqlite3_int64 rows);
#define PL_VTAB_KEY(column) (1 << (column))
#define PL_VTAB_FROM(n_keys) (1 << (n_keys))
#define PL_VTAB_TO(n_keys) (2 << (n_keys))

/* A cursor of size bytes, which begins with a pl_vtab_cursor and is zero: SQLite frees none, so xClose calls sqlite3_free. An SQLite
 * code. */
int pl_vtab_open(size_t size, sqlite3_vtab_cursor **out);
/* xRowid. */
int pl_vtab_row(sqlite3_vtab_cursor *c, sqlite3_int64 *out);
/* xEof. */
int pl_vtab_eof(sqlite3_vtab_cursor *c);

/* What the cursor's table reads. */
void *pl_vtab_user(const sqlite3_vtab_cursor *c);
/* The message of the statement's error, instead of SQLite's; it is copied. */
void pl_vtab_say(const sqlite3_vtab_cursor *c, const char *message);

/* An argument that bounds whole numbers: one that is not above it (rounding -1) or not below (1); the widest where it is no number. */
int64_t pl_vtab_bound(sqlite3_value *v, int rounding);

#endif
