/* Ranks: exact for few values, rounded and still complete for many. */
#include "analysis/ranks.h"

#include <math.h>

#include "support/failing.h"

static void add(pl_ranks *r, double value, uint64_t count)
{
  assert_int_equal(pl_ranks_add(r, value, count, &pl_alloc_default), PL_OK);
}

static void which_value_a_quantile_is(void **state)
{
  (void)state;
  assert_int_equal(pl_nearest_rank(0.07, 100), 7); /* the product is 7.000000000000001 */
  assert_int_equal(pl_nearest_rank(0.07, UINT64_C(1000000000)), 70000000);
  assert_int_equal(pl_nearest_rank(0.0700001, 100), 8);
  assert_int_equal(pl_nearest_rank(0, 100), 1);
  assert_int_equal(pl_nearest_rank(1, 100), 100);
  assert_int_equal(pl_nearest_rank(0.999, UINT64_MAX), (uint64_t)ceil(0.999 * 0x1p64 * (1 - 1e-12)));
  assert_int_equal(pl_nearest_rank(1, UINT64_MAX), UINT64_MAX);
  assert_int_equal(pl_nearest_rank(0.5, 0), 0);
}

static void quantiles_are_nearest_ranks(void **state)
{
  pl_ranks r = {0};
  (void)state;
  assert_true(isnan(pl_ranks_quantile(&r, 0.5)));
  add(&r, 3.25, 1);
  add(&r, -1, 2);
  add(&r, 0, 1);
  add(&r, INFINITY, 1);
  assert_true(r.count == 5 && r.n == 4);
  assert_true(pl_ranks_quantile(&r, 0) == -1 && pl_ranks_quantile(&r, 0.4) == -1);
  assert_true(pl_ranks_quantile(&r, 0.41) == 0 && pl_ranks_quantile(&r, 0.8) == 3.25);
  assert_true(isinf(pl_ranks_quantile(&r, 1)));
  pl_ranks_clear(&r);
  assert_true(r.count == 0 && isnan(pl_ranks_quantile(&r, 1)));
  pl_ranks_fini(&r, &pl_alloc_default);
}

/* The k-th of n different values between 1 and 2, in an order that is not theirs. */
static double scattered(uint32_t k, uint32_t n)
{
  return 1 + (double)((uint64_t)k * 48271 % n) / n;
}

static void many_different_values_are_rounded(void **state)
{
  enum { VALUES = 99991 }; /* a prime */
  pl_ranks r = {0};
  (void)state;
  for (uint32_t k = 0; k < PL_RANKS_MAX - 1; k++)
    add(&r, scattered(k, PL_RANKS_MAX - 1), 1);
  assert_int_equal(r.rounded, 0);
  assert_true(pl_ranks_quantile(&r, 0.5) == 1 + 4095.0 / (PL_RANKS_MAX - 1));
  pl_ranks_clear(&r);
  for (uint32_t k = 0; k < VALUES; k++)
    add(&r, scattered(k, VALUES), 1);
  assert_int_equal(r.count, VALUES);
  assert_true(r.n < PL_RANKS_MAX && r.cap == PL_RANKS_MAX);
  for (int p = 0; p <= 100; p++)
    assert_true(fabs(pl_ranks_quantile(&r, p / 100.0) - (1 + p / 100.0)) < 1e-3);
  pl_ranks_fini(&r, &pl_alloc_default);
}

static void joined_ones_are_as_one(void **state)
{
  pl_ranks few = {0}, many = {0};
  (void)state;
  for (uint32_t k = 0; k < 50000; k++)
    add(&many, -scattered(k, 99991), 1);
  add(&few, -1.5, 7);
  add(&few, 1e-300, 3);
  assert_int_equal(pl_ranks_join(&few, &many, &pl_alloc_default), PL_OK);
  assert_int_equal(few.count, 50010);
  assert_int_equal(few.rounded, many.rounded);
  assert_true(fabs(pl_ranks_quantile(&few, 1) - 1e-300) < 1e-303);
  assert_true(fabs(pl_ranks_quantile(&few, 0.5) + 1.5) < 0.01);
  pl_ranks_fini(&few, &pl_alloc_default);
  pl_ranks_fini(&many, &pl_alloc_default);
}

static int fill(const pl_allocator *a, void *user)
{
  pl_ranks r = {0};
  int code = PL_OK;
  (void)user;
  for (int i = 0; i < 100 && !code; i++)
    code = pl_ranks_add(&r, i, 1, a);
  pl_ranks_fini(&r, a);
  return code;
}

static void refused_memory_is_said_and_none_leaks(void **state)
{
  (void)state;
  failing_every(fill, NULL, 20);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(which_value_a_quantile_is), cmocka_unit_test(quantiles_are_nearest_ranks),
                                     cmocka_unit_test(many_different_values_are_rounded),
                                     cmocka_unit_test(joined_ones_are_as_one), cmocka_unit_test(refused_memory_is_said_and_none_leaks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
