#include "analysis/forecast/combination.h"

#include <math.h>

#include "support/failing.h"

#define A &pl_alloc_default

enum { N = 120, H = 12, PATHS = 4000 };

static void make(double *y, double carry)
{
  pl_rng r;
  double e = 0;
  pl_rng_init(&r, 3, 0, 0, 0);
  for (int i = 0; i < N; i++) {
    e = carry * e + pl_rng_normal(&r, 0, 2);
    y[i] = 100 + e;
  }
}

/* Shares of paths within the 80 and 95 % intervals of each step are these; a path that is twice as wide leaves them more often. */
static void paths_keep_to_the_intervals(void **state)
{
  double y[N], path[H], mean[H], sd[H], inside[2][H] = {{0}}, wide = 0;
  pl_forecast_options o = {.alloc = A};
  pl_combination c = {0};
  pl_rng r;
  (void)state;
  make(y, 0.5);
  assert_int_equal(pl_combination_fit(&o, y, N, H, &c), PL_OK);
  pl_combination_ahead(&c, mean, sd);
  pl_rng_init(&r, 9, 0, 0, 0);
  for (int j = 0; j < PATHS; j++) {
    pl_combination_path(&c, 1, &r, path);
    for (size_t level = 1; level <= 2; level++)
      for (size_t k = 0; k < H; k++)
        inside[level - 1][k] += path[k] >= c.r.lo[level * H + k] && path[k] <= c.r.hi[level * H + k];
    pl_combination_path(&c, 2, &r, path);
    wide += path[H - 1] >= c.r.lo[H + H - 1] && path[H - 1] <= c.r.hi[H + H - 1];
  }
  for (size_t k = 0; k < H; k++) {
    assert_true(sd[k] > 0 && mean[k] == c.r.mean[k]);
    assert_true(fabs(inside[0][k] / PATHS - 0.8) < 0.03 && fabs(inside[1][k] / PATHS - 0.95) < 0.02);
  }
  assert_true(wide / PATHS < 0.7);
  pl_combination_free(&c);
}

/* Errors of a walk stay where they went; those of noise do not. */
static void paths_go_on_as_errors_did(void **state)
{
  double y[N];
  pl_forecast_options o = {.alloc = A};
  pl_combination walk = {0}, noise = {0}, few = {0};
  (void)state;
  make(y, 1);
  assert_int_equal(pl_combination_fit(&o, y, N, H, &walk), PL_OK);
  make(y, 0);
  assert_int_equal(pl_combination_fit(&o, y, N, H, &noise), PL_OK);
  assert_int_equal(pl_combination_fit(&o, y, 3, H, &few), PL_OK);
  assert_true(walk.r.carry > 0.7 && walk.r.carry <= 1);
  assert_true(noise.r.carry >= 0 && noise.r.carry < 0.5);
  assert_true(few.r.carry == 1);
  pl_combination_free(&walk);
  pl_combination_free(&noise);
  pl_combination_free(&few);
}

static void errors_and_constants(void **state)
{
  const double none[2] = {NAN, NAN}, same[6] = {4, 4, 4, 4, 4, 4};
  double path[H];
  pl_forecast_options o = {.alloc = A};
  pl_combination c = {0};
  pl_rng r;
  (void)state;
  pl_rng_init(&r, 1, 0, 0, 0);
  assert_int_equal(pl_combination_fit(&o, none, 2, H, &c), PL_EINVAL);
  pl_combination_free(&c);
  assert_int_equal(pl_combination_fit(&o, same, 6, H, &c), PL_OK);
  pl_combination_path(&c, 1, &r, path);
  assert_true(path[0] == 4 && path[H - 1] == 4);
  pl_combination_free(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(paths_keep_to_the_intervals), cmocka_unit_test(paths_go_on_as_errors_did),
                                     cmocka_unit_test(errors_and_constants)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
