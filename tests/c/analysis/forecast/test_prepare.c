#include "analysis/forecast/prepare.h"

#include <float.h>
#include <math.h>

#include "support/failing.h"

static void gaps_are_filled_and_ends_cut(void **state)
{
  const double y[] = {NAN, 10, NAN, NAN, 16, INFINITY, 12, NAN};
  double z[8];
  pl_prepared p;
  (void)state;
  assert_true(pl_prepare(y, 8, 100, z, &p));
  assert_int_equal(p.n, 6);
  assert_int_equal(p.ahead, 1);
  assert_int_equal(p.missing, 3);
  const double filled[] = {10, 12, 14, 16, 14, 12};
  for (size_t t = 0; t < 6; t++)
    assert_true(fabs(pl_prepared_value(&p, z[t]) - filled[t]) < 1e-12);
  assert_true(fabs(z[1] - z[0] - 1) < 1e-12); /* a mean step */
}

static void the_newest_are_taken(void **state)
{
  const double y[] = {1, 2, NAN, 4, 8};
  double z[5];
  pl_prepared p;
  (void)state;
  assert_true(pl_prepare(y, 5, 3, z, &p));
  assert_int_equal(p.n, 2);
  assert_true(pl_prepared_value(&p, z[0]) == 4);
}

static void gaps_follow_the_season(void **state)
{
  const double y[] = {0, 10, 0, 10, 0, NAN, 0, 10}, shape[] = {-5, 5};
  double z[8], scaled[2];
  pl_prepared p;
  (void)state;
  assert_true(pl_prepare(y, 8, 100, z, &p));
  for (size_t i = 0; i < 2; i++)
    scaled[i] = shape[i] / p.scale / p.unit;
  pl_prepare_season(&p, y, 8, scaled, 2);
  for (size_t t = 0; t < 8; t++)
    assert_true(fabs(pl_prepared_value(&p, z[t]) - (t % 2 ? 10 : 0)) < 1e-9);
}

static void sizes_of_any_kind(void **state)
{
  const double large[] = {-1.7e308, 1.7e308, 0}, small[] = {1e-300, 3e-300}, same[] = {7, 7}, none[] = {NAN, INFINITY};
  double z[3];
  pl_prepared p;
  (void)state;
  assert_true(pl_prepare(large, 3, 3, z, &p));
  assert_true(isfinite(z[0]) && pl_prepared_value(&p, z[0]) == -1.7e308 && pl_prepared_value(&p, 1e9) == DBL_MAX);
  assert_true(pl_prepare(small, 2, 3, z, &p));
  assert_true(fabs(pl_prepared_value(&p, z[1]) / 3e-300 - 1) < 1e-12);
  assert_true(pl_prepare(same, 2, 3, z, &p) && p.scale == 0 && pl_prepared_value(&p, 0) == 7);
  assert_false(pl_prepare(none, 2, 3, z, &p));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gaps_are_filled_and_ends_cut),
      cmocka_unit_test(the_newest_are_taken),
      cmocka_unit_test(gaps_follow_the_season),
      cmocka_unit_test(sizes_of_any_kind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
