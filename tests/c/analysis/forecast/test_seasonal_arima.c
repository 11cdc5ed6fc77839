#include "analysis/forecast/seasonal_arima.h"

#include <string.h>

#include "analysis/forecast/seasonal_arima_fixture.h"
#include "analysis/forecast/trials.h"

static void of_four(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  double more[PL_SARIMA_SCRATCH(TRIAL_MAX, TRIAL_STEPS)];
  (void)scratch;
  pl_sarima_fit(y, n, 4, h, f, memory, more);
}

static void it_keeps_to_the_rules(void **state)
{
  (void)state;
  keeps_to_the_rules(of_four);
}

static void errors_are_those_of_the_filter(void **state)
{
  enum { ROOM = 2 * FIXTURE_M + 3 };
  (void)state;
  for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++) {
    double w[ROOM + FIXTURE_W], e[ROOM + FIXTURE_W], squares = 0;
    pl_sarima_order o = {.p = fixtures[i].p, .q = fixtures[i].q, .P = fixtures[i].P, .Q = fixtures[i].Q, .m = FIXTURE_M};
    memcpy(w + ROOM, fixture_w, sizeof fixture_w);
    double sum = pl_sarima_errors(&o, fixtures[i].x, w + ROOM, e + ROOM, FIXTURE_W);
    for (size_t t = 0; t < FIXTURE_W; t++) {
      assert_true(fabs(e[ROOM + t] - fixtures[i].e[t]) < 1e-9);
      squares += fixtures[i].e[t] * fixtures[i].e[t];
    }
    assert_true(fabs(sum - squares) < 1e-6);
  }
}

/* Both differences are taken, and the steps lie within a standard error of those that the true parameters give. */
static void the_airline_model_is_found(void **state)
{
  double f[FIXTURE_H], scratch[PL_SARIMA_SCRATCH(FIXTURE_N, FIXTURE_H)], apart = 0;
  pl_model_memory memory = {0};
  (void)state;
  pl_sarima_fit(fixture_y, FIXTURE_N, FIXTURE_M, FIXTURE_H, f, &memory, scratch);
  for (size_t k = 0; k < FIXTURE_H; k++)
    apart += fabs(f[k] - fixture_steps[k]) / FIXTURE_H;
  assert_true(apart < 1);
  pl_sarima_fit(fixture_y, FIXTURE_N, FIXTURE_M, FIXTURE_H, f, &memory, scratch);
  for (size_t k = 0; k < FIXTURE_H; k++)
    assert_true(fabs(f[k] - fixture_steps[k]) < 3);
}

/* What repeats for ever, goes on, from any phase. */
static void a_season_goes_on(void **state)
{
  double y[64], f[TRIAL_STEPS], scratch[PL_SARIMA_SCRATCH(64, TRIAL_STEPS)];
  (void)state;
  for (size_t n = 61; n <= 64; n++) {
    pl_model_memory memory = {0};
    for (size_t t = 0; t < n; t++)
      y[t] = 0.2 * (double)t + (t % 4 == 1 ? 6 : 0);
    pl_sarima_fit(y, n, 4, TRIAL_STEPS, f, &memory, scratch);
    for (size_t k = 0; k < TRIAL_STEPS; k++)
      assert_true(fabs(f[k] - (0.2 * (double)(n + k) + ((n + k) % 4 == 1 ? 6 : 0))) < 1e-3);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_keeps_to_the_rules),
      cmocka_unit_test(errors_are_those_of_the_filter),
      cmocka_unit_test(the_airline_model_is_found),
      cmocka_unit_test(a_season_goes_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
