/* Lines of samples in each format; what is read back is tested with ingest/export. */
#include "format/sample_text.h"

#include <math.h>

#include "support/failing.h"

static const pl_tag tags[] = {{PL_STR("host"), PL_STR("a,b \"c\"\\\n=")}, {PL_STR("none"), PL_STR("")}};

static void assert_lines(enum pl_sample_format format, const char *expected)
{
  static const pl_str columns[] = {PL_STR("host"), PL_STR("other")};
  pl_sample_text t;
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, 1 << 16);
  pl_sample_text_init(&t, &pl_alloc_default, format, columns, format == PL_SAMPLE_CSV ? 2 : 0);
  assert_int_equal(pl_sample_text_head(&t, &out), PL_OK);
  assert_int_equal(pl_sample_text_series(&t, PL_STR("cpu"), tags, 2), PL_OK);
  assert_int_equal(pl_sample_text_line(&t, INT64_C(1700000000000000010), 0.1, &out), PL_OK);
  assert_int_equal(pl_sample_text_line(&t, INT64_C(1700000001000000000), -0.0, &out), PL_OK);
  assert_int_equal(pl_sample_text_line(&t, 0, NAN, &out), format == PL_SAMPLE_INFLUX ? PL_ENOSYS : PL_OK);
  assert_int_equal(pl_sample_text_series(&t, PL_STR("mem"), NULL, 0), PL_OK);
  assert_int_equal(pl_sample_text_line(&t, 1, 7, &out), PL_OK);
  assert_int_equal(pl_sample_text_end(&t, &out), PL_OK);
  assert_string_equal(pl_buf_cstr(&out), expected);
  pl_sample_text_fini(&t);
  pl_buf_fini(&out);
}

static void openmetrics(void **state)
{
  (void)state;
  assert_lines(PL_SAMPLE_OPENMETRICS, "cpu{host=\"a,b \\\"c\\\"\\\\\\n=\",none=\"\"} 0.1 1700000000.00000001\n"
                                      "cpu{host=\"a,b \\\"c\\\"\\\\\\n=\",none=\"\"} -0 1700000001\n"
                                      "cpu{host=\"a,b \\\"c\\\"\\\\\\n=\",none=\"\"} NaN 0\nmem 7 0.000000001\n# EOF\n");
}

static void csv(void **state)
{
  (void)state;
  assert_lines(PL_SAMPLE_CSV, "timestamp,metric,value,host,other\n1700000000.00000001,cpu,0.1,\"a,b \"\"c\"\"\\\n=\",\n"
                              "1700000001,cpu,-0,\"a,b \"\"c\"\"\\\n=\",\n0,cpu,NaN,\"a,b \"\"c\"\"\\\n=\",\n0.000000001,mem,7,,\n");
}

static void ndjson(void **state)
{
  (void)state;
  assert_lines(PL_SAMPLE_NDJSON,
               "{\"timestamp\":\"2023-11-14T22:13:20.000000010Z\",\"metric\":\"cpu\",\"labels\":{\"host\":\"a,b \\\"c\\\"\\\\\\n=\",\"none\":\"\"},\"value\":0.1}\n"
               "{\"timestamp\":\"2023-11-14T22:13:21.000000000Z\",\"metric\":\"cpu\",\"labels\":{\"host\":\"a,b \\\"c\\\"\\\\\\n=\",\"none\":\"\"},\"value\":-0.0}\n"
               "{\"timestamp\":\"1970-01-01T00:00:00.000000000Z\",\"metric\":\"cpu\",\"labels\":{\"host\":\"a,b \\\"c\\\"\\\\\\n=\",\"none\":\"\"},\"value\":\"NaN\"}\n"
               "{\"timestamp\":\"1970-01-01T00:00:00.000000001Z\",\"metric\":\"mem\",\"labels\":{},\"value\":7}\n");
}

static void times_before_1970(void **state)
{
  static const struct {
    enum pl_sample_format format;
    const char *line;
  } cases[] = {{PL_SAMPLE_OPENMETRICS, "a 1 -1.000000001\n"}, {PL_SAMPLE_CSV, "-1.000000001,a,1\n"}, {PL_SAMPLE_INFLUX, "a value=1 -1000000001\n"},
               {PL_SAMPLE_NDJSON, "{\"timestamp\":\"1969-12-31T23:59:58.999999999Z\",\"metric\":\"a\",\"labels\":{},\"value\":1}\n"}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pl_sample_text t;
    pl_buf out;
    pl_buf_init(&out, &pl_alloc_default, 1 << 10);
    pl_sample_text_init(&t, &pl_alloc_default, cases[i].format, NULL, 0);
    assert_int_equal(pl_sample_text_series(&t, PL_STR("a"), NULL, 0), PL_OK);
    assert_int_equal(pl_sample_text_line(&t, -1000000001, 1, &out), PL_OK);
    assert_string_equal(pl_buf_cstr(&out), cases[i].line);
    pl_sample_text_fini(&t);
    pl_buf_fini(&out);
  }
}

static void influx(void **state)
{
  (void)state;
  assert_lines(PL_SAMPLE_INFLUX, "cpu,host=a\\,b\\ \"c\"\\\\n\\= value=0.1 1700000000000000010\ncpu,host=a\\,b\\ \"c\"\\\\n\\= value=-0 1700000001000000000\nmem value=7 1\n");
}

/* Nothing but the series' part of the line. */
static void influx_has_no_backslash_before_a_delimiter(void **state)
{
  const pl_tag hard[] = {{PL_STR("disk\\"), PL_STR("C:\\\\")}, {PL_STR("path"), PL_STR("a\\b")}};
  pl_sample_text t;
  (void)state;
  pl_sample_text_init(&t, &pl_alloc_default, PL_SAMPLE_INFLUX, NULL, 0);
  assert_int_equal(pl_sample_text_series(&t, PL_STR("free"), hard, 2), PL_OK);
  assert_string_equal(pl_buf_cstr(&t.before), "free,disk_=C:__,path=a\\b value=");
  pl_sample_text_fini(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(openmetrics), cmocka_unit_test(csv), cmocka_unit_test(ndjson), cmocka_unit_test(influx),
                                     cmocka_unit_test(influx_has_no_backslash_before_a_delimiter), cmocka_unit_test(times_before_1970)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
