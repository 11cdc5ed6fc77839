#include "analysis/gaps.h"

#include <math.h>

#include "support/failing.h"

static void gaps_are_filled_by_line_or_season(void **state)
{
  const double y[8] = {NAN, 2, NAN, 4, NAN, NAN, NAN, NAN}, seasonal[9] = {1, 2, 3, NAN, NAN, NAN, 1, 2, 3}, none[2] = {NAN, NAN};
  const double line[8] = {2, 2, 3, 4, 4, 4, 4, 4};
  double out[9];
  (void)state;
  assert_int_equal(pl_gaps_fill(y, 8, 0, out), 6);
  assert_memory_equal(out, line, sizeof line);
  assert_int_equal(pl_gaps_fill(seasonal, 9, 3, out), 3);
  assert_true(out[3] == 1 && out[4] == 2 && out[5] == 3);
  assert_int_equal(pl_gaps_fill(none, 2, 0, out), 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(gaps_are_filled_by_line_or_season)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
