/* Out and in again: each format's text imported into another timeline gives the same series and samples, bit for bit. */
#include "ingest/export.h"

#include <math.h>

#include "base/random.h"
#include "ingest/import.h"
#include "store/stored.h"

typedef struct side {
  pl_store *store;
  pl_reader *reader;
} side;

static side open_side(void)
{
  side s = {.store = stored_open(NULL, NULL, 0)};
  assert_int_equal(pl_reader_of(s.store, &s.reader, NULL), PL_OK);
  return s;
}

static void close_side(side *s)
{
  pl_reader_close(s->reader);
  pl_store_close(s->store);
}

static int64_t add_series(side *s, const char *name, enum pl_series_kind kind, const char *value)
{
  int64_t source, series;
  const pl_label labels[] = {{PL_STR("name"), pl_str_of(value)}, {PL_STR("zone"), PL_STR("b")}};
  assert_int_equal(pl_store_source(s->store, PL_STR("host"), PL_STR("m1"), PL_STR("target"), PL_STR("synthetic"), &source, NULL), PL_OK);
  pl_series_spec spec = {.source = source, .name = pl_str_of(name), .labels = labels, .n_labels = value ? 2 : 0, .kind = kind, .unit = PL_STR("seconds")};
  assert_int_equal(pl_store_series(s->store, &spec, &series, NULL), PL_OK);
  return series;
}

/* Values that are hard to write, under names and labels that are. */
static void fill(side *s)
{
  static const double values[] = {0.0, 0.1, 1.0 / 3, 1e300, 5e-324, 1.7976931348623157e308, 123456789012345678.0, 1e15, 42, HUGE_VAL, NAN};
  static const struct {
    const char *name, *label;
  } names[] = {{"a_seconds", NULL}, {"b:c", "plain"}, {"b:c", "a \"quoted\", back\\slash\nline=\xc3\xa4"}, {"d_seconds_total", "x"}, {"d_seconds", ";%25"}};
  pl_rng r;
  pl_rng_init(&r, 5, 0, 0, 0);
  for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
    bool counter = strstr(names[n].name, "_total") != NULL;
    int64_t series = add_series(s, names[n].name, counter ? PL_SERIES_COUNTER : PL_SERIES_GAUGE, names[n].label);
    for (size_t i = 0; i < 200; i++) {
      uint64_t bits = pl_rng_u64(&r) >> (counter ? 1 : 0);
      double v;
      memcpy(&v, &bits, sizeof v);
      if (i < sizeof values / sizeof *values)
        v = counter || isnan(values[i]) ? values[i] : -values[i];
      if (isfinite(v) || (i < sizeof values / sizeof *values && !counter))
        assert_int_equal(pl_store_sample(s->store, series, 7, INT64_C(1700000000000000001) + (int64_t)i * 999999937, v), PL_OK);
    }
  }
  assert_int_equal(pl_store_commit(s->store, NULL), PL_OK);
}

static int append(void *user, pl_str text)
{
  return pl_buf_add(user, text.data, text.len);
}

static pl_export_counts export_text(side *s, pl_export_options o, pl_buf *out)
{
  pl_export_counts c;
  pl_error err = {0};
  o.run = 7;
  pl_buf_init(out, &pl_alloc_default, 16 << 20);
  if (pl_export(&pl_alloc_default, s->reader, &o, append, out, &c, &err))
    fail_msg("%s", err.message);
  return c;
}

static pl_import_counts import_text(side *s, const char *format, pl_str text)
{
  temporary folder;
  char path[256];
  pl_import *i;
  pl_error err = {0};
  temporary_open(&folder);
  (void)temporary_file(&folder, "file", text.data, path, sizeof path);
  assert_int_equal(pl_import_open(&pl_alloc_default, &(pl_import_options){.format = format, .path = path}, &i, &err), PL_OK);
  int code;
  while ((code = pl_import_step(i, s->store, 7, &err)) == 1)
    ;
  if (code)
    fail_msg("%s", err.message);
  pl_import_counts c = *pl_import_told(i);
  pl_import_close(i);
  temporary_close(&folder);
  return c;
}

/* A timeline as one text: series, and samples with their bits. */
typedef struct dump {
  pl_reader *reader;
  pl_buf text;
} dump;

static int on_sample(void *user, int64_t ts_ns, double value)
{
  dump *d = user;
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return pl_buf_addf(&d->text, "%lld %016llx\n", (long long)ts_ns, (unsigned long long)bits);
}

static int on_dist(void *user, int64_t ts_ms, const pl_hist *h)
{
  dump *d = user;
  uint32_t index = 0;
  uint64_t low, high, count;
  (void)pl_buf_addf(&d->text, "%lld", (long long)ts_ms);
  while (pl_hist_next(h, &index, &low, &high, &count))
    (void)pl_buf_addf(&d->text, " %llu:%llu", (unsigned long long)low, (unsigned long long)count);
  return pl_buf_addc(&d->text, '\n');
}

static int on_series(void *user, const pl_series_info *s)
{
  dump *d = user;
  (void)pl_buf_addf(&d->text, "%.*s", (int)s->name.len, s->name.data);
  for (size_t i = 0; i < s->n_labels; i++)
    (void)pl_buf_addf(&d->text, " %.*s=%.*s", (int)s->labels[i].name.len, s->labels[i].name.data, (int)s->labels[i].value.len, s->labels[i].value.data);
  (void)pl_buf_addc(&d->text, '\n');
  return s->kind == PL_SERIES_DIST ? pl_reader_dists(d->reader, s->id, 7, 1, INT64_MIN, INT64_MAX, on_dist, d, NULL)
                                   : pl_reader_samples(d->reader, s->id, 7, INT64_MIN, INT64_MAX, on_sample, d, NULL);
}

static void assert_same(side *a, side *b)
{
  dump d[2] = {{.reader = a->reader}, {.reader = b->reader}};
  for (int i = 0; i < 2; i++) {
    pl_buf_init(&d[i].text, &pl_alloc_default, 16 << 20);
    assert_int_equal(pl_reader_series(d[i].reader, PL_STR(""), NULL, 0, 7, on_series, &d[i], NULL), PL_OK);
  }
  assert_true(d[0].text.len > 0);
  pl_str a_left = {d[0].text.data, d[0].text.len}, b_left = {d[1].text.data, d[1].text.len};
  while (a_left.data || b_left.data) {
    pl_str one = pl_str_cut(&a_left, '\n'), two = pl_str_cut(&b_left, '\n');
    if (!pl_str_eq(one, two))
      fail_msg("%.*s is now %.*s", (int)one.len, one.data, (int)two.len, two.data ? two.data : "");
  }
  pl_buf_fini(&d[0].text);
  pl_buf_fini(&d[1].text);
}

static void out_and_in_again(void **state)
{
  static const char *const formats[] = {"openmetrics", "csv", "ndjson"};
  (void)state;
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    side from = open_side(), to = open_side();
    pl_buf text;
    fill(&from);
    pl_export_counts out = export_text(&from, (pl_export_options){.format = formats[i]}, &text);
    (void)pl_buf_cstr(&text);
    pl_import_counts in = import_text(&to, formats[i], (pl_str){text.data, text.len});
    assert_int_equal(in.n_refused, 0);
    assert_int_equal(in.taken, out.samples);
    assert_int_equal(in.series, out.series);
    assert_same(&from, &to);
    pl_buf_fini(&text);
    close_side(&from);
    close_side(&to);
  }
}

static void distributions(void **state)
{
  side from = open_side(), to = open_side();
  pl_buf text;
  pl_hist h;
  (void)state;
  pl_hist_init(&h, &pl_alloc_default);
  for (int n = 0; n < 2; n++) {
    int64_t series = add_series(&from, n ? "x_seconds" : "y_seconds", PL_SERIES_DIST, n ? "a b,c;d=e%" : NULL);
    for (int64_t second = 0; second < 5; second++) {
      pl_hist_record_n(&h, (uint64_t)(1000 + second * 77777), 3);
      assert_int_equal(pl_store_dist(from.store, series, 7, 1700000000000 + second * 1000, 1, &h), PL_OK);
    }
  }
  assert_int_equal(pl_store_sample(from.store, add_series(&from, "g", PL_SERIES_GAUGE, NULL), 7, 1, 1), PL_OK);
  assert_int_equal(pl_store_commit(from.store, NULL), PL_OK);
  pl_export_counts out = export_text(&from, (pl_export_options){.format = "hdr"}, &text);
  assert_int_equal(out.samples, 10);
  assert_int_equal(out.other, 1);
  (void)pl_buf_cstr(&text);
  assert_int_equal(import_text(&to, "hdr", (pl_str){text.data, text.len}).taken, 10);
  pl_buf_fini(&text);
  assert_int_equal(export_text(&from, (pl_export_options){.format = "csv"}, &text).other, 2);
  pl_buf_fini(&text);
  assert_int_equal(pl_store_sample(to.store, add_series(&to, "g", PL_SERIES_GAUGE, NULL), 7, 1, 1), PL_OK);
  assert_int_equal(pl_store_commit(to.store, NULL), PL_OK);
  assert_same(&from, &to);
  pl_hist_fini(&h);
  close_side(&from);
  close_side(&to);
}

static void lines_of_influxdb(void **state)
{
  side s = open_side();
  pl_buf text;
  (void)state;
  int64_t series = add_series(&s, "cpu", PL_SERIES_GAUGE, "a, b=c");
  assert_int_equal(pl_store_sample(s.store, series, 7, 1700000000000000001, 0.5), PL_OK);
  assert_int_equal(pl_store_sample(s.store, series, 7, 1700000000000000002, HUGE_VAL), PL_OK);
  assert_int_equal(pl_store_commit(s.store, NULL), PL_OK);
  pl_export_counts c = export_text(&s, (pl_export_options){.format = "influx"}, &text);
  assert_string_equal(pl_buf_cstr(&text), "cpu,instance=m1,name=a\\,\\ b\\=c,origin=synthetic,role=target,source=host,zone=b value=0.5 1700000000000000001\n");
  assert_int_equal(c.left_out, 1);
  pl_buf_fini(&text);
  close_side(&s);
}

static void one_metric_and_a_range(void **state)
{
  side s = open_side();
  pl_buf text;
  (void)state;
  fill(&s);
  const int64_t from = 1700000000000000001;
  pl_export_counts c = export_text(&s, (pl_export_options){.format = "ndjson", .metric = PL_STR("b:c"), .from_ns = from, .to_ns = from + 2 * INT64_C(999999937)}, &text);
  assert_int_equal(c.series, 2);
  assert_int_equal(c.samples, 4);
  assert_true(pl_str_starts((pl_str){text.data, text.len}, PL_STR("{\"timestamp\":\"2023-11-14T22:13:20.000000001Z\",\"metric\":\"b:c\",\"labels\":{\"instance\":\"m1\"")));
  pl_buf_fini(&text);
  pl_error err = {0};
  assert_int_equal(pl_export(&pl_alloc_default, s.reader, &(pl_export_options){.format = "xml"}, append, &text, &c, &err), PL_EINVAL);
  close_side(&s);
}

static int refuse(void *user, pl_str text)
{
  (void)text;
  ++*(int *)user;
  return PL_EFULL;
}

static void a_sink_that_fails_ends_it(void **state)
{
  side s = open_side();
  int calls = 0;
  pl_export_counts c;
  pl_error err = {0};
  (void)state;
  fill(&s);
  assert_int_equal(pl_export(&pl_alloc_default, s.reader, &(pl_export_options){.format = "csv", .run = 7}, refuse, &calls, &c, &err), PL_EFULL);
  assert_int_equal(calls, 1);
  close_side(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(out_and_in_again), cmocka_unit_test(distributions), cmocka_unit_test(lines_of_influxdb), cmocka_unit_test(one_metric_and_a_range), cmocka_unit_test(a_sink_that_fails_ends_it)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
