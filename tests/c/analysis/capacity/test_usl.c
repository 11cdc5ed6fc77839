/* Values of the R package usl (its tests and its vignette) for the data of its help pages: four digits are published. */
#include "analysis/capacity/usl.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "support/failing.h"

static void near_to(double value, double expected, double relative)
{
  if (!(fabs(value - expected) <= relative * fabs(expected)))
    fail_msg("%.10g, not %.10g", value, expected);
}

static const double sdm_n[] = {1, 18, 36, 72, 108, 144, 216}, sdm_x[] = {64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775, 1702.2};
static const double ray_n[] = {1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64}, ray_x[] = {20, 78, 130, 170, 190, 200, 210, 230, 260, 280, 310};

static void specsdm91(void **state)
{
  pl_usl u;
  const double fitted[] = {90, 1078, 1541, 1850, 1879, 1822, 1646};
  (void)state;
  assert_int_equal(pl_usl_fit(sdm_n, sdm_x, 7, false, 0.95, &u, NULL), 0);
  near_to(u.alpha.value, 0.02773, 2e-4);
  near_to(u.beta.value, 1.0437e-4, 5e-5);
  near_to(u.gamma.value, 90.00, 6e-5);
  near_to(u.alpha.se, 9.122e-3, 5e-4);
  near_to(u.beta.se, 1.988e-5, 5e-4);
  near_to(u.gamma.se, 14.21, 5e-4);
  near_to(u.sigma, 82.85, 5e-4);
  near_to(u.peak_n.value, 96.52, 1e-4);
  near_to(u.peak_x.value, 1884, 5e-4);
  near_to(u.limit.value, 3245.6, 5e-5);
  assert_int_equal(u.freedom, 4);
  assert_true(u.peak_n.lo < 96.52 && u.peak_n.hi > 96.52 && u.limit.lo < 3245.6 && u.limit.hi > 3245.6);
  for (size_t i = 0; i < 7; i++)
    near_to(pl_usl_at(&u, sdm_n[i]), fitted[i], 5e-4);
}

/* Published intervals are value -+ qt(0.95, n - 1) standard errors; ours, of 95 % on two sides at n - 3 degrees, are wider. */
static void raytracer(void **state)
{
  pl_usl u;
  (void)state;
  assert_int_equal(pl_usl_fit(ray_n, ray_x, 6, false, 0.95, &u, NULL), 0);
  near_to(u.alpha.value, 0.02444, 3e-4);
  near_to(u.beta.value, 0.00163, 3e-3);
  near_to(u.gamma.value, 20.856, 5e-5);
  near_to(u.alpha.value - u.t_one_sided * u.alpha.se, 0.00754, 1e-3);
  near_to(u.alpha.value + u.t_one_sided * u.alpha.se, 0.04135, 2e-4);
  near_to(u.beta.value - u.t_one_sided * u.beta.se, 0.00110, 5e-3);
  near_to(u.beta.value + u.t_one_sided * u.beta.se, 0.00215, 3e-3);
  near_to(u.gamma.value - u.t_one_sided * u.gamma.se, 19.27, 3e-4);
  near_to(u.gamma.value + u.t_one_sided * u.gamma.se, 22.44, 3e-4);
  assert_int_equal(pl_usl_fit(ray_n, ray_x, 11, false, 0.95, &u, NULL), 0);
  near_to(u.alpha.value, 0.05777, 1e-4);
  near_to(u.gamma.value, 21.849, 5e-5);
  assert_true(u.beta.value == 0 && u.beta_at_bound && isnan(u.peak_n.value));
  assert_true(u.beta.lo == 0 && u.beta.hi > 0 && u.beta.hi < 1e-3);
}

/* Points on the curve give its parameters back, whatever their order and scale; without residuals the intervals have no width. */
static void points_on_a_curve(void **state)
{
  pl_usl u, v;
  double n[] = {10, 1, 4, 2, 8, 6}, x[6], scaled[6];
  (void)state;
  for (size_t i = 0; i < 6; i++) {
    x[i] = n[i] / (1 + 0.02 * (n[i] - 1) + 0.02 * n[i] * (n[i] - 1));
    scaled[i] = x[i] * 1e9;
  }
  assert_int_equal(pl_usl_fit(n, x, 6, false, 0.95, &u, NULL), 0);
  near_to(u.alpha.value, 0.02, 1e-6);
  near_to(u.beta.value, 0.02, 1e-6);
  near_to(u.gamma.value, 1, 1e-6);
  near_to(u.peak_n.value, 7, 1e-6);
  assert_true(u.beta.hi - u.beta.lo < 1e-4);
  assert_int_equal(pl_usl_fit(n, scaled, 6, false, 0.95, &v, NULL), 0);
  near_to(v.gamma.value, 1e9, 1e-6);
  near_to(v.beta.value, 0.02, 1e-6);
  for (size_t i = 0; i < 6; i++)
    scaled[i] = x[i] * 1e-300;
  assert_int_equal(pl_usl_fit(n, scaled, 6, false, 0.95, &v, NULL), 0);
  near_to(v.gamma.value, 1e-300, 1e-6);
  near_to(v.alpha.value, 0.02, 1e-6);
}

/* A 95 % interval holds the truth in 95 % of fits: 400 of them within 4 standard errors (1.1 %). */
static void intervals_hold_the_truth(void **state)
{
  const double n[] = {1, 2, 4, 8, 16, 24, 32, 48, 64, 96};
  pl_rng r;
  int alpha = 0, gamma = 0, peak = 0;
  (void)state;
  pl_rng_init(&r, 9, 0, 0, 0);
  for (int t = 0; t < 400; t++) {
    double x[10];
    pl_usl u;
    for (int i = 0; i < 10; i++)
      x[i] = 100 * n[i] / (1 + 0.05 * (n[i] - 1) + 4e-4 * n[i] * (n[i] - 1)) + pl_rng_normal(&r, 0, 10);
    assert_int_equal(pl_usl_fit(n, x, 10, false, 0.95, &u, NULL), 0);
    alpha += u.alpha.lo <= 0.05 && u.alpha.hi >= 0.05;
    gamma += u.gamma.lo <= 100 && u.gamma.hi >= 100;
    peak += u.peak_n.lo <= 48.734 && u.peak_n.hi >= 48.734;
  }
  assert_true(alpha >= 362 && gamma >= 362 && peak >= 362);
}

static void amdahl(void **state)
{
  pl_usl u;
  const double n[] = {1, 2, 4, 8}, x[] = {10, 10 / 0.55, 10 / 0.325, 10 / 0.2125};
  (void)state;
  assert_int_equal(pl_usl_fit(n, x, 4, true, 0.95, &u, NULL), 0);
  near_to(u.alpha.value, 0.1, 1e-6);
  near_to(u.limit.value, 100, 1e-6);
  assert_true(u.beta.value == 0 && isnan(u.peak_n.value));
}

/* Throughput that grows faster than the load is said; noise about a straight line is not, but in as many cases as its level says. */
static void faster_than_the_load(void **state)
{
  double n[8], x[8];
  pl_usl u;
  pl_rng r;
  int said = 0;
  (void)state;
  for (int i = 0; i < 8; i++) {
    n[i] = i + 1;
    x[i] = 100 * n[i] / (1 - 0.04 * (n[i] - 1)) * (i % 2 ? 1.002 : 0.998);
  }
  assert_int_equal(pl_usl_fit(n, x, 8, false, 0.95, &u, NULL), 0);
  assert_true(u.alpha.value == 0 && u.superlinear < -0.02 && u.superlinear > -0.06);
  pl_rng_init(&r, 3, 0, 0, 0);
  for (int k = 0; k < 200; k++) {
    for (int i = 0; i < 8; i++)
      x[i] = pl_rng_normal(&r, 100 * n[i], 2 * n[i]);
    assert_int_equal(pl_usl_fit(n, x, 8, false, 0.95, &u, NULL), 0);
    said += u.superlinear < 0;
  }
  assert_true(said <= 20);
}

/* Three loads, and a parameter at its bound: no size of it is invented. */
static void bounds_are_not_invented(void **state)
{
  static const double n[] = {1, 2, 4}, x[] = {100, 90, 380};
  pl_usl u;
  (void)state;
  assert_int_equal(pl_usl_fit(n, x, 3, false, 0.95, &u, NULL), 0);
  assert_true(u.beta_at_bound && (isnan(u.beta.hi) || u.beta.hi < 1e3));
  assert_true(isnan(u.alpha.hi) || u.alpha.hi <= 1);
}

static void bad_input(void **state)
{
  pl_usl u;
  pl_error err = {0};
  const double n[] = {1, 2, 3}, x[] = {1, 2, 3}, same[] = {2, 2, 2}, zero[] = {0, 0, 0}, nan[] = {1, NAN, 3}, minus[] = {1, -2, 3};
  (void)state;
  assert_int_equal(pl_usl_fit(n, x, 0, false, 0.95, &u, &err), PL_EINVAL);
  assert_int_equal(pl_usl_fit(n, x, 1, false, 0.95, &u, NULL), PL_EINVAL);
  assert_int_equal(pl_usl_fit(n, x, 2, false, 0.95, &u, NULL), PL_EINVAL);
  assert_int_equal(pl_usl_fit(same, x, 3, false, 0.95, &u, NULL), PL_EINVAL);
  assert_int_equal(pl_usl_fit(n, zero, 3, false, 0.95, &u, NULL), PL_EINVAL);
  assert_int_equal(pl_usl_fit(n, nan, 3, false, 0.95, &u, NULL), PL_EINVAL);
  assert_int_equal(pl_usl_fit(nan, x, 3, false, 0.95, &u, NULL), PL_EINVAL);
  assert_int_equal(pl_usl_fit(n, x, 3, false, 1, &u, NULL), PL_EINVAL);
  memset(&err, 0, sizeof err);
  assert_int_equal(pl_usl_fit(minus, x, 3, false, 0.95, &u, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "point 2: a load of -2"));
  assert_int_equal(pl_usl_fit(n, x, 3, false, 0.95, &u, NULL), 0); /* linear: no contention, no interval */
  assert_true(u.alpha.value < 1e-9 && fabs(u.gamma.value - 1) < 1e-9);
  const double constant[] = {5, 5, 5, 5}, loads[] = {1, 2, 4, 8};
  assert_int_equal(pl_usl_fit(loads, constant, 4, false, 0.95, &u, NULL), 0);
  assert_true(u.alpha.value > 0.999 && u.alpha_at_bound);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(specsdm91), cmocka_unit_test(raytracer), cmocka_unit_test(points_on_a_curve),
                                     cmocka_unit_test(intervals_hold_the_truth), cmocka_unit_test(amdahl), cmocka_unit_test(faster_than_the_load),
                                     cmocka_unit_test(bounds_are_not_invented), cmocka_unit_test(bad_input)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
