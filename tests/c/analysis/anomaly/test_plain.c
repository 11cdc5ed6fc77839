/* Independent values are plain noise, clustered and autocorrelated ones are not. */
#include "analysis/anomaly/plain.h"

#include <math.h>

#include "support/failing.h"

/* A number in (0, 1) of a fixed stream. */
static double uniform(uint64_t *s)
{
  *s = *s * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return ((double)(*s >> 11) + 0.5) / 9007199254740992.0;
}

/* About normal, with variance 1. */
static double noise(uint64_t *s)
{
  double sum = 0;
  for (int i = 0; i < 12; i++)
    sum += uniform(s);
  return sum - 6;
}

static void independent_values_are_plain(void **state)
{
  (void)state;
  for (int law = 0; law < 3; law++) {
    pl_plain p = {0};
    uint64_t s = 3;
    for (int i = 0; i < 5000; i++)
      pl_plain_add(&p, law == 0 ? noise(&s) : law == 1 ? exp(noise(&s)) - 1.65 : 1e300 * noise(&s));
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
    x = 0.6 * x + noise(&s);
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
    pl_plain_add(&p, (i / 20 % 5 ? 1 : 6) * noise(&s));
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
