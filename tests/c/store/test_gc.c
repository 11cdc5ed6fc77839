/* Retention as a whole: what is due, what is exempt, what stays when it is interrupted, and pages that go. */
#include "store/gc.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "store/collected.h"

typedef stored_place fixture;

static int open_fixture(void **state)
{
  return stored_place_open(state, MIDNIGHT_NS);
}

/* n samples of a series, one a second from `age` days before midnight on. */
static void put_row(pl_store *s, int64_t series, int64_t run, int64_t age, int64_t n)
{
  for (int64_t i = 0; i < n; i++)
    stored_put(s, series, run, MIDNIGHT_NS - age * DAY_NS + i * (int64_t)PL_S_NS, (double)(i % 100));
  stored_commit(s);
}

static void ages_are_rules(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  pl_gc_counts n;
  int64_t a = stored_series(s, "a", PL_SERIES_GAUGE);
  for (int i = 0; i < 3; i++) {
    put_row(s, a, 0, (int64_t[]){200, 8, 6}[i], 7200);
    stored_group(s);
  }
  collect(s, MIDNIGHT_NS, false, &n);
  assert_int_equal(count_of(s, a), 2 + 120 + 7200);
  assert_int_equal(weight_of(s, a), 3 * 7200);
  assert_int_equal(n.samples, 2 * 7200);
  assert_int_equal(n.samples_left, 4 * (2 + 120));
  collect(s, MIDNIGHT_NS, false, &n);
  assert_true(n.samples == n.samples_left); /* again: nothing more */
  run_sql(s, "UPDATE retention SET keep_s = 100 * 86400 WHERE stage = 'hour'");
  collect(s, MIDNIGHT_NS, false, &n);
  assert_int_equal(weight_of(s, a), 2 * 7200);
  run_sql(s, "UPDATE retention SET keep_s = NULL");
  collect(s, MIDNIGHT_NS + 1000 * DAY_NS, false, &n);
  assert_int_equal(weight_of(s, a), 2 * 7200);
  run_sql(s, "UPDATE retention SET keep_s = 5 WHERE stage = 'hour'");
  pl_gc *g = NULL;
  assert_int_equal(pl_gc_new(s, MIDNIGHT_NS, false, &g, NULL), PL_EINVAL);
  pl_store_close(s);
}

static void a_dry_one_changes_nothing(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  pl_gc_counts n;
  int64_t a = stored_series(s, "a", PL_SERIES_GAUGE);
  put_row(s, a, 0, 9, 6000);
  collect(s, MIDNIGHT_NS, true, &n);
  assert_int_equal(n.samples, 6000);
  assert_int_equal(n.samples_left, 400);
  assert_int_equal(count_of(s, a), 6000);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM series"), 1);
  pl_store_close(s);
}

/* Pinned runs, and those that go on. */
static void runs_that_are_needed_stay(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  pl_gc_counts n;
  int64_t a = stored_series(s, "a", PL_SERIES_GAUGE);
  run_sql(s, "INSERT INTO runs(id, ulid, name, started_ns, state) VALUES(1, 'A', 'x', 0, 'passed'), (2, 'B', 'x', 0, 'running'),"
             " (3, 'C', 'x', 0, 'failed'); INSERT INTO baselines VALUES('default', 'x', 1, 0)");
  for (int64_t run = 1; run <= 3; run++)
    put_row(s, a, run, 300, 3600);
  collect(s, MIDNIGHT_NS, false, &n);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points WHERE series_id = 1 AND run_id = 1"), 3600);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points WHERE series_id = 1 AND run_id = 2"), 3600);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points WHERE series_id = 1 AND run_id = 3"), 1);
  run_sql(s, "DELETE FROM baselines");
  collect(s, MIDNIGHT_NS, false, &n);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM points WHERE series_id = 1 AND run_id = 1"), 1);
  pl_store_close(s);
}

/* What lies round a damaged chunk is done, and it stays. */
static void damage_is_in_the_way_of_nothing_else(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  pl_gc_counts n;
  int64_t a = stored_series(s, "a", PL_SERIES_GAUGE), b = stored_series(s, "b", PL_SERIES_GAUGE);
  put_row(s, a, 0, 30, 3 * PL_CHUNK_MAX);
  put_row(s, b, 0, 30, 3600);
  stored_group(s);
  run_sql(s, "UPDATE chunks SET data = zeroblob(50) WHERE id = (SELECT id FROM chunks WHERE series_id = 1 ORDER BY from_ns LIMIT 1 OFFSET 1)");
  collect(s, MIDNIGHT_NS, false, &n);
  assert_int_equal(n.damaged, 1);
  assert_int_equal(n.samples, 2 * PL_CHUNK_MAX + 3600);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM chunks WHERE series_id = 1 AND sealed < 60"), 1);
  assert_int_equal(count_of(s, b), 60);
  pl_store_close(s);
}

static void free_pages_leave_the_file(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  pl_gc_counts n;
  pl_rng r;
  pl_rng_init(&r, 5, 0, 0, 0);
  int64_t a = stored_series(s, "a", PL_SERIES_GAUGE);
  for (int64_t i = 0; i < 300000; i++)
    stored_put(s, a, 0, MIDNIGHT_NS - 30 * DAY_NS + i * (int64_t)PL_S_NS, pl_rng_unit(&r));
  stored_group(s);
  collect(s, MIDNIGHT_NS, false, &n);
  assert_true(n.gives_back && n.bytes_left < n.bytes / 4);
  assert_int_equal(stored_number(s, "SELECT freelist_count FROM pragma_freelist_count"), 0);
  assert_int_equal(stored_number(s, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
  pl_store_close(s);
}

/* A file that was begun without. */
static void an_older_file_is_rebuilt_once(void **state)
{
  fixture *f = *state;
  sqlite3 *db;
  assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
  char mark[96];
  (void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d; CREATE TABLE a(b)", 0x5065726c);
  assert_int_equal(sqlite3_exec(db, mark, NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(db);
  pl_store *s = stored_open(f->path, &f->fake.clock, 0);
  pl_gc_counts n;
  put_row(s, stored_series(s, "a", PL_SERIES_GAUGE), 0, 30, 50000);
  collect(s, MIDNIGHT_NS, false, &n);
  assert_true(!n.gives_back && n.bytes_left == n.bytes);
  run_sql(s, "INSERT INTO runs(id, ulid, name, started_ns, state) VALUES(1, 'A', 'x', 0, 'running')");
  assert_int_equal(pl_store_rebuild(s, NULL), PL_EBUSY);
  run_sql(s, "DELETE FROM runs");
  assert_int_equal(pl_store_rebuild(s, NULL), PL_OK);
  collect(s, MIDNIGHT_NS, false, &n);
  assert_true(n.gives_back);
  assert_int_equal(weight_of(s, 1), 50000);
  pl_store_close(s);
}

/* ---- Killed, and beside a writer -------------------------------------------------------------------- */

enum { SERIES = 6, LENGTH = 9000 };

static void collect_until_killed(const char *path, int fd)
{
  pl_store *s = stored_open(path, NULL, 0);
  pl_gc *g = NULL;
  if (pl_gc_new(s, MIDNIGHT_NS, false, &g, NULL) || write(fd, "", 1) != 1)
    _exit(1);
  while (pl_gc_step(g, NULL) > 0)
    ;
  if (write(fd, "", 1) != 1)
    _exit(1);
  pl_gc_free(g);
  pl_store_close(s);
  _exit(0);
}

/* At a random moment. Whether it came to its end before. */
static bool kill_a_collector(const char *path, useconds_t within_us, pl_rng *r)
{
  int ends[2], status;
  char bytes[2];
  assert_int_equal(pipe(ends), 0);
  pid_t pid = fork();
  if (pid == 0)
    collect_until_killed(path, ends[1]);
  assert_true(pid > 0);
  close(ends[1]);
  ssize_t n = read(ends[0], bytes, 1); /* it is at work */
  assert_true(usleep((useconds_t)pl_rng_below(r, within_us)) == 0);
  (void)kill(pid, SIGKILL);
  n += read(ends[0], bytes, 1);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  close(ends[0]);
  return n == 2;
}

static void a_killed_one_loses_and_doubles_nothing(void **state)
{
  fixture *f = *state;
  pl_rng r;
  pl_rng_init(&r, (uint64_t)time(NULL), 0, 0, 0);
  pl_store *s = stored_open(f->path, NULL, 0);
  for (int64_t i = 1; i <= SERIES; i++) {
    char name[16];
    (void)snprintf(name, sizeof name, "s%d", (int)i);
    assert_int_equal(stored_series(s, name, PL_SERIES_GAUGE), i);
    put_row(s, i, 0, 40 + 80 * (i % 2), LENGTH);
  }
  int64_t sum = sum_of(s, 1);
  pl_store_close(s);
  int kills = 0;
  for (bool ended = false; !ended && kills < 400; kills++) {
    ended = kill_a_collector(f->path, 5000 * (useconds_t)(kills + 1), &r);
    s = stored_open(f->path, NULL, 0);
    for (int64_t i = 1; i <= SERIES; i++) {
      assert_int_equal(weight_of(s, i), LENGTH);
      assert_int_equal(sum_of(s, i), sum);
    }
    pl_store_close(s);
  }
  assert_true(kills < 400);
}

/* A run writes on between the steps, and its samples are where they belong. */
static void a_writer_goes_on(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0), *writer = stored_open(f->path, &f->fake.clock, 0);
  pl_gc *g = NULL;
  int64_t a = stored_series(s, "a", PL_SERIES_GAUGE);
  put_row(s, a, 0, 40, 90000);
  assert_int_equal(pl_gc_new(s, MIDNIGHT_NS, false, &g, NULL), PL_OK);
  int64_t more = 0;
  for (int code; (code = pl_gc_step(g, NULL)) != 0; more++) {
    assert_true(code > 0);
    stored_put(writer, a, 0, MIDNIGHT_NS - 35 * DAY_NS + more, 1); /* too late, and in the way of nothing */
    stored_put(writer, a, 0, MIDNIGHT_NS + more, 1);
    stored_commit(writer);
  }
  assert_true(more > 2);
  pl_gc_free(g);
  pl_store_close(writer);
  assert_int_equal(weight_of(s, a), 90000 + 2 * more);
  pl_gc_counts n;
  collect(s, MIDNIGHT_NS, false, &n);
  assert_int_equal(weight_of(s, a), 90000 + 2 * more);
  assert_int_equal(stored_number(s, "SELECT count(*) FROM batches"), 0);
  pl_store_close(s);
}

/* Does a part of what moves the head into chunks, and leaves it at that. */
static void begin_grouping(pl_store *s)
{
  pl_grouping g = {0};
  stored_execute(s, "BEGIN IMMEDIATE");
  assert_int_equal(pl_group_some(s->keeping.rewriter, &g, 1, UINT64_MAX, NULL), 1);
  stored_execute(s, "COMMIT");
}

/* Another process moves old samples into chunks while gc goes on, and is killed on its way. */
static void a_grouping_that_was_cut_short_doubles_nothing(void **state)
{
  fixture *f = *state;
  pl_store *s = stored_open(f->path, &f->fake.clock, 0), *writer = stored_open(f->path, &f->fake.clock, 0);
  pl_gc *g = NULL;
  pl_gc_counts n;
  int64_t a = stored_series(s, "a", PL_SERIES_GAUGE), b = stored_series(s, "b", PL_SERIES_GAUGE);
  assert_int_equal(pl_gc_new(s, MIDNIGHT_NS, false, &g, NULL), PL_OK);
  assert_int_equal(pl_gc_step(g, NULL), 1); /* the head is empty */
  put_row(writer, a, 0, 9, 3600);
  put_row(writer, b, 0, 9, 3600);
  begin_grouping(writer);
  pl_store_close(writer);
  assert_true(stored_number(s, "SELECT count(*) FROM chunks") == 1 && stored_number(s, "SELECT count(*) FROM batches") == 2);
  while (pl_gc_step(g, NULL) > 0)
    ;
  pl_gc_free(g);
  assert_int_equal(weight_of(s, a), 3600);
  stored_group(s);
  collect(s, MIDNIGHT_NS, false, &n);
  assert_true(weight_of(s, a) == 3600 && weight_of(s, b) == 3600);
  pl_store_close(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, stored_place_close)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(ages_are_rules), TEST(a_dry_one_changes_nothing), TEST(runs_that_are_needed_stay), TEST(damage_is_in_the_way_of_nothing_else),
      TEST(free_pages_leave_the_file), TEST(an_older_file_is_rebuilt_once), TEST(a_killed_one_loses_and_doubles_nothing), TEST(a_writer_goes_on),
      TEST(a_grouping_that_was_cut_short_doubles_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
