/* The timeline: opening, what is refused, writing and reading back, interrupted runs. */
#include "store/store.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/liveness.h"
#include "support/failing.h"
#include "support/temporary.h"

#define SECOND INT64_C(1000000000)

typedef struct fixture {
  temporary folder;
  char path[128];
} fixture;

static int open_fixture(void **state)
{
  static fixture f;
  temporary_open(&f.folder);
  (void)temporary_file(&f.folder, "t.db", NULL, f.path, sizeof f.path);
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  temporary_close(&((fixture *)*state)->folder);
  return 0;
}

static pl_store *open_store(const char *path)
{
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .path = path};
  pl_store *s = NULL;
  pl_error err = {0};
  if (pl_store_open(&o, &s, &err))
    fail_msg("%s", err.message);
  return s;
}

static int try_open(const char *path, pl_error *err)
{
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .path = path};
  pl_store *s = NULL;
  int code = pl_store_open(&o, &s, err);
  if (!code)
    pl_store_close(s);
  return code;
}

static void sql(const char *path, const char *text)
{
  sqlite3 *db;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(db);
}

static void a_new_file_is_private(void **state)
{
  fixture *f = *state;
  struct stat info;
  pl_store_close(open_store(f->path));
  assert_int_equal(stat(f->path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0600);
}

static void what_is_not_ours_is_refused(void **state)
{
  fixture *f = *state;
  char path[128];
  pl_error newer = {0}, foreign = {0}, corrupt = {0};
  pl_store_close(open_store(f->path));
  sql(f->path, "PRAGMA user_version = 99");
  assert_int_equal(try_open(f->path, &newer), PL_EVERSION);
  assert_non_null(strstr(newer.message, f->path));
  (void)temporary_file(&f->folder, "foreign.db", NULL, path, sizeof path);
  sql(path, "CREATE TABLE a(b); PRAGMA application_id = 5");
  assert_int_equal(try_open(path, &foreign), PL_EFOREIGN);
  (void)temporary_file(&f->folder, "text.db", "this is a text and not a database, long enough to be looked at\n", path, sizeof path);
  assert_int_equal(try_open(path, &corrupt), PL_ECORRUPT);
}

typedef struct collected {
  int n;
  int64_t ts[16];
  double value[16];
  uint64_t count;
  int64_t series;
} collected;

static int on_sample(void *user, int64_t ts_ns, double value)
{
  collected *c = user;
  c->ts[c->n] = ts_ns;
  c->value[c->n++] = value;
  return 0;
}

static int on_dist(void *user, int64_t ts_ms, const pl_hist *h)
{
  collected *c = user;
  (void)ts_ms;
  c->n++;
  c->count += h->count;
  return 0;
}

static int on_series(void *user, const pl_series_info *info)
{
  collected *c = user;
  c->n++;
  c->series = info->id;
  assert_true(pl_str_eqc(info->labels[0].name, "a"));
  return 0;
}

static int64_t make_series(pl_store *s, const char *name, enum pl_series_kind kind)
{
  pl_label labels[] = {{PL_STR("b"), PL_STR("2")}, {PL_STR("a"), PL_STR("1")}};
  int64_t source, series;
  pl_error err = {0};
  assert_int_equal(pl_store_source(s, PL_STR("host"), PL_STR("here"), PL_STR("generator"), PL_STR("synthetic"), &source, &err), 0);
  pl_series_spec spec = {.source = source, .name = pl_str_of(name), .labels = labels, .n_labels = 2, .kind = kind};
  assert_int_equal(pl_store_series(s, &spec, &series, &err), 0);
  return series;
}

static void samples_read_back(void **state)
{
  fixture *f = *state;
  pl_error err = {0};
  pl_store *s = open_store(f->path);
  pl_reader *r;
  int64_t series = make_series(s, "lamps", PL_SERIES_GAUGE);
  assert_int_equal(make_series(s, "lamps", PL_SERIES_GAUGE), series); /* the same again */
  assert_true(make_series(s, "tables", PL_SERIES_GAUGE) != series);
  for (int i = 0; i < 10; i++)
    assert_int_equal(pl_store_sample(s, series, 0, SECOND * i, i * 0.5), 0);
  assert_true(pl_store_due(s) != UINT64_MAX);
  assert_int_equal(pl_store_commit(s, &err), 0);
  assert_true(pl_store_due(s) == UINT64_MAX);
  assert_int_equal(pl_reader_open(&pl_alloc_default, f->path, &r, &err), 0);
  collected c = {0};
  assert_int_equal(pl_reader_samples(r, series, 0, 2 * SECOND, 5 * SECOND, on_sample, &c, &err), 0);
  assert_int_equal(c.n, 3);
  assert_true(c.ts[0] == 2 * SECOND && c.value[0] == 1 && c.ts[2] == 4 * SECOND);
  collected found = {0};
  pl_matcher matcher = {PL_STR("b"), PL_MATCH_EQ, PL_STR("2")};
  assert_int_equal(pl_reader_series(r, PL_STR("lamps"), &matcher, 1, 0, on_series, &found, &err), 0);
  assert_true(found.n == 1 && found.series == series);
  /* A reader sees nothing of an open batch, and does not hold up the writer. */
  assert_int_equal(pl_store_sample(s, series, 0, 99 * SECOND, 1), 0);
  c = (collected){0};
  assert_int_equal(pl_reader_samples(r, series, 0, 90 * SECOND, 100 * SECOND, on_sample, &c, &err), 0);
  assert_int_equal(c.n, 0);
  assert_int_equal(pl_store_sync(s, &err), 0);
  assert_int_equal(pl_reader_samples(r, series, 0, 90 * SECOND, 100 * SECOND, on_sample, &c, &err), 0);
  assert_int_equal(c.n, 1);
  pl_reader_close(r);
  pl_store_close(s);
}

static void histograms_merge_in_one_interval(void **state)
{
  fixture *f = *state;
  pl_error err = {0};
  pl_store *s = open_store(f->path);
  pl_reader *r;
  pl_hist h;
  int64_t series = make_series(s, "latency", PL_SERIES_DIST);
  pl_hist_init(&h, &pl_alloc_default);
  for (uint64_t i = 1; i <= 100; i++)
    pl_hist_record(&h, i * 1000);
  assert_int_equal(pl_store_dist(s, series, 0, 5000, 1, &h), 0);
  assert_int_equal(pl_store_dist(s, series, 0, 5000, 1, &h), 0);
  assert_int_equal(pl_store_dist(s, series, 0, 6000, 1, &h), 0);
  assert_int_equal(pl_store_dist(s, series, 0, 5000, 10, &h), 0);
  assert_int_equal(pl_store_commit(s, &err), 0);
  assert_int_equal(pl_reader_of(s, &r, &err), 0);
  collected c = {0};
  assert_int_equal(pl_reader_dists(r, series, 0, 1, 0, 10000, on_dist, &c, &err), 0);
  assert_int_equal(c.n, 2);
  assert_int_equal(c.count, 300);
  pl_reader_close(r);
  pl_hist_fini(&h);
  pl_store_close(s);
}

static int on_state(void *user, const pl_field *fields, size_t n)
{
  char *state = user;
  for (size_t i = 0; i < n; i++) {
    if (strcmp(fields[i].name, "state") == 0)
      (void)pl_copy(state, 32, fields[i].bytes);
  }
  return 0;
}

static void begin_run(pl_store *s, const char *ulid, int64_t pid, uint64_t start)
{
  char boot[40];
  pl_error err = {0};
  pl_boot_id(boot);
  pl_field fields[] = {{.name = "ulid", .type = PL_FIELD_TEXT, .bytes = pl_str_of(ulid)},
                       {.name = "name", .type = PL_FIELD_TEXT, .bytes = PL_STR("r")},
                       {.name = "started_ns", .type = PL_FIELD_INT, .integer = 1},
                       {.name = "boot_id", .type = PL_FIELD_TEXT, .bytes = pl_str_of(boot)},
                       {.name = "pid", .type = PL_FIELD_INT, .integer = pid},
                       {.name = "process_start", .type = PL_FIELD_INT, .integer = (int64_t)start}};
  assert_int_equal(pl_store_record(s, "run_begin", fields, sizeof fields / sizeof *fields, NULL, &err), 0);
}

static void state_of(const char *path, const char *ulid, char state[32])
{
  pl_reader *r;
  pl_error err = {0};
  pl_field field = {.name = "prefix", .type = PL_FIELD_TEXT, .bytes = pl_str_of(ulid)};
  assert_int_equal(pl_reader_open(&pl_alloc_default, path, &r, &err), 0);
  assert_int_equal(pl_reader_record(r, "run_by_id_prefix", &field, 1, on_state, state, &err), 0);
  pl_reader_close(r);
}

static void runs_of_dead_processes_are_interrupted(void **state)
{
  fixture *f = *state;
  char text[32] = "";
  pl_store *s = open_store(f->path);
  begin_run(s, "DEAD", getpid(), pl_process_start(getpid()) + 1); /* the same pid, another process */
  begin_run(s, "ALIVE", getpid(), pl_process_start(getpid()));
  pl_store_close(s);
  pl_store_close(open_store(f->path));
  state_of(f->path, "DEAD", text);
  assert_string_equal(text, "interrupted");
  state_of(f->path, "ALIVE", text);
  assert_string_equal(text, "running");
}

static void wrong_records_are_refused(void **state)
{
  fixture *f = *state;
  pl_error unknown = {0}, field = {0};
  pl_store *s = open_store(f->path);
  pl_field bad = {.name = "nonsense", .type = PL_FIELD_INT, .integer = 1};
  assert_int_equal(pl_store_record(s, "no_such_operation", NULL, 0, NULL, &unknown), PL_EINVAL);
  assert_int_equal(pl_store_record(s, "event_put", &bad, 1, NULL, &field), PL_EINVAL);
  assert_non_null(strstr(field.message, "nonsense"));
  pl_store_close(s);
}

static int refuse_all(void *user, const pl_field *fields, size_t n)
{
  (void)fields;
  (void)n;
  ++*(int *)user;
  return 0;
}

static void a_users_sql_reads_and_does_not_write(void **state)
{
  fixture *f = *state;
  pl_reader *r;
  pl_error err = {0}, refused = {0};
  int rows = 0;
  pl_store_close(open_store(f->path));
  assert_int_equal(pl_reader_open(&pl_alloc_default, f->path, &r, &err), 0);
  assert_int_equal(pl_reader_sql(r, PL_STR("SELECT 1 UNION SELECT 2"), NULL, 0, refuse_all, &rows, &err), 0);
  assert_int_equal(rows, 2);
  assert_true(pl_reader_sql(r, PL_STR("DELETE FROM runs"), NULL, 0, refuse_all, &rows, &refused) < 0);
  pl_reader_close(r);
}

static void a_copy_is_whole_and_never_overwrites(void **state)
{
  fixture *f = *state;
  char path[128];
  pl_reader *r;
  pl_error err = {0}, again = {0};
  pl_store_close(open_store(f->path));
  (void)temporary_file(&f->folder, "copy.db", NULL, path, sizeof path);
  assert_int_equal(pl_reader_open(&pl_alloc_default, f->path, &r, &err), 0);
  assert_int_equal(pl_reader_backup(r, path, &err), 0);
  assert_int_equal(pl_reader_backup(r, path, &again), PL_EINVAL);
  pl_reader_close(r);
  pl_store_close(open_store(path));
}

static int64_t count(const char *path, const char *query)
{
  sqlite3 *db;
  sqlite3_stmt *stmt;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, query, -1, &stmt, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  int64_t n = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return n;
}

/* Files can grow to `bytes` from now on; 0: without limit. */
static void limit_files(rlim_t bytes)
{
  struct rlimit limit;
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  assert_int_equal(sigaction(SIGXFSZ, &ignore, NULL), 0);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes ? bytes : limit.rlim_max;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_loses_nothing_that_memory_can_hold(void **state)
{
  fixture *f = *state;
  pl_error full = {0}, err = {0};
  pl_store *s = open_store(f->path);
  int64_t series = make_series(s, "lamps", PL_SERIES_GAUGE);
  begin_run(s, "RUN", getpid(), pl_process_start(getpid()));
  assert_int_equal(pl_store_sync(s, &err), 0);
  limit_files(4096);
  for (int i = 0; i < 5000; i++)
    (void)pl_store_sample(s, series, 1, i, i);
  assert_true(pl_store_commit(s, &full) < 0);
  assert_true(pl_store_error(s)->code < 0);
  assert_int_equal(pl_store_unstored(s), 5000);
  pl_field end[] = {{.name = "run", .type = PL_FIELD_INT, .integer = 1},
                    {.name = "state", .type = PL_FIELD_TEXT, .bytes = PL_STR("passed")}};
  pl_error refused = {0};
  assert_true(pl_store_record(s, "run_end", end, 2, NULL, &refused) < 0);
  limit_files(0);
  assert_int_equal(pl_store_record(s, "run_end", end, 2, NULL, &err), 0);
  assert_int_equal(pl_store_commit(s, &err), 0);
  assert_int_equal(pl_store_unstored(s), 0);
  assert_int_equal(count(f->path, "SELECT (SELECT total(n) FROM batches) + (SELECT total(n) FROM chunks)"), 5000);
  assert_int_equal(count(f->path, "SELECT count(*) FROM runs WHERE state = 'passed'"), 1);
  pl_store_close(s);
}

static void rows_are_lost_and_counted_only_when_too_many_wait(void **state)
{
  enum { SAMPLES = 1 << 19, MORE = 100 };
  fixture *f = *state;
  pl_error full = {0}, err = {0};
  pl_store *s = open_store(f->path);
  int64_t series = make_series(s, "lamps", PL_SERIES_GAUGE);
  limit_files(4096);
  for (int i = 0; i < SAMPLES + MORE; i++)
    (void)pl_store_sample(s, series, 1, i, i);
  assert_true(pl_store_flush(s, &full) < 0);
  assert_int_equal(pl_store_unstored(s), SAMPLES + MORE);
  limit_files(0);
  assert_int_equal(pl_store_flush(s, &err), 0);
  assert_int_equal(pl_store_unstored(s), MORE);
  pl_store_close(s);
}

static void a_lock_is_tried_again_and_none_is_held_between(void **state)
{
  fixture *f = *state;
  pl_error busy = {0}, err = {0};
  sqlite3 *other;
  pl_store *s = open_store(f->path), *second = open_store(f->path);
  int64_t series = make_series(s, "lamps", PL_SERIES_GAUGE);
  assert_int_equal(make_series(second, "lamps", PL_SERIES_GAUGE), series);
  assert_int_equal(pl_store_sample(s, series, 1, 1, 1), 0);
  assert_int_equal(pl_store_sample(second, series, 2, 1, 1), 0);
  assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
  assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK); /* neither store is in the way */
  uint64_t before = pl_now(&pl_clock_system);
  assert_int_equal(pl_store_flush(s, &busy), PL_EBUSY);
  assert_true(pl_now(&pl_clock_system) - before < PL_S_NS);
  assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(other);
  assert_int_equal(pl_store_flush(s, &err), 0);
  assert_int_equal(pl_store_flush(second, &err), 0);
  assert_int_equal(count(f->path, "SELECT (SELECT total(n) FROM batches) + (SELECT total(n) FROM chunks)"), 2);
  pl_store_close(s);
  pl_store_close(second);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {
      TEST(a_new_file_is_private), TEST(what_is_not_ours_is_refused), TEST(samples_read_back), TEST(histograms_merge_in_one_interval),
      TEST(runs_of_dead_processes_are_interrupted), TEST(wrong_records_are_refused), TEST(a_users_sql_reads_and_does_not_write),
      TEST(a_copy_is_whole_and_never_overwrites), TEST(a_full_disk_loses_nothing_that_memory_can_hold),
      TEST(rows_are_lost_and_counted_only_when_too_many_wait), TEST(a_lock_is_tried_again_and_none_is_held_between)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
