/* Samples that are in chunks and head both are counted once. */
#include "store/moved.h"

#include "store/stored.h"

static int on_row(void *user, const pl_field *f, size_t n)
{
  (void)n;
  *(int64_t *)user = f->integer;
  return 1;
}

/* The samples that `db stats` tells of. */
static int64_t samples(pl_store *s)
{
  sqlite3_stmt *stmt;
  int64_t n = -1;
  assert_int_equal(pl_connection_record(&s->connection, "db_stats", false, &stmt, NULL), PL_OK);
  assert_int_equal(pl_connection_rows(&s->connection, stmt, on_row, &n, "stats", NULL), PL_OK);
  return n;
}

static void put_row(pl_store *s, int64_t series, int64_t from, int64_t n)
{
  for (int64_t i = from; i < from + n; i++)
    stored_put(s, series, series % 2, i, (double)i);
  stored_commit(s);
}

static void a_grouping_in_parts_changes_no_number(void **state)
{
  pl_fake_clock clock;
  pl_store *s = stored_open_in_1970(&clock);
  pl_grouping g = {0};
  (void)state;
  put_row(s, 1, 0, 100);
  stored_group(s); /* a chunk that the next samples of its series join */
  for (int64_t series = 1; series <= 3; series++)
    put_row(s, series, 100, 50);
  assert_int_equal(stored_number(s, "SELECT moved_samples()"), 0);
  for (int64_t parts = 1; parts <= 3; parts++) {
    assert_int_equal(samples(s), 250);
    stored_execute(s, "BEGIN IMMEDIATE");
    assert_int_equal(pl_group_some(s->keeping.rewriter, &g, 1, UINT64_MAX, NULL), parts < 3);
    stored_execute(s, "COMMIT");
    assert_int_equal(stored_number(s, "SELECT moved_samples()"), parts < 3 ? 50 * parts : 0);
  }
  assert_int_equal(samples(s), 250);
  pl_store_close(s);
}

static void a_damaged_chunk_has_none(void **state)
{
  pl_fake_clock clock;
  pl_store *s = stored_open_in_1970(&clock);
  (void)state;
  put_row(s, 1, 0, 100);
  stored_group(s);
  put_row(s, 1, 50, 10); /* written once more, of the same times */
  assert_int_equal(stored_number(s, "SELECT moved_samples()"), 10);
  stored_execute(s, "UPDATE chunks SET data = zeroblob(50)");
  assert_int_equal(stored_number(s, "SELECT moved_samples()"), 0);
  pl_store_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_grouping_in_parts_changes_no_number),
      cmocka_unit_test(a_damaged_chunk_has_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
