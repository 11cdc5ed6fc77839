/* Rows wait and are written together: when, and what is done with those that cannot be. */
#include "store/stored.h"

#include "base/clock.h"

typedef struct fixture {
  pl_fake_clock fake;
  pl_store *store;
  int64_t gauge, dist;
} fixture;

enum { BATCH = 4 };

static int open_fixture(void **state)
{
  static fixture f;
  pl_fake_clock_init(&f.fake, PL_S_NS, 0);
  f.store = stored_open(NULL, &f.fake.clock, BATCH);
  f.gauge = stored_series(f.store, "lamps", PL_SERIES_GAUGE);
  f.dist = stored_series(f.store, "latency", PL_SERIES_DIST);
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  pl_store_close(((fixture *)*state)->store);
  return 0;
}

static int64_t points(const fixture *f)
{
  return stored_number(f->store, "SELECT count(*) FROM points");
}

static void rows_are_due_after_the_longest_wait(void **state)
{
  fixture *f = *state;
  assert_true(pl_store_due(f->store) == UINT64_MAX);
  assert_int_equal(pl_store_sample(f->store, f->gauge, 0, 1, 1), PL_OK);
  assert_true(pl_store_due(f->store) == 500 * PL_MS_NS);
  f->fake.mono += 200 * PL_MS_NS;
  assert_int_equal(pl_store_sample(f->store, f->gauge, 0, 2, 1), PL_OK); /* the first one counts */
  assert_true(pl_store_due(f->store) == 300 * PL_MS_NS);
  f->fake.mono += PL_S_NS;
  assert_true(pl_store_due(f->store) == 0);
  assert_int_equal(points(f), 0);
  assert_int_equal(pl_store_flush(f->store, NULL), PL_OK);
  assert_true(pl_store_due(f->store) == UINT64_MAX);
  assert_int_equal(points(f), 2);
}

static void a_full_batch_does_not_wait(void **state)
{
  fixture *f = *state;
  for (int i = 1; i < BATCH; i++)
    assert_int_equal(pl_store_sample(f->store, f->gauge, 0, i, 1), PL_OK);
  assert_int_equal(points(f), 0);
  assert_int_equal(pl_store_sample(f->store, f->gauge, 0, BATCH, 1), PL_OK);
  assert_int_equal(points(f), BATCH);
}

static void an_empty_histogram_is_no_row(void **state)
{
  fixture *f = *state;
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  assert_int_equal(pl_store_dist(f->store, f->dist, 0, 0, 1, &h), PL_OK);
  assert_true(pl_store_due(f->store) == UINT64_MAX);
  pl_hist_fini(&h);
}

/* After a failure rows go on waiting, a full batch is not tried again before its time, and the next success has them all. */
static void a_failed_attempt_is_made_again_later(void **state)
{
  fixture *f = *state;
  pl_error err = {0};
  sqlite3 *db = f->store->connection.db;
  assert_int_equal(sqlite3_exec(db, "PRAGMA query_only = ON", NULL, NULL, NULL), SQLITE_OK);
  for (int i = 1; i < BATCH; i++)
    assert_int_equal(pl_store_sample(f->store, f->gauge, 0, i, 1), PL_OK);
  assert_int_equal(pl_store_flush(f->store, &err), PL_EREADONLY);
  assert_int_equal(pl_store_error(f->store)->code, PL_EREADONLY);
  assert_int_equal(pl_store_unstored(f->store), BATCH - 1);
  assert_true(pl_store_due(f->store) == PL_S_NS);
  assert_int_equal(sqlite3_exec(db, "PRAGMA query_only = OFF", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(pl_store_sample(f->store, f->gauge, 0, BATCH, 1), PL_EREADONLY);
  assert_int_equal(points(f), 0);
  f->fake.mono += PL_S_NS;
  assert_int_equal(pl_store_sample(f->store, f->gauge, 0, BATCH + 1, 1), PL_OK);
  assert_int_equal(points(f), BATCH + 1);
  assert_int_equal(pl_store_error(f->store)->code, PL_OK);
  assert_int_equal(pl_store_unstored(f->store), 0);
}

static int open_and_write(const pl_allocator *a, void *user)
{
  pl_store_options o = {.alloc = a, .clock = &pl_clock_system};
  pl_store *s = NULL;
  (void)user;
  int code = pl_store_open(&o, &s, NULL);
  if (code)
    return code;
  code = pl_store_sample(s, 1, 0, 1, 1);
  if (!code)
    code = pl_store_commit(s, NULL);
  pl_store_close(s);
  return code;
}

static void refused_memory_is_said_and_none_leaks(void **state)
{
  (void)state;
  failing_every(open_and_write, NULL, 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {TEST(rows_are_due_after_the_longest_wait), TEST(a_full_batch_does_not_wait), TEST(an_empty_histogram_is_no_row),
                                     TEST(a_failed_attempt_is_made_again_later), TEST(refused_memory_is_said_and_none_leaks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
