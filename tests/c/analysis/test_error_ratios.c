#include "analysis/error_ratios.h"

#include <math.h>

#include "analysis/proportions.h"
#include "base/random.h"
#include "support/failing.h"

static const pl_tally clean[10] = {{0, 1000}, {0, 1000}, {0, 1000}, {0, 1000}, {0, 1000}, {0, 1000}, {0, 1000}, {0, 1000}, {0, 1000}, {0, 1000}};

static pl_comparison compare(const pl_tally *base, size_t n, const pl_tally *candidate, size_t m)
{
  pl_comparison c;
  assert_true(pl_compare_error_ratios(base, n, candidate, m, NULL, 0, 0.05, &c));
  return c;
}

/* Where failures are chance alone the p is Fisher's of all of them. */
static void counts_are_pooled(void **state)
{
  const pl_tally one[] = {{1, 1000}}, five[] = {{5, 1000}};
  pl_comparison c = compare(clean, 10, one, 1);
  (void)state;
  assert_true(fabs(c.p - pl_fisher_p(0, 10000, 1, 1000)) < 1e-12 && fabs(c.p - 1.0 / 11) < 1e-9);
  assert_int_equal(c.verdict, PL_COMPARE_SAME);
  c = compare(clean, 10, five, 1);
  assert_true(fabs(c.p - pl_fisher_p(0, 10000, 5, 1000)) < 1e-15 && c.p < 1e-4);
  assert_int_equal(c.verdict, PL_COMPARE_REGRESSED);
  assert_true(c.baseline == 0 && c.effect == 0.005 && c.lo > 0 && c.hi < 0.02);
}

/* Runs that differ by more than chance anyway: nine quiet ones and one that broke make another broken one no regression. */
static void runs_that_differ_are_noise(void **state)
{
  const pl_tally base[] = {{0, 1000}, {0, 1000}, {60, 1000}, {0, 1000}, {1, 1000}, {0, 1000}, {0, 1000}, {40, 1000}, {0, 1000}, {0, 1000}}, bad[] = {{50, 1000}};
  pl_comparison c = compare(base, 10, bad, 1);
  (void)state;
  assert_true(pl_fisher_p(101, 10000, 50, 1000) < 1e-10 && c.p > 0.05);
  assert_int_equal(c.verdict, PL_COMPARE_INCONCLUSIVE);
  assert_true(c.more > 0);
}

/* How often a run fails though nothing has changed, and though its runs differ: beta-binomial by a share drawn for each run. */
static void false_alarms(void **state)
{
  (void)state;
  for (int wild = 0; wild < 2; wild++) {
    int failed = 0;
    pl_rng r;
    pl_rng_init(&r, 11, (uint64_t)wild, 0, 0);
    for (int k = 0; k < 1000; k++) {
      pl_tally t[11];
      for (int i = 0; i < 11; i++) {
        double share = 0.02 * (wild ? exp(pl_rng_normal(&r, 0, 0.5)) : 1);
        t[i] = (pl_tally){0, 500};
        for (int q = 0; q < 500; q++)
          t[i].failed += pl_rng_unit(&r) < share;
      }
      failed += compare(t, 10, t + 10, 1).verdict == PL_COMPARE_REGRESSED;
    }
    assert_true(failed <= (wild ? 50 : 40));
  }
}

static void one_run_a_side_never_judges(void **state)
{
  const pl_tally few[] = {{0, 1000}}, many[] = {{500, 1000}};
  pl_comparison c = compare(few, 1, many, 1);
  (void)state;
  assert_false(c.noise_known);
  assert_int_equal(c.verdict, PL_COMPARE_INCONCLUSIVE);
  assert_int_equal(c.more, 2);
  assert_true(pl_compare_error_ratios(few, 1, many, 1, clean, 10, 0.05, &c) && c.noise_known && c.verdict == PL_COMPARE_REGRESSED);
  c = compare(clean, 3, clean, 3);
  assert_true(c.verdict == PL_COMPARE_SAME && c.p == 1 && c.effect == 0);
}

static void bad_input(void **state)
{
  const pl_tally empty[] = {{0, 0}}, wrong[] = {{2, 1}};
  pl_comparison c;
  (void)state;
  assert_false(pl_compare_error_ratios(empty, 1, clean, 1, NULL, 0, 0.05, &c));
  assert_false(pl_compare_error_ratios(clean, 1, wrong, 1, NULL, 0, 0.05, &c));
  assert_false(pl_compare_error_ratios(clean, 0, clean, 1, NULL, 0, 0.05, &c));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(counts_are_pooled), cmocka_unit_test(runs_that_differ_are_noise), cmocka_unit_test(false_alarms),
                                     cmocka_unit_test(one_run_a_side_never_judges), cmocka_unit_test(bad_input)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
