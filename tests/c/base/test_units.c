/* Units: what people write, and what they read. */
#include "base/units.h"

#include <math.h>
#include <string.h>

#include "support/comma.h"

static double read_unit(enum pl_unit unit, const char *text)
{
  double v = -1;
  pl_error err = {0};
  assert_int_equal(pl_unit_parse(unit, pl_str_of(text), &v, &err), PL_OK);
  return v;
}

static void refuse(enum pl_unit unit, const char *text)
{
  double v = -7;
  pl_error err = {0};
  assert_int_equal(pl_unit_parse(unit, pl_str_of(text), &v, &err), PL_EINVAL);
  assert_true(v == -7);
  assert_non_null(strstr(err.message, text));
}

static void durations(void **state)
{
  (void)state;
  assert_true(fabs(read_unit(PL_UNIT_DURATION, "250ms") - 0.25) < 1e-12);
  assert_true(fabs(read_unit(PL_UNIT_DURATION, "1m30s") - 90) < 1e-12);
  assert_true(read_unit(PL_UNIT_DURATION, "1.5h") == 5400);
  assert_true(read_unit(PL_UNIT_DURATION, "2w") == 2 * 7 * 86400);
  assert_true(read_unit(PL_UNIT_DURATION, "0") == 0);
  assert_true(fabs(read_unit(PL_UNIT_DURATION, "10us") - 1e-5) < 1e-15);
  refuse(PL_UNIT_DURATION, "250");
  refuse(PL_UNIT_DURATION, "soon");
  refuse(PL_UNIT_DURATION, "-1s");
  refuse(PL_UNIT_DURATION, "1sx");
}

static void rates_sizes_ratios(void **state)
{
  (void)state;
  assert_true(read_unit(PL_UNIT_RATE, "500/s") == 500);
  assert_true(read_unit(PL_UNIT_RATE, "30/min") == 0.5);
  assert_true(read_unit(PL_UNIT_RATE, "10k/s") == 10000);
  assert_true(read_unit(PL_UNIT_RATE, "2.5") == 2.5);
  assert_true(read_unit(PL_UNIT_SIZE, "64MiB") == 64.0 * 1048576);
  assert_true(read_unit(PL_UNIT_SIZE, "10kB") == 10000);
  assert_true(fabs(read_unit(PL_UNIT_RATIO, "0.1%") - 0.001) < 1e-15);
  assert_true(read_unit(PL_UNIT_RATIO, "0.05") == 0.05);
  assert_true(read_unit(PL_UNIT_NUMBER, "-3") == -3);
  refuse(PL_UNIT_RATE, "5/fortnight");
  refuse(PL_UNIT_SIZE, "5 elephants");
}

static void written(enum pl_unit unit, double value, const char *want)
{
  char text[48];
  assert_int_equal(pl_unit_text(unit, value, text), strlen(want));
  assert_string_equal(text, want);
}

static void for_people(void **state)
{
  (void)state;
  written(PL_UNIT_DURATION, 0.0123, "12.3 ms");
  written(PL_UNIT_DURATION, -0.0123, "-12.3 ms");
  written(PL_UNIT_DURATION, -90000, "-25 h");
  written(PL_UNIT_SIZE, 1536, "1.5 KiB");
  written(PL_UNIT_SIZE, -2097152, "-2 MiB");
  written(PL_UNIT_RATE, 500, "500/s");
  written(PL_UNIT_RATIO, 0.012, "1.2 %");
  written(PL_UNIT_NUMBER, 12300, "12,300");
  written(PL_UNIT_NUMBER, NAN, "-");
}

static void a_host_may_write_commas(void **state)
{
  char out[48];
  double v;
  (void)state;
  comma_begin();
  assert_int_equal(pl_unit_text(PL_UNIT_DURATION, 0.00215, out), strlen("2.15 ms"));
  assert_string_equal(out, "2.15 ms");
  (void)pl_unit_text(PL_UNIT_DURATION, 2, out);
  assert_string_equal(out, "2 s");
  assert_int_equal(pl_unit_parse(PL_UNIT_DURATION, PL_STR("2.5s"), &v, NULL), PL_OK);
  assert_true(v > 2.4 && v < 2.6);
  comma_end();
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(durations), cmocka_unit_test(rates_sizes_ratios), cmocka_unit_test(for_people),
                                     cmocka_unit_test(a_host_may_write_commas)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
