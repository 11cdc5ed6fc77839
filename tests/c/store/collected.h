/* A whole pl_gc, and what of samples it may not change. */
#ifndef TEST_COLLECTED_H
#define TEST_COLLECTED_H

#include "store/gc.h"
#include "store/stored.h"

#define DAY_NS (86400 * (int64_t)PL_S_NS)
#define MIDNIGHT_NS (20000 * DAY_NS)

/* Rolls up all that is due at now_ns; the steps that it took. */
static inline int collect(pl_store *s, int64_t now_ns, bool dry, pl_gc_counts *counts)
{
  pl_gc *g = NULL;
  pl_error err = {0};
  int steps = 0, code;
  if (pl_gc_new(s, now_ns, dry, &g, &err))
    fail_msg("%s", err.message);
  while ((code = pl_gc_step(g, &err)) > 0)
    steps++;
  if (code < 0)
    fail_msg("%s", err.message);
  *counts = *pl_gc_count(g);
  pl_gc_free(g);
  return steps;
}

/* A series' samples, and the samples that those stand for. */
static inline int64_t count_of(pl_store *s, int64_t series)
{
  char sql[256];
  (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM points WHERE series_id = %lld", (long long)series);
  return stored_number(s, sql);
}

static inline int64_t weight_of(pl_store *s, int64_t series)
{
  char sql[256];
  (void)snprintf(sql, sizeof sql, "SELECT %lld + (SELECT total(value) - count(*) FROM points WHERE series_id = (SELECT sister_id FROM sisters"
                                  " WHERE series_id = %lld AND part = %d))", (long long)count_of(s, series), (long long)series, PL_PART_NUMBER);
  return stored_number(s, sql);
}

/* The sum of what they stand for, rounded. */
static inline int64_t sum_of(pl_store *s, int64_t series)
{
  char sql[512];
  (void)snprintf(sql, sizeof sql, "SELECT round(total(p.value * coalesce(c.value, 1))) FROM (SELECT ts_ns, value FROM points WHERE series_id = %lld) p"
                                  " LEFT JOIN (SELECT ts_ns, value FROM points WHERE series_id = (SELECT sister_id FROM sisters WHERE series_id ="
                                  " %lld AND part = %d)) c USING (ts_ns)", (long long)series, (long long)series, PL_PART_NUMBER);
  return stored_number(s, sql);
}

static inline void run_sql(pl_store *s, const char *sql)
{
  char *message = NULL;
  if (sqlite3_exec(s->connection.db, sql, NULL, NULL, &message))
    fail_msg("%s", message);
}

#endif
