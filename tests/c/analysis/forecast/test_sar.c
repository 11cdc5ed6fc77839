#include "analysis/forecast/sar.h"

#include <math.h>

#include "base/random.h"
#include "support/failing.h"

enum { N = 300, H = 30 };

/* Two seasons, one within the other, and no noise: both go on. */
static void seasons_go_on(void **state)
{
  const size_t seasons[PL_SEASONS_MAX] = {6, 42};
  double y[N + H], f[H], scratch[N + H];
  (void)state;
  for (size_t t = 0; t < N + H; t++)
    y[t] = sin(6.283185307179586 * (double)(t % 6) / 6) + (t / 6 % 7 > 4 ? 3 : 0);
  pl_sar(y, N, seasons, H, f, scratch);
  for (size_t k = 0; k < H; k++)
    assert_true(fabs(f[k] - y[N + k]) < 0.3);
}

/* y' = .5 y + e: the steps are .5, .25, ... of the last value. */
static void an_autoregression_decays(void **state)
{
  const size_t none[PL_SEASONS_MAX] = {0};
  double y[N], f[H], scratch[N + H], at = 0;
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 9, 0, 0, 0);
  for (size_t t = 0; t < N; t++)
    y[t] = at = 0.5 * at + pl_rng_normal(&r, 0, 1);
  y[N - 1] = 4;
  pl_sar(y, N, none, H, f, scratch);
  assert_true(fabs(f[0] - 2) < 0.8 && fabs(f[H - 1]) < 0.4);
}

static void short_and_constant_series(void **state)
{
  const size_t seasons[PL_SEASONS_MAX] = {4};
  double y[N], f[H], scratch[N + H];
  (void)state;
  for (size_t n = 1; n < 40; n++) {
    for (size_t t = 0; t < n; t++)
      y[t] = t % 5 == 2 ? 1e6 : (double)t;
    pl_sar(y, n, seasons, H, f, scratch);
    for (size_t k = 0; k < H; k++)
      assert_true(isfinite(f[k]) && fabs(f[k]) <= 3e6);
    for (size_t t = 0; t < n; t++)
      y[t] = 2;
    pl_sar(y, n, seasons, H, f, scratch);
    assert_true(f[H - 1] == 2);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(seasons_go_on),
      cmocka_unit_test(an_autoregression_decays),
      cmocka_unit_test(short_and_constant_series),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
