/* Each write, sync and truncation of a short ingest fails once, or all from there on: what was acknowledged is there when the file is opened
 * again, what was not is written when the disk is well, and who asks is told what failed, where, and what to do. */
#include "store/store.h"

#include "store/stored.h"

#include "store/faulty.h"

enum { ROUNDS = 4, SAMPLES = 40, ALL = ROUNDS * SAMPLES };

typedef struct fixture {
  temporary folder;
  char path[128];
  pl_fake_clock clock;
  pl_log log;
  int logged;
} fixture;

/* What an ingest was told. */
typedef struct told {
  bool opened;
  int acknowledged; /* samples */
  int events;
} told;

static int set_up(void **state)
{
  static fixture f;
  f = (fixture){0};
  temporary_open(&f.folder);
  faulty_begin();
  *state = &f;
  return 0;
}

static int tear_down(void **state)
{
  faulty_end();
  temporary_close(&((fixture *)*state)->folder);
  return 0;
}

/* What, where, and what to do. */
static void expect_clear(const fixture *f, int code, const char *message)
{
  bool full = (disk.code & 0xff) == SQLITE_FULL;
  if (code != (full ? PL_EFULL : PL_EIO) || !strstr(message, f->path) || !strstr(message, full ? "make room" : "choose another place"))
    fail_msg("%d: %s", code, message);
}

static void on_log(void *user, enum pl_log_level level, const char *component, const char *message)
{
  fixture *f = user;
  (void)level;
  (void)component;
  f->logged++;
  assert_non_null(strstr(message, f->path));
}

static int try_open(fixture *f, pl_store **s)
{
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &f->clock.clock, .log = &f->log, .path = f->path};
  pl_error err = {0};
  f->log = (pl_log){on_log, f, PL_LOG_WARN};
  int code = pl_store_open(&o, s, &err);
  if (code)
    expect_clear(f, code, err.message);
  return code;
}

/* Puts the samples of a round and an event. */
static void put_round(fixture *f, pl_store *s, int round, told *t)
{
  pl_error err = {0}, event_err = {0}, sync_err = {0};
  for (int i = round * SAMPLES; i < (round + 1) * SAMPLES; i++)
    (void)pl_store_sample(s, 1, 0, i, i);
  int code = pl_store_commit(s, &err);
  if (code)
    expect_clear(f, code, err.message);
  else
    t->acknowledged = (round + 1) * SAMPLES;
  assert_int_equal(pl_store_unstored(s), (round + 1) * SAMPLES - t->acknowledged);
  pl_field event[] = {{.name = "ts_ns", .type = PL_FIELD_INT, .integer = round}, {.name = "kind", .type = PL_FIELD_TEXT, .bytes = PL_STR("mark")}};
  code = pl_store_record(s, "event_put", event, 2, NULL, &event_err);
  if (code)
    expect_clear(f, code, event_err.message);
  else
    t->events++;
  code = pl_store_sync(s, &sync_err);
  if (code)
    expect_clear(f, code, sync_err.message);
}

/* A file is begun and written to for longer than samples wait in batches, with what is done between transactions. */
static told ingest(fixture *f, bool recovers)
{
  told t = {0};
  pl_store *s;
  pl_fake_clock_init(&f->clock, PL_S_NS, 0);
  if (try_open(f, &s))
    return t;
  t.opened = true;
  for (int round = 0; round < ROUNDS; round++) {
    put_round(f, s, round, &t);
    pl_fake_clock_advance(&f->clock, 700 * PL_S_NS);
  }
  if (recovers) {
    disk.at = 0;
    stored_commit(s);
    t.acknowledged = ALL;
    assert_int_equal(pl_store_unstored(s), 0);
  }
  pl_store_close(s);
  return t;
}

static int see(void *user, int64_t ts_ns, double value)
{
  bool *seen = user;
  assert_true(ts_ns >= 0 && ts_ns < ALL && value == (double)ts_ns && !seen[ts_ns]);
  seen[ts_ns] = true;
  return 0;
}

static int find(void *user, const pl_field *fields, size_t n)
{
  (void)user;
  (void)n;
  fail_msg("%.*s", (int)fields[0].bytes.len, fields[0].bytes.data);
  return 0;
}

/* Also of pages that a checkpoint wrote in part. */
static void expect_whole(const fixture *f)
{
  pl_reader *r;
  assert_int_equal(pl_reader_open_mending(&pl_alloc_default, f->path, &r, NULL), PL_OK);
  assert_int_equal(pl_reader_record(r, "db_check_pages", NULL, 0, find, NULL, NULL), PL_OK);
  pl_reader_close(r);
}

static void expect_there(fixture *f, const told *t)
{
  bool seen[ALL] = {false};
  pl_reader *r;
  if (t->opened)
    expect_whole(f);
  pl_store *s = stored_open(f->path, NULL, 0);
  assert_int_equal(stored_number(s, "SELECT integrity_check = 'ok' FROM pragma_integrity_check(1)"), 1);
  assert_true(stored_number(s, "SELECT count(*) FROM events") >= t->events);
  assert_int_equal(pl_reader_of(s, &r, NULL), PL_OK);
  assert_int_equal(pl_reader_samples(r, 1, 0, 0, ALL, see, seen, NULL), PL_OK);
  for (int i = 0; i < t->acknowledged; i++)
    assert_true(seen[i]);
  pl_reader_close(r);
  pl_store_close(s);
}

/* Fails the first such operation, then the second, until there are no more; how many that were. */
static int fail_each(fixture *f, enum faulty_operation operation, int code, bool stays)
{
  for (int n = 1;; n++) {
    char name[32];
    (void)snprintf(name, sizeof name, "%d-%d-%d/t.db", (int)operation, code, n);
    (void)temporary_file(&f->folder, name, "", f->path, sizeof f->path);
    faulty_fail(operation, code, n, stays);
    disk.half = n % 2;
    told t = ingest(f, n % 3 != 0);
    bool met = disk.seen[operation] >= n;
    faulty_fail(operation, code, 0, false);
    expect_there(f, &t);
    if (!met)
      return n - 1;
  }
}

static void a_write_that_fails_loses_nothing(void **state)
{
  assert_true(fail_each(*state, FAULTY_WRITE, SQLITE_IOERR_WRITE, false) > 100);
}

static void a_disk_that_is_full_from_then_on_loses_nothing(void **state)
{
  assert_true(fail_each(*state, FAULTY_WRITE, SQLITE_FULL, true) > 50);
}

static void a_sync_that_fails_loses_nothing(void **state)
{
  assert_true(fail_each(*state, FAULTY_SYNC, SQLITE_IOERR_FSYNC, false) > 5);
  assert_true(fail_each(*state, FAULTY_SYNC, SQLITE_FULL, true) > 1);
}

static void a_truncation_that_fails_loses_nothing(void **state)
{
  (void)fail_each(*state, FAULTY_TRUNCATE, SQLITE_IOERR_TRUNCATE, false);
  (void)fail_each(*state, FAULTY_TRUNCATE, SQLITE_IOERR_TRUNCATE, true);
}

static void a_file_that_can_only_be_read_is_told(void **state)
{
  fixture *f = *state;
  (void)temporary_file(&f->folder, "t.db", NULL, f->path, sizeof f->path);
  pl_store_close(stored_open(f->path, NULL, 0));
  disk.read_only = true;
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .path = f->path};
  pl_store *s = NULL;
  pl_error err = {0};
  int code = pl_store_open(&o, &s, &err);
  if (!code) {
    (void)pl_store_sample(s, 1, 0, 1, 1);
    code = pl_store_commit(s, &err);
    pl_store_close(s);
  }
  assert_int_equal(code, PL_EREADONLY);
  if (!strstr(err.message, f->path) || !strstr(err.message, "--db"))
    fail_msg("%s", err.message);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {TEST(a_write_that_fails_loses_nothing), TEST(a_disk_that_is_full_from_then_on_loses_nothing), TEST(a_sync_that_fails_loses_nothing),
                                     TEST(a_truncation_that_fails_loses_nothing), TEST(a_file_that_can_only_be_read_is_told)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
