/* Spans, logs, events and artifacts: what goes by which rule, and what stays. */
#include "store/gc.h"

#include "store/collected.h"

typedef struct fixture {
  temporary folder;
  pl_fake_clock fake;
  pl_store *store;
} fixture;

/* Runs that ended 200 (a), 50 (b, pinned), 50 (c) days before midnight, one that goes on (d), and one that never ended (e, 500 days). */
static int open_fixture(void **state)
{
  static fixture f;
  char path[128], sql[1024];
  temporary_open(&f.folder);
  (void)temporary_file(&f.folder, "data/t.db", NULL, path, sizeof path);
  pl_fake_clock_init(&f.fake, PL_S_NS, MIDNIGHT_NS);
  f.store = stored_open(path, &f.fake.clock, 0);
  (void)snprintf(sql, sizeof sql,
                 "INSERT INTO runs(id, ulid, name, started_ns, ended_ns, state) VALUES(1, 'A', 'x', 0, %lld, 'passed'), (2, 'B', 'x', 0, %lld, 'passed'),"
                 " (3, 'C', 'x', 0, %lld, 'failed'), (4, 'D', 'x', 0, NULL, 'running'), (5, 'E', 'x', %lld, NULL, 'interrupted');"
                 "INSERT INTO baselines VALUES('default', 'x', 2, 0)",
                 (long long)(MIDNIGHT_NS - 200 * DAY_NS), (long long)(MIDNIGHT_NS - 50 * DAY_NS), (long long)(MIDNIGHT_NS - 50 * DAY_NS),
                 (long long)(MIDNIGHT_NS - 500 * DAY_NS));
  run_sql(f.store, sql);
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  fixture *f = *state;
  pl_store_close(f->store);
  temporary_close(&f->folder);
  return 0;
}

/* n spans, an event, a measured part, a log, a request with a trace id, an exemplar and an artifact of a run; run 0: of none, at this age. */
static void put_all(pl_store *s, int64_t run, int n, int64_t age)
{
  char sql[1024], id[24] = "NULL";
  const long long ts_ns = (long long)(MIDNIGHT_NS - age * DAY_NS);
  if (run)
    (void)snprintf(id, sizeof id, "%lld", (long long)run);
  (void)snprintf(sql, sizeof sql,
                 "INSERT INTO events(run_id, ts_ns, kind, text) WITH n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                 " SELECT %s, %lld, 'span', 's' FROM n;"
                 "INSERT INTO events(run_id, ts_ns, kind, text) VALUES(%s, %lld, 'mark', 'm'), (%s, %lld, 'measured', 'p'), (%s, %lld, 'log', 'l'), (%s, %lld, 'request', 'r'), (%s, %lld, 'exemplar', 'e');"
                 "INSERT INTO artifacts(run_id, name, type, ts_ns, bytes, sha256, data) VALUES(%s, 'a', 'text/plain', %lld, 3, 'x', 'abc')",
                 n, id, ts_ns, id, ts_ns, id, ts_ns, id, ts_ns, id, ts_ns, id, ts_ns, id, ts_ns);
  run_sql(s, sql);
}

static int64_t left(pl_store *s, const char *of)
{
  char sql[256];
  (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", of);
  return stored_number(s, sql);
}

static void each_kind_goes_by_its_rule(void **state)
{
  fixture *f = *state;
  pl_gc_counts n;
  put_all(f->store, 1, 600, 0);
  put_all(f->store, 3, 10, 0);
  put_all(f->store, 5, 1, 0);
  collect(f->store, MIDNIGHT_NS, false, &n);
  assert_int_equal(n.records[PL_GC_SPANS], 617);
  assert_int_equal(n.records[PL_GC_LOGS], 3);
  assert_int_equal(n.records[PL_GC_EVENTS], 1);
  assert_int_equal(n.records[PL_GC_ARTIFACTS], 2);
  assert_int_equal(left(f->store, "events WHERE kind = 'span'"), 0);
  assert_int_equal(left(f->store, "events WHERE kind = 'mark' AND run_id IN (1, 3)"), 2);
  assert_int_equal(left(f->store, "events WHERE kind = 'measured'"), 3);
  assert_int_equal(left(f->store, "artifacts WHERE run_id = 3"), 1);
  assert_int_equal(left(f->store, "runs"), 5);
  collect(f->store, MIDNIGHT_NS, false, &n);
  assert_int_equal(n.records[PL_GC_SPANS] + n.records[PL_GC_EVENTS] + n.records[PL_GC_ARTIFACTS], 0);
}

static void pinned_and_running_runs_keep_theirs(void **state)
{
  fixture *f = *state;
  pl_gc_counts n;
  put_all(f->store, 2, 3, 900);
  put_all(f->store, 4, 3, 900);
  collect(f->store, MIDNIGHT_NS + 900 * DAY_NS, false, &n);
  assert_int_equal(left(f->store, "events"), 16);
  assert_int_equal(left(f->store, "artifacts"), 2);
  run_sql(f->store, "DELETE FROM baselines");
  collect(f->store, MIDNIGHT_NS + 900 * DAY_NS, false, &n);
  assert_int_equal(left(f->store, "events WHERE run_id = 2"), 1);
  assert_int_equal(left(f->store, "artifacts WHERE run_id = 2"), 0);
}

static void those_of_no_run_have_their_own_age(void **state)
{
  fixture *f = *state;
  pl_gc_counts n;
  put_all(f->store, 0, 2, 29);
  put_all(f->store, 0, 3, 31);
  collect(f->store, MIDNIGHT_NS, false, &n);
  assert_int_equal(n.records[PL_GC_SPANS], 5);
  assert_int_equal(left(f->store, "events WHERE kind = 'span'"), 2);
}

static void kept_for_ever_is_kept(void **state)
{
  fixture *f = *state;
  pl_gc_counts n;
  put_all(f->store, 1, 2, 0);
  run_sql(f->store, "UPDATE retention SET keep_s = NULL WHERE stage IN ('spans', 'artifacts')");
  collect(f->store, MIDNIGHT_NS + 5000 * DAY_NS, true, &n);
  assert_int_equal(left(f->store, "events"), 7);
  assert_int_equal(n.records[PL_GC_EVENTS], 1);
  collect(f->store, MIDNIGHT_NS + 5000 * DAY_NS, false, &n);
  assert_int_equal(left(f->store, "events WHERE kind = 'span'"), 2);
  assert_int_equal(left(f->store, "events WHERE kind = 'mark'"), 0);
  assert_int_equal(left(f->store, "artifacts"), 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(each_kind_goes_by_its_rule, open_fixture, close_fixture),
      cmocka_unit_test_setup_teardown(pinned_and_running_runs_keep_theirs, open_fixture, close_fixture),
      cmocka_unit_test_setup_teardown(those_of_no_run_have_their_own_age, open_fixture, close_fixture),
      cmocka_unit_test_setup_teardown(kept_for_ever_is_kept, open_fixture, close_fixture),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
