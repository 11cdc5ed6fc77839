#include "analysis/forecast/optimise.h"

#include <math.h>

#include "support/failing.h"

typedef struct counted {
  size_t calls;
} counted;

/* Rosenbrock (1960): the least value is 0 at (1, 1). */
static double valley(const double *x, void *user)
{
  ((counted *)user)->calls++;
  return 100 * pow(x[1] - x[0] * x[0], 2) + pow(1 - x[0], 2);
}

static double hole(const double *x, void *user)
{
  (void)user;
  return x[0] < 0 ? NAN : x[0];
}

static void it_finds_the_bottom_of_a_valley(void **state)
{
  const double lo[] = {-2, -2}, hi[] = {2, 2};
  double x[] = {-1.2, 1};
  counted c = {0};
  (void)state;
  assert_true(pl_minimise(valley, &c, x, lo, hi, 2, 0.1, 1000) < 1e-8);
  assert_true(fabs(x[0] - 1) < 1e-3 && fabs(x[1] - 1) < 1e-3);
}

static void it_stays_in_its_box_and_within_its_calls(void **state)
{
  const double lo[] = {-2, -2}, hi[] = {0.5, 2};
  double x[] = {-1.2, 1};
  counted c = {0};
  (void)state;
  assert_true(fabs(pl_minimise(valley, &c, x, lo, hi, 2, 0.1, 1000) - 0.25) < 1e-4);
  assert_true(x[0] <= 0.5 && fabs(x[1] - 0.25) < 1e-2);
  c.calls = 0;
  x[0] = -1.2;
  (void)pl_minimise(valley, &c, x, lo, hi, 2, 0.1, 20);
  assert_true(c.calls <= 24); /* the move that is under way is finished */
}

static void nan_is_far_away_and_nothing_to_search_is_a_value(void **state)
{
  const double lo[] = {-1}, hi[] = {1};
  double x[] = {0.9}, none[] = {0.7};
  (void)state;
  assert_true(pl_minimise(hole, NULL, x, lo, hi, 1, 0.2, 200) >= 0 && x[0] < 0.01);
  assert_true(pl_minimise(hole, NULL, none, lo, hi, 0, 0.2, 200) == 0.7);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_finds_the_bottom_of_a_valley),
      cmocka_unit_test(it_stays_in_its_box_and_within_its_calls),
      cmocka_unit_test(nan_is_far_away_and_nothing_to_search_is_a_value),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
