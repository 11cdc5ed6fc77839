/* Tables of samples: CSV and NDJSON, good rows and bad ones. */
#include "format/sample_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/told.h"
#include "support/failing.h"

/* What is told of a text of which `step` bytes more are seen at a time. */
static int read_text(const pl_allocator *a, enum pl_table_format format, const char *text, size_t step, pl_buf *out, pl_error *err)
{
  pl_text_events events = {told_point, told_refused, out};
  pl_table *t;
  size_t len = strlen(text), seen = 0, at = 0;
  pl_buf_clear(out);
  int code = pl_table_new(a, format, PL_STR("m"), &events, &t);
  if (code)
    return code;
  do {
    seen = step < len - seen ? seen + step : len;
    pl_str rest = {text + at, seen - at};
    code = pl_table_read(t, &rest, seen == len, err);
    at = seen - rest.len;
  } while (!code && seen < len);
  pl_table_free(t);
  return code;
}

static void expect(enum pl_table_format format, const char *text, const char *told)
{
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  for (size_t step = 1; step < 60; step += 7) {
    pl_error err = {0};
    assert_int_equal(read_text(&pl_alloc_default, format, text, step == 1 ? strlen(text) : step, &out, &err), PL_OK);
    assert_string_equal(pl_buf_cstr(&out), told);
  }
  pl_buf_fini(&out);
}

static void values_of_one_metric(void **state)
{
  (void)state;
  expect(PL_TABLE_CSV, "timestamp,value\n2023-11-14T22:13:20Z,1.5\n1700000000.123456789,NaN\n1700000000123,-Inf\n",
         "2 m{} 1.5 @1700000000000000000\n3 m{} NaN @1700000000123456789\n4 m{} -Inf @1700000000123000000\n");
  expect(PL_TABLE_CSV, "\xef\xbb\xbfValue;Time\r\n1;2\r\n\r\n3;4", "2 m{} 1 @2000000000\n4 m{} 3 @4000000000\n");
}

static void metrics_with_labels(void **state)
{
  (void)state;
  expect(PL_TABLE_CSV, "timestamp,metric,value,host,note\n1,cpu,0.5,a,\n2,mem,1e3,b,\"x,\"\"y\"\"\nz\"\n3,cpu,2,,\n",
         "2 cpu{host=a} 0.5 @1000000000\n3 mem{host=b,note=x,\"y\"\nz} 1000 @2000000000\n5 cpu{} 2 @3000000000\n");
  expect(PL_TABLE_CSV, "timestamp,metric,value,name,time\n1,cpu,0.5,a,b\n", "2 cpu{name=a,time=b} 0.5 @1000000000\n");
  expect(PL_TABLE_CSV, "timestamp,metric,value,\n1,cpu,0.5,a\n2,cpu,0.5,\n", "2 refused label\n3 cpu{} 0.5 @2000000000\n");
}

static void every_column_a_metric(void **state)
{
  (void)state;
  expect(PL_TABLE_CSV, "time\tcpu\tmem\n1\t0.5\t7\n2\t\t8\n3\tx\t9\n",
         "2 cpu{} 0.5 @1000000000\n2 mem{} 7 @1000000000\n3 mem{} 8 @2000000000\n4 mem{} 9 @3000000000\n4 refused value\n");
}

static void bad_rows_are_refused_alone(void **state)
{
  (void)state;
  expect(PL_TABLE_CSV,
         "timestamp,metric,value,a,a\n1,x,1,,\n1,x\n1,x,y,,\nnever,x,1,,\n1,,1,,\n1,x,1,b,c\n1,x,1,\xff,\n1,x,\"1\"2,,\n9,x,1,,\n9,x,\"1,,\n",
         "2 x{} 1 @1000000000\n3 refused syntax\n4 refused value\n5 refused timestamp\n6 refused name\n7 refused twice\n8 refused encoding\n9 refused syntax\n"
         "10 x{} 1 @9000000000\n11 refused syntax\n");
}

static void columns_of_time(void **state)
{
  static const char *const names[] = {"timestamp", "@timestamp", "time", "ts", "Date", "datetime"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char text[64];
    (void)snprintf(text, sizeof text, "host,value,%s\na,2,1\n", names[i]);
    expect(PL_TABLE_CSV, text, "2 m{host=a} 2 @1000000000\n");
  }
}

static void a_header_that_is_too_long(void **state)
{
  enum { LENGTH = 3 << 20 };
  char *text = malloc(LENGTH);
  pl_buf out;
  pl_error err = {0};
  (void)state;
  assert_non_null(text);
  memset(text, 'n', LENGTH);
  memcpy(text, "time,", 5);
  memcpy(text + LENGTH - 5, "\n1,1", 5);
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  assert_int_equal(read_text(&pl_alloc_default, PL_TABLE_CSV, text, LENGTH, &out, &err), PL_ELIMIT);
  assert_non_null(strstr(err.message, "line 1: the header is too long"));
  pl_buf_fini(&out);
  free(text);
}

static void a_header_that_is_none(void **state)
{
  static const char *const texts[] = {"", "a,b\n1,2\n", "\"timestamp,value\n1,2\n"};
  pl_buf out;
  (void)state;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    pl_error err = {0};
    assert_int_equal(read_text(&pl_alloc_default, PL_TABLE_CSV, texts[i], 100, &out, &err), PL_EPARSE);
    assert_true(err.message[0] != '\0');
  }
  pl_buf_fini(&out);
}

static void objects(void **state)
{
  (void)state;
  expect(PL_TABLE_NDJSON,
         "{\"timestamp\":\"2023-11-14T22:13:20.000000001Z\",\"metric\":\"cpu\",\"value\":0.1,\"labels\":{\"host\":\"a\\nb\",\"none\":\"\"}}\n"
         "\n{\"value\":\"NaN\",\"time\":1700000000}\n{ \"value\" : 3 , \"name\" : \"x\" }\r\n",
         "1 cpu{host=a\nb} 0.1 @1700000000000000001\n3 m{} NaN @1700000000000000000\n4 x{} 3\n");
  expect(PL_TABLE_NDJSON,
         "{\"value\":1\n[1]\n{\"value\":\"x\"}\n{\"value\":null}\n{\"time\":1}\n{\"value\":1,\"time\":\"x\"}\n{\"value\":1,\"labels\":{\"a\":1}}\n{\"value\":1,\"labels\":{\"a\":{}}}\n"
         "{\"value\":1,\"labels\":[]}\n{\"value\":1,\"other\":1}\n{\"value\":1,\"labels\":{\"a\":\"1\",\"a\":\"2\"}}\n{\"value\":1,\"metric\":7}\n{\"value\":2}\n",
         "1 refused syntax\n2 refused syntax\n3 refused value\n4 refused value\n5 refused value\n6 refused timestamp\n7 refused label\n8 refused label\n"
         "9 refused syntax\n10 refused syntax\n11 refused twice\n12 refused name\n13 m{} 2\n");
}

static void rows_that_are_too_long(void **state)
{
  pl_buf text, out;
  pl_error err = {0};
  (void)state;
  pl_buf_init(&text, &pl_alloc_default, 1 << 20);
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  (void)pl_buf_adds(&text, "timestamp,value,a\n1,1,\"");
  for (int i = 0; i < PL_LINE_MAX + 10; i++)
    (void)pl_buf_addc(&text, 'x');
  (void)pl_buf_adds(&text, "\"\n2,2,b\n");
  assert_int_equal(read_text(&pl_alloc_default, PL_TABLE_CSV, pl_buf_cstr(&text), 1 << 20, &out, &err), PL_OK);
  assert_string_equal(pl_buf_cstr(&out), "2 refused length\n3 m{a=b} 2 @2000000000\n");
  pl_buf_fini(&text);
  pl_buf_fini(&out);
}

static int with_failing_memory(const pl_allocator *a, void *user)
{
  pl_buf out;
  pl_error err = {0};
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  int code = read_text(a, *(const enum pl_table_format *)user, *(enum pl_table_format *)user ? "{\"value\":1,\"metric\":\"x\"}\n" : "timestamp,value,a\n1,1,\"b\"\"\"\n", 100, &out, &err);
  pl_buf_fini(&out);
  return code;
}

static void memory_that_runs_out(void **state)
{
  (void)state;
  for (enum pl_table_format f = PL_TABLE_CSV; f <= PL_TABLE_NDJSON; f++)
    failing_every(with_failing_memory, &f, 40);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_of_one_metric), cmocka_unit_test(metrics_with_labels), cmocka_unit_test(every_column_a_metric), cmocka_unit_test(bad_rows_are_refused_alone),
      cmocka_unit_test(columns_of_time), cmocka_unit_test(a_header_that_is_too_long),
      cmocka_unit_test(a_header_that_is_none), cmocka_unit_test(objects), cmocka_unit_test(rows_that_are_too_long), cmocka_unit_test(memory_that_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
