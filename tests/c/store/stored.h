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

/* In memory, with a clock by which nothing is old: what is grouped and sealed is what the test groups and seals. */
static inline pl_store *stored_open_in_1970(pl_fake_clock *clock)
{
  pl_fake_clock_init(clock, PL_S_NS, 0);
  return stored_open(NULL, &clock->clock, 0);
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

/* What of a table is wanted, how many rows those are, and the sum of what is asked of them. */
typedef struct stored_condition {
  const char *where;
  int64_t n, sum;
} stored_condition;

/* Whether the table finds the rows of each condition, whichever way it takes. */
static inline void stored_finds(pl_store *s, const char *table, const char *what, const stored_condition *all, size_t n)
{
  char sql[300];
  for (size_t i = 0; i < n; i++) {
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE %s", table, all[i].where);
    assert_int_equal(stored_number(s, sql), all[i].n);
    (void)snprintf(sql, sizeof sql, "SELECT total(%s) FROM %s WHERE %s", what, table, all[i].where);
    assert_int_equal(stored_number(s, sql), all[i].sum);
  }
}

/* Closes the timeline that a test's state is. */
static inline int stored_close(void **state)
{
  pl_store_close(*state);
  return 0;
}

/* A file in a folder of its own, and the clock of who writes it. */
typedef struct stored_place {
  temporary folder;
  char path[128];
  pl_fake_clock fake;
} stored_place;

static inline int stored_place_open(void **state, int64_t now_ns)
{
  static stored_place p;
  temporary_open(&p.folder);
  (void)temporary_file(&p.folder, "data/t.db", NULL, p.path, sizeof p.path);
  pl_fake_clock_init(&p.fake, PL_S_NS, now_ns);
  *state = &p;
  return 0;
}

/* Closes the place that a test's state is. */
static inline int stored_place_close(void **state)
{
  temporary_close(&((stored_place *)*state)->folder);
  return 0;
}

static inline void stored_execute(pl_store *s, const char *sql)
{
  assert_int_equal(sqlite3_exec(s->connection.db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static inline void stored_put(pl_store *s, int64_t series, int64_t run, int64_t ts_ns, double value)
{
  assert_int_equal(pl_store_sample(s, series, run, ts_ns, value), PL_OK);
}

static inline void stored_commit(pl_store *s)
{
  pl_error err = {0};
  if (pl_store_commit(s, &err))
    fail_msg("%s", err.message);
}

/* Runs a part of housekeeping in a transaction; its result, which is no error. */
static inline int stored_part(pl_store *s, int (*part)(pl_rewriter *r, int64_t n, pl_error *err), int64_t n)
{
  pl_error err = {0};
  stored_execute(s, "BEGIN IMMEDIATE");
  int code = part(s->keeping.rewriter, n, &err);
  if (code < 0)
    fail_msg("%s", err.message);
  stored_execute(s, "COMMIT");
  return code;
}

static inline int stored_group_part(pl_rewriter *r, int64_t n, pl_error *err)
{
  (void)n;
  pl_grouping g = {0};
  int code = pl_group_head(r, &g, err);
  pl_archive_forget(r->archive);
  return code;
}

/* Makes chunks of what waits and of all batches. */
static inline void stored_group(pl_store *s)
{
  stored_commit(s);
  assert_int_equal(stored_part(s, stored_group_part, 0), 0);
}

/* Seals all that ended before before_ns; how many times there was something to do. */
static inline int stored_seal(pl_store *s, int64_t before_ns)
{
  int n = 0;
  while (stored_part(s, pl_seal_some, before_ns))
    n++;
  return n;
}

/* Makes chunks of all histograms older than before_ms that make some. */
static inline void stored_pack(pl_store *s, int64_t before_ms)
{
  int due;
  while ((due = pl_dist_pack_due(s->keeping.packer, before_ms, NULL)) > 0) {
    stored_execute(s, "BEGIN IMMEDIATE");
    assert_int_equal(pl_dist_pack_some(s->keeping.packer, before_ms, NULL), PL_OK);
    stored_execute(s, "COMMIT");
  }
  assert_int_equal(due, 0);
}

#endif
