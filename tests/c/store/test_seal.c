/* Sealing: which chunk is due, what it is joined with, and what damage leaves as it is. */
#include "store/rewrite.h"

#include "store/stored.h"

/* A chunk of n samples of a series and run from a time on; values recur, for the last stage to find. */
static void put_chunk(pl_store *s, int64_t series, int64_t run, int64_t from, int64_t n)
{
  for (int64_t ts = from; ts < from + n; ts++)
    stored_put(s, series, run, ts, (double)(ts % 7));
  stored_group(s);
}

static int is_due(pl_store *s, int64_t before_ns)
{
  return pl_seal_due(s->keeping.rewriter, before_ns, NULL);
}

static void sealed_chunks_are_few_and_short(void **state)
{
  pl_fake_clock clock;
  pl_store *s = stored_open_in_1970(&clock);
  (void)state;
  for (int i = 0; i < 10; i++)
    put_chunk(s, 1, 0, i * 1024, 1024);
  int64_t before = stored_number(s, "SELECT sum(length(data)) FROM chunks");
  assert_int_equal(stored_seal(s, 0), 0);
  assert_int_equal(stored_seal(s, 9 * 1024), 2);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM chunks WHERE sealed"), 2);
  assert_int_equal(stored_number(s, "SELECT max(n) FROM chunks"), PL_CHUNK_MAX);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM chunks"), 3);
  assert_int_equal(stored_seal(s, INT64_MAX), 1); /* joins the one before */
  assert_int_equal(stored_number(s, "SELECT count(*) FROM chunks"), 2);
  assert_true(stored_number(s, "SELECT sum(length(data)) FROM chunks") < before);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points WHERE value = ts_ns % 7"), 10 * 1024);
  pl_store_close(s);
}

static void what_ended_before_is_due_the_longest_first(void **state)
{
  pl_fake_clock clock;
  pl_store *s = stored_open_in_1970(&clock);
  (void)state;
  assert_int_equal(is_due(s, INT64_MAX), 0);
  put_chunk(s, 1, 0, 100, 10);
  put_chunk(s, 2, 0, 50, 10);
  put_chunk(s, 2, 7, 10, 10);
  assert_int_equal(is_due(s, 19), 0);
  assert_int_equal(is_due(s, 20), 1);
  static const char *const order[] = {"series_id = 2 AND run_id = 7", "series_id = 2 AND run_id = 0", "series_id = 1"};
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    char sql[128];
    (void)snprintf(sql, sizeof sql, "SELECT sealed FROM chunks WHERE %s", order[i]);
    assert_int_equal(stored_part(s, pl_seal_some, INT64_MAX), 1);
    assert_int_equal(stored_number(s, sql), 1);
    assert_int_equal(stored_number(s, "SELECT sum(sealed) FROM chunks"), (int)i + 1);
  }
  assert_int_equal(is_due(s, INT64_MAX), 0);
  assert_int_equal(stored_part(s, pl_seal_some, INT64_MAX), 0);
  pl_store_close(s);
}

/* A sample of the head stays there, whatever chunk it lies in, and is read in its place before and after. */
static void the_head_is_left_alone(void **state)
{
  pl_fake_clock clock;
  pl_store *s = stored_open_in_1970(&clock);
  (void)state;
  put_chunk(s, 1, 0, 0, 10);
  stored_put(s, 1, 0, 5, 99);
  stored_commit(s);
  assert_int_equal(stored_seal(s, INT64_MAX), 1);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM batches"), 1);
  assert_int_equal(stored_number(s, "SELECT n FROM chunks"), 10);
  assert_int_equal(stored_number(s, "SELECT value FROM points WHERE ts_ns = 5"), 99);
  stored_execute(s, "DELETE FROM batches");
  pl_archive_forget(&s->connection.archive);
  assert_int_equal(stored_number(s, "SELECT value FROM points WHERE ts_ns = 5"), 5);
  pl_store_close(s);
}

static void a_damaged_chunk_is_due_no_longer(void **state)
{
  pl_fake_clock clock;
  pl_store *s = stored_open_in_1970(&clock);
  (void)state;
  put_chunk(s, 1, 0, 0, 10);
  put_chunk(s, 2, 0, 5, 10);
  stored_execute(s, "UPDATE chunks SET data = x'0102030405060708' WHERE series_id = 1");
  stored_execute(s, "UPDATE chunks SET from_ns = 20 WHERE series_id = 2"); /* it ends before it begins */
  assert_int_equal(stored_seal(s, INT64_MAX), 2);
  assert_int_equal(stored_number(s, "SELECT data = x'0102030405060708' FROM chunks WHERE series_id = 1"), 1);
  assert_int_equal(stored_number(s, "SELECT sum(sealed) FROM chunks"), 2);
  assert_int_equal(stored_number(s, "SELECT sum(n) FROM chunks"), 20);
  pl_store_close(s);
}

static void a_damaged_neighbour_keeps_nobody_from_being_sealed(void **state)
{
  pl_fake_clock clock;
  pl_store *s = stored_open_in_1970(&clock);
  (void)state;
  for (int i = 0; i < 3; i++)
    put_chunk(s, 1, 0, i * 1024, 1024);
  stored_execute(s, "UPDATE chunks SET data = zeroblob(9) WHERE from_ns = 1024");
  stored_execute(s, "CREATE TEMP TABLE packed AS SELECT from_ns, length(data) AS len FROM chunks");
  assert_int_equal(stored_seal(s, INT64_MAX), 3);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM chunks WHERE sealed AND n = 1024"), 3);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM chunks JOIN packed USING (from_ns) WHERE length(data) < len"), 2);
  assert_int_equal(stored_number(s, "SELECT length(data) FROM chunks WHERE from_ns = 1024"), 9);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points WHERE series_id = 1 AND ts_ns >= 2048"), 1024);
  pl_store_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sealed_chunks_are_few_and_short),
      cmocka_unit_test(what_ended_before_is_due_the_longest_first),
      cmocka_unit_test(the_head_is_left_alone),
      cmocka_unit_test(a_damaged_chunk_is_due_no_longer),
      cmocka_unit_test(a_damaged_neighbour_keeps_nobody_from_being_sealed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
