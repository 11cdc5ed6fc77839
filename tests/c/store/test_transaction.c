/* The write transaction: what becomes of rows that are there already, and of those that can never be written. */
#include "store/transaction.h"

#include "store/stored.h"

typedef struct fixture {
  pl_store *store;
  int64_t gauge, dist;
} fixture;

static int open_fixture(void **state)
{
  static fixture f;
  f.store = stored_open(NULL, NULL, 0);
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

static void the_last_of_one_time_is_kept(void **state)
{
  fixture *f = *state;
  for (int i = 1; i <= 3; i++)
    assert_int_equal(pl_store_sample(f->store, f->gauge, 0, 7, i), PL_OK);
  assert_int_equal(pl_store_sample(f->store, f->gauge, 1, 7, 9), PL_OK); /* of a run: another row */
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  assert_int_equal(stored_number(f->store, "SELECT value FROM points WHERE run_id = 0"), 3);
  assert_int_equal(stored_number(f->store, "SELECT count(*) FROM points"), 2);
}

/* Of one interval in two transactions: count, sum and both ends are those of all. */
static void histograms_of_one_interval_add_up(void **state)
{
  fixture *f = *state;
  for (uint64_t i = 1; i <= 2; i++) {
    pl_hist h;
    pl_hist_init(&h, &pl_alloc_default);
    pl_hist_record_n(&h, i * 1000, i);
    assert_int_equal(pl_store_dist(f->store, f->dist, 0, 5000, 1, &h), PL_OK);
    assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
    pl_hist_fini(&h);
  }
  assert_int_equal(stored_number(f->store, "SELECT count(*) FROM histograms"), 1);
  assert_int_equal(stored_number(f->store, "SELECT count FROM histograms"), 3);
  assert_int_equal(stored_number(f->store, "SELECT sum FROM histograms"), 5000);
  assert_int_equal(stored_number(f->store, "SELECT min FROM histograms"), 1000);
  assert_int_equal(stored_number(f->store, "SELECT max FROM histograms"), 2000);
  assert_int_equal(stored_number(f->store, "SELECT hist_count(hist) FROM histograms"), 3);
}

/* A row that no attempt can write is given up, so that it does not keep the others. */
static void a_damaged_row_loses_itself_alone(void **state)
{
  fixture *f = *state;
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record(&h, 1000);
  assert_int_equal(pl_store_dist(f->store, f->dist, 0, 0, 1, &h), PL_OK);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  stored_execute(f->store, "UPDATE histogram_rows SET hist = x'00'");
  assert_int_equal(pl_store_dist(f->store, f->dist, 0, 0, 1, &h), PL_OK);
  assert_int_equal(pl_store_sample(f->store, f->gauge, 0, 1, 1), PL_OK);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  assert_int_equal(pl_store_unstored(f->store), 1);
  assert_int_equal(stored_number(f->store, "SELECT count(*) FROM points"), 1);
  pl_hist_fini(&h);
}

/* Nothing is written, nothing is lost, and the next attempt has all. */
static void a_refused_transaction_leaves_nothing(void **state)
{
  fixture *f = *state;
  sqlite3 *db = f->store->connection.db;
  assert_int_equal(pl_store_sample(f->store, f->gauge, 0, 1, 1), PL_OK);
  assert_int_equal(sqlite3_exec(db, "PRAGMA query_only = ON", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(pl_transaction_write(f->store) & 0xff, SQLITE_READONLY);
  assert_true(sqlite3_get_autocommit(db));
  assert_int_equal(sqlite3_exec(db, "PRAGMA query_only = OFF", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(stored_number(f->store, "SELECT count(*) FROM points"), 0);
  assert_int_equal(pl_transaction_write(f->store), SQLITE_OK);
  assert_int_equal(stored_number(f->store, "SELECT count(*) FROM points"), 1);
  assert_int_equal(pl_store_unstored(f->store), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {TEST(the_last_of_one_time_is_kept), TEST(histograms_of_one_interval_add_up), TEST(a_damaged_row_loses_itself_alone),
                                     TEST(a_refused_transaction_leaves_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
