#include "analysis/forecast/ces.h"

#include "analysis/forecast/trials.h"

/* Constants stay where the level that it starts from is theirs; so few rules can be the common ones. */
static void forecasts_are_finite(void **state)
{
  double y[30], f[TRIAL_STEPS];
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 1, 0, 0, 0);
  for (size_t n = 1; n < 30; n++) {
    for (size_t t = 0; t < n; t++)
      y[t] = t % 7 == 3 ? 1e6 : pl_rng_normal(&r, 0, 1);
    steps_of(pl_ces, y, n, f);
    for (size_t k = 0; k < TRIAL_STEPS; k++)
      assert_true(isfinite(f[k]));
  }
}

/* A level with noise, and a walk: the forecast begins near where the series is. */
static void it_begins_where_the_series_is(void **state)
{
  double y[TRIAL_MAX], f[TRIAL_STEPS], at = 0;
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 3, 0, 0, 0);
  for (size_t t = 0; t < TRIAL_MAX; t++)
    y[t] = pl_rng_normal(&r, 5, 1);
  steps_of(pl_ces, y, TRIAL_MAX, f);
  assert_true(fabs(f[0] - 5) < 0.5 && fabs(f[11] - 5) < 0.5);
  for (size_t t = 0; t < TRIAL_MAX; t++)
    y[t] = at += pl_rng_normal(&r, 0, 1);
  steps_of(pl_ces, y, TRIAL_MAX, f);
  assert_true(fabs(f[0] - at) < 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(forecasts_are_finite),
      cmocka_unit_test(it_begins_where_the_series_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
