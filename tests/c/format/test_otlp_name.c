/* Names as Prometheus' own receiver writes them (version 3, seen there). */
#include "format/otlp_name.h"

#include <string.h>

#include "support/failing.h"

static void metrics(void **state)
{
  static const struct {
    const char *name, *unit;
    enum pl_otlp_kind kind;
    bool monotonic;
    const char *want;
  } cases[] = {
      {"http.server.duration", "s", PL_OTLP_GAUGE, false, "http_server_duration_seconds"},
      {"http.server.duration.c", "s", PL_OTLP_SUM, true, "http_server_duration_c_seconds_total"},
      {"disk", "By/s", PL_OTLP_GAUGE, false, "disk_bytes_per_second"},
      {"ratio.thing", "1", PL_OTLP_GAUGE, false, "thing_ratio"},
      {"ratio.thing.u", "1", PL_OTLP_SUM, false, "ratio_thing_u"},
      {"percent", "%", PL_OTLP_GAUGE, false, "percent"},
      {"requests", "{request}", PL_OTLP_SUM, true, "requests_total"},
      {"9lives", "", PL_OTLP_GAUGE, false, "_9lives"},
      {"a..b__c", "", PL_OTLP_GAUGE, false, "a_b_c"},
      {"x_seconds", "s", PL_OTLP_HISTOGRAM, false, "x_seconds"},
      {"weird unit", "foo/bar", PL_OTLP_GAUGE, false, "weird_unit_foo_per_bar"},
      {"total.things.total.x", "1", PL_OTLP_SUM, true, "things_x_total"},
      {"...", "", PL_OTLP_GAUGE, false, ""},
  };
  pl_buf out;
  (void)state;
  pl_buf_init(&out, &pl_alloc_default, 200);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const pl_otlp_metric m = {.name = pl_str_of(cases[i].name), .unit = pl_str_of(cases[i].unit), .kind = cases[i].kind, .monotonic = cases[i].monotonic};
    pl_buf_clear(&out);
    assert_int_equal(pl_otlp_metric_name(&m, &out), 0);
    assert_string_equal(pl_buf_cstr(&out), cases[i].want);
  }
  pl_buf_fini(&out);
}

static void labels(void **state)
{
  pl_buf out;
  (void)state;
  pl_buf_init(&out, &pl_alloc_default, 100);
  assert_int_equal(pl_otlp_label_name(PL_STR("http.status-code"), &out), 0);
  (void)pl_buf_addc(&out, ' ');
  assert_int_equal(pl_otlp_label_name(PL_STR("9f"), &out), 0);
  assert_string_equal(pl_buf_cstr(&out), "http_status_code key_9f");
  pl_buf_fini(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(metrics), cmocka_unit_test(labels)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
