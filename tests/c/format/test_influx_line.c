/* InfluxDB's line protocol: the examples of its reference, and lines that are none. */
#include "format/influx_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "format/told.h"
#include "support/failing.h"

static int on_field(void *user, const pl_influx_field *f)
{
  pl_buf *out = user;
  char text[32];
  (void)pl_buf_addf(out, "%" PRIu64 " %.*s[", f->line, (int)f->measurement.len, f->measurement.data);
  for (size_t i = 0; i < f->n_tags; i++)
    (void)pl_buf_addf(out, "%s%.*s:%.*s", i ? "|" : "", (int)f->tags[i].name.len, f->tags[i].name.data, (int)f->tags[i].value.len, f->tags[i].value.data);
  (void)pl_buf_addf(out, "] %.*s ", (int)f->field.len, f->field.data);
  (void)pl_buf_add(out, text, pl_double_text(f->value, text));
  return f->has_time ? pl_buf_addf(out, " @%" PRId64 "\n", f->time_ns) : pl_buf_addc(out, '\n');
}

static uint64_t read_text(const pl_allocator *a, const char *text, size_t step, int64_t unit_ns, pl_buf *out)
{
  pl_influx_events events = {on_field, told_refused, out};
  pl_influx *p;
  size_t len = strlen(text), seen = 0, at = 0;
  pl_buf_clear(out);
  assert_int_equal(pl_influx_new(a, unit_ns, &events, &p), PL_OK);
  do {
    seen = step < len - seen ? seen + step : len;
    pl_str rest = {text + at, seen - at};
    assert_int_equal(pl_influx_read(p, &rest, seen == len), PL_OK);
    at = seen - rest.len;
  } while (seen < len);
  uint64_t texts = pl_influx_texts(p);
  pl_influx_free(p);
  return texts;
}

static void expect(const char *text, const char *told)
{
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  for (size_t step = 1; step < 60; step += 7) {
    (void)read_text(&pl_alloc_default, text, step == 1 ? strlen(text) : step, 1, &out);
    assert_string_equal(pl_buf_cstr(&out), told);
  }
  pl_buf_fini(&out);
}

static void examples_of_the_reference(void **state)
{
  (void)state;
  expect("weather,location=us-midwest,season=summer temperature=82,humidity=71i 1465839830100400200\n",
         "1 weather[location:us-midwest|season:summer] temperature 82 @1465839830100400200\n1 weather[location:us-midwest|season:summer] humidity 71 @1465839830100400200\n");
  expect("# a comment with \"\n\n  weather temperature=82u\r\nweather ok=t,bad=FALSE,text=\"it's \\\"82\\\", \\\\ = hot\"",
         "3 weather[] temperature 82\n4 weather[] ok 1\n4 weather[] bad 0\n");
  expect("wea\\,th\\ er,loc\\=ation=us\\,mid\\ west tem\\=p\\,era\\ ture=1e-3 -5\n", "1 wea,th er[loc=ation:us,mid west] tem=p,era ture 0.001 @-5\n");
  expect("m\\a,t=C:\\dir f\\x=-12i\n", "1 m\\a[t:C:\\dir] f\\x -12\n");
}

static void texts_over_several_lines(void **state)
{
  pl_buf out;
  (void)state;
  expect("log text=\"one\ntwo\",n=1i 7\nafter n=2i 8\n", "1 log[] n 1 @7\n3 after[] n 2 @8\n");
  expect("log text=\"one\nafter n=2i 8\n", "1 refused value\n2 after[] n 2 @8\n");
  pl_buf_init(&out, &pl_alloc_default, 1 << 16);
  assert_int_equal(read_text(&pl_alloc_default, "log a=\"x\",b=\"\"\n", 100, 1, &out), 2);
  (void)read_text(&pl_alloc_default, "a n=1 1700000000123\n", 100, 1000000, &out);
  assert_string_equal(pl_buf_cstr(&out), "1 a[] n 1 @1700000000123000000\n");
  pl_buf_fini(&out);
}

static void bad_lines_are_refused_whole(void **state)
{
  static const struct {
    const char *line, *reason;
  } cases[] = {
      {",a=b n=1", "name"},     {"m", "syntax"},          {"m n", "syntax"},         {"m n=", "value"},      {"m n=x", "value"},      {"m n=1,", "syntax"},    {"m n=1,o=x", "value"},
      {"m n=NaN", "value"},     {"m n=1i2", "value"},     {"m n=-1u", "value"},      {"m n=99999999999999999999i", "value"}, {"m n=\"x", "value"},    {"m,a n=1", "label"},    {"m,a= n=1", "label"},
      {"m,=b n=1", "label"},    {"m,a=b=c n=1", "label"}, {"m,a=b,a=c n=1", "twice"}, {"m n=1 x", "timestamp"}, {"m n=1 1.5", "timestamp"}, {"m n=1 2 3", "timestamp"}, {"m\x01 n=1", "syntax"},
      {"m n=\"\xff\"", "encoding"}, {"m n=1\"x\"", "value"}, {"m n=\"x\"1", "syntax"}, {"m n=1 99999999999999999999", "timestamp"},
  };
  char text[128], told[128];
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    (void)snprintf(text, sizeof text, "a n=1\n%s\nb n=2\n", cases[i].line);
    (void)snprintf(told, sizeof told, "1 a[] n 1\n2 refused %s\n3 b[] n 2\n", cases[i].reason);
    expect(text, told);
  }
}

static int with_failing_memory(const pl_allocator *a, void *user)
{
  const pl_influx_events events = {on_field, told_refused, NULL};
  pl_influx *p;
  (void)user;
  int code = pl_influx_new(a, 1, &events, &p);
  if (!code)
    pl_influx_free(p);
  return code;
}

static void memory_that_runs_out(void **state)
{
  (void)state;
  failing_every(with_failing_memory, NULL, 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(examples_of_the_reference), cmocka_unit_test(texts_over_several_lines), cmocka_unit_test(bad_lines_are_refused_whole), cmocka_unit_test(memory_that_runs_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
