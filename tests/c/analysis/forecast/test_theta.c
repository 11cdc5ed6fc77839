#include "analysis/forecast/theta.h"

#include "analysis/forecast/trials.h"

static void they_keep_to_the_rules(void **state)
{
  (void)state;
  keeps_to_the_rules(pl_dotm);
  keeps_to_the_rules(pl_theta);
}

/* The standard method on a line of slope 1/2: the drift of its steps is half the slope (Hyndman, Billah 2003). */
static void drift_is_half_the_slope(void **state)
{
  double y[60], f[TRIAL_STEPS];
  (void)state;
  for (size_t t = 0; t < 60; t++)
    y[t] = 7 + 0.5 * (double)t;
  steps_of(pl_theta, y, 60, f);
  for (size_t k = 1; k < TRIAL_STEPS; k++)
    assert_true(fabs(f[k] - f[k - 1] - 0.25) < 1e-9);
  assert_true(fabs(f[0] - 36.75) < 0.3); /* the last value, and the drift */
}

/* The dynamic model may choose how much of the trend it takes: all of a line. */
static void a_line_goes_on(void **state)
{
  double y[60], f[TRIAL_STEPS];
  (void)state;
  for (size_t t = 0; t < 60; t++)
    y[t] = 7 + 0.5 * (double)t;
  steps_of(pl_dotm, y, 60, f);
  assert_true(fabs(f[0] - 37) < 0.05 && fabs(f[11] - 42.5) < 0.5);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(they_keep_to_the_rules),
      cmocka_unit_test(drift_is_half_the_slope),
      cmocka_unit_test(a_line_goes_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
