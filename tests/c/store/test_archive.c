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

/* What a scan of series 1 and this run says. */
static int scan_of(pl_archive *a, int64_t run, int64_t from_ns, int64_t to_ns, pl_error *err)
{
  pl_scan *scan;
  int code = pl_scan_open(a, &(pl_range){1, run, from_ns, to_ns}, &scan, err);
  if (!code)
    pl_scan_close(scan);
  return code;
}

/* Readers of the time at which it was made are told; those of other times, and of runs that had ended or began later, go on. */
static void a_damaged_batch_is_said_to_readers_of_its_time(void **state)
{
  fixture *f = *state;
  pl_archive *a = &f->other->connection.archive;
  pl_error err = {0};
  put(f->store, 1, 1);
  put(f->store, 2, 2);
  stored_execute(f->store, "UPDATE batches SET data = x'010203040506', made_ns = 1000000000000 WHERE id = 1");
  stored_execute(f->store, "INSERT INTO runs(id, ulid, name, started_ns, ended_ns, state) VALUES(5, 'a', 'a', 1, 900000000000, 'passed'),"
                    " (6, 'b', 'b', 1002000000000, NULL, 'running'), (7, 'c', 'c', 1, 950000000000, 'passed')");
  assert_int_equal(scan_of(a, 0, INT64_MIN, INT64_MAX, &err), PL_ECORRUPT);
  assert_non_null(strstr(err.message, "batch 1 of samples cannot be read"));
  assert_int_equal(scan_of(a, 0, 1000 * (int64_t)PL_S_NS, INT64_MAX, NULL), PL_ECORRUPT);
  assert_int_equal(scan_of(a, 7, INT64_MIN, INT64_MAX, NULL), PL_ECORRUPT);
  assert_int_equal(scan_of(a, 0, INT64_MIN, 939 * (int64_t)PL_S_NS, NULL), PL_OK);
  assert_int_equal(scan_of(a, 0, 1002 * (int64_t)PL_S_NS, INT64_MAX, NULL), PL_OK);
  assert_int_equal(scan_of(a, 5, INT64_MIN, INT64_MAX, NULL), PL_OK);
  assert_int_equal(scan_of(a, 6, INT64_MIN, INT64_MAX, NULL), PL_OK);
}

/* A reader that keeps the head finds what another connection adds, groups and takes away. */
static void a_head_with_a_damaged_batch_is_that_of_the_file(void **state)
{
  fixture *f = *state;
  pl_archive *a = &f->other->connection.archive;
  a->past_lost = true;
  for (int i = 0; i < 3; i++)
    put(f->store, i, 1 << i);
  stored_execute(f->store, "UPDATE batches SET data = x'00' WHERE id = 2");
  assert_true(sum_of(a) == 5);
  put(f->store, 3, 8);
  assert_true(sum_of(a) == 13 && a->n_lost == 1);
  stored_group(f->store);
  assert_int_equal(stored_number(f->store, "SELECT group_concat(id) FROM batches"), 2);
  assert_true(sum_of(a) == 13 && a->head.n == 0 && a->n_lost == 1);
  put(f->store, 4, 16);
  assert_true(sum_of(a) == 29 && a->head.n == 1);
  stored_group(f->store);
  assert_true(sum_of(a) == 29 && a->head.n == 0);
  stored_execute(f->store, "DELETE FROM batches");
  assert_true(sum_of(a) == 29 && a->n_lost == 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {TEST(a_head_in_memory_is_that_of_the_file), TEST(what_comes_while_it_is_held_is_not_seen),
                                     TEST(series_and_runs_come_in_order_from_both), TEST(a_damaged_batch_is_said_to_readers_of_its_time),
                                     TEST(a_head_with_a_damaged_batch_is_that_of_the_file)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
