#include "analysis/forecast/arima.h"

#include "analysis/forecast/trials.h"

static void it_keeps_to_the_rules(void **state)
{
  (void)state;
  keeps_to_the_rules(pl_arima);
}

/* y' = 4 + .8 (y - 4) + e: its coefficient is found within four standard errors (.03), and its steps return to the mean. */
static void an_autoregression_is_found(void **state)
{
  double y[TRIAL_MAX], f[TRIAL_STEPS], scratch[PL_MODEL_SCRATCH(TRIAL_MAX, TRIAL_STEPS)], at = 0;
  pl_model_memory memory = {.warm = true, .form = 1 + 64, .x = {0.5}};
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 5, 0, 0, 0);
  for (size_t t = 0; t < TRIAL_MAX; t++)
    y[t] = 4 + (at = 0.8 * at + pl_rng_normal(&r, 0, 1));
  for (int i = 0; i < 8; i++) /* a warm search is short */
    pl_arima(y, TRIAL_MAX, TRIAL_STEPS, f, &memory, scratch);
  assert_true(fabs(memory.x[0] - 0.8) < 0.12);
  assert_true(fabs(f[0] - 4 - memory.x[0] * (y[TRIAL_MAX - 1] - 4)) < 0.3);
  memory = (pl_model_memory){0};
  pl_arima(y, TRIAL_MAX, TRIAL_STEPS, f, &memory, scratch);
  assert_int_equal(memory.form >> 4 & 3, 0);
  assert_true(fabs(f[11] - 4) < 1.5);
}

/* A walk with drift is differenced once, a sum of such walks twice. */
static void walks_are_differenced(void **state)
{
  double y[TRIAL_MAX], twice[TRIAL_MAX], f[TRIAL_STEPS], scratch[PL_MODEL_SCRATCH(TRIAL_MAX, TRIAL_STEPS)], at = 0, sum = 0;
  pl_model_memory memory = {0}, of_sum = {0};
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 6, 0, 0, 0);
  for (size_t t = 0; t < TRIAL_MAX; t++) {
    y[t] = at += pl_rng_normal(&r, 0.5, 1);
    twice[t] = sum += at;
  }
  pl_arima(y, TRIAL_MAX, TRIAL_STEPS, f, &memory, scratch);
  assert_int_equal(memory.form >> 4 & 3, 1);
  assert_true(fabs(f[11] - (at + 6)) < 3);
  pl_arima(twice, TRIAL_MAX, TRIAL_STEPS, f, &of_sum, scratch);
  assert_int_equal(of_sum.form >> 4 & 3, 2);
  assert_true(fabs(f[0] - (sum + at)) < 5);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_keeps_to_the_rules),
      cmocka_unit_test(an_autoregression_is_found),
      cmocka_unit_test(walks_are_differenced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
