/* Grouping: where each sample of the head goes, which chunks it changes, and what stays because of damage. */
#include "store/rewrite.h"

#include "store/stored.h"

/* What a test of damage stands on: times 0 to 9 of series 1 are a chunk; batches made at 5 s wait. */
static pl_store *open_with_chunk(pl_fake_clock *clock)
{
  pl_store *s = stored_open_in_1970(clock);
  for (int64_t ts = 0; ts < 10; ts++)
    stored_put(s, 1, 0, ts, 1);
  stored_group(s);
  clock->wall = 5 * (int64_t)PL_S_NS;
  return s;
}

/* Groups all batches; the last one that stays or was there. */
static int64_t group(pl_store *s)
{
  pl_error err = {0};
  pl_grouping g = {0};
  stored_execute(s, "BEGIN IMMEDIATE");
  if (pl_group_head(s->keeping.rewriter, &g, &err))
    fail_msg("%s", err.message);
  stored_execute(s, "COMMIT");
  pl_archive_forget(&s->connection.archive);
  return g.until;
}

/* Writes one sample as a batch of its own. */
static void put(pl_store *s, int64_t ts_ns, double value)
{
  stored_put(s, 1, 0, ts_ns, value);
  stored_commit(s);
}

static void each_sample_goes_to_its_series_and_run(void **state)
{
  pl_fake_clock clock;
  pl_store *s = stored_open_in_1970(&clock);
  (void)state;
  for (int64_t ts = 0; ts < 12; ts++)
    stored_put(s, ts % 3, ts % 2, 11 - ts, (double)ts);
  stored_commit(s);
  put(s, 20, 1);
  assert_int_equal(group(s), 2);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM batches"), 0);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM chunks WHERE NOT sealed"), 6);
  assert_int_equal(stored_number(s, "SELECT sum(n) FROM chunks"), 13);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points WHERE ts_ns = 11 - value AND series_id = value % 3 AND run_id = value % 2"), 12);
  assert_int_equal(group(s), 0); /* an empty head */
  assert_int_equal(stored_number(s, "SELECT count(*) FROM chunks"), 6);
  pl_store_close(s);
}

static void put_row(pl_store *s, int64_t from, int64_t n)
{
  for (int64_t i = from; i < from + n; i++)
    stored_put(s, 1, 0, i, (double)i);
  stored_commit(s);
  (void)group(s);
}

/* Chunks of one size become one of twice that until it is large; late samples change the chunks that they touch alone. */
static void chunks_grow_and_stay(void **state)
{
  pl_fake_clock clock;
  pl_store *s = stored_open_in_1970(&clock);
  (void)state;
  for (int i = 0; i < 15; i++)
    put_row(s, i * 100, 100);
  assert_int_equal(stored_number(s, "SELECT group_concat(n) = '800,400,200,100' FROM (SELECT n FROM chunks ORDER BY from_ns)"), 1);
  for (int i = 15; i < 20; i++)
    put_row(s, i * 100, 100);
  assert_int_equal(stored_number(s, "SELECT group_concat(n) = '1600,400' FROM (SELECT n FROM chunks ORDER BY from_ns)"), 1);
  int64_t second = stored_number(s, "SELECT id FROM chunks WHERE from_ns = 1600");
  put_row(s, 50, 1);
  assert_int_equal(stored_number(s, "SELECT id FROM chunks WHERE from_ns = 1600"), second);
  put_row(s, 2000, 3 * PL_CHUNK_MAX);
  assert_int_equal(stored_number(s, "SELECT max(n) FROM chunks"), PL_CHUNK_MAX);
  assert_int_equal(stored_number(s, "SELECT sum(n) FROM chunks"), 2000 + 3 * PL_CHUNK_MAX);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points WHERE value = ts_ns"), 2000 + 3 * PL_CHUNK_MAX);
  pl_store_close(s);
}

static void a_sealed_chunk_takes_in_what_touches_it_alone(void **state)
{
  pl_fake_clock clock;
  pl_store *s = open_with_chunk(&clock);
  (void)state;
  assert_int_equal(stored_seal(s, INT64_MAX), 1);
  put(s, 10, 2);
  (void)group(s);
  assert_int_equal(stored_number(s, "SELECT sealed FROM chunks WHERE from_ns = 0"), 1);
  assert_int_equal(stored_number(s, "SELECT n FROM chunks WHERE from_ns = 10"), 1);
  put(s, 5, 2);
  (void)group(s);
  assert_int_equal(stored_number(s, "SELECT sealed FROM chunks WHERE from_ns = 0"), 0);
  assert_int_equal(stored_number(s, "SELECT value FROM points WHERE ts_ns = 5"), 2);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points"), 11);
  pl_store_close(s);
}

static void batches_that_cannot_be_read_stay(void **state)
{
  pl_fake_clock clock;
  pl_store *s = stored_open_in_1970(&clock);
  (void)state;
  for (int64_t ts = 0; ts < 5; ts++)
    put(s, ts, 1);
  stored_execute(s, "UPDATE batches SET data = zeroblob(9) WHERE id IN (2, 5)");
  assert_int_equal(group(s), 5);
  assert_int_equal(stored_number(s, "SELECT group_concat(id) = '2,5' FROM batches"), 1);
  assert_int_equal(stored_number(s, "SELECT n FROM chunks"), 3);
  pl_store_close(s);
}

/* They stay as one batch, which is as old as the last one; what lies before and behind goes into chunks. */
static void samples_of_a_damaged_chunks_time_stay(void **state)
{
  pl_fake_clock clock;
  pl_store *s = open_with_chunk(&clock);
  (void)state;
  stored_execute(s, "UPDATE chunks SET data = zeroblob(9)");
  put(s, -1, 2);
  put(s, 0, 2);
  put(s, 9, 2);
  clock.wall++;
  put(s, 10, 2);
  int64_t last = group(s);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM batches"), 1);
  assert_int_equal(stored_number(s, "SELECT id FROM batches WHERE n = 2 AND made_ns = 5000000001"), last);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM chunks WHERE from_ns IN (-1, 10) AND n = 1"), 2);
  assert_int_equal(group(s), last + 1); /* again, and nothing is lost or doubled */
  assert_int_equal(stored_number(s, "SELECT n FROM batches"), 2);
  stored_execute(s, "DELETE FROM chunks WHERE from_ns = 0");
  (void)group(s);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM batches"), 0);
  assert_int_equal(stored_number(s, "SELECT sum(value) FROM points"), 8);
  pl_store_close(s);
}

/* Chunks that would have grown, but one of them is damaged: it stays, and what comes becomes a chunk behind it. */
static void a_damaged_chunk_does_not_grow(void **state)
{
  const char *const damage[] = {"data = zeroblob(9)", "to_ns = to_ns + 1"};
  (void)state;
  for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
    pl_fake_clock clock;
    char sql[96];
    pl_store *s = open_with_chunk(&clock);
    put_row(s, 100, 5);
    (void)snprintf(sql, sizeof sql, "UPDATE chunks SET %s WHERE from_ns = 0", damage[i]);
    stored_execute(s, sql);
    put_row(s, 200, 20);
    assert_int_equal(stored_number(s, "SELECT count(*) FROM batches"), 0);
    assert_int_equal(stored_number(s, "SELECT max(to_ns) FROM chunks"), 219);
    assert_int_equal(stored_number(s, "SELECT total(n) FROM chunks WHERE from_ns >= 100"), 25);
    pl_store_close(s);
  }
}

/* A row whose times are damaged says to which time its chunk reaches. */
static void several_damaged_chunks_are_gone_round(void **state)
{
  pl_fake_clock clock;
  pl_store *s = stored_open_in_1970(&clock);
  (void)state;
  for (int64_t chunk = 0; chunk < 4; chunk++)
    put_row(s, chunk * 2000, PL_CHUNK_OPEN);
  stored_execute(s, "UPDATE chunks SET data = zeroblob(9) WHERE from_ns IN (0, 4000)");
  stored_execute(s, "UPDATE chunks SET to_ns = 9223372036854775807 WHERE from_ns = 6000");
  for (int64_t ts = 500; ts < 8000; ts += 1000)
    stored_put(s, 1, 0, ts, -1);
  stored_commit(s);
  (void)group(s);
  assert_int_equal(stored_number(s, "SELECT n FROM batches"), 4); /* 500, 4500, 6500, 7500 */
  assert_int_equal(stored_number(s, "SELECT n FROM chunks WHERE from_ns = 1500"), PL_CHUNK_OPEN + 2); /* 2500 was there before */
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points WHERE value = -1 AND series_id = 1 AND ts_ns BETWEEN 1500 AND 3500"), 3);
  pl_store_close(s);
}

static void no_memory_is_told_and_changes_nothing(void **state)
{
  failing f;
  int code;
  (void)state;
  failing_init(&f, 0);
  pl_store_options o = {.alloc = &f.allocator, .clock = &pl_clock_system};
  for (size_t at = 1, calls = 0; at == 1 || at <= calls; at++) {
    pl_store *s;
    pl_grouping g = {.until = -1};
    f.fail_at = 0;
    assert_int_equal(pl_store_open(&o, &s, NULL), PL_OK);
    put(s, 1, 1);
    f.calls = 0;
    f.fail_at = at;
    f.once = true;
    stored_execute(s, "BEGIN IMMEDIATE");
    code = pl_group_head(s->keeping.rewriter, &g, NULL);
    calls = f.calls;
    stored_execute(s, code ? "ROLLBACK" : "COMMIT");
    assert_true(code == PL_OK || (code == PL_ENOMEM && g.until == -1));
    f.fail_at = 0;
    assert_int_equal(stored_number(s, "SELECT count(*) FROM points"), 1);
    pl_store_close(s);
  }
  assert_int_equal(f.live, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_sample_goes_to_its_series_and_run),
      cmocka_unit_test(chunks_grow_and_stay),
      cmocka_unit_test(a_sealed_chunk_takes_in_what_touches_it_alone),
      cmocka_unit_test(batches_that_cannot_be_read_stay),
      cmocka_unit_test(samples_of_a_damaged_chunks_time_stay),
      cmocka_unit_test(a_damaged_chunk_does_not_grow),
      cmocka_unit_test(several_damaged_chunks_are_gone_round),
      cmocka_unit_test(no_memory_is_told_and_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
