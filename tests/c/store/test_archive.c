/* The archive: which samples are there, in one view of the database that stays while it is held. */
#include "store/archive.h"

#include "store/scan.h"
#include "store/stored.h"

typedef struct fixture {
  temporary folder;
  char path[128];
  pl_store *store, *other;
} fixture;

static int open_fixture(void **state)
{
  static fixture f;
  temporary_open(&f.folder);
  (void)temporary_file(&f.folder, "data/t.db", NULL, f.path, sizeof f.path);
  f.store = stored_open(f.path, NULL, 0);
  f.other = stored_open(f.path, NULL, 0);
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  fixture *f = *state;
  pl_store_close(f->store);
  pl_store_close(f->other);
  temporary_close(&f->folder);
  return 0;
}

/* The values of series 1, run 0, added up. */
static double sum_of(pl_archive *a)
{
  pl_scan *scan;
  int64_t ts;
  double value, sum = 0;
  assert_int_equal(pl_scan_open(a, &(pl_range){1, 0, INT64_MIN, INT64_MAX}, &scan, NULL), PL_OK);
  while (pl_scan_next(scan, &ts, &value, NULL) > 0)
    sum += value;
  pl_scan_close(scan);
  return sum;
}

static void put(pl_store *s, int64_t ts_ns, double value)
{
  stored_put(s, 1, 0, ts_ns, value);
  stored_commit(s);
}

/* Another connection adds, replaces, groups and begins anew: each reading finds what is there. */
static void a_head_in_memory_is_that_of_the_file(void **state)
{
  fixture *f = *state;
  pl_archive *a = &f->store->connection.archive;
  assert_true(sum_of(a) == 0);
  put(f->other, 1, 1);
  assert_true(sum_of(a) == 1);
  put(f->other, 2, 2);
  put(f->other, 0, 4);
  assert_true(sum_of(a) == 7);
  put(f->other, 1, 8);
  assert_true(sum_of(a) == 14);
  stored_group(f->other);
  assert_true(sum_of(a) == 14);
  put(f->other, 3, 16); /* ids go on: the head is not taken for the one before */
  assert_true(sum_of(a) == 30);
}

static void what_comes_while_it_is_held_is_not_seen(void **state)
{
  fixture *f = *state;
  pl_archive *a = &f->store->connection.archive;
  put(f->other, 1, 1);
  assert_int_equal(pl_archive_hold(a, NULL), PL_OK);
  put(f->other, 2, 2);
  assert_true(sum_of(a) == 1);
  stored_group(f->other);
  assert_true(sum_of(a) == 1);
  pl_archive_release(a);
  assert_true(sum_of(a) == 3);
}

static void series_and_runs_come_in_order_from_both(void **state)
{
  static const int64_t expected[][2] = {{-1, 0}, {1, 0}, {1, 5}, {2, 0}, {2, 7}, {9, INT64_MAX}};
  fixture *f = *state;
  pl_archive *a = &f->store->connection.archive;
  stored_put(f->other, 1, 5, INT64_MAX, 1);
  stored_put(f->other, 2, 7, 0, 1);
  stored_put(f->other, -1, 0, 0, 1);
  stored_group(f->other);
  stored_put(f->other, 1, 5, INT64_MAX, 1);
  stored_put(f->other, 1, 0, 0, 1);
  stored_put(f->other, 2, 0, 0, 1);
  stored_put(f->other, 9, INT64_MAX, 0, 1);
  stored_commit(f->other);
  int64_t series = INT64_MIN, run = INT64_MIN;
  assert_int_equal(pl_archive_hold(a, NULL), PL_OK);
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    assert_int_equal(pl_archive_next(a, &series, &run, NULL), 1);
    assert_true(series == expected[i][0] && run == expected[i][1]);
  }
  assert_int_equal(pl_archive_next(a, &series, &run, NULL), 0);
  pl_archive_release(a);
}

static void a_damaged_batch_is_said(void **state)
{
  fixture *f = *state;
  pl_error err = {0};
  put(f->store, 1, 1);
  assert_int_equal(sqlite3_exec(f->other->connection.db, "UPDATE batches SET data = x'010203040506'", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(pl_archive_hold(&f->other->connection.archive, &err), PL_ECORRUPT);
  assert_non_null(strstr(err.message, "batch 1 of samples cannot be read"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {TEST(a_head_in_memory_is_that_of_the_file), TEST(what_comes_while_it_is_held_is_not_seen),
                                     TEST(series_and_runs_come_in_order_from_both), TEST(a_damaged_batch_is_said)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
