/* Runs that differ among themselves: the hierarchical interval knows of it, and holds. */
#include "analysis/quantile_ratio.h"

#include <float.h>
#include <math.h>

#include "base/random.h"
#include "support/failing.h"

enum { RUNS = 8, EACH = 20, TRIALS = 150 };

static const pl_resample_options quick = {.rounds = 400, .level = 0.95, .seed = 1};
static const size_t lengths[RUNS] = {EACH, EACH, EACH, EACH, EACH, EACH, EACH, EACH};

static void fill(pl_rng *r, double level, double *x)
{
  for (int run = 0; run < RUNS; run++) {
    double of_run = level * exp(pl_rng_normal(r, 0, 0.1));
    for (int i = 0; i < EACH; i++)
      x[run * EACH + i] = of_run * exp(pl_rng_normal(r, 0, 0.05));
  }
}

static void it_holds_where_runs_differ(void **state)
{
  pl_rng r;
  int held = 0;
  double a[RUNS * EACH], b[RUNS * EACH];
  const pl_run_values base = {a, lengths, RUNS}, candidate = {b, lengths, RUNS};
  const size_t flat = (size_t)RUNS * EACH;
  (void)state;
  pl_rng_init(&r, 13, 0, 0, 0);
  for (int t = 0; t < TRIALS; t++) {
    pl_resampled q, blind;
    fill(&r, 1, a);
    fill(&r, 1.2, b);
    assert_int_equal(pl_quantile_ratio(&pl_alloc_default, &base, &candidate, 0.5, &quick, &q), PL_OK);
    assert_int_equal(pl_quantile_ratio(&pl_alloc_default, &(pl_run_values){a, &flat, 1}, &(pl_run_values){b, &flat, 1}, 0.5, &quick, &blind), PL_OK);
    assert_true(q.value == blind.value && q.error > 1.3 * blind.error);
    held += q.lo <= 1.2 && 1.2 <= q.hi;
  }
  assert_in_range(held, TRIALS * 86 / 100, TRIALS * 99 / 100); /* the percentile interval of eight runs is a little short */
}

static void odd_input_is_refused_or_gives_numbers(void **state)
{
  static const double zero[] = {0, 0}, one[] = {1, 1}, bad[] = {1, -1};
  static const size_t two[] = {2}, none[] = {0}, huge[] = {SIZE_MAX};
  pl_resampled q;
  (void)state;
  assert_int_equal(pl_quantile_ratio(&pl_alloc_default, &(pl_run_values){zero, two, 1}, &(pl_run_values){one, two, 1}, 0.5, &quick, &q), PL_OK);
  assert_true(q.value == DBL_MAX && isfinite(q.hi) && isfinite(q.error));
  assert_int_equal(pl_quantile_ratio(&pl_alloc_default, &(pl_run_values){zero, two, 1}, &(pl_run_values){zero, two, 1}, 0.5, &quick, &q), PL_OK);
  assert_true(q.value == 1 && q.lo == 1 && q.hi == 1);
  assert_int_equal(pl_quantile_ratio(&pl_alloc_default, &(pl_run_values){bad, two, 1}, &(pl_run_values){one, two, 1}, 0.5, &quick, &q), PL_EINVAL);
  assert_int_equal(pl_quantile_ratio(&pl_alloc_default, &(pl_run_values){one, none, 1}, &(pl_run_values){one, two, 1}, 0.5, &quick, &q), PL_EINVAL);
  assert_int_equal(pl_quantile_ratio(&pl_alloc_default, &(pl_run_values){one, huge, 1}, &(pl_run_values){one, two, 1}, 0.5, &quick, &q), PL_EINVAL);
  assert_int_equal(pl_quantile_ratio(&pl_alloc_default, &(pl_run_values){one, two, 0}, &(pl_run_values){one, two, 1}, 0.5, &quick, &q), PL_EINVAL);
  assert_int_equal(pl_quantile_ratio(&pl_alloc_default, &(pl_run_values){one, two, 1}, &(pl_run_values){one, two, 1}, NAN, &quick, &q), PL_EINVAL);
}

/* Starting a run costs 90 s, a second in it 1 s, and seconds vary ten times as much as runs: 30 seconds each. */
static void repetitions_follow_costs_and_variances(void **state)
{
  (void)state;
  assert_int_equal(pl_repetitions(90, 1, 1, 10), 30);
  assert_int_equal(pl_repetitions(1, 90, 10, 1), 1);
  assert_int_equal(pl_repetitions(1, 0, 1, 1), 1);
  assert_int_equal(pl_repetitions(1e300, 1e-300, 1e-300, 1e300), 1000000);
}

static int with(const pl_allocator *a, void *user)
{
  static const double x[] = {1, 2};
  static const size_t two[] = {2};
  pl_resampled q;
  (void)user;
  return pl_quantile_ratio(a, &(pl_run_values){x, two, 1}, &(pl_run_values){x, two, 1}, 0.5, &quick, &q);
}

static void memory_may_fail(void **state)
{
  (void)state;
  failing_every(with, NULL, 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_holds_where_runs_differ), cmocka_unit_test(odd_input_is_refused_or_gives_numbers),
                                     cmocka_unit_test(repetitions_follow_costs_and_variances), cmocka_unit_test(memory_may_fail)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
