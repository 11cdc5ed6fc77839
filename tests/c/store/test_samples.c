/* samples(name, run) and the view distributions, as statements of people use them. */
#include "store/store.h"

#include <string.h>

#include "store/stored.h"

static int64_t make_series(pl_store *s, const char *name, enum pl_series_kind kind)
{
  int64_t source, series;
  assert_int_equal(pl_store_source(s, PL_STR("host"), PL_STR("here"), PL_STR("target"), PL_STR("synthetic"), &source, NULL), 0);
  pl_series_spec spec = {.source = source, .name = pl_str_of(name), .kind = kind};
  assert_int_equal(pl_store_series(s, &spec, &series, NULL), 0);
  return series;
}

static int64_t begin_run(pl_store *s, const char *ulid)
{
  int64_t id = 0;
  pl_field fields[] = {{.name = "ulid", .type = PL_FIELD_TEXT, .bytes = pl_str_of(ulid)},
                       {.name = "name", .type = PL_FIELD_TEXT, .bytes = PL_STR("r")},
                       {.name = "started_ns", .type = PL_FIELD_INT, .integer = 1}};
  assert_int_equal(pl_store_record(s, "run_begin", fields, sizeof fields / sizeof *fields, &id, NULL), 0);
  return id;
}

typedef struct seen {
  int n;
  double ts[16], value[16];
} seen;

static double number_of(const pl_field *f)
{
  return f->type == PL_FIELD_INT ? (double)f->integer : f->number;
}

static int on_row(void *user, const pl_field *fields, size_t n)
{
  seen *s = user;
  s->ts[s->n] = number_of(&fields[0]);
  s->value[s->n++] = number_of(&fields[n - 1]);
  return 0;
}

static seen ask(pl_reader *r, const char *sql, const char *run)
{
  seen s = {0};
  pl_error err = {0};
  pl_field param = {.name = "run", .type = PL_FIELD_TEXT, .bytes = pl_str_of(run ? run : "")};
  if (pl_reader_sql(r, pl_str_of(sql), &param, run ? 1 : 0, on_row, &s, &err))
    fail_msg("%s", err.message);
  return s;
}

static void samples_of_a_run_by_time(void **state)
{
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system};
  pl_store *s;
  pl_reader *r;
  (void)state;
  assert_int_equal(pl_store_open(&o, &s, NULL), 0);
  int64_t load = make_series(s, "node_load1", PL_SERIES_GAUGE), other = make_series(s, "node_load5", PL_SERIES_GAUGE);
  int64_t one = begin_run(s, "01AAAAAAAAAAAAAAAAAAAAAAAA"), two = begin_run(s, "01BBBBBBBBBBBBBBBBBBBBBBBB");
  for (int i = 3; i > 0; i--) {
    (void)pl_store_sample(s, load, one, i * (int64_t)PL_S_NS, i);
    (void)pl_store_sample(s, load, two, i * (int64_t)PL_S_NS, 10 * i);
    (void)pl_store_sample(s, other, one, i * (int64_t)PL_S_NS, 100 * i);
  }
  assert_int_equal(pl_store_commit(s, NULL), 0);
  assert_int_equal(pl_reader_of(s, &r, NULL), 0);
  seen a = ask(r, "SELECT ts, value FROM samples('node_load1', :run)", "01AAAAAAAAAAAAAAAAAAAAAAAA");
  assert_true(a.n == 3 && a.ts[0] == 1 && a.value[0] == 1 && a.ts[2] == 3 && a.value[2] == 3);
  seen b = ask(r, "SELECT ts, value FROM samples('node_load1', '01b') WHERE value > 10 ORDER BY ts DESC", NULL);
  assert_true(b.n == 2 && b.value[0] == 30 && b.value[1] == 20);
  assert_int_equal(ask(r, "SELECT ts, value FROM samples('node_load1')", NULL).n, 6);
  assert_int_equal(ask(r, "SELECT ts, value FROM samples WHERE name = 'node_load1' AND run = '01A'", NULL).n, 3);
  assert_int_equal(ask(r, "SELECT ts, value FROM samples('no_such')", NULL).n, 0);
  seen joined = ask(r, "SELECT a.ts, b.value FROM samples('node_load1', :run) a JOIN samples('node_load5', :run) b ON a.ts = b.ts",
                    "01AAAAAAAAAAAAAAAAAAAAAAAA");
  assert_true(joined.n == 3 && joined.value[1] == 200);
  pl_error unnamed = {0};
  seen none = {0};
  assert_true(pl_reader_sql(r, PL_STR("SELECT ts FROM samples"), NULL, 0, on_row, &none, &unnamed) < 0);
  pl_reader_close(r);
  pl_store_close(s);
}

static void distributions_are_rows_a_second(void **state)
{
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system};
  pl_store *s;
  pl_reader *r;
  pl_hist h;
  (void)state;
  assert_int_equal(pl_store_open(&o, &s, NULL), 0);
  int64_t series = make_series(s, "load_latency_seconds", PL_SERIES_DIST), run = begin_run(s, "01AAAAAAAAAAAAAAAAAAAAAAAA");
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record_n(&h, 5 * PL_MS_NS, 100);
  for (int64_t t = 1; t <= 2; t++)
    assert_int_equal(pl_store_dist(s, series, run, t * 1000, 1, &h), 0);
  assert_int_equal(pl_store_dist(s, series, run, 0, 0, &h), 0); /* the whole load: a roll-up */
  assert_int_equal(pl_store_commit(s, NULL), 0);
  assert_int_equal(pl_reader_of(s, &r, NULL), 0);
  seen p99 = ask(r, "SELECT ts, quantile(hist, 0.99) FROM distributions WHERE name = 'load_latency_seconds' AND run = :run", "01AAAAAAAAAAAAAAAAAAAAAAAA");
  assert_true(p99.n == 2 && p99.ts[1] == 2 && p99.value[0] > 0.00499 && p99.value[0] < 0.00502);
  pl_hist_fini(&h);
  pl_reader_close(r);
  pl_store_close(s);
}

/* A series of this metric with a lamp and a place, and three samples. */
static void put_lamp(pl_store *s, const char *lamp, const char *instance)
{
  pl_label label = {PL_STR("lamp"), pl_str_of(lamp)};
  int64_t series;
  pl_series_spec spec = {.source = stored_source(s, instance), .name = PL_STR("lamps"), .labels = &label, .n_labels = 1, .kind = PL_SERIES_GAUGE};
  assert_int_equal(pl_store_series(s, &spec, &series, NULL), 0);
  for (int i = 1; i <= 3; i++)
    stored_put(s, series, 0, i * (int64_t)PL_S_NS, i);
}

/* All other series are damaged: who reads one of them fails. */
static void labels_and_instance_read_their_series_alone(void **state)
{
  static const char *const narrow[] = {
      "SELECT ts, value FROM samples('lamps') WHERE labels = '{\"lamp\":\"b\"}' AND instance = 'here'",
      "SELECT ts, value FROM samples('lamps', NULL) WHERE instance = 'here' AND labels = '{\"lamp\":\"b\"}' ORDER BY ts",
      "SELECT ts, value FROM samples('lamps') WHERE instance = 'here' AND labels IN (SELECT labels FROM series WHERE name = 'lamps' AND labels ->> 'lamp' = 'b')",
      "SELECT ts, value FROM samples('lamps', NULL, '{\"lamp\":\"b\"}') WHERE instance = 'here'",
      "SELECT ts, value FROM samples('lamps', NULL, json_object('lamp', 'b', 'none', NULL)) WHERE instance = 'here'",
  };
  pl_store *s = stored_open(NULL, NULL, 0);
  pl_reader *r;
  (void)state;
  put_lamp(s, "a", "here");
  put_lamp(s, "b", "here");
  put_lamp(s, "b", "there");
  stored_group(s);
  assert_int_equal(pl_reader_of(s, &r, NULL), 0);
  assert_int_equal(ask(r, "SELECT ts, value FROM samples('lamps') WHERE labels = '{\"LAMP\":\"b\"}' COLLATE NOCASE", NULL).n, 6);
  assert_int_equal(ask(r, "SELECT ts, value FROM samples('lamps') WHERE labels = '{\"lamp\":\"b\"}' AND labels = ''", NULL).n, 0);
  assert_int_equal(ask(r, "SELECT ts, value FROM samples('lamps', NULL, NULL)", NULL).n, 9);
  assert_int_equal(ask(r, "SELECT ts, have = '{}' FROM samples('lamps', NULL, '{}')", NULL).n, 9);
  assert_int_equal(ask(r, "SELECT ts, value FROM samples('lamps', NULL, '{\"lamp\":1}')", NULL).n, 0);
  assert_int_equal(ask(r, "SELECT ts, value FROM samples('lamps', '01A', '{\"lamp\":\"b\"}')", NULL).n, 0);
  stored_execute(s, "UPDATE chunks SET data = zeroblob(20) WHERE series_id <> 2");
  for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++) {
    seen b = ask(r, narrow[i], NULL);
    assert_true(b.n == 3 && b.ts[0] == 1 && b.value[2] == 3);
  }
  seen none = {0};
  pl_error err = {0};
  assert_int_equal(pl_reader_sql(r, PL_STR("SELECT ts, value FROM samples('lamps', NULL, 'lamp=b')"), NULL, 0, on_row, &none, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "malformed JSON"));
  err = (pl_error){0};
  assert_int_equal(pl_reader_sql(r, PL_STR("SELECT ts, value FROM samples('lamps')"), NULL, 0, on_row, &none, &err), PL_ECORRUPT);
  assert_non_null(strstr(err.message, "chunk 1 of samples cannot be read; perilune db check --repair moves it aside"));
  assert_null(strstr(err.message, "restore a backup")); /* one advice is enough */
  pl_reader_close(r);
  pl_store_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(samples_of_a_run_by_time), cmocka_unit_test(distributions_are_rows_a_second),
                                     cmocka_unit_test(labels_and_instance_read_their_series_alone)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
