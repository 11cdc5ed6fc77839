/* Independent values are plain noise, clustered and autocorrelated ones are not. */
#include "analysis/anomaly/plain.h"

#include <math.h>

#include "support/failing.h"
#include "support/stream.h"

static void independent_values_are_plain(void **state)
{
  (void)state;
  for (int law = 0; law < 3; law++) {
    pl_plain p = {0};
    uint64_t s = 3;
    for (int i = 0; i < 5000; i++)
      pl_plain_add(&p, law == 0 ? stream_normal(&s) : law == 1 ? exp(stream_normal(&s)) - 1.65 : 1e300 * stream_normal(&s));
    assert_true(pl_plain_is(&p, 0));
    assert_true(fabs(pl_plain_correlation(&p)) < 0.05);
  }
}

static void autocorrelated_values_are_not(void **state)
{
  pl_plain p = {0};
  uint64_t s = 3;
  double x = 0;
  (void)state;
  for (int i = 0; i < 5000; i++) {
    x = 0.6 * x + stream_normal(&s);
    pl_plain_add(&p, x);
  }
  assert_false(pl_plain_is(&p, 0));
  assert_true(fabs(pl_plain_correlation(&p) - 0.6) < 0.06);
}

static void clusters_are_not(void **state)
{
  pl_plain p = {0};
  uint64_t s = 3;
  (void)state;
  for (int i = 0; i < 5000; i++)
    pl_plain_add(&p, (i / 20 % 5 ? 1 : 6) * stream_normal(&s));
  assert_false(pl_plain_is(&p, 0));
}

static void little_and_nothing(void **state)
{
  pl_plain p = {0};
  (void)state;
  assert_true(pl_plain_is(&p, 0));
  assert_true(pl_plain_correlation(&p) == 0);
  for (int i = 0; i < 100; i++)
    pl_plain_add(&p, 0);
  assert_false(pl_plain_is(&p, 0));
  assert_true(pl_plain_correlation(&p) == 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(independent_values_are_plain), cmocka_unit_test(autocorrelated_values_are_not), cmocka_unit_test(clusters_are_not),
                                     cmocka_unit_test(little_and_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
