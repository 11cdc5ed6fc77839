/* Every quantile lies within the accuracy, of any law and after any order of merging. */
#include "analysis/ddsketch.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "analysis/order.h"
#include "analysis/ranks.h"
#include "base/random.h"
#include "support/failing.h"

enum { N = 5000, PARTS = 7, LAWS = 7 };

static double value_of(int law, int i, pl_rng *r)
{
  switch (law) {
  case 0: return exp(pl_rng_normal(r, 0, 2));
  case 1: return 1 / (1 - pl_rng_unit(r)); /* Pareto of exponent 1 */
  case 2: return i % 2 ? pl_rng_normal(r, 1, 0.01) : pl_rng_normal(r, 1e6, 1);
  case 3: return 42;
  case 4: return pow(10, -9 + 18 * pl_rng_unit(r));
  case 5: return pow(10, -300 + 600 * pl_rng_unit(r));
  default: return i % 10 ? pl_rng_normal(r, 0, 5) : 0;
  }
}

static void check(const pl_ddsketch *s, const double *sorted, double accuracy)
{
  assert_int_equal(s->count, N);
  for (int k = 0; k <= 1000; k++) {
    double p = k / 1000.0, x = sorted[pl_nearest_rank(p, N) - 1], q = pl_ddsketch_quantile(s, p);
    assert_true(fabs(q - x) <= accuracy * (1 + 1e-9) * fabs(x));
  }
}

/* The values in seven parts, merged in an order of each round's own. */
static void check_law(int law, double accuracy)
{
  static double x[N], sorted[N];
  pl_rng r;
  pl_rng_init(&r, 14, (uint64_t)law, 0, 0);
  for (int i = 0; i < N; i++)
    sorted[i] = x[i] = value_of(law, i, &r);
  pl_sort(sorted, N);
  for (int order = 0; order < 3; order++) {
    pl_ddsketch whole, part;
    assert_int_equal(pl_ddsketch_init(&whole, accuracy, &pl_alloc_default), PL_OK);
    for (int k = 0; k < PARTS; k++) {
      int at = order == 0 ? k : order == 1 ? PARTS - 1 - k : (k * 3) % PARTS;
      size_t from = (size_t)(N * at / PARTS), to = (size_t)(N * (at + 1) / PARTS);
      assert_int_equal(pl_ddsketch_init(&part, accuracy, &pl_alloc_default), PL_OK);
      assert_int_equal(pl_ddsketch_add(&part, x + from, to - from, NULL), PL_OK);
      assert_int_equal(pl_ddsketch_merge(&whole, &part), PL_OK);
      pl_ddsketch_fini(&part);
    }
    check(&whole, sorted, accuracy);
    pl_ddsketch_fini(&whole);
  }
}

static void every_quantile_is_within_the_accuracy(void **state)
{
  (void)state;
  for (int law = 0; law < LAWS; law++) {
    check_law(law, 0.01);
    check_law(law, 0.2);
    check_law(law, 0.001);
  }
}

static void odd_values(void **state)
{
  static const double x[] = {1, 2, NAN, 3}, ends[] = {DBL_MAX, -DBL_MAX, DBL_MIN, 5e-324, 0, INFINITY};
  pl_ddsketch s, other;
  size_t added;
  (void)state;
  assert_int_equal(pl_ddsketch_init(&s, NAN, &pl_alloc_default), PL_EINVAL);
  assert_int_equal(pl_ddsketch_init(&s, 0.01, &pl_alloc_default), PL_OK);
  assert_true(isnan(pl_ddsketch_quantile(&s, 0.5)));
  assert_int_equal(pl_ddsketch_add(&s, x, 4, &added), PL_EINVAL);
  assert_true(added == 2 && s.count == 2);
  assert_int_equal(pl_ddsketch_add(&s, ends, 6, &added), PL_EINVAL);
  assert_true(added == 5 && s.count == 7 && s.zeros == 2);
  assert_true(fabs(pl_ddsketch_quantile(&s, 1) / DBL_MAX - 1) < 0.0101 && fabs(pl_ddsketch_quantile(&s, 0) / -DBL_MAX - 1) < 0.0101);
  assert_int_equal(pl_ddsketch_init(&other, 0.02, &pl_alloc_default), PL_OK);
  assert_int_equal(pl_ddsketch_merge(&s, &other), PL_EINVAL);
  pl_ddsketch_fini(&other);
  pl_ddsketch_fini(&s);
}

static int with(const pl_allocator *a, void *user)
{
  static const double x[] = {1, 1e200, -3, 1e-200};
  pl_ddsketch s, other;
  (void)user;
  assert_int_equal(pl_ddsketch_init(&s, 0.01, a), PL_OK);
  assert_int_equal(pl_ddsketch_init(&other, 0.01, a), PL_OK);
  int code = pl_ddsketch_add(&s, x, 4, NULL);
  code = code ? code : pl_ddsketch_merge(&other, &s);
  pl_ddsketch_fini(&s);
  pl_ddsketch_fini(&other);
  return code;
}

static void memory_may_fail(void **state)
{
  (void)state;
  failing_every(with, NULL, 20);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_quantile_is_within_the_accuracy), cmocka_unit_test(odd_values), cmocka_unit_test(memory_may_fail)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
