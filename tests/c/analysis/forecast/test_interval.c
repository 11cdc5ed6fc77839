#include "analysis/forecast/interval.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

/* Root mean squares 1, 5, 4 by one value each: the last two are pooled, sqrt((25 + 16) / 2); what nothing is known of grows with the root. */
static void scales_never_fall(void **state)
{
  const double errors[] = {1, -5, 4, NAN};
  double scale[4], scratch[4];
  (void)state;
  pl_error_scale(&(pl_past_errors){errors, 1, 4, 1}, scale, scratch);
  assert_true(fabs(scale[0] - 1) < 1e-12 && fabs(scale[1] - sqrt(20.5)) < 1e-12 && scale[2] == scale[1]);
  assert_true(fabs(scale[3] - sqrt(20.5 * 4 / 3)) < 1e-12);
  pl_error_scale(&(pl_past_errors){NULL, 0, 4, 1}, scale, scratch);
  assert_true(scale[0] == 0 && scale[3] == 0);
}

/* Intervals of many independent errors hold what they say of the next one. */
static void quantiles_hold_what_they_say(void **state)
{
  enum { TRIALS = 400, H = 6 };
  double errors[PL_ORIGINS_MAX * H], scale[H], scratch[PL_ORIGINS_MAX * H], inside = 0;
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 2, 0, 0, 0);
  for (size_t i = 0; i < TRIALS; i++) {
    for (size_t k = 0; k < PL_ORIGINS_MAX * H; k++)
      errors[k] = pl_rng_normal(&r, 0, 1 + (double)(k % H));
    const pl_past_errors past = {errors, PL_ORIGINS_MAX, H, H};
    pl_error_scale(&past, scale, scratch);
    double q = pl_error_quantile(&past, scale, 0.9, scratch);
    inside += fabs(pl_rng_normal(&r, 0, 3)) <= q * scale[2];
  }
  assert_true(inside / TRIALS > 0.86 && inside / TRIALS < 0.96);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scales_never_fall),
      cmocka_unit_test(quantiles_hold_what_they_say),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
