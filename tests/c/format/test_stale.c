/* The end of a series is a NaN that no other NaN is taken for. */
#include "format/stale.h"

#include <math.h>

#include "support/failing.h"

static void it_is_not_any_nan(void **state)
{
  (void)state;
  assert_true(isnan(pl_stale()) && pl_is_stale(pl_stale()));
  assert_false(pl_is_stale(nan("")));
  assert_false(pl_is_stale(-nan("")));
  assert_false(pl_is_stale(0));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_not_any_nan)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
