/* Times out of logs: each format, moments, lines that are wrong. */
#include "format/trace.h"

#include <string.h>

#include "support/failing.h"

static void check(enum pl_trace_format format, const char *text, const uint64_t *ms, size_t wanted)
{
  pl_buf out;
  size_t n = 0;
  pl_error err = {0};
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  if (pl_trace_read(format, pl_str_of(text), &out, &n, &err))
    fail_msg("%s", err.message);
  assert_int_equal(n, wanted);
  for (size_t i = 0; i < n; i++) {
    uint64_t ns;
    memcpy(&ns, out.data + i * sizeof ns, sizeof ns);
    assert_int_equal(ns, ms[i] * 1000000);
  }
  pl_buf_fini(&out);
}

static void formats(void **state)
{
  static const uint64_t three[] = {0, 500, 2000}, spread[] = {0, 500, 2000};
  (void)state;
  check(PL_TRACE_CSV, "timestamp,path\n2026-11-22T18:00:00Z,/\n2026-11-22T18:00:00.5Z,/b\n\n2026-11-22T20:00:02+02:00,/c\n", three, 3);
  check(PL_TRACE_CSV, "path,time\n/,1700000000\n/b,1700000000.5\n/c,1700000002", three, 3);
  check(PL_TRACE_CSV, "1700000002\n1700000000\n1700000000.5\n", three, 3);
  check(PL_TRACE_CSV, "\"a,b\",ts\n\"x,y\",\"1700000000000\"\nz,1700000000500\nz,1700000002000\n", three, 3);
  check(PL_TRACE_NDJSON, "{\"a\":{\"ts\":9},\"ts\":1700000000}\n{\"time\":\"2023-11-14T22:13:20.5Z\"}\n{\"timestamp\":1700000002}\n", three, 3);
  check(PL_TRACE_HAR, "{\"log\":{\"entries\":[{\"startedDateTime\":\"2026-01-01T00:00:00.000Z\",\"request\":{}},"
                      "{\"startedDateTime\":\"2026-01-01T00:00:00.500Z\"},{\"startedDateTime\":\"2026-01-01T01:00:02+01:00\"}]}}", three, 3);
  check(PL_TRACE_ACCESS, "h - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 1\nh - - [10/Oct/2000:13:55:36 -0700] \"GET /\" 200 1\n"
                         "h - - [10/Oct/2000:20:55:38 +0000] \"GET /\" 200 1\n", spread, 3);
}

static void moments(void **state)
{
  int64_t ns;
  (void)state;
  assert_true(pl_trace_moment(PL_STR("1970-01-01T00:00:00Z"), &ns));
  assert_int_equal(ns, 0);
  assert_true(pl_trace_moment(PL_STR("2000-02-29 23:59:59,123456789"), &ns));
  assert_int_equal(ns, INT64_C(951868799123456789));
  assert_true(pl_trace_moment(PL_STR("1700000000.123456789"), &ns));
  assert_int_equal(ns, INT64_C(1700000000123456789));
  assert_true(pl_trace_moment(PL_STR("1700000000123"), &ns));
  assert_int_equal(ns, INT64_C(1700000000123000000));
  static const char *const wrong[] = {"", "x", "2026-13-01T00:00:00Z", "2026-01-01T25:00:00Z", "2026-01-01", "12:00", "-5", "1e99", "2026-01-01T00:00:00Zx"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false(pl_trace_moment(pl_str_of(wrong[i]), &ns));
}

static void refuse(enum pl_trace_format format, const char *text, const char *message)
{
  pl_buf out;
  size_t n;
  pl_error err = {0};
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  assert_int_equal(pl_trace_read(format, pl_str_of(text), &out, &n, &err), PL_EPARSE);
  if (!strstr(err.message, message))
    fail_msg("%s", err.message);
  pl_buf_fini(&out);
}

static void wrong_lines_have_numbers(void **state)
{
  (void)state;
  refuse(PL_TRACE_CSV, "timestamp\n1700000000\nsoon\n", "line 3");
  refuse(PL_TRACE_CSV, "timestamp\n", "empty");
  refuse(PL_TRACE_NDJSON, "{\"ts\":1}\n{\"a\":1}\n", "line 2");
  refuse(PL_TRACE_NDJSON, "{\n", "line 1");
  refuse(PL_TRACE_ACCESS, "h - - [10/Oct/2000:13:55:36 -0700] x\nnothing\n", "line 2");
  refuse(PL_TRACE_ACCESS, "h - - [29/Feb/2024:13:55:36 -0700] x\nh - - [29/Feb/2026:13:55:36 -0700] x\n", "line 2");
  refuse(PL_TRACE_HAR, "{\"log\":{\"entries\":[{\"startedDateTime\":\"soon\"}]}}", "entry 1");
  refuse(PL_TRACE_HAR, "{\"log\":", "");
}

static void by_name(void **state)
{
  (void)state;
  assert_int_equal(pl_trace_format_of("a/b.CSV"), PL_TRACE_CSV);
  assert_int_equal(pl_trace_format_of("x.jsonl"), PL_TRACE_NDJSON);
  assert_int_equal(pl_trace_format_of("x.har"), PL_TRACE_HAR);
  assert_int_equal(pl_trace_format_of("access.log"), PL_TRACE_ACCESS);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(formats), cmocka_unit_test(moments), cmocka_unit_test(wrong_lines_have_numbers),
                                     cmocka_unit_test(by_name)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
