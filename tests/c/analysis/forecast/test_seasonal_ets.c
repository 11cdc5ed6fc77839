#include "analysis/forecast/seasonal_ets.h"

#include "analysis/forecast/seasonal_ets_fixture.h"
#include "analysis/forecast/trials.h"

static void of_twelve(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  pl_seasonal_ets_fit(y, n, 12, h, f, memory, scratch);
}

static void of_four(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  pl_seasonal_ets_fit(y, n, 4, h, f, memory, scratch);
}

static void it_keeps_to_the_rules(void **state)
{
  (void)state;
  keeps_to_the_rules(of_twelve);
  keeps_to_the_rules(of_four);
}

/* All forms, with given parameters and first states, as the book has them: multiplicative ones have rate 1 / centre. */
static void the_recursions_are_the_published_ones(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof fixture_given / sizeof *fixture_given; i++) {
    double s[FIXTURE_M], f[FIXTURE_H];
    pl_seasonal_ets q = {.trend = fixture_given[i].trend, .kind = fixture_given[i].kind, .m = FIXTURE_M, .s = s, .alpha = fixture_alpha, .gamma = fixture_gamma};
    q.beta = q.trend == PL_ETS_LEVEL ? 0 : fixture_beta;
    q.phi = q.trend == PL_ETS_DAMPED ? fixture_phi : 1;
    q.l = q.centre = fixture_level;
    q.rate = 1 / fixture_level;
    q.b = q.trend == PL_ETS_LEVEL ? 0 : fixture_slope;
    for (size_t k = 0; k < FIXTURE_M; k++)
      s[k] = fixture_level * (fixture_wave[k] - 1);
    double squares = pl_seasonal_ets_filter(&q, fixture_y, FIXTURE_N);
    assert_true(fabs(squares - fixture_given[i].squares) < 1e-6 * squares);
    pl_seasonal_ets_steps(&q, FIXTURE_N, FIXTURE_H, f);
    for (size_t k = 0; k < FIXTURE_H; k++)
      assert_true(fabs(f[k] - fixture_given[i].steps[k]) < 1e-6 * fabs(f[k]));
  }
}

/* The form that made the series is found, and its steps lie within a standard error of those of the largest likelihood. */
static void the_fit_is_that_of_largest_likelihood(void **state)
{
  double f[FIXTURE_H], scratch[PL_MODEL_SCRATCH(FIXTURE_N, FIXTURE_H)], apart = 0;
  pl_model_memory memory = {0};
  (void)state;
  pl_seasonal_ets_fit(fixture_y, FIXTURE_N, FIXTURE_M, FIXTURE_H, f, &memory, scratch);
  assert_int_equal(memory.form / PL_ETS_FORMS, PL_ETS_MM);
  for (size_t k = 0; k < FIXTURE_H; k++)
    apart += fabs(f[k] - fixture_steps[k]) / FIXTURE_H;
  assert_true(apart < sqrt(fixture_found / FIXTURE_N));
}

/* a y + b gives a f + b, also of a season that grows, and below 0. */
static void it_follows_shift_and_scale(void **state)
{
  double f[FIXTURE_H], g[FIXTURE_H], y[FIXTURE_N], scratch[PL_MODEL_SCRATCH(FIXTURE_N, FIXTURE_H)];
  pl_model_memory memory = {0}, of_moved = {0};
  (void)state;
  for (size_t t = 0; t < FIXTURE_N; t++)
    y[t] = fixture_y[t] / 8 - 400;
  pl_seasonal_ets_fit(fixture_y, FIXTURE_N, FIXTURE_M, FIXTURE_H, f, &memory, scratch);
  pl_seasonal_ets_fit(y, FIXTURE_N, FIXTURE_M, FIXTURE_H, g, &of_moved, scratch);
  assert_int_equal(memory.form, of_moved.form);
  for (size_t k = 0; k < FIXTURE_H; k++)
    assert_true(fabs(g[k] - (f[k] / 8 - 400)) < 1e-2);
}

/* A season whose shape changes is followed: the last one counts, not the mean. */
static void a_season_may_change(void **state)
{
  double y[120], f[TRIAL_STEPS], scratch[PL_MODEL_SCRATCH(120, TRIAL_STEPS)];
  pl_model_memory memory = {0};
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 5, 0, 0, 0);
  for (size_t t = 0; t < 120; t++)
    y[t] = (t < 60 ? 1.0 : -1.0) * (t % 4 < 2 ? 5 : -5) + pl_rng_normal(&r, 0, 0.3);
  pl_seasonal_ets_fit(y, 120, 4, TRIAL_STEPS, f, &memory, scratch);
  for (size_t k = 0; k < TRIAL_STEPS; k++)
    assert_true(fabs(f[k] - (k % 4 < 2 ? -5 : 5)) < 1.5);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_keeps_to_the_rules),      cmocka_unit_test(the_recursions_are_the_published_ones),
      cmocka_unit_test(the_fit_is_that_of_largest_likelihood), cmocka_unit_test(it_follows_shift_and_scale),
      cmocka_unit_test(a_season_may_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
