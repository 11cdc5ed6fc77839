/* Housekeeping: when batches become chunks and chunks are sealed; a writer that is killed in the middle of it loses nothing. */
#include "store/housekeeping.h"

#include <stdlib.h>
#include <time.h>

#include "store/killed.h"

#define DAY_NS (86400 * (int64_t)PL_S_NS)
#define NOON_NS (20000 * DAY_NS)

typedef stored_place fixture;

static int open_fixture(void **state)
{
  return stored_place_open(state, NOON_NS);
}

static void put(pl_store *s, int64_t ts_ns)
{
  stored_put(s, 1, 0, ts_ns, 1);
  stored_commit(s);
}

static int64_t batches(pl_store *s)
{
  return stored_number(s, "SELECT count(*) FROM batches");
}

static void old_batches_become_chunks(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  put(s, NOON_NS);
  f->fake.wall += 599 * (int64_t)PL_S_NS;
  put(s, NOON_NS + 1);
  assert_int_equal(batches(s), 2);
  f->fake.wall += 2 * (int64_t)PL_S_NS;
  put(s, NOON_NS + 2);
  assert_int_equal(batches(s), 0);
  assert_int_equal(stored_number(s, "SELECT n FROM chunks"), 3);
  pl_store_close(s);
}

static int64_t points(pl_store *s)
{
  return stored_number(s, "SELECT count(*) FROM points");
}

/* A tick of this many series as one batch. */
static void put_tick(pl_store *s, int64_t series, int64_t ts_ns)
{
  for (int64_t i = 0; i < series; i++)
    stored_put(s, i, 0, ts_ns, (double)i);
  stored_commit(s);
}

static int count_one(void *user, int64_t ts_ns, double value)
{
  (void)ts_ns, (void)value;
  ++*(int64_t *)user;
  return 0;
}

/* Samples of a series as a connection that only reads finds them. */
static int64_t read_count(pl_store *s, int64_t series)
{
  pl_reader *r = NULL;
  int64_t n = 0;
  assert_int_equal(pl_reader_of(s, &r, NULL), PL_OK);
  assert_int_equal(pl_reader_samples(r, series, 0, INT64_MIN, INT64_MAX, count_one, &n, NULL), PL_OK);
  pl_reader_close(r);
  return n;
}

/* When they have samples enough of each series, and some seconds old; in parts, between which readers see each sample once. */
static void batches_of_many_series_become_chunks_in_parts(void **state)
{
  enum { SERIES_MANY = 1000, TICKS_MANY = 11 };
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  s->keeping.pairs = SERIES_MANY / 2; /* it is not this writer's first grouping */
  for (int tick = 0; tick < TICKS_MANY; tick++)
    put_tick(s, SERIES_MANY, NOON_NS + tick);
  assert_int_equal(batches(s), TICKS_MANY);
  f->fake.wall += 11 * (int64_t)PL_S_NS;
  int64_t before = 0, there = TICKS_MANY, tick = TICKS_MANY;
  for (; there > before; tick++) {
    before = there;
    put_tick(s, SERIES_MANY, NOON_NS + tick);
    there = batches(s);
    for (int64_t series = 0; series < SERIES_MANY; series += SERIES_MANY / 8)
      assert_int_equal(read_count(s, series), tick + 1);
    assert_true(stored_number(s, "SELECT count(*) FROM chunks") > 0);
  }
  assert_in_range(tick, TICKS_MANY + 3, TICKS_MANY + 16);
  assert_int_equal(there, tick - (TICKS_MANY + 1)); /* those that came meanwhile */
  assert_int_equal(stored_number(s, "SELECT count(*) FROM chunks WHERE n <> 12"), 0); /* of the ticks up to the first part */
  assert_int_equal(stored_number(s, "SELECT count(*) FROM chunks"), SERIES_MANY);
  pl_store_close(s);
}

/* Runs of a moment leave two samples of each series: a writer groups the oldest ones, as it would not live to see all of them grouped. */
static void short_writers_keep_the_head_small(void **state)
{
  enum { SERIES_MANY = 300, TICKS_MANY = 48, WRITERS = 3, TICKS_OF_RUN = 2 };
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  int64_t tick = 0;
  for (; tick < TICKS_MANY + WRITERS * TICKS_OF_RUN; tick++) {
    if (tick >= TICKS_MANY && tick % TICKS_OF_RUN == 0) {
      pl_store_close(s);
      f->fake.wall += 11 * (int64_t)PL_S_NS;
      s = stored_open(f->path, &f->fake.clock, 0);
    }
    for (int64_t i = 0; i < SERIES_MANY; i++)
      stored_put(s, i, tick / TICKS_OF_RUN, NOON_NS + tick, (double)i);
    stored_commit(s);
  }
  assert_in_range(batches(s), TICKS_MANY - 2 * WRITERS * TICKS_OF_RUN, TICKS_MANY - WRITERS);
  assert_int_equal(points(s), tick * SERIES_MANY);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points WHERE value = series_id AND ts_ns % 1000000000 / 2 = run_id"), tick * SERIES_MANY);
  pl_store_close(s);
}

/* Few samples of each series are not worth a grouping, up to 2 Mi of them. */
static void many_series_wait_for_more(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  s->keeping.pairs = 100000;
  s->keeping.waiting = 1599998;
  put(s, NOON_NS);
  assert_int_equal(batches(s), 1);
  put(s, NOON_NS + 1);
  assert_int_equal(batches(s), 0);
  assert_int_equal(s->keeping.waiting, 0);
  s->keeping.pairs = 1000000;
  s->keeping.waiting = (1 << 21) - 1;
  put(s, NOON_NS + 2);
  assert_int_equal(batches(s), 0);
  pl_store_close(s);
}

/* What was grouped when the process ended is grouped again by the next one. */
static void a_grouping_in_parts_may_be_left(void **state)
{
  enum { SERIES_MANY = 1000, TICKS_MANY = 10 };
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  for (int tick = 0; tick < TICKS_MANY; tick++)
    put_tick(s, SERIES_MANY, NOON_NS + tick);
  f->fake.wall += 11 * (int64_t)PL_S_NS;
  put(s, NOON_NS + 100);
  assert_int_equal(batches(s), TICKS_MANY + 1);
  assert_true(stored_number(s, "SELECT count(*) FROM chunks") > 0);
  put(s, NOON_NS + 5); /* a newer value of what is in a chunk already */
  pl_store_close(s);
  s = stored_open(f->path, &f->fake.clock, 0);
  for (int i = 0; i < 20 && batches(s) > 1; i++)
    put(s, NOON_NS + 101 + i);
  stored_group(s);
  assert_int_equal(batches(s), 0);
  assert_int_equal(points(s), stored_number(s, "SELECT total(n) FROM chunks"));
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points WHERE series_id <> 1"), TICKS_MANY * (SERIES_MANY - 1));
  pl_store_close(s);
}

/* Also those that a process before this one has written. */
static void many_batches_become_chunks(void **state)
{
  enum { N = 50000 };
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, N);
  for (int64_t i = 0; i < 15 * N; i++)
    stored_put(s, i % 7, 0, NOON_NS + i, (double)i);
  assert_int_equal(batches(s), 15);
  pl_store_close(s);
  s = stored_open(f->path, &f->fake.clock, N);
  for (int64_t i = 15 * N; i < 21 * N; i++)
    stored_put(s, i % 7, 0, NOON_NS + i, (double)i);
  assert_int_equal(batches(s), 0);
  assert_int_equal(stored_number(s, "SELECT sum(n) FROM chunks"), 21 * N);
  assert_int_equal(stored_number(s, "SELECT sum(value) FROM points WHERE series_id = 3"), INT64_C(78749925000));
  pl_store_close(s);
}

static void chunks_are_sealed_a_day_later(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  put(s, NOON_NS);
  stored_group(s);
  f->fake.wall += DAY_NS;
  put(s, NOON_NS + DAY_NS);
  assert_int_equal(stored_number(s, "SELECT sealed FROM chunks"), 0);
  f->fake.wall += 1;
  put(s, NOON_NS + DAY_NS + 1);
  assert_int_equal(stored_number(s, "SELECT sealed FROM chunks"), 1);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points"), 3);
  pl_store_close(s);
}

/* What is damaged is in the way of nothing that is written. */
static void a_damaged_chunk_keeps_no_sample_out(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  put(s, NOON_NS);
  stored_group(s);
  stored_execute(s, "UPDATE chunks SET data = zeroblob(9)");
  put(s, NOON_NS + 1);
  f->fake.wall += 601 * (int64_t)PL_S_NS;
  put(s, NOON_NS + 2);
  put(s, NOON_NS + 3);
  put(s, NOON_NS);
  assert_int_equal(batches(s), 2);
  assert_int_equal(pl_store_unstored(s), 0);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM chunks"), 2);
  f->fake.wall += 601 * (int64_t)PL_S_NS;
  put(s, NOON_NS + 4); /* the sample of the damaged chunk's time waits in a batch */
  assert_int_equal(batches(s), 1);
  assert_int_equal(stored_number(s, "SELECT n FROM batches"), 1);
  assert_int_equal(stored_number(s, "SELECT total(n) FROM chunks WHERE from_ns > (SELECT min(from_ns) FROM chunks)"), 4);
  put(s, NOON_NS + 5); /* and is no reason to group again with each transaction */
  assert_int_equal(batches(s), 2);
  pl_store_close(s);
}

/* ---- A writer that is killed ------------------------------------------------------------------------ */

enum { SERIES = 5, TICKS = 100000 };

/* Histograms of 64 seconds, for each of so many series, all of an hour ago. */
static void put_old_histograms(pl_store *s, int64_t series)
{
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record(&h, 1000);
  for (int64_t i = 0; i < 64 * series; i++)
    assert_int_equal(pl_store_dist(s, 1 + i / 64, 0, NOON_NS / 1000000 - 3600000 + i % 64 * 1000, 1, &h), PL_OK);
  pl_hist_fini(&h);
}

static int64_t packed(pl_store *s)
{
  return stored_number(s, "SELECT count(*) FROM histogram_chunks");
}

/* A load says each second that it measures. */
static void measure(fixture *f, pl_store *s, int seconds)
{
  for (; seconds > 0; seconds--) {
    pl_store_quiet(s);
    pl_fake_clock_advance(&f->fake, PL_S_NS);
    put(s, f->fake.wall);
  }
}

static void packing_waits_while_somebody_measures(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  pl_store_quiet(s);
  put_old_histograms(s, 1);
  measure(f, s, 59);
  assert_int_equal(packed(s), 0);
  measure(f, s, 2);
  assert_int_equal(packed(s), 1);
  put_old_histograms(s, 2); /* the first one's are added to */
  measure(f, s, 50);
  assert_int_equal(packed(s), 0);
  pl_fake_clock_advance(&f->fake, 4 * PL_S_NS);
  for (int i = 0; i < 3; i++)
    put(s, f->fake.wall + i);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM histogram_rows"), 0);
  pl_store_close(s);
}

static void a_closing_store_packs_what_waited(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  pl_store_quiet(s);
  put_old_histograms(s, 3);
  measure(f, s, 5);
  pl_store_close(s);
  s = stored_open(f->path, &f->fake.clock, 0);
  assert_int_equal(packed(s), 3);
  pl_store_close(s);
}

/* Writes ticks of all series, and a byte to fd after each that is committed. Every commit groups or seals, what is days old. */
static void write_until_killed(const char *path, int64_t tick, int fd)
{
  pl_store *s = stored_open(path, NULL, 0);
  for (; tick < TICKS; tick++) {
    for (int64_t i = 0; i < SERIES; i++)
      stored_put(s, i, 0, tick * 1000, (double)(tick * SERIES + i));
    s->keeping.waiting = tick % 2 ? UINT32_MAX : 0;
    stored_commit(s);
    if (write(fd, "", 1) != 1)
      break;
  }
}

static void a_killed_writer_loses_nothing_that_it_committed(void **state)
{
  const char *kills = getenv("PERILUNE_TEST_KILLS");
  fixture *f = *state;
  pl_rng r;
  int64_t ticks = 0;
  pl_rng_init(&r, (uint64_t)time(NULL), 0, 0, 0);
  for (long i = kills ? strtol(kills, NULL, 10) : 40; i > 0; i--) {
    int64_t said = killed_after(write_until_killed, f->path, ticks, &r, 20000);
    pl_store *s = stored_open(f->path, NULL, 0);
    int64_t there = stored_number(s, "SELECT count(*) FROM points");
    assert_true(there >= (ticks + said) * SERIES && there % SERIES == 0);
    ticks = there / SERIES;
    assert_int_equal(stored_number(s, "SELECT count(*) FROM points WHERE value <> ts_ns / 1000 * 5 + series_id"), 0);
    assert_int_equal(stored_number(s, "SELECT count(DISTINCT ts_ns) FROM points"), ticks);
    assert_int_equal(stored_number(s, "SELECT (SELECT total(n) FROM chunks) + (SELECT total(n) FROM batches)"), there);
    pl_store_close(s);
  }
  assert_true(ticks > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, stored_place_close)
  const struct CMUnitTest tests[] = {TEST(packing_waits_while_somebody_measures), TEST(a_closing_store_packs_what_waited), TEST(old_batches_become_chunks), TEST(batches_of_many_series_become_chunks_in_parts),
                                     TEST(short_writers_keep_the_head_small), TEST(many_series_wait_for_more), TEST(a_grouping_in_parts_may_be_left),
                                     TEST(many_batches_become_chunks), TEST(chunks_are_sealed_a_day_later),
                                     TEST(a_damaged_chunk_keeps_no_sample_out), TEST(a_killed_writer_loses_nothing_that_it_committed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
