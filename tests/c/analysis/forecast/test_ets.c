#include "analysis/forecast/ets.h"

#include "analysis/forecast/trials.h"

static void it_keeps_to_the_rules(void **state)
{
  (void)state;
  keeps_to_the_rules(pl_ets);
}

/* A line is continued by Holt's trend; its damped form lies below it, and its level nowhere near. */
static void a_line_goes_on(void **state)
{
  double y[40], f[TRIAL_STEPS], scratch[PL_MODEL_SCRATCH(40, TRIAL_STEPS)];
  pl_model_memory memory = {0}, of_level = {0};
  (void)state;
  for (size_t t = 0; t < 40; t++)
    y[t] = 3 + 0.5 * (double)t;
  steps_of(pl_ets, y, 40, f);
  for (size_t k = 0; k < TRIAL_STEPS; k++)
    assert_true(fabs(f[k] - (3 + 0.5 * (double)(40 + k))) < 1e-3);
  pl_ets_form(PL_ETS_DAMPED, y, 40, TRIAL_STEPS, f, &memory, scratch);
  assert_true(f[11] > 24 && f[11] < 28.49);
  pl_ets_form(PL_ETS_LEVEL, y, 40, TRIAL_STEPS, f, &of_level, scratch);
  assert_true(f[11] < 22.6 && f[0] == f[11]);
}

/* Noise around a level is nearly a level, with a small alpha; a random walk is its last value. */
static void forms_are_those_that_made_the_series(void **state)
{
  double y[TRIAL_MAX], f[TRIAL_STEPS], at = 0;
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 3, 0, 0, 0);
  for (size_t t = 0; t < TRIAL_MAX; t++)
    y[t] = pl_rng_normal(&r, 5, 1);
  steps_of(pl_ets, y, TRIAL_MAX, f);
  assert_true(fabs(f[0] - 5) < 0.4 && fabs(f[0] - f[11]) < 0.2);
  for (size_t t = 0; t < TRIAL_MAX; t++)
    y[t] = at += pl_rng_normal(&r, 0, 1);
  steps_of(pl_ets, y, TRIAL_MAX, f);
  assert_true(fabs(f[0] - at) < 0.5 && fabs(f[11] - at) < 1.5);
}

/* A series of which no form is sure is forecast between them, by none alone; three values, too few for a criterion, by the level. */
static void forms_are_weighed(void **state)
{
  double y[24], f[TRIAL_STEPS], form[PL_ETS_FORMS][TRIAL_STEPS], scratch[PL_MODEL_SCRATCH(24, TRIAL_STEPS)];
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 5, 0, 0, 0);
  for (size_t t = 0; t < 24; t++)
    y[t] = 0.2 * (double)t + pl_rng_normal(&r, 0, 1);
  steps_of(pl_ets, y, 24, f);
  for (int i = 0; i < PL_ETS_FORMS; i++) {
    pl_model_memory memory = {0};
    pl_ets_form((enum pl_ets_form)i, y, 24, TRIAL_STEPS, form[i], &memory, scratch);
  }
  for (size_t k = 0; k < TRIAL_STEPS; k++) {
    double lo = fmin(fmin(form[0][k], form[1][k]), form[2][k]), hi = fmax(fmax(form[0][k], form[1][k]), form[2][k]);
    assert_true(f[k] > lo && f[k] < hi);
    for (int i = 0; i < PL_ETS_FORMS; i++)
      assert_true(fabs(f[k] - form[i][k]) > 1e-3);
  }
  pl_model_memory memory = {0};
  steps_of(pl_ets, y, 3, f);
  pl_ets_form(PL_ETS_LEVEL, y, 3, TRIAL_STEPS, form[0], &memory, scratch);
  for (size_t k = 0; k < TRIAL_STEPS; k++)
    assert_true(fabs(f[k] - form[0][k]) < 1e-12);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_keeps_to_the_rules),
      cmocka_unit_test(a_line_goes_on),
      cmocka_unit_test(forms_are_those_that_made_the_series),
      cmocka_unit_test(forms_are_weighed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
