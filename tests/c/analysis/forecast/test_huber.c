#include "analysis/forecast/huber.h"

#include <math.h>

#include "support/failing.h"

#define A &pl_alloc_default

enum { PLANT = 21 };

/* Brownlee's stack loss plant (1965): air flow, water temperature, acid concentration, loss. */
static const double plant[PLANT][4] = {
    {80, 27, 89, 42}, {80, 27, 88, 37}, {75, 25, 90, 37}, {62, 24, 87, 28}, {62, 22, 87, 18}, {62, 23, 87, 18}, {62, 24, 93, 19},
    {62, 24, 93, 20}, {58, 23, 87, 15}, {58, 18, 80, 14}, {58, 18, 89, 14}, {58, 17, 88, 13}, {58, 18, 82, 11}, {58, 19, 93, 12},
    {50, 18, 89, 8},  {50, 18, 86, 7},  {50, 19, 72, 8},  {50, 19, 79, 8},  {50, 20, 80, 9},  {56, 20, 82, 15}, {70, 20, 91, 15}};

/* The manual page of rlm in R's MASS: -41.0265, 0.8294, 0.9261, -0.1278, scale 2.441; standard errors of Huber's first covariance by
 * statsmodels 0.14: 9.791899, 0.111005, 0.302930, 0.128650. Tolerances are half of the last digit, and what is left when it stops. */
static void the_plant_has_the_published_coefficients(void **state)
{
  const double expected[4] = {-41.026498, 0.829384, 0.926066, -0.127847}, error[4] = {9.791899, 0.111005, 0.302930, 0.128650};
  double x[PLANT * 4], y[PLANT];
  pl_huber h;
  (void)state;
  for (int i = 0; i < PLANT; i++) {
    x[i * 4] = 1;
    for (int j = 0; j < 3; j++)
      x[i * 4 + j + 1] = plant[i][j];
    y[i] = plant[i][3];
  }
  assert_int_equal(pl_huber_fit(A, x, y, PLANT, 4, 1e-9, &h), PL_OK);
  for (int j = 0; j < 4; j++) {
    assert_true(fabs(h.coefficient[j] - expected[j]) < 2e-5 * fmax(1, fabs(expected[j])));
    assert_true(fabs(sqrt(h.covariance[j * 4 + j]) - error[j]) < 1e-4 * fmax(1, error[j]));
  }
  assert_true(fabs(h.scale - 2.440536) < 1e-4);
}

static void a_line_with_an_outlier_and_a_column_too_many(void **state)
{
  double x[20 * 3], y[20];
  pl_huber h;
  (void)state;
  for (int i = 0; i < 20; i++) {
    x[i * 3] = 1;
    x[i * 3 + 1] = i;
    x[i * 3 + 2] = 2 * i; /* says nothing new */
    y[i] = 5 + 3 * i + 0.01 * (i % 3 - 1);
  }
  y[7] = 1e6;
  y[9] = NAN;
  assert_int_equal(pl_huber_fit(A, x, y, 20, 3, 1e-9, &h), PL_OK);
  assert_int_equal(h.used, 19);
  double slope = h.coefficient[1] + 2 * h.coefficient[2];
  assert_true(fabs(slope - 3) < 0.01 && fabs(h.coefficient[0] - 5) < 0.1);
}

static void what_cannot_be_fitted(void **state)
{
  const double x[2] = {1, 1}, y[2] = {3, 3}, none[2] = {NAN, NAN};
  pl_huber h;
  (void)state;
  assert_int_equal(pl_huber_fit(A, x, y, 1, 2, 1e-9, &h), PL_EINVAL);
  assert_int_equal(pl_huber_fit(A, x, y, 2, 0, 1e-9, &h), PL_EINVAL);
  assert_int_equal(pl_huber_fit(A, x, none, 2, 1, 1e-9, &h), PL_EINVAL);
  assert_int_equal(pl_huber_fit(A, x, y, 2, 1, 1e-9, &h), PL_OK);
  /* but for rounding */
  assert_true(fabs(h.coefficient[0] - 3) < 1e-14 && h.scale < 1e-14 && h.covariance[0] < 1e-28);
}

static void the_root_gives_the_covariance(void **state)
{
  const double c[4] = {4, 2, 2, 10};
  double l[4];
  (void)state;
  pl_cholesky(c, 2, l);
  assert_true(l[0] == 2 && l[1] == 0 && l[2] == 1 && l[3] == 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_plant_has_the_published_coefficients), cmocka_unit_test(a_line_with_an_outlier_and_a_column_too_many),
                                     cmocka_unit_test(what_cannot_be_fitted), cmocka_unit_test(the_root_gives_the_covariance)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
