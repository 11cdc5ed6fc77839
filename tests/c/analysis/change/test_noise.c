/* Noise of a known memory is found with it; white, constant and short noise has none. */
#include "analysis/change/noise.h"

#include <math.h>
#include <stdint.h>

#include "support/failing.h"
#include "support/stream.h"

enum { N = 4000 };

static void fill(double *r, size_t n, double phi)
{
  uint64_t s = 3;
  double e = 0;
  for (size_t i = 0; i < n; i++) {
    e = phi * e + (stream_uniform(&s) - 0.5) * sqrt(12);
    r[i] = e;
  }
}

static void memory_is_found(void **state)
{
  static double r[N];
  pl_change_noise noise;
  (void)state;
  fill(r, N, 0.6);
  pl_change_noise_measure(r, N, 1e-9, &noise);
  assert_true(noise.order >= 1 && fabs(noise.memory - 0.6) < 0.05);
  assert_true(fabs(noise.inflation - 4) < 0.6); /* (1 + phi) / (1 - phi) */
  assert_true(fabs(noise.criterion / N) < 0.1); /* what is new has the variance 1 */
  fill(r, N, 0);
  pl_change_noise_measure(r, N, 1e-9, &noise);
  assert_true(noise.order == 0 && noise.inflation == 1 && noise.memory == 0);
  fill(r, N, 1);
  pl_change_noise_measure(r, N, 1e-9, &noise);
  assert_true(noise.memory > 0.9 && noise.inflation <= 39 && noise.inflation > 10);
}

static void little_and_nothing(void **state)
{
  double r[20] = {0};
  pl_change_noise noise;
  (void)state;
  for (size_t n = 0; n <= 20; n++) {
    pl_change_noise_measure(r, n, 1e-9, &noise);
    assert_true(noise.order == 0 && noise.inflation == 1 && isfinite(noise.criterion));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(memory_is_found), cmocka_unit_test(little_and_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
