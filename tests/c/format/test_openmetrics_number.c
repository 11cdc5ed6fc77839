/* Numbers of labels against those that Go's strconv.FormatFloat(v, 'g', -1, 64) writes, with a fraction where it has none. */
#include "format/openmetrics_number.h"

#include <math.h>

#include "support/comma.h"

static void numbers_are_written_as_by_go(void **state)
{
  static const struct {
    double v;
    const char *text;
  } cases[] = {
      {1, "1.0"}, {0, "0.0"}, {-1, "-1.0"}, {10, "10.0"}, {0.25, "0.25"}, {0.1, "0.1"}, {0.005, "0.005"}, {2.5, "2.5"},
      {100000, "100000.0"}, {123456.5, "123456.5"}, {1e6, "1e+06"}, {1234567, "1.234567e+06"}, {25000000, "2.5e+07"}, {0.0001, "0.0001"},
      {0.00001, "1e-05"}, {1e300, "1e+300"}, {0.30000000000000004, "0.30000000000000004"}, {INFINITY, "+Inf"}, {-INFINITY, "-Inf"}, {NAN, "NaN"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char out[33] = "";
    out[pl_openmetrics_number(cases[i].v, out)] = '\0';
    assert_string_equal(out, cases[i].text);
  }
}

static void a_host_may_write_commas(void **state)
{
  comma_begin();
  numbers_are_written_as_by_go(state);
  comma_end();
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_are_written_as_by_go), cmocka_unit_test(a_host_may_write_commas)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
