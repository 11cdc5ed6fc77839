/* Reading: what a reader finds, what it may not do, and when it is stopped. */
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/stored.h"

typedef struct fixture {
  temporary folder;
  char path[128];
  pl_store *store;
  pl_reader *reader;
} fixture;

static int open_fixture(void **state)
{
  static fixture f;
  temporary_open(&f.folder);
  (void)temporary_file(&f.folder, "data/t.db", NULL, f.path, sizeof f.path);
  f.store = stored_open(f.path, NULL, 0);
  assert_int_equal(pl_reader_of(f.store, &f.reader, NULL), PL_OK);
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  fixture *f = *state;
  pl_reader_close(f->reader);
  pl_store_close(f->store);
  temporary_close(&f->folder);
  return 0;
}

typedef struct seen {
  int n, most;
  int64_t ts[16];
  double value[16];
  char labels[16][128];
} seen;

static int on_sample(void *user, int64_t ts, double value)
{
  seen *s = user;
  s->ts[s->n] = ts;
  s->value[s->n] = value;
  return ++s->n == s->most;
}

static int on_dist(void *user, int64_t ts, const pl_hist *h)
{
  return on_sample(user, ts, h->sum);
}

static int on_series(void *user, const pl_series_info *info)
{
  seen *s = user;
  for (size_t i = 0, at = 0; i < info->n_labels; i++) {
    at += (size_t)snprintf(s->labels[s->n] + at, sizeof *s->labels - at, "%s%.*s=%.*s", i ? "," : "", (int)info->labels[i].name.len,
                           info->labels[i].name.data, (int)info->labels[i].value.len, info->labels[i].value.data);
  }
  s->n++;
  return 0;
}

static int on_row(void *user, const pl_field *f, size_t n)
{
  (void)f;
  (void)n;
  ++*(int *)user;
  return 0;
}

static void samples_from_until_and_no_further(void **state)
{
  fixture *f = *state;
  seen all = {0}, some = {0}, two = {.most = 2}, none = {0};
  int64_t series = stored_series(f->store, "lamps", PL_SERIES_GAUGE);
  for (int64_t t = 5; t >= 1; t--)
    assert_int_equal(pl_store_sample(f->store, series, 3, t, (double)t), PL_OK);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  assert_int_equal(pl_reader_samples(f->reader, series, 3, INT64_MIN, INT64_MAX, on_sample, &all, NULL), PL_OK);
  assert_true(all.n == 5 && all.ts[0] == 1 && all.value[4] == 5);
  assert_int_equal(pl_reader_samples(f->reader, series, 3, 2, 4, on_sample, &some, NULL), PL_OK);
  assert_true(some.n == 2 && some.ts[0] == 2 && some.ts[1] == 3);
  assert_int_equal(pl_reader_samples(f->reader, series, 3, 1, 9, on_sample, &two, NULL), PL_OK);
  assert_int_equal(two.n, 2);
  assert_int_equal(pl_reader_samples(f->reader, series, 0, 1, 9, on_sample, &none, NULL), PL_OK);
  assert_int_equal(none.n, 0);
}

static void a_held_reader_sees_one_moment(void **state)
{
  fixture *f = *state;
  seen before = {0}, held = {0}, after = {0};
  int64_t series = stored_series(f->store, "lamps", PL_SERIES_GAUGE);
  assert_int_equal(pl_store_sample(f->store, series, 0, 1, 1), PL_OK);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  assert_int_equal(pl_reader_hold(f->reader, NULL), PL_OK);
  assert_int_equal(pl_reader_samples(f->reader, series, 0, 0, 9, on_sample, &before, NULL), PL_OK);
  assert_int_equal(pl_store_sample(f->store, series, 0, 2, 2), PL_OK);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  assert_int_equal(pl_reader_samples(f->reader, series, 0, 0, 9, on_sample, &held, NULL), PL_OK);
  pl_reader_release(f->reader);
  assert_int_equal(pl_reader_samples(f->reader, series, 0, 0, 9, on_sample, &after, NULL), PL_OK);
  assert_true(before.n == 1 && held.n == 1 && after.n == 2);
}

static int on_span(void *user, const int64_t *times_ns, const double *values, size_t n)
{
  int stop = 0;
  for (size_t i = 0; i < n; i++)
    stop = on_sample(user, times_ns[i], values[i]);
  return stop;
}

static void spans_are_the_same_samples_with_every_bit(void **state)
{
  fixture *f = *state;
  seen s = {0}, some = {0};
  double marker;
  static const uint64_t bits = 0x7ff0000000000002;
  memcpy(&marker, &bits, sizeof marker);
  int64_t series = stored_series(f->store, "lamps", PL_SERIES_GAUGE);
  for (int64_t t = 1; t <= 6; t++) { /* the last one is written over the first */
    assert_int_equal(pl_store_sample(f->store, series, 3, t == 6 ? 2 : 2 * t, t == 5 ? marker : (double)t), PL_OK);
    assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  }
  assert_int_equal(pl_reader_spans(f->reader, series, 3, INT64_MIN, INT64_MAX, on_span, &s, NULL), PL_OK);
  assert_true(s.n == 5 && s.ts[0] == 2 && s.value[0] == 6 && s.ts[4] == 10);
  assert_memory_equal(&s.value[4], &marker, sizeof marker);
  assert_int_equal(pl_reader_spans(f->reader, series, 3, 4, 8, on_span, &some, NULL), PL_OK);
  assert_true(some.n == 2 && some.ts[0] == 4 && some.ts[1] == 6);
}

/* SQLite has no NaN and keeps NULL, which does not come back as zero. */
static void what_is_no_number_is_no_sample(void **state)
{
  fixture *f = *state;
  seen s = {0};
  int64_t series = stored_series(f->store, "lamps", PL_SERIES_GAUGE);
  assert_int_equal(pl_store_sample(f->store, series, 0, 1, NAN), PL_OK);
  assert_int_equal(pl_store_sample(f->store, series, 0, 2, INFINITY), PL_OK);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  assert_int_equal(pl_reader_samples(f->reader, series, 0, 0, 9, on_sample, &s, NULL), PL_OK);
  assert_true(s.n == 1 && s.ts[0] == 2 && isinf(s.value[0]));
}

static void histograms_of_one_resolution(void **state)
{
  fixture *f = *state;
  pl_hist h;
  seen s = {0}, damaged = {0};
  pl_error err = {0};
  int64_t series = stored_series(f->store, "latency", PL_SERIES_DIST);
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record_n(&h, 1000, 3);
  assert_int_equal(pl_store_dist(f->store, series, 0, 2000, 1, &h), PL_OK);
  assert_int_equal(pl_store_dist(f->store, series, 0, 1000, 1, &h), PL_OK);
  assert_int_equal(pl_store_dist(f->store, series, 0, 0, 10, &h), PL_OK);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  assert_int_equal(pl_reader_dists(f->reader, series, 0, 1, 0, 3000, on_dist, &s, NULL), PL_OK);
  assert_true(s.n == 2 && s.ts[0] == 1000 && s.ts[1] == 2000 && s.value[0] == 3000);
  stored_execute(f->store, "UPDATE histogram_rows SET hist = x'00' WHERE ts_ms = 2000");
  assert_true(pl_reader_dists(f->reader, series, 0, 1, 0, 3000, on_dist, &damaged, &err) < 0);
  assert_int_equal(damaged.n, 1);
  pl_hist_fini(&h);
}

static void series_with_their_sources_labels(void **state)
{
  fixture *f = *state;
  seen all = {0}, of_run = {0}, matched = {0}, unmatched = {0};
  pl_label label = {PL_STR("zone"), PL_STR("a")};
  int64_t with, without = stored_series(f->store, "lamps", PL_SERIES_GAUGE);
  pl_series_spec spec = {.source = stored_source(f->store, "here"), .name = PL_STR("lamps"), .labels = &label, .n_labels = 1};
  assert_int_equal(pl_store_series(f->store, &spec, &with, NULL), PL_OK);
  (void)stored_series(f->store, "tables", PL_SERIES_GAUGE);
  assert_int_equal(pl_store_sample(f->store, without, 7, 1, 1), PL_OK);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  assert_int_equal(pl_reader_series(f->reader, (pl_str){NULL, 0}, NULL, 0, 0, on_series, &all, NULL), PL_OK);
  assert_int_equal(all.n, 3);
  assert_int_equal(pl_reader_series(f->reader, (pl_str){NULL, 0}, NULL, 0, 7, on_series, &of_run, NULL), PL_OK);
  assert_int_equal(of_run.n, 1);
  assert_string_equal(of_run.labels[0], "instance=here,origin=synthetic,role=target,source=host");
  const pl_matcher zone[] = {{PL_STR("zone"), PL_MATCH_EQ, PL_STR("a")}, {PL_STR("role"), PL_MATCH_NE, PL_STR("generator")}};
  assert_int_equal(pl_reader_series(f->reader, PL_STR("lamps"), zone, 2, 0, on_series, &matched, NULL), PL_OK);
  assert_int_equal(matched.n, 1);
  assert_string_equal(matched.labels[0], "instance=here,origin=synthetic,role=target,source=host,zone=a");
  const pl_matcher no_zone = {PL_STR("zone"), PL_MATCH_EQ, PL_STR("")};
  assert_int_equal(pl_reader_series(f->reader, PL_STR("lamps"), &no_zone, 1, 0, on_series, &unmatched, NULL), PL_OK);
  assert_int_equal(unmatched.n, 1);
}

static int on_run(void *user, int64_t run)
{
  return on_sample(user, run, 0);
}

static void runs_that_a_series_has_data_in(void **state)
{
  fixture *f = *state;
  seen runs = {0}, one = {.most = 1}, none = {0}, of_dists = {0};
  pl_hist h;
  int64_t series = stored_series(f->store, "lamps", PL_SERIES_GAUGE), other = stored_series(f->store, "tables", PL_SERIES_GAUGE);
  pl_hist_init(&h, &pl_alloc_default);
  for (int64_t i = 0; i < 9; i++)
    assert_int_equal(pl_store_sample(f->store, series, 4 * (i % 3), i, 1), PL_OK);
  pl_hist_record(&h, 1000);
  assert_int_equal(pl_store_dist(f->store, series, 6, 1000, 1, &h), PL_OK);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  assert_int_equal(pl_reader_runs(f->reader, series, PL_SERIES_GAUGE, on_run, &runs, NULL), PL_OK);
  assert_true(runs.n == 3 && runs.ts[0] == 0 && runs.ts[1] == 4 && runs.ts[2] == 8);
  assert_int_equal(pl_reader_runs(f->reader, series, PL_SERIES_DIST, on_run, &of_dists, NULL), PL_OK);
  assert_true(of_dists.n == 1 && of_dists.ts[0] == 6);
  assert_int_equal(pl_reader_runs(f->reader, series, PL_SERIES_GAUGE, on_run, &one, NULL), PL_OK);
  assert_int_equal(one.n, 1);
  assert_int_equal(pl_reader_runs(f->reader, other, PL_SERIES_GAUGE, on_run, &none, NULL), PL_OK);
  assert_int_equal(none.n, 0);
  pl_hist_fini(&h);
}

static void one_select_of_the_users(void **state)
{
  static const struct {
    const char *sql;
    int code;
  } cases[] = {{"SELECT 1; SELECT 2", PL_EINVAL}, {"", PL_EINVAL},       {"-- nothing", PL_EINVAL},      {"SELEC 1", PL_EINVAL},
               {"SELECT :x", PL_OK},              {" SELECT 1 ; ", PL_OK}, {"DROP TABLE runs", PL_EREADONLY}, {"SELECT * FROM none", PL_EINVAL},
               {"BEGIN", PL_EINVAL},              {"ATTACH ':memory:' AS other", PL_EINVAL}, {"PRAGMA query_only = OFF", PL_EINVAL}};
  fixture *f = *state;
  int rows = 0;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pl_error err = {0};
    assert_int_equal(pl_reader_sql(f->reader, pl_str_of(cases[i].sql), NULL, 0, on_row, &rows, &err), cases[i].code);
  }
  assert_int_equal(rows, 2);
}

static bool at_once(void *user)
{
  ++*(int *)user;
  return true;
}

static void a_long_statement_is_stopped(void **state)
{
  fixture *f = *state;
  int asked = 0, rows = 0;
  pl_error err = {0};
  pl_reader_stop_when(f->reader, at_once, &asked);
  assert_int_equal(pl_reader_sql(f->reader, PL_STR("WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT max(x) FROM t"), NULL,
                                 0, on_row, &rows, &err), PL_ECANCELED);
  assert_true(asked == 1 && rows == 0);
}

static void a_copy_reads_alike(void **state)
{
  fixture *f = *state;
  char path[128];
  pl_reader *copy;
  seen s = {0};
  struct stat info;
  pl_error nowhere = {0};
  int64_t series = stored_series(f->store, "lamps", PL_SERIES_GAUGE);
  assert_int_equal(pl_store_sample(f->store, series, 0, 1, 42), PL_OK);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  (void)temporary_file(&f->folder, "copy?#%.db", NULL, path, sizeof path);
  assert_int_equal(pl_reader_backup(f->reader, path, NULL), PL_OK);
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0600);
  assert_int_equal(pl_reader_open(&pl_alloc_default, path, &copy, NULL), PL_OK);
  assert_int_equal(pl_reader_samples(copy, series, 0, 0, 9, on_sample, &s, NULL), PL_OK);
  assert_true(s.n == 1 && s.value[0] == 42);
  pl_reader_close(copy);
  assert_true(pl_reader_backup(f->reader, "/no/such/folder/copy.db", &nowhere) < 0);
}

/* Where nobody can write, SQLite can make no file beside the database: it is read as one that never changes. (The superuser may
 * always write, and reads it in the usual way.) */
static void a_folder_without_leave_to_write(void **state)
{
  fixture *f = *state;
  char folder[128], path[128];
  pl_reader *frozen;
  int rows = 0;
  (void)temporary_file(&f->folder, "frozen/t#1.db", NULL, path, sizeof path);
  (void)snprintf(folder, sizeof folder, "%s/frozen", f->folder.folder);
  assert_int_equal(pl_reader_backup(f->reader, path, NULL), PL_OK);
  assert_int_equal(chmod(folder, 0500), 0);
  assert_int_equal(pl_reader_open(&pl_alloc_default, path, &frozen, NULL), PL_OK);
  assert_int_equal(pl_reader_sql(frozen, PL_STR("SELECT count(*) FROM runs"), NULL, 0, on_row, &rows, NULL), PL_OK);
  assert_int_equal(rows, 1);
  pl_reader_close(frozen);
  assert_int_equal(chmod(folder, 0700), 0);
}

static void what_cannot_be_opened(void **state)
{
  fixture *f = *state;
  char path[128];
  pl_reader *r = NULL;
  pl_error missing = {0}, old = {0};
  (void)temporary_file(&f->folder, "none.db", NULL, path, sizeof path);
  assert_int_equal(pl_reader_open(&pl_alloc_default, path, &r, &missing), PL_ENOENT);
  (void)temporary_file(&f->folder, "old.db", "", path, sizeof path);
  assert_int_equal(pl_reader_open(&pl_alloc_default, path, &r, &old), PL_EVERSION);
  assert_null(r);
}

static int open_reader(const pl_allocator *a, void *user)
{
  pl_reader *r = NULL;
  int code = pl_reader_open(a, user, &r, NULL);
  pl_reader_close(r);
  return code;
}

static void refused_memory_is_said_and_none_leaks(void **state)
{
  failing_every(open_reader, ((fixture *)*state)->path, 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {TEST(samples_from_until_and_no_further), TEST(a_held_reader_sees_one_moment), TEST(spans_are_the_same_samples_with_every_bit), TEST(what_is_no_number_is_no_sample), TEST(histograms_of_one_resolution),
                                     TEST(series_with_their_sources_labels), TEST(runs_that_a_series_has_data_in), TEST(one_select_of_the_users), TEST(a_long_statement_is_stopped),
                                     TEST(a_copy_reads_alike), TEST(a_folder_without_leave_to_write), TEST(what_cannot_be_opened),
                                     TEST(refused_memory_is_said_and_none_leaks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
