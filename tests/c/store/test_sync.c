/* The thread that waits for the disk. */
#include "store/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "perilune/error.h"
#include "store/stored.h"

#define STEP_NS (50 * PL_MS_NS)  /* between two samples */
#define TICK_NS (250 * PL_MS_NS) /* and two looks of the collector */

static void a_log_that_is_there_or_gone_is_synced(void **state)
{
  char path[128], log[128];
  pl_syncer *s;
  (void)temporary_file(*state, "data/t.db-wal", "bytes", log, sizeof log);
  (void)temporary_file(*state, "data/t.db", "", path, sizeof path);
  assert_int_equal(pl_syncer_new(&pl_alloc_default, path, &s), PL_OK);
  assert_int_equal(pl_syncer_ask(s), 0);
  assert_int_equal(unlink(log), 0);
  assert_int_equal(pl_syncer_ask(s), 0);
  assert_int_equal(pl_syncer_ask(s), 0);
  pl_syncer_free(s);
}

/* A log that cannot be opened fails, which a later call says once. */
static void a_failure_is_said_once(void **state)
{
  char path[128];
  pl_syncer *s;
  int failed = 0;
  (void)temporary_file(*state, "data/file", "", path, sizeof path);
  (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/t.db"); /* below a file */
  assert_int_equal(pl_syncer_new(&pl_alloc_default, path, &s), PL_OK);
  for (int i = 0; i < 5000 && !failed; i++) {
    failed = pl_syncer_ask(s);
    usleep(1000);
  }
  assert_int_equal(failed, ENOTDIR);
  pl_syncer_free(s);
}

/* What a record or a sample wrote is due until it was asked for. */
static void a_store_asks_a_commits_time_after_the_last(void **state)
{
  char path[128];
  pl_fake_clock fake;
  pl_fake_clock_init(&fake, 10 * PL_S_NS, 0);
  (void)temporary_file(*state, "data/t.db", NULL, path, sizeof path);
  pl_store *s = stored_open(path, &fake.clock, 0);
  assert_true(pl_store_due(s) == UINT64_MAX);
  stored_put(s, 1, 0, 1, 1);
  stored_commit(s);
  assert_true(pl_store_due(s) == UINT64_MAX); /* asked for */
  stored_put(s, 1, 0, 2, 1);
  stored_commit(s);
  assert_true(pl_store_due(s) == 500 * PL_MS_NS);
  fake.mono += 500 * PL_MS_NS;
  assert_true(pl_store_due(s) == 0);
  assert_int_equal(pl_store_flush(s, NULL), PL_OK);
  assert_true(pl_store_due(s) == UINT64_MAX);
  pl_store_close(s);
}

/* How many syncs from now on fail, of the log and of SQLite's own; how many of the log have not. */
static atomic_int syncs_to_fail, log_syncs;

/* What a power failure leaves of the database and of its log: the files of a folder as they were when they were synced; "": not kept. The
 * thread that syncs and the test's change them, and look at them, one after the other. */
static char disk[128];
static pthread_mutex_t disk_lock = PTHREAD_MUTEX_INITIALIZER;

static void copy_file(const char *from, const char *to)
{
  char bytes[4096];
  FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
  assert_true(in && out);
  for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;)
    assert_int_equal(fwrite(bytes, 1, n, out), n);
  (void)fclose(in);
  (void)fclose(out);
}

static void keep_on_disk(int fd)
{
  char link[32], path[128], to[160];
  (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  assert_true(n > 0);
  path[n] = '\0';
  bool is_log = n > 4 && strcmp(path + n - 4, "-wal") == 0;
  (void)snprintf(to, sizeof to, "%s/t.db%s", disk, is_log ? "-wal" : "");
  pthread_mutex_lock(&disk_lock);
  copy_file(path, to);
  pthread_mutex_unlock(&disk_lock);
}

/* In the place of the system's. */
__attribute__((visibility("default"))) int fdatasync(int fd)
{
  int left = atomic_load(&syncs_to_fail);
  if (left <= 0) {
    if (disk[0])
      keep_on_disk(fd);
    bool aside = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY; /* SQLite's are open for writing */
    atomic_fetch_add(&log_syncs, aside);
    return 0;
  }
  atomic_fetch_sub(&syncs_to_fail, 1);
  errno = EIO;
  return -1;
}

static int logged;

static void on_log(void *user, enum pl_log_level level, const char *component, const char *message)
{
  (void)level;
  (void)component;
  logged++;
  assert_non_null(strstr(message, user));
}

/* Samples that are in the file itself, of which a copy without its log is looked at. */
static int64_t in_file(const char *path)
{
  char copy[160];
  sqlite3 *db;
  sqlite3_stmt *stmt;
  (void)snprintf(copy, sizeof copy, "%s.copy", path);
  copy_file(path, copy);
  assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, "SELECT total(n) FROM batches", -1, &stmt, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  int64_t samples = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return samples;
}

/* Samples that a power failure would leave now. */
static int64_t on_disk(void)
{
  char from[160], to[160];
  pthread_mutex_lock(&disk_lock);
  for (int log = 0; log < 2; log++) {
    (void)snprintf(from, sizeof from, "%s/t.db%s", disk, log ? "-wal" : "");
    (void)snprintf(to, sizeof to, "%s/after.db%s", disk, log ? "-wal" : "");
    copy_file(from, to);
  }
  pthread_mutex_unlock(&disk_lock);
  (void)snprintf(to, sizeof to, "%s/after.db", disk);
  pl_fake_clock fake;
  pl_fake_clock_init(&fake, 10 * PL_S_NS, 0);
  pl_store *s = stored_open(to, &fake.clock, 0);
  int64_t n = stored_number(s, "SELECT count(*) FROM points");
  pl_store_close(s);
  return n;
}

/* Gives the disk's state room, with all that the store has now. */
static void begin_disk(pl_store *s, temporary *folder)
{
  (void)temporary_file(folder, "disk/t.db-wal", "", disk, sizeof disk);
  *strrchr(disk, '/') = '\0';
  assert_int_equal(pl_store_sync(s, NULL), PL_OK);
}

/* What the collector does at a tick; true when the disk has more than before, for which it waits. */
static bool tick(pl_store *s, const pl_fake_clock *fake)
{
  int before = atomic_load(&log_syncs);
  if (pl_store_due(s) > TICK_NS)
    return false;
  assert_int_equal(pl_store_flush(s, NULL), PL_OK);
  if (s->asked_ns != fake->mono)
    return false;
  while (atomic_load(&log_syncs) == before)
    (void)sched_yield();
  return true;
}

/* Samples, and now and then a record: whenever the power fails, what is a second old is there. */
static void a_power_failure_takes_a_second_at_the_most(void **state)
{
  char path[128];
  pl_fake_clock fake;
  int64_t kept = 0, given = 0, second = PL_S_NS / STEP_NS;
  pl_fake_clock_init(&fake, 10 * PL_S_NS, 0);
  (void)temporary_file(*state, "data/t.db", NULL, path, sizeof path);
  pl_store *s = stored_open(path, &fake.clock, 0);
  begin_disk(s, *state);
  for (; given < 400; given++) {
    stored_put(s, 1, 0, given, 1);
    if (given % 37 == 0)
      (void)stored_source(s, given % 2 ? "odd" : "even");
    pl_fake_clock_advance(&fake, STEP_NS);
    if (fake.mono % TICK_NS == 0 && tick(s, &fake))
      kept = on_disk();
    assert_true(kept > given - second);
  }
  assert_true(kept <= given);
  for (int i = 0; i < 4; i++) { /* and when nothing more comes, all of it */
    pl_fake_clock_advance(&fake, TICK_NS);
    (void)tick(s, &fake);
  }
  assert_int_equal(on_disk(), given);
  pl_store_close(s);
  disk[0] = '\0';
}

/* After a sync that failed the next one succeeds, though the disk has nothing: the log is copied into the file then. */
static void a_sync_that_failed_is_not_believed_again(void **state)
{
  char path[128];
  pl_fake_clock fake;
  pl_store *s;
  pl_fake_clock_init(&fake, 10 * PL_S_NS, 0);
  (void)temporary_file(*state, "data/t.db", NULL, path, sizeof path);
  pl_log log = {on_log, path, PL_LOG_WARN};
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &fake.clock, .log = &log, .path = path};
  assert_int_equal(pl_store_open(&o, &s, NULL), PL_OK);
  assert_int_equal(pl_store_sync(s, NULL), PL_OK);
  logged = 0;
  stored_put(s, 1, 0, -1, 1);
  stored_commit(s); /* which syncs the head of a new log itself */
  atomic_store(&syncs_to_fail, 1);
  for (int64_t i = 0; !s->distrusted; i++) {
    assert_true(i < 5000);
    stored_put(s, 1, 0, i, 1);
    stored_commit(s);
    pl_fake_clock_advance(&fake, 500 * PL_MS_NS);
    usleep(100);
  }
  assert_int_equal(logged, 1);
  assert_true(pl_store_due(s) <= 500 * PL_MS_NS); /* also when nothing more comes */
  pl_fake_clock_advance(&fake, 500 * PL_MS_NS);
  int64_t written = stored_number(s, "SELECT total(n) FROM batches");
  assert_true(in_file(path) < written);
  assert_int_equal(pl_store_flush(s, NULL), PL_OK);
  assert_false(s->distrusted);
  assert_int_equal(in_file(path), written);
  assert_true(pl_store_due(s) == UINT64_MAX);
  pl_store_close(s);
}

static void a_reader_in_the_way_is_told_after_a_failure(void **state)
{
  char path[128];
  pl_reader *r;
  pl_error err = {0}, busy = {0};
  (void)temporary_file(*state, "data/t.db", NULL, path, sizeof path);
  pl_store *s = stored_open(path, NULL, 0);
  assert_int_equal(pl_store_sync(s, &err), PL_OK);
  assert_int_equal(pl_reader_of(s, &r, NULL), PL_OK);
  assert_int_equal(pl_reader_hold(r, NULL), PL_OK);
  stored_put(s, 1, 0, 1, 1);
  stored_commit(s);
  assert_int_equal(pl_store_sync(s, &err), PL_OK);
  s->distrusted = true;
  assert_int_equal(pl_store_sync(s, &busy), PL_EBUSY);
  assert_non_null(strstr(busy.message, path));
  pl_reader_release(r);
  assert_int_equal(pl_store_sync(s, &err), PL_OK);
  pl_reader_close(r);
  pl_store_close(s);
}

/* Nothing can be copied past a reader's snapshot, and then SQLite syncs nothing itself. */
static void a_reader_in_the_way_keeps_nothing_off_the_disk(void **state)
{
  char path[128];
  pl_fake_clock fake;
  pl_reader *r;
  pl_fake_clock_init(&fake, 10 * PL_S_NS, 0); /* it stands still: the thread that syncs is not asked again */
  (void)temporary_file(*state, "data/t.db", NULL, path, sizeof path);
  pl_store *s = stored_open(path, &fake.clock, 0);
  int before = atomic_load(&log_syncs);
  stored_put(s, 1, 0, 1, 1);
  stored_commit(s);
  while (atomic_load(&log_syncs) == before)
    (void)sched_yield();
  begin_disk(s, *state);
  assert_int_equal(pl_reader_of(s, &r, NULL), PL_OK);
  assert_int_equal(pl_reader_hold(r, NULL), PL_OK);
  for (int i = 2; i < 6; i++) {
    stored_put(s, 1, 0, i, 1);
    stored_commit(s);
    assert_int_equal(pl_store_sync(s, NULL), PL_OK);
    assert_int_equal(on_disk(), i);
  }
  stored_put(s, 1, 0, 6, 1);
  stored_commit(s);
  atomic_store(&syncs_to_fail, 1);
  assert_int_equal(pl_store_sync(s, NULL), PL_EIO);
  assert_true(s->distrusted);
  assert_int_equal(pl_store_sync(s, NULL), PL_EBUSY);
  pl_reader_release(r);
  pl_reader_close(r);
  assert_int_equal(pl_store_sync(s, NULL), PL_OK);
  assert_int_equal(on_disk(), 6);
  pl_store_close(s);
  disk[0] = '\0';
}

static int make_one(const pl_allocator *a, void *user)
{
  pl_syncer *s = NULL;
  int code = pl_syncer_new(a, user, &s);
  pl_syncer_free(s);
  return code;
}

static void refused_memory_is_said_and_none_leaks(void **state)
{
  char path[] = "x";
  (void)state;
  failing_every(make_one, path, 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, temporary_set_up, temporary_tear_down)
  const struct CMUnitTest tests[] = {TEST(a_log_that_is_there_or_gone_is_synced), TEST(a_failure_is_said_once), TEST(a_store_asks_a_commits_time_after_the_last),
                                     TEST(a_power_failure_takes_a_second_at_the_most),
                                     TEST(a_sync_that_failed_is_not_believed_again), TEST(a_reader_in_the_way_is_told_after_a_failure),
                                     TEST(a_reader_in_the_way_keeps_nothing_off_the_disk),
                                     cmocka_unit_test(refused_memory_is_said_and_none_leaks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
