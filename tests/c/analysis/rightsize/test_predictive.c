#include "analysis/rightsize/predictive.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "support/failing.h"

enum { N = 400 };

static pl_need need_of(const double *values, size_t n, const pl_need_options *o)
{
  pl_need d = {0};
  assert_int_equal(pl_need_of(&pl_alloc_default, values, n, o, &d, NULL), 0);
  return d;
}

/* Ten values 1 to 10 at a cost of 2: of each size v the cost is written out. */
static void the_cheapest_value_is_taken(void **state)
{
  double values[10], least = INFINITY, best = 0;
  pl_need_options o = pl_need_defaults();
  (void)state;
  for (int i = 0; i < 10; i++)
    values[i] = 10 - i;
  for (o.violation_cost = 0.53; o.violation_cost < 5; o.violation_cost += 0.5) {
    least = INFINITY;
    for (int v = 1; v <= 10; v++) {
      double cost = 0;
      for (int x = 1; x <= 10; x++)
        cost += x > v ? o.violation_cost : 1 - (double)x / v;
      if (cost <= least) {
        least = cost;
        best = v;
      }
    }
    pl_need d = need_of(values, 10, &o);
    assert_true(d.known && d.size == best);
    assert_true(fabs(d.violations - (10 - best) / 10) < 1e-12);
  }
}

static void what_is_rare_is_left_and_what_is_cheap_is_covered(void **state)
{
  double rare[N], steady[N];
  pl_need_options o = pl_need_defaults();
  (void)state;
  for (int i = 0; i < N; i++) {
    rare[i] = i % 50 == 0 ? 1000 : 1;
    steady[i] = 90 + i % 10;
  }
  assert_true(need_of(rare, N, &o).size == 1);
  assert_true(need_of(steady, N, &o).size == 99);
}

/* After a shift, a short half-life sees the new level alone. */
static void recent_samples_may_weigh_more(void **state)
{
  double values[N];
  pl_need_options o = pl_need_defaults();
  (void)state;
  for (int i = 0; i < N; i++)
    values[i] = i < N - 50 ? 100 : 10;
  assert_true(need_of(values, N, &o).size == 100);
  o.half_life = 4;
  assert_true(need_of(values, N, &o).size == 10);
  for (int i = N - 40; i < N; i++) /* age counts from the newest that is known, whatever is missing behind it */
    values[i] = NAN;
  o.half_life = 0.01;
  pl_need need = need_of(values, N, &o);
  assert_true(need.size == 10 && need.idle >= 0 && need.violations >= 0);
}

static void scale_does_not_matter(void **state)
{
  double values[3][N];
  pl_rng r;
  pl_need_options o = pl_need_defaults();
  (void)state;
  pl_rng_init(&r, 7, 0, 0, 0);
  for (int i = 0; i < N; i++) {
    values[0][i] = exp(pl_rng_normal(&r, 0, 1));
    values[1][i] = ldexp(values[0][i], 900);
    values[2][i] = ldexp(values[0][i], -900);
  }
  double size = need_of(values[0], N, &o).size;
  assert_true(need_of(values[1], N, &o).size == ldexp(size, 900));
  assert_true(need_of(values[2], N, &o).size == ldexp(size, -900));
}

static void odd_series(void **state)
{
  const double two[] = {3, 5}, bad[] = {NAN, -1, INFINITY}, zeros[] = {0, 0, 0}, huge[] = {1e300, 1e300, 1e-300};
  pl_need_options o = pl_need_defaults();
  (void)state;
  assert_false(need_of(NULL, 0, &o).known);
  assert_false(need_of(bad, 3, &o).known);
  assert_true(need_of(two, 1, &o).size == 3);
  assert_true(need_of(two, 2, &o).size == 5);
  assert_true(need_of(huge, 3, &o).size == 1e300);
  assert_true(need_of(zeros, 3, &o).size == 0);
  o.least = 2;
  assert_true(need_of(zeros, 3, &o).size == 2);
  o.most = 4;
  assert_true(need_of(two, 2, &o).size == 4 && need_of(two, 2, &o).violations == 0.5);
}

/* Series of many shapes, the budget kept where it was tried out, and with fresh values of the same laws. */
static void a_budget_is_kept(void **state)
{
  enum { GROUP = 40 };
  static double values[GROUP][N];
  pl_use group[GROUP];
  pl_rng r;
  pl_need_options o = pl_need_defaults();
  bool kept = false;
  double above = 0;
  (void)state;
  pl_rng_init(&r, 11, 0, 0, 0);
  for (int g = 0; g < GROUP; g++) {
    for (int i = 0; i < N; i++)
      values[g][i] = 10 * exp(pl_rng_normal(&r, 0, 0.1 + g * 0.03));
    group[g] = (pl_use){values[g], N};
  }
  assert_int_equal(pl_need_cost_for(&pl_alloc_default, group, GROUP, 0.05, &o, NULL, NULL, &o.violation_cost, &kept, NULL), 0);
  assert_true(kept);
  for (int g = 0; g < GROUP; g++) {
    double size = need_of(values[g], N, &o).size;
    for (int i = 0; i < N; i++)
      above += 10 * exp(pl_rng_normal(&r, 0, 0.1 + g * 0.03)) > size;
  }
  above /= GROUP * N;
  assert_true(above > 0.03 && above < 0.07);
}

/* A level series of 0 to 99: a tenth above is 89; one that grows keeps nothing; few values are covered, each. */
static void one_series_has_its_quantile(void **state)
{
  double level[N], growing[N];
  const double few[] = {7, 5, 6, 5}, none[] = {NAN, NAN, NAN, NAN};
  pl_need_options o = pl_need_defaults();
  pl_need d;
  bool kept = false;
  (void)state;
  for (int i = 0; i < N; i++) {
    level[i] = i * 37 % 100;
    growing[i] = i;
  }
  assert_int_equal(pl_need_alone(&pl_alloc_default, level, N, 0.1, &o, &d, &kept, NULL), 0);
  assert_true(kept && d.size == 89 && fabs(d.violations - 0.1) < 1e-9);
  assert_int_equal(pl_need_alone(&pl_alloc_default, growing, N, 0.1, &o, &d, &kept, NULL), 0);
  assert_true(!kept && d.size == N - 1);
  assert_int_equal(pl_need_alone(&pl_alloc_default, few, 4, 0.1, &o, &d, &kept, NULL), 0);
  assert_true(kept && d.size == 7);
  assert_int_equal(pl_need_alone(&pl_alloc_default, none, 4, 0.1, &o, &d, &kept, NULL), 0);
  assert_false(d.known);
  assert_int_equal(pl_need_alone(&pl_alloc_default, few, 3, 0.1, &o, &d, &kept, NULL), PL_EINVAL);
  assert_int_equal(pl_need_alone(&pl_alloc_default, few, 4, 1, &o, &d, &kept, NULL), PL_EINVAL);
}

static bool at_once(void *arg)
{
  (void)arg;
  return true;
}

static void what_cannot_be_is_refused(void **state)
{
  const double values[8] = {1, 2, 3, 4, 5, 6, 7, 8}, same[8] = {5, 5, 5, 5, 5, 5, 5, 5};
  pl_use one = {values, 8}, calm = {same, 8}, short_one = {values, 1};
  pl_need_options o = pl_need_defaults();
  pl_error err = {0};
  pl_need d;
  double cost;
  bool kept;
  (void)state;
  assert_int_equal(pl_need_cost_for(&pl_alloc_default, &one, 1, 0, &o, NULL, NULL, &cost, &kept, NULL), PL_EINVAL);
  assert_int_equal(pl_need_cost_for(&pl_alloc_default, NULL, 0, 0.1, &o, NULL, NULL, &cost, &kept, NULL), PL_EINVAL);
  assert_int_equal(pl_need_cost_for(&pl_alloc_default, &short_one, 1, 0.1, &o, NULL, NULL, &cost, &kept, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "4 values"));
  assert_int_equal(pl_need_cost_for(&pl_alloc_default, &calm, 1, 0.1, &o, at_once, NULL, &cost, &kept, NULL), PL_ECANCELED);
  assert_int_equal(pl_need_cost_for(&pl_alloc_default, &one, 1, 0.1, &o, NULL, NULL, &cost, &kept, NULL), 0); /* it grows: nothing of the past is enough */
  assert_false(kept);
  o.violation_cost = 0;
  assert_int_equal(pl_need_of(&pl_alloc_default, values, 8, &o, &d, NULL), PL_EINVAL);
  o = pl_need_defaults();
  o.most = -1;
  assert_int_equal(pl_need_of(&pl_alloc_default, values, 8, &o, &d, NULL), PL_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_cheapest_value_is_taken), cmocka_unit_test(what_is_rare_is_left_and_what_is_cheap_is_covered),
                                     cmocka_unit_test(recent_samples_may_weigh_more), cmocka_unit_test(scale_does_not_matter),
                                     cmocka_unit_test(odd_series), cmocka_unit_test(a_budget_is_kept), cmocka_unit_test(one_series_has_its_quantile), cmocka_unit_test(what_cannot_be_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
