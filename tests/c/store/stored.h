/* A timeline in a temporary folder, or in memory, with a source and series. */
#ifndef TEST_STORED_H
#define TEST_STORED_H

#include <stdio.h>
#include <string.h>

#include "store/writer.h"
#include "support/failing.h"
#include "support/temporary.h"

/* path: NULL for memory; batch_max: 0 for the usual one. */
static inline pl_store *stored_open(const char *path, const pl_clock *clock, size_t batch_max)
{
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = clock ? clock : &pl_clock_system, .path = path, .batch_max = batch_max};
  pl_store *s = NULL;
  pl_error err = {0};
  if (pl_store_open(&o, &s, &err))
    fail_msg("%s", err.message);
  return s;
}

static inline int64_t stored_source(pl_store *s, const char *instance)
{
  int64_t source = 0;
  assert_int_equal(pl_store_source(s, PL_STR("host"), pl_str_of(instance), PL_STR("target"), PL_STR("synthetic"), &source, NULL), PL_OK);
  return source;
}

static inline int64_t stored_series(pl_store *s, const char *name, enum pl_series_kind kind)
{
  int64_t series = 0;
  pl_series_spec spec = {.source = stored_source(s, "here"), .name = pl_str_of(name), .kind = kind};
  assert_int_equal(pl_store_series(s, &spec, &series, NULL), PL_OK);
  return series;
}

/* The first column of the only row, as a whole number. */
static inline int64_t stored_number(pl_store *s, const char *sql)
{
  sqlite3_stmt *stmt;
  assert_int_equal(sqlite3_prepare_v2(s->connection.db, sql, -1, &stmt, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  int64_t n = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return n;
}

#endif
