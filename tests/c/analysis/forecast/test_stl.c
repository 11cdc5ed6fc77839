#include "analysis/forecast/stl.h"

#include "analysis/forecast/stl_fixture.h"
#include "analysis/forecast/trials.h"

enum { N = 700, H = 336 };

static void stl_is_the_published_one(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++) {
    double seasonal[TRIAL_MAX], trend[TRIAL_MAX], scratch[PL_STL_SCRATCH(TRIAL_MAX)];
    pl_stl(fixtures[i].y, fixtures[i].n, fixtures[i].m, fixtures[i].window, fixtures[i].jump, seasonal, trend, scratch);
    for (size_t t = 0; t < fixtures[i].n; t++) {
      assert_true(fabs(seasonal[t] - fixtures[i].seasonal[t]) < 1e-9);
      assert_true(fabs(trend[t] - fixtures[i].trend[t]) < 1e-9);
    }
  }
}

static double two_seasons(size_t t)
{
  return 0.01 * (double)t + 5 * sin(6.283185307179586 * (double)(t % 24) / 24) + (t / 24 % 7 > 4 ? -4 : 0);
}

/* Days and weeks are told apart, and both go on. */
static void several_seasons_go_on(void **state)
{
  const size_t seasons[PL_SEASONS_MAX] = {24, 168};
  double y[N], f[H], seasonal[PL_SEASONS_MAX * N], left[N];
  static double scratch[PL_MSTL_SCRATCH(N, H)];
  size_t used[PL_SEASONS_MAX];
  pl_model_memory memory = {0};
  (void)state;
  for (size_t t = 0; t < N; t++)
    y[t] = two_seasons(t);
  assert_int_equal(pl_mstl(y, N, seasons, seasonal, used, left, scratch), 2);
  for (size_t t = 0; t < N; t++)
    assert_true(fabs(seasonal[t] + seasonal[N + t] + left[t] - y[t]) < 1e-9);
  for (size_t t = 24; t < N; t++)
    assert_true(fabs(left[t] - left[t - 24]) < 1.5);
  pl_mstl_fit(y, N, seasons, H, f, &memory, scratch);
  for (size_t k = 0; k < H; k++)
    assert_true(fabs(f[k] - two_seasons(N + k)) < 1.5);
}

static void of_two(const double *y, size_t n, size_t h, double *f, pl_model_memory *memory, double *scratch)
{
  const size_t seasons[PL_SEASONS_MAX] = {4, 12};
  static double more[PL_MSTL_SCRATCH(TRIAL_MAX, TRIAL_STEPS)];
  (void)scratch;
  pl_mstl_fit(y, n, seasons, h, f, memory, more);
}

static void it_keeps_to_the_rules(void **state)
{
  (void)state;
  keeps_to_the_rules(of_two);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stl_is_the_published_one),
      cmocka_unit_test(several_seasons_go_on),
      cmocka_unit_test(it_keeps_to_the_rules),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
