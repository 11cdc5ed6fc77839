/* Housekeeping: when batches become chunks and chunks are sealed; a writer that is killed in the middle of it loses nothing. */
#include "store/housekeeping.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "store/stored.h"

#define DAY_NS (86400 * (int64_t)PL_S_NS)
#define NOON_NS (20000 * DAY_NS)

typedef struct fixture {
  temporary folder;
  char path[128];
  pl_fake_clock fake;
} fixture;

static int open_fixture(void **state)
{
  static fixture f;
  temporary_open(&f.folder);
  (void)temporary_file(&f.folder, "data/t.db", NULL, f.path, sizeof f.path);
  pl_fake_clock_init(&f.fake, PL_S_NS, NOON_NS);
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  temporary_close(&((fixture *)*state)->folder);
  return 0;
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
  assert_int_equal(sqlite3_exec(s->connection.db, "UPDATE chunks SET data = zeroblob(9)", NULL, NULL, NULL), SQLITE_OK);
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
  _exit(1);
}

/* Lets a writer go on at this tick and kills it at a random moment; how many ticks it said were committed. */
static int64_t kill_a_writer(const char *path, int64_t tick, pl_rng *r)
{
  int ends[2], status;
  char bytes[512];
  assert_int_equal(pipe(ends), 0);
  pid_t pid = fork();
  if (pid == 0)
    write_until_killed(path, tick, ends[1]);
  assert_true(pid > 0);
  close(ends[1]);
  int64_t said = 0;
  ssize_t n = read(ends[0], bytes, 1); /* it is at work */
  assert_true(usleep((useconds_t)pl_rng_below(r, 20000)) == 0);
  assert_int_equal(kill(pid, SIGKILL), 0);
  for (; n > 0; n = read(ends[0], bytes, sizeof bytes))
    said += n;
  assert_true(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
  close(ends[0]);
  return said;
}

static void a_killed_writer_loses_nothing_that_it_committed(void **state)
{
  const char *kills = getenv("PERILUNE_TEST_KILLS");
  fixture *f = *state;
  pl_rng r;
  int64_t ticks = 0;
  pl_rng_init(&r, (uint64_t)time(NULL), 0, 0, 0);
  for (long i = kills ? strtol(kills, NULL, 10) : 40; i > 0; i--) {
    int64_t said = kill_a_writer(f->path, ticks, &r);
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {TEST(old_batches_become_chunks), TEST(many_batches_become_chunks), TEST(chunks_are_sealed_a_day_later),
                                     TEST(a_damaged_chunk_keeps_no_sample_out), TEST(a_killed_writer_loses_nothing_that_it_committed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
